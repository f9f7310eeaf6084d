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
import { printInOwnUnits, sampleShard, searchVocabulary, seedFormulas, timedOperators } from './formulas.js';
import { hopefulGain, smallestGain } from './preflight.js';
import { createRegression, isRegression } from './regression.js';

export interface Found {
  finalists: Finalists;
  contenders: { members: readonly Member[]; everyone: readonly Individual[] };
  log: readonly GenerationRecord[];
  /** Distinct formulas evaluated. */
  trials: number;
  /** Why it ended: after its last generation, since nothing was left to be explained, by the time, or on request. */
  ended: 'whole' | 'solved' | 'time' | 'enough';
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
  let stopped: 'time' | 'enough' | undefined;
  while (search.log.length < settings.generations && stopped === undefined && !solved()) {
    throwIfAborted(ports.signal);
    const record = await search.step();
    await checkpoint.keep();
    pace.add(record);
    if (pace.seconds >= (settings.timeLimit ?? Number.POSITIVE_INFINITY)) stopped = 'time';
    text = generationText(record, pace, noiseFloor(record.trials, problem.parts.search.effectiveRows));
    phase.update(record.generation + 1, text, pace.left(settings));
    if ((await ports.generation?.(record)) === 'enough') stopped = 'enough';
  }
  phase.end(text);
  const finalists = await search.finish();
  const whole = stopped === undefined || search.log.length === settings.generations;
  const ended = solved() ? 'solved' : whole ? 'whole' : stopped!;
  return { finalists, contenders: search.contenders(), log: search.log, trials: search.trials, ended };
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
    detectable: detectable(study),
  };
  return new Search(searchPorts(study, evaluate), options, {
    formulas: seedFormulas(study),
    given: seeds !== undefined,
  });
}

/**
 * The smallest |correlation| that the selection shows with 90 % power, if symbols move by themselves. 0 where only few
 * indicators have as much: the noise alone decides then what is measured to the end.
 */
function detectable({ settings, problem, blocks }: Study): number {
  const gain = smallestGain(settings, problem, blocks.selection, 'pooledRows');
  return gain !== null && gain <= hopefulGain ? Math.sqrt(gain) : 0;
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
    operators: study.operators,
    timed: timedOperators(study),
    evaluate,
    print: (programs) => printInOwnUnits(study, programs),
  };
}
