/** Worth of formulas on the selection part: what decisions one horizon apart would have earned. */
import type { Verdict } from '../../evolve/judge.js';
import { type Decisions, type Worth, worthOf } from '../../evolve/worth.js';
import { readNumbers } from '../../io/dataset.js';
import { type Program, pack } from '../../kernels/formulas.js';
import { callKernel } from '../../kernels/load.js';
import type { SymbolRows } from '../../problem/timeline.js';
import type { Study } from './baseline.js';
import type { Problem } from './problem.js';
import { columnsOf, renumber } from './seeds.js';

const usPerHour = 3.6e9;
/** Rows whose values are computed at a time. */
const stretchRows = 1 << 18;

/** The worth of each formula; none where the target is no return. */
export function worthsOf(study: Study, kept: readonly Verdict[]): (Worth | undefined)[] {
  if (study.target.kind !== 'return') return kept.map(() => undefined);
  const { labels, line } = study.problem;
  const symbols = line.symbols.map((symbol) => ({ symbol, rows: decisions(study.problem, symbol) }));
  const hours = Math.max(
    1e-9,
    symbols.reduce((sum, s) => sum + heldHours(study.problem, s.rows), 0),
  );
  return kept.map(({ member, sign }) => {
    const own = symbols.map(({ symbol, rows }): Decisions => {
      const values = valuesAt(study, member.program, symbol, rows).map((x) => sign * x);
      return { values, returns: Float64Array.from(rows, (i) => labels.value[i]!) };
    });
    return worthOf(own, hours);
  });
}

/** Rows of the selection part whose labels follow each other without overlap. */
function decisions({ labels, parts }: Problem, { start, end }: SymbolRows): Uint32Array {
  const rows = new Uint32Array(end - start);
  let [count, free] = [0, start];
  for (let i = start; i < end; i++) {
    if (parts.selection.rows[i] === 0 || i < free) continue;
    rows[count++] = i;
    free = Math.max(labels.endRow[i]!, i + 1);
  }
  return rows.slice(0, count);
}

/** Hours that the decisions last: nights and gaps, in which nothing is decided, do not count. */
function heldHours({ line, labels }: Problem, rows: Uint32Array): number {
  return rows.reduce((sum, i) => sum + line.ts[labels.endRow[i]!]! - line.ts[i]!, 0) / usPerHour;
}

/** The search's values of a formula at some rows of a symbol, in their order; computed stretch by stretch. */
function valuesAt(study: Study, program: Program, symbol: SymbolRows, rows: Uint32Array): Float64Array {
  const { columns, kernels, limits, table } = study;
  const out = new Float64Array(rows.length).fill(Number.NaN);
  const used = columnsOf(program);
  const packed = pack([renumber(program, (c) => used.indexOf(c))]);
  const halo = (limits.maxDepth + Math.ceil(limits.maxLookBack / table.tileRows)) * table.tileRows;
  for (let k = 0; k < rows.length; ) {
    const wanted = Math.floor((rows[k]! - symbol.start) / table.tileRows) * table.tileRows;
    const first = Math.max(0, wanted - halo);
    const end = Math.min(symbol.end - symbol.start, wanted + stretchRows);
    const shard = callKernel(() => new kernels.Shard(first, end - first, used.length));
    try {
      used.forEach((c, i) => {
        const own = columns.values[c]!.slice(symbol.start + first, symbol.start + end);
        callKernel(() => shard.setColumn(i, own));
      });
      const values = callKernel(() => shard.values(packed));
      for (; k < rows.length && rows[k]! < symbol.start + end; k++)
        out[k] = values[rows[k]! - symbol.start - first]!;
    } finally {
      shard.free();
    }
  }
  return out;
}

/** Median over the selection part of half the spread in bps of the mid; null without valid books. */
export async function halfSpreadOf({ dataset, problem }: Study): Promise<number | null> {
  if (!['bid', 'ask'].every((name) => dataset.columns.some((c) => c.name === name && c.type !== 'other')))
    return null;
  const [bid, ask] = await readNumbers(dataset, ['bid', 'ask']);
  const spreads = new Float64Array(problem.parts.selection.count);
  let count = 0;
  problem.parts.selection.rows.forEach((scored, i) => {
    const [b, a] = [bid![i]!, ask![i]!];
    if (scored === 1 && a > b && b > 0) spreads[count++] = (1e4 * (a - b)) / (a + b);
  });
  return count === 0 ? null : spreads.subarray(0, count).sort()[count >> 1]!;
}
