/** A regression set up over a study of rows without an order: its table for the workers, and its batches. */

import { finalistsPerPlace } from '../../evolve/archive.js';
import type { Evaluate } from '../../evolve/evaluate.js';
import { type Refined, type Refining, RegressionSearch } from '../../evolve/regression.js';
import { measureFormulas, type Program, pack, unpack } from '../../kernels/formulas.js';
import type { RefineInput } from '../../pool/refine.js';
import type { Study } from './baseline.js';
import { printInOwnUnits, sampleShard, searchVocabulary, seedFormulas } from './formulas.js';

/** Formulas of one task: long enough for the round trip, short enough that all workers end together. */
const batch = 40;
let libraries = 0;
let tables = 0;

/** Whether the study asks for one formula over rows without an order. */
export function isRegression({ settings }: Study): boolean {
  return settings.rows === 'iid' && settings.portfolio === 1;
}

export function createRegression(study: Study, evaluate: Evaluate): RegressionSearch {
  const { settings, columns, operators, table, problem, limits, kernels, blocks } = study;
  const terminals = study.terminals.map((t) => columns.names.indexOf(t.name));
  const input = tableOf(study);
  let library: RefineInput['library'] = { key: 0, terms: new Uint32Array() };
  return new RegressionSearch(
    {
      table,
      vocabulary: searchVocabulary(study),
      terminals,
      operators: new Set(operators.map((o) => o.name)),
      sample: sampleShard(study, problem.parts.search),
      evaluate,
      setLibrary: (terms) => {
        library = { key: ++libraries, terms: pack(terms) };
      },
      refine: (programs, how) => refineAll(study, input, library, programs, how),
      measure: (programs) => measureFormulas(kernels, programs, columns.names.length).map((m) => m.nodes),
      print: (programs) => printInOwnUnits(study, programs),
    },
    {
      seed: settings.seed,
      population: settings.population,
      rows: problem.parts.search.count,
      maxNodes: limits.maxNodes,
      finalists: blocks.selection === undefined ? 1 : finalistsPerPlace,
      size: settings.portfolio,
    },
    { formulas: seedFormulas(study), given: study.seeds !== undefined },
  );
}

/** The search rows, and what is to be explained there with mean 0: shared with the workers. */
function tableOf({ problem, columns, residual, baseline, blocks, operators }: Study): RefineInput['table'] {
  const { search } = problem.parts;
  const rows: number[] = [];
  search.rows.forEach((scored, i) => {
    if (scored === 1) rows.push(i);
  });
  const n = rows.length;
  const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length));
  const flat = shared(n * columns.names.length);
  columns.exact!.forEach((column, c) => {
    rows.forEach((row, i) => {
      flat[c * n + i] = column[row]!;
    });
  });
  const wanted = baseline === undefined ? problem.labels.value : residual.values;
  const target = shared(n);
  const base = wanted[rows[0]!]!;
  let mean = base;
  // The first sum is off by the rounding of large values: a second one takes off what it left.
  rows.forEach((row, i) => {
    target[i] = wanted[row]! - base;
  });
  for (let pass = 0; pass < 2; pass++) {
    const rest = target.reduce((a, b) => a + b, 0) / n;
    for (let i = 0; i < n; i++) target[i]! -= rest;
    mean += rest;
  }
  const codes = Uint8Array.from(operators, (o) => o.code);
  const key = `table ${++tables}`;
  return { key, columns: flat, target, mean, blocks: blocks.search.count, operators: codes };
}

async function refineAll(
  { pool, settings }: Study,
  table: RefineInput['table'],
  library: RefineInput['library'],
  programs: readonly Program[],
  { grown, steps, price, generation, first, polish = false }: Refining,
): Promise<Refined[]> {
  const tasks: Promise<Refined[]>[] = [];
  for (let at = 0; at < programs.length; at += batch) {
    const own = programs.slice(at, at + batch);
    const input = {
      programs: pack(own),
      grown: Uint32Array.from(own, (_, i) => grown?.[at + i] ?? 0),
      ...{
        steps,
        price,
        seed: settings.seed,
        generation,
        first: first + at,
        polish,
      },
    };
    tasks.push(
      pool.run('refine', { table, library, batch: input }).then((found) => {
        const width = 2 + table.blocks;
        return unpack(found.programs).map((program, i): Refined => {
          const [loss, coverage, ...blocks] = found.figures.subarray(i * width, (i + 1) * width);
          return { program, loss: loss!, coverage: coverage!, blocks: Float64Array.from(blocks) };
        });
      }),
    );
  }
  return (await Promise.all(tasks)).flat();
}
