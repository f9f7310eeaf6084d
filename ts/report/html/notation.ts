/** Formulas in mathematical notation: MathML, which browsers draw without anything beside it. */
import {
  columnCode,
  constantCode,
  type FormulaTable,
  type Operator,
  type Program,
} from '../../kernels/formulas.js';
import { escaped, Markup } from './markup.js';

/** How tightly a piece holds together, from a sum to what needs no parentheses anywhere. */
const bond = { open: 0, sum: 1, product: 2, sign: 3, power: 4, whole: 5 } as const;
type Bond = (typeof bond)[keyof typeof bond];

interface Piece {
  text: string;
  bond: Bond;
}

/** The formula of a program over named columns, as a block of its own. */
export function notationOf(program: Program, names: readonly string[], table: FormulaTable): Markup {
  const { text } = pieceOf(program, names, table);
  return new Markup(`<math display="block">${text}</math>`);
}

/** The operators that programs use, in the order of the table. */
export function operatorsIn(programs: readonly Program[], table: FormulaTable): Operator[] {
  const used = new Set<number>();
  for (const program of programs)
    forEachWord(program, (word) => {
      if (word >>> 24 < columnCode) used.add(word >>> 24);
    });
  return table.operators.filter(({ code }) => used.has(code));
}

/** How an operator is written over operands a, b, … and a window of n rows. */
export function notationOfOperator(operator: Operator): Markup {
  const operands = [...'abcd'].slice(0, operator.arity).map((name) => whole(`<mi>${name}</mi>`));
  const window = operator.minWindow > 0 ? '<mi>n</mi>' : undefined;
  return new Markup(`<math>${apply(operator, operands, window).text}</math>`);
}

function pieceOf(program: Program, names: readonly string[], table: FormulaTable): Piece {
  const operators = new Map(table.operators.map((o) => [o.code, o]));
  const stack: Piece[] = [];
  forEachWord(program, (word, value) => {
    const code = word >>> 24;
    if (value !== undefined) stack.push(constant(value));
    else if (code === columnCode)
      stack.push(whole(`<mtext>${escaped(names[word & 0xffffff] ?? '?')}</mtext>`));
    else {
      const operator = operators.get(code)!;
      const operands = stack.splice(stack.length - operator.arity);
      const window = operator.minWindow > 0 ? number(word & 0xffffff) : undefined;
      stack.push(apply(operator, operands, window));
    }
  });
  return stack[0] ?? whole('<mtext></mtext>');
}

/** Visits the instructions of a program; a constant comes with its value. */
function forEachWord(program: Program, visit: (word: number, value?: number) => void): void {
  for (let i = 0; i < program.length; i++) {
    const word = program[i]!;
    if (word >>> 24 !== constantCode) {
      visit(word);
      continue;
    }
    visit(word, new Float64Array(Uint32Array.of(program[i + 1]!, program[i + 2]!).buffer)[0]!);
    i += 2;
  }
}

type Writer = (operands: readonly Piece[], window: string) => Piece;

/** What has a sign of its own; everything else is written as a function, its window below its name. */
const writers: Readonly<Record<string, Writer>> = {
  add: ([a, b]) => infix(a!, '+', b!, bond.sum),
  sub: ([a, b]) => infix(a!, '−', b!, bond.sum, true),
  mul: ([a, b]) => infix(a!, '⋅', b!, bond.product),
  div: ([a, b]) => ({ text: `<mfrac>${row(a!.text)}${row(b!.text)}</mfrac>`, bond: bond.power }),
  neg: ([a]) => negative(a!),
  abs: ([a]) => whole(fenced('|', a!.text, '|')),
  sqrt: ([a]) => whole(`<msqrt>${a!.text}</msqrt>`),
  square: ([a]) => raised(a!, '2'),
  cube: ([a]) => raised(a!, '3'),
  log1p_abs: ([a]) => call('<mi>ln</mi>', [`<mn>1</mn>${operator('+')}${fenced('|', a!.text, '|')}`]),
  log: ([a]) => call('<mi>ln</mi>', [a!.text]),
  exp: ([a]) => ({ text: `<msup><mi>e</mi>${row(a!.text)}</msup>`, bond: bond.power }),
  sign: ([a]) => call('<mi>sgn</mi>', [a!.text]),
  if_greater: ([a, b, c, d]) => cases(a!, b!, c!, d!),
  lag: ([a], n) => ({
    text: `<msub>${row(held(a!, bond.whole))}${row(`<mi>t</mi>${sign('−')}${n}`)}</msub>`,
    bond: bond.power,
  }),
  delta: ([a], n) => ({
    text: `<msub><mi mathvariant="normal">Δ</mi>${n}</msub>${space}${held(a!, bond.whole)}`,
    bond: bond.sign,
  }),
  sum: ([a], n) => call(below('<mo movablelimits="false">∑</mo>', n), [a!.text]),
  std: ([a], n) => call(below('<mi>σ</mi>', n), [a!.text]),
  zscore: ([a], n) => call(below('<mi>z</mi>', n), [a!.text]),
  ts_min: ([a], n) => call(below('<mi>min</mi>', n), [a!.text]),
  ts_max: ([a], n) => call(below('<mi>max</mi>', n), [a!.text]),
  corr: ([a, b], n) => call(below('<mi>ρ</mi>', n), [a!.text, b!.text]),
  cov: ([a, b], n) => call(below('<mi>cov</mi>', n), [a!.text, b!.text]),
};

