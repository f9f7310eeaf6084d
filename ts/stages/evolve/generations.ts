/** The search set up over a study, and its generations run until they, the time or the person end it. */
import { interrupted, throwIfAborted } from '../../error.js';
import type { Evaluate } from '../../evolve/evaluate.js';
import { noiseFloor } from '../../evolve/honesty.js';
import type { Finalists } from '../../evolve/judge.js';
import type { Individual, Member } from '../../evolve/population.js';
import { RegressionSearch } from '../../evolve/regression.js';
import { type GenerationRecord, Search, type SearchPorts } from '../../evolve/search.js';
import { noRow } from '../../problem/timeline.js';
import { generationText, Pace } from '../../report/generation.js';
import type { Study } from './baseline.js';
import type { Checkpoint } from './checkpoint.js';
import { printInOwnUnits, sampleShard, searchVocabulary, seedFormulas } from './formulas.js';
import { createRegression, isRegression } from './regression.js';

export interface Found {
  finalists: Finalists;
  contenders: { members: readonly Member[]; everyone: readonly Individual[] };
  log: readonly GenerationRecord[];
  /** Whether nothing was left to be explained: the search ended before its last generation. */
  solved: boolean;
}

export async function runGenerations(
  study: Study,
  evaluate: Evaluate,
  checkpoint: Checkpoint,
): Promise<Found> {
  const { settings, ports, problem } = study;
  const search = createSearch(study, promptly(evaluate, ports.signal));
  const solved = () => search instanceof RegressionSearch && search.solved;
  checkpoint.follow(search);
  const phase = ports.progress.phase('search', settings.generations);
  const pace = new Pace(search.log.at(-1));
  let text = '';
  for (let over = false; search.log.length < settings.generations && !over && !solved(); ) {
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
  return { finalists, contenders: search.contenders(), log: search.log, solved: solved() };
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
export function createSearch(study: Study, evaluate: Evaluate): Search | RegressionSearch {
  if (isRegression(study)) return createRegression(study, evaluate);
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
  const { kernels, table, columns, problem } = study;
  const terminals = study.terminals.map((t) => columns.names.indexOf(t.name));
  return {
    kernels,
    table,
    vocabulary: searchVocabulary(study),
    sample: sampleShard(study, problem.parts.search),
    columns: columns.names.length,
    terminals,
    evaluate,
    print: (programs) => printInOwnUnits(study, programs),
  };
}
