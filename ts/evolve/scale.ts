/**
 * Columns are searched at order 1: each times a power of 4, fixed on the search rows. A formula is shown in
 * the columns' own units. Both ways the scales are pushed through the formula: products carry them out
 * (the scale of a whole formula never matters), sums and curved functions get them as constants. Powers
 * of 4 keep this exact, also under square roots.
 */
import {
  columnCode,
  constantCode,
  constantProgram,
  type FormulaTable,
  type Program,
} from '../kernels/formulas.js';

/** The power of 4 that brings a column to order 1: from the median |x| of its values other than 0. */
export function unitOf(values: Iterable<number>): number {
  const sizes = [...values].filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  if (sizes.length === 0) return 1;
  sizes.sort((a, b) => a - b);
  return 4 ** -Math.round(Math.log(sizes[sizes.length >> 1]!) / Math.log(4));
}

/**
 * What is taken off a column whose values lie far from 0 and near to each other, so that f32 keeps what tells them
 * apart: a round number near their median. 0 for all others.
 */
export function shiftOf(values: Iterable<number>): number {
  const sorted = Float64Array.from([...values].filter(Number.isFinite)).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const [median, spread] = [at(0.5), at(0.95) - at(0.05)];
  if (!(spread > 0 && Math.abs(median) > farAway * spread)) return 0;
  const grain = 10 ** Math.floor(Math.log10(spread));
  return Math.round(median / grain) * grain;
}

/** A column lies far from 0 when its median is so many times its spread. */
const farAway = 300;

interface Tree {
  op: string;
  /** Column number, window, or 0. */
  payload: number;
  constant: number;
  args: Tree[];
}

/** A value: `factor` times that of the tree. A constant's factor is 1. */
interface Scaled {
  factor: number;
  tree: Tree;
}

/** Divisors and deviations this much smaller than 1 are brought to order 1, away from the limit of null. */
const smallest = 4 ** -8;

export class Rescaler {
  private readonly codes: Map<string, number>;

  constructor(private readonly table: FormulaTable) {
    this.codes = new Map(table.operators.map((o) => [o.name, o.code]));
  }

  /**
   * The program whose value over columns x is, up to a positive factor, that of `program` over factor · (x − shift).
   */
  rescale(program: Program, factors: ArrayLike<number>, shifts: ArrayLike<number> = []): Program {
    const words: number[] = [];
    this.write(this.scaled(shifted(this.read(program), factors, shifts), factors).tree, words);
    return Uint32Array.from(words);
  }

  private read(program: Program): Tree {
    const stack: Tree[] = [];
    for (let i = 0; i < program.length; i++) {
      const [code, payload] = [program[i]! >>> 24, program[i]! & 0xffffff];
      if (code === columnCode) stack.push({ op: 'column', payload, constant: 0, args: [] });
      else if (code === constantCode) {
        const constant = new Float64Array(Uint32Array.of(program[i + 1]!, program[i + 2]!).buffer)[0]!;
        stack.push(constantTree(constant));
        i += 2;
      } else {
        const operator = this.table.operators[code]!;
        const args = stack.splice(stack.length - operator.arity);
        stack.push({ op: operator.name, payload, constant: 0, args });
      }
    }
    return stack[0]!;
  }

  private write(tree: Tree, words: number[]): void {
    if (tree.op === 'constant') {
      words.push(...constantProgram(tree.constant));
      return;
    }
    for (const arg of tree.args) this.write(arg, words);
    const code = tree.op === 'column' ? columnCode : this.codes.get(tree.op)!;
    words.push(((code << 24) | tree.payload) >>> 0);
  }

  private scaled(tree: Tree, factors: ArrayLike<number>): Scaled {
    if (tree.op === 'constant') return { factor: 1, tree };
    if (tree.op === 'column') return { factor: factors[tree.payload]!, tree };
    const args = tree.args.map((arg) => this.scaled(arg, factors));
    const trees = args.map((a) => a.tree);
    const over = (own: Tree[]) => ({ ...tree, args: own });
    const [a, b, c, d] = args as [Scaled, Scaled, Scaled, Scaled];
    switch (tree.op) {
      case 'neg':
      case 'abs':
      case 'lag':
      case 'delta':
      case 'sum':
      case 'sma':
      case 'ema':
      case 'std':
      case 'ts_min':
      case 'ts_max':
      case 'wma':
      case 'slope':
        return { factor: a.factor, tree: over(trees) };
      case 'mul':
      case 'cov':
        return { factor: a.factor * b.factor, tree: over(trees) };
      case 'div': {
        const divisor = raised(b);
        return { factor: a.factor / divisor.factor, tree: over([a.tree, divisor.tree]) };
      }
      case 'sqrt':
        return { factor: Math.sqrt(a.factor), tree: over(trees) };
      case 'square':
        return { factor: a.factor ** 2, tree: over(trees) };
      case 'cube':
        return { factor: a.factor ** 3, tree: over(trees) };
      case 'sign':
      case 'rank':
      case 'argmin':
      case 'argmax':
        return { factor: 1, tree: over(trees) };
      case 'zscore':
      case 'skew':
      case 'kurt':
      case 'corr':
        return { factor: 1, tree: over(args.map((x) => raised(x).tree)) };
      case 'add':
      case 'sub':
      case 'min':
      case 'max': {
        const { factor, trees: own } = align(a, b);
        return { factor, tree: over(own) };
      }
      case 'if_greater': {
        const chosen = align(c, d);
        return { factor: chosen.factor, tree: over([...align(a, b).trees, ...chosen.trees]) };
      }
      default:
        return { factor: 1, tree: over(args.map((x) => times(x.tree, x.factor))) };
    }
  }
}

/** Every column less its shift, in the units that the factors bring it to. */
function shifted(tree: Tree, factors: ArrayLike<number>, shifts: ArrayLike<number>): Tree {
  if (tree.op !== 'column') return { ...tree, args: tree.args.map((arg) => shifted(arg, factors, shifts)) };
  const shift = (shifts[tree.payload] ?? 0) * factors[tree.payload]!;
  if (shift === 0) return tree;
  return { op: 'sub', payload: 0, constant: 0, args: [tree, constantTree(shift)] };
}

function constantTree(constant: number): Tree {
  return { op: 'constant', payload: 0, constant, args: [] };
}

/** The tree times a number, which goes into a constant that is there already. */
function times(tree: Tree, by: number): Tree {
  if (by === 1) return tree;
  if (tree.op === 'constant') return constantTree(tree.constant * by);
  const at = tree.op === 'mul' ? tree.args.findIndex((arg) => arg.op === 'constant') : -1;
  if (at < 0) return { op: 'mul', payload: 0, constant: 0, args: [tree, constantTree(by)] };
  const args = tree.args.with(at, times(tree.args[at]!, by));
  const product = args[at]!;
  return product.constant === 1 ? args[1 - at]! : { ...tree, args };
}

/** Both trees to one factor; a constant takes the other's. */
function align(a: Scaled, b: Scaled): { factor: number; trees: Tree[] } {
  const factor = a.tree.op === 'constant' ? b.factor : a.factor;
  return { factor, trees: [times(a.tree, a.factor / factor), times(b.tree, b.factor / factor)] };
}

/** Written out where the tree's own values are so small that a limit of null could meet them. */
function raised(x: Scaled): Scaled {
  return 1 / x.factor >= smallest ? x : { factor: 1, tree: times(x.tree, x.factor) };
}