function apply({ name, minWindow }: Operator, operands: readonly Piece[], window?: string): Piece {
  const writer = writers[name];
  if (writer !== undefined) return writer(operands, window ?? '');
  const upright = `<mi mathvariant="normal">${escaped(name.replace(/^ts_/, ''))}</mi>`;
  const texts = operands.map((o) => o.text);
  return call(minWindow > 0 ? below(upright, window!) : upright, texts);
}

const space = '<mspace width="0.17em"></mspace>';

function whole(text: string): Piece {
  return { text, bond: bond.whole };
}

function row(text: string): string {
  return `<mrow>${text}</mrow>`;
}

function operator(text: string): string {
  return `<mo>${text}</mo>`;
}

/** A sign before its operand: without the room of an operation. */
function sign(text: string): string {
  return `<mo form="prefix" lspace="0" rspace="0.06em">${text}</mo>`;
}

function fenced(open: string, text: string, close: string): string {
  const fence = (form: string, of: string) => `<mo form="${form}" fence="true" stretchy="true">${of}</mo>`;
  return row(`${fence('prefix', open)}${text}${fence('postfix', close)}`);
}

/** In parentheses where it holds together less than it must. */
function held(piece: Piece, least: Bond): string {
  return piece.bond >= least ? piece.text : fenced('(', piece.text, ')');
}

function negative(a: Piece): Piece {
  const least = a.bond === bond.sign ? bond.power : bond.product;
  return { text: `${sign('−')}${held(a, least)}`, bond: bond.sign };
}

function infix(a: Piece, sign: string, b: Piece, own: Bond, strict = false): Piece {
  // A sign directly behind an operation is put into parentheses: a − (−b).
  const right = b.bond === bond.sign || (strict && b.bond === own) ? bond.power : own;
  return { text: `${held(a, own)}${operator(sign)}${held(b, right)}`, bond: own };
}

function raised(a: Piece, power: string): Piece {
  return { text: `<msup>${row(held(a, bond.whole))}<mn>${power}</mn></msup>`, bond: bond.power };
}

function call(name: string, operands: readonly string[]): Piece {
  return whole(`${name}<mo>&#x2061;</mo>${fenced('(', operands.join('<mo separator="true">,</mo>'), ')')}`);
}

function below(name: string, window: string): string {
  return `<msub>${name}${window}</msub>`;
}

function cases(a: Piece, b: Piece, c: Piece, d: Piece): Piece {
  const line = (value: Piece, condition: string) =>
    `<mtr><mtd style="text-align:left">${value.text}</mtd><mtd style="text-align:left">${condition}</mtd></mtr>`;
  const when = `<mtext>if&#160;</mtext>${a.text}${operator('&gt;')}${b.text}`;
  const table = `<mtable>${line(c, when)}${line(d, '<mtext>otherwise</mtext>')}</mtable>`;
  return { text: row(`<mo form="prefix" fence="true" stretchy="true">{</mo>${table}`), bond: bond.open };
}

function constant(value: number): Piece {
  if (value < 0 || Object.is(value, -0))
    return { text: `${sign('−')}${constant(-value).text}`, bond: bond.sign };
  const [digits, power] = shortest(value).split('e');
  if (power === undefined) return whole(number(digits!));
  const ten = `<msup><mn>10</mn>${row(Number(power) < 0 ? `${sign('−')}${number(-Number(power))}` : number(power))}</msup>`;
  if (digits === '1') return { text: ten, bond: bond.power };
  return { text: `${number(digits!)}${operator('⋅')}${ten}`, bond: bond.product };
}

/** Five digits say enough here: all of them stand in the text beside it. */
function shortest(value: number): string {
  const plain = Number(value.toPrecision(5));
  if (plain !== 0 && (plain < 1e-4 || plain >= 1e6)) return plain.toExponential().replace('+', '');
  return String(plain);
}

function number(value: number | string): string {
  return `<mn>${value}</mn>`;
}
