/** The search set up over a study, and its generations run until they, the time or the person end it. */
import { interrupted, throwIfAborted } from '../../error.js';
import type { Evaluate } from '../../evolve/evaluate.js';
import { noiseFloor } from '../../evolve/honesty.js';
import type { Finalists } from '../../evolve/judge.js';
import { type GenerationRecord, Search, type SearchPorts } from '../../evolve/search.js';
import {
  columnProgram,
  createVocabulary,
  type Operator,
  type Program,
  printFormulas,
  type Shard,
  simplifyFormulas,
} from '../../kernels/formulas.js';
import { callKernel } from '../../kernels/load.js';
import type { Part } from '../../problem/splits.js';
import { noRow } from '../../problem/timeline.js';
import { generationText, Pace } from '../../report/generation.js';
import type { Study } from './baseline.js';
import type { Checkpoint } from './checkpoint.js';
import { namedColumns } from './columns.js';
import { renumber } from './seeds.js';

/** Windows that new operators are drawn from, in rows. */
const windows = [2, 3, 5, 10, 20, 50, 100, 200, 500] as const;
/** The sample of fingerprints: stretches, and the rows of each. */
const sampleStretches = 8;
const stretchRows = 256;

export interface Found {
  finalists: Finalists;
  contenders: ReturnType<Search['contenders']>;
  log: readonly GenerationRecord[];
}

export async function runGenerations(
  study: Study,
  evaluate: Evaluate,
  checkpoint: Checkpoint,
): Promise<Found> {
  const { settings, ports, problem } = study;
  const search = createSearch(study, promptly(evaluate, ports.signal));
  checkpoint.follow(search);
  const phase = ports.progress.phase('search', settings.generations);
  const pace = new Pace(search.log.at(-1));
  let text = '';
  for (let over = false; search.log.length < settings.generations && !over; ) {
    throwIfAborted(ports.signal);
    const record = await search.step();
    await checkpoint.keep();
    pace.add(record);
    over = pace.seconds >= (settings.timeLimit ?? Number.POSITIVE_INFINITY);
    text = generationText(record, pace, noiseFloor(record.trials, problem.parts.search.effectiveRows));
    phase.update(record.generation + 1, text, pace.left(settings));
    if ((await ports.generation?.(record)) === 'enough') over = true;
  }
  phase.end(text);
  const finalists = await search.finish();
  return { finalists, contenders: search.contenders(), log: search.log };
}

/** Gives up waiting once the signal is aborted: what the pool is doing then is thrown away with it. */
function promptly(evaluate: Evaluate, signal: AbortSignal): Evaluate {
  const prompt = (...batch: Parameters<Evaluate>) =>
    new Promise<Awaited<ReturnType<Evaluate>>>((resolve, reject) => {
      const stop = () => reject(interrupted());
      signal.addEventListener('abort', stop, { once: true });
      evaluate(...batch)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', stop));
    });
  return Object.assign(prompt, { stages: evaluate.stages });
}

/** The search of a study, its generations measured by `evaluate`. */
export function createSearch(study: Study, evaluate: Evaluate): Search {
  const { settings, limits, blocks, problem, seeds } = study;
  const options = {
    seed: settings.seed,
    population: settings.population,
    size: settings.portfolio,
    maxCorrelation: settings.maxCorrelation,
    ...limits,
    scoredRows: blocks.search.of.reduce((n, b) => n + (b === noRow ? 0 : 1), 0),
    effectiveRows: problem.parts.search.effectiveRows,
  };
  return new Search(searchPorts(study, evaluate), options, {
    formulas: seedFormulas(study),
    given: seeds !== undefined,
  });
}

function searchPorts(study: Study, evaluate: Evaluate): SearchPorts {
  const { kernels, table, columns, limits, problem } = study;
  const terminals = study.terminals.map((t) => columns.names.indexOf(t.name));
  const vocabulary = createVocabulary(kernels, {
    kinds: columns.kinds.map((kind) => table.kinds.indexOf(kind)),
    terminals,
    operators: weightedOperators(study.operators),
    windows,
    maxNodes: limits.maxNodes,
    maxDepth: limits.maxDepth,
  });
  return {
    kernels,
    table,
    vocabulary,
    sample: sampleShard(study, problem.parts.search),
    columns: columns.names.length,
    terminals,
    evaluate,
    print: (programs) => printInOwnUnits(study, programs),
  };
}

/** Operators to draw from, by how often they are meant: people's indicators are mostly products and differences. */
function weightedOperators(operators: readonly Operator[]): number[] {
  const times = (o: Operator) => (o.minWindow > 0 ? 1 : o.sign !== null && o.arity === 2 ? 6 : 2);
  return operators.flatMap((o) => new Array<number>(times(o)).fill(o.code));
}

/** A person's formulas over the scaled columns; without them, every terminal by itself. */
function seedFormulas({ seeds, terminals, columns, dataset, rescaler }: Study) {
  const place = (name: string) => columns.names.indexOf(name);
  if (seeds === undefined)
    return terminals.map(({ name }) => ({ text: name, program: columnProgram(place(name)) }));
  const names = namedColumns(dataset);
  const inverse = columns.units.map((unit) => 1 / unit);
  return seeds.map(({ text, program }) => {
    const own = renumber(program, (c) => place(names[c]!));
    return { text, program: rescaler.rescale(own, inverse) };
  });
}

export function printInOwnUnits(
  { kernels, columns, rescaler }: Study,
  programs: readonly Program[],
): string[] {
  const { names, units } = columns;
  const own = programs.map((p) => rescaler.rescale(p, units));
  return printFormulas(kernels, simplifyFormulas(kernels, own, names.length), names);
}

/** Stretches of rows, evenly spread over the search part: what fingerprints look at. */
function sampleShard({ kernels, columns }: Study, part: Part): Shard {
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
