/** Worth of formulas on the selection part: what decisions one horizon apart would have earned. */
import type { Verdict } from '../../evolve/judge.js';
import { type Worth, worthOf } from '../../evolve/worth.js';
import { type Program, pack } from '../../kernels/formulas.js';
import { callKernel } from '../../kernels/load.js';
import type { Problem } from './problem.js';
import { columnsOf, renumber } from './seeds.js';
import type { Study } from './study.js';

const usPerHour = 3.6e9;

/** The worth of each formula; none where the target is no return. */
export function worthsOf(study: Study, kept: readonly Verdict[]): (Worth | undefined)[] {
  const rows = decisions(study.problem);
  if (study.target.kind !== 'return' || rows.length < 2) return kept.map(() => undefined);
  const { labels, parts, line } = study.problem;
  const returns = Float64Array.from(rows, (i) => labels.value[i]!);
  const { from, to } = parts.selection;
  const hours = Math.max(1e-9, ((to - from) / usPerHour) * line.symbols.length);
  return kept.map(({ member, sign }) => {
    const values = valuesAt(study, member.program, rows).map((x) => sign * x);
    return worthOf(values, returns, rows.length / hours);
  });
}

/** Rows of the selection part whose labels follow each other without overlap. */
function decisions({ line, labels, parts }: Problem): number[] {
  const rows: number[] = [];
  for (const { start, end } of line.symbols) {
    let free = start;
    for (let i = start; i < end; i++) {
      if (parts.selection.rows[i] === 0 || i < free) continue;
      rows.push(i);
      free = Math.max(labels.endRow[i]!, i + 1);
    }
  }
  return rows;
}

/** The search's values of a formula at some rows, in their order. */
function valuesAt({ problem, columns, kernels }: Study, program: Program, rows: readonly number[]) {
  const out = new Float64Array(rows.length).fill(Number.NaN);
  const used = columnsOf(program);
  const compact = renumber(program, (c) => used.indexOf(c));
  for (const { start, end } of problem.line.symbols) {
    const shard = callKernel(() => new kernels.Shard(0, end - start, used.length));
    used.forEach((c, k) => {
      const own = columns.values[c]!.slice(start, end);
      callKernel(() => shard.setColumn(k, own));
    });
    const values = callKernel(() => shard.values(pack([compact])));
    shard.free();
    rows.forEach((row, i) => {
      if (row >= start && row < end) out[i] = values[row - start]!;
    });
  }
  return out;
}
