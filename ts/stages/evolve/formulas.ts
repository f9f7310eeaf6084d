/** The formulas of a study: what they are made of and start from, what fingerprints look at, how they are printed. */

import { HybridError } from '../../error.js';
import { leastCoverage } from '../../evolve/breeding.js';
import type { Timed } from '../../evolve/proposals.js';
import {
  columnProgram,
  createVocabulary,
  fingerprintFormulas,
  type Operator,
  type Program,
  printFormulas,
  type Shard,
  simplifyFormulas,
  type Vocabulary,
} from '../../kernels/formulas.js';
import { callKernel } from '../../kernels/load.js';
import type { Part } from '../../problem/splits.js';
import type { Study } from './baseline.js';
import { namedColumns } from './columns.js';
import { renumber } from './seeds.js';
import type { PosedStudy } from './study.js';

/** Windows that new operators are drawn from, in rows. */
const windows = [2, 3, 5, 10, 20, 50, 100, 200, 500] as const;
/** Of products over time: the past itself, its mean, how far it moves, and where the present stands in it. */
const timedNames = ['lag', 'sma', 'std', 'zscore'];
const longestTimed = 100;
/** The sample of fingerprints: stretches, and the rows of each. */
const sampleStretches = 8;
const stretchRows = 256;

export function searchVocabulary({
  kernels,
  table,
  columns,
  limits,
  terminals,
  operators,
}: Study): Vocabulary {
  return createVocabulary(kernels, {
    kinds: columns.kinds.map((kind) => table.kinds.indexOf(kind)),
    terminals: terminals.map((t) => columns.names.indexOf(t.name)),
    operators: weightedOperators(operators),
    windows,
    maxNodes: limits.maxNodes,
    maxDepth: limits.maxDepth,
  });
}

/** What products over time are made of, as far as the search has such operators. */
export function timedOperators({ operators }: Study): Timed[] {
  const timed = operators.filter((o) => timedNames.includes(o.name));
  const short = windows.filter((window) => window <= longestTimed);
  return timed.flatMap(({ code }) => short.map((window) => ({ code, window })));
}

/** Operators to draw from, by how often they are meant: people's indicators are mostly products and differences. */
function weightedOperators(operators: readonly Operator[]): number[] {
  const times = (o: Operator) => (o.minWindow > 0 ? 1 : o.sign !== null && o.arity === 2 ? 6 : 2);
  return operators.flatMap((o) => new Array<number>(times(o)).fill(o.code));
}

/**
 * Tells which of a person's formulas have no value, only one, or hardly any on a sample of the search rows: nothing comes
 * of them. Errors: E_INPUT where that goes for all.
 */
export function tellIdleSeeds(study: PosedStudy): void {
  const { seeds, settings, ports, problem } = study;
  if (seeds === undefined) return;
  const programs = seedFormulas(study).map((s) => s.program);
  const prints = fingerprintFormulas(sampleShard(study, problem.parts.search), programs);
  const idle = seeds.filter((_, i) => prints[i]!.key === '' || prints[i]!.coverage < leastCoverage);
  if (idle.length === 0) return;
  const what = 'null, constant or seldom there on a sample of the search rows';
  const texts = idle.map((s) => s.text).join('; ');
  if (idle.length === seeds.length)
    throw new HybridError(
      'E_INPUT',
      `${settings.seedFormulas}: expected a formula with values that vary, got only such as are ${what}: ${texts}`,
      { hint: 'Name formulas of columns that this dataset has values in, or leave --seed-formulas out.' },
    );
  ports.progress.note(`seeds of which nothing comes, being ${what}: ${texts}`);
}

/** A person's formulas over the scaled columns; without them, every terminal by itself. */
export function seedFormulas({ seeds, terminals, columns, dataset, rescaler }: PosedStudy) {
  const place = (name: string) => columns.names.indexOf(name);
  if (seeds === undefined)
    return terminals.map(({ name }) => ({ text: name, program: columnProgram(place(name)) }));
  const names = namedColumns(dataset);
  const inverse = columns.units.map((unit) => 1 / unit);
  const back = columns.shifts.map((shift, c) => -shift * columns.units[c]!);
  return seeds.map(({ text, program }) => {
    const own = renumber(program, (c) => place(names[c]!));
    return { text, program: rescaler.rescale(own, inverse, back) };
  });
}

export function printInOwnUnits(
  { kernels, columns, rescaler }: Study,
  programs: readonly Program[],
): string[] {
  const { names, units, shifts } = columns;
  const own = programs.map((p) => rescaler.rescale(p, units, shifts));
  return printFormulas(kernels, simplifyFormulas(kernels, own, names.length), names);
}

/** Stretches of rows, evenly spread over the search part: what fingerprints look at. */
export function sampleShard({ kernels, columns }: PosedStudy, part: Part): Shard {
  const rows = Math.min(sampleStretches * stretchRows, part.count);
  const marked = markedRows(part);
  const spread = Math.max(0, part.count - stretchRows) / Math.max(1, sampleStretches - 1);
  const chosen = Uint32Array.from({ length: rows }, (_, i) => {
    const from = Math.floor(Math.floor(i / stretchRows) * spread);
    return marked[Math.min(part.count - 1, from + (i % stretchRows))]!;
  });
  const shard = callKernel(() => new kernels.Shard(0, rows, columns.values.length));
  columns.values.forEach((column, c) => {
    const own = Float32Array.from(chosen, (row) => column[row]!);
    callKernel(() => shard.setColumn(c, own));
  });
  return shard;
}

function markedRows(part: Part): Uint32Array {
  const marked = new Uint32Array(part.count);
  let at = 0;
  for (let i = 0; i < part.rows.length; i++) if (part.rows[i] === 1) marked[at++] = i;
  return marked;
}
