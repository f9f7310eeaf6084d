/**
 * What the whole search finds where there is nothing: the labels of search and selection moved on in a circle, the
 * baseline fitted again, the same search, the same verdict. The hold-out stays closed.
 */
import type { Evaluate } from '../../evolve/evaluate.js';
import type { Pool } from '../../pool/pool.js';
import { moveLabels, persistenceOf } from '../../problem/circle.js';
import type { Blocks, Part } from '../../problem/splits.js';
import { noRow } from '../../problem/timeline.js';
import type { Progress } from '../../report/progress.js';
import { count } from '../../report/table.js';
import { Draw, purposes } from '../../statistics/random.js';
import { fitBaseline, type Study } from './baseline.js';
import type { Checkpoint } from './checkpoint.js';
import { lookBack } from './contenders.js';
import { runGenerations } from './generations.js';
import type { Problem } from './problem.js';
import { cutBlocks } from './study.js';
import { type Judgement, judgeClosed } from './verdict.js';

export interface NullRun {
  /** By which share of each part the labels were moved on. */
  shift: number;
  /** Distinct formulas evaluated. */
  trials: number;
  /** The finalist that explains most of the search part; null without finalists. */
  best: BestOnSearch | null;
  finalists: number;
  /** Finalists that the selection part bore out. */
  borneOut: number;
  /** The probability of backtest overfitting, and that of the best's deflated Sharpe ratio, as of the real search. */
  overfitting: number | null;
  deflatedSharpe: number | null;
}

export interface BestOnSearch {
  formula: string;
  /** R² on the search part. */
  gain: number;
}

export interface NullRuns {
  runs: NullRun[];
  /** Gains of the runs' best on search: the least, the median, and the greatest. */
  gains: { least: number; median: number; greatest: number };
  /** Formulas that the runs bore out in all, and runs that bore any out. */
  borneOut: number;
  runsBorneOut: number;
  /** Of the real search's best: (1 + runs that reached its gain) / (1 + runs). */
  p: number | null;
}

/** Evaluators over the rows of a part; `name` tells the rows of one study from those of another. */
export type EvaluatorsOf = (study: Study, name: string) => (part: Part, blocks: Blocks) => Evaluate;

/** The finalist that explains most of the search part. */
export function bestOnSearch({ verdicts }: Judgement): BestOnSearch | null {
  const [best] = [...verdicts].sort((a, b) => b.search.gain - a.search.gain);
  return best === undefined ? null : { formula: best.member.text, gain: best.search.gain };
}

/** Repeats a search of `generations` generations as often as --null-runs says. */
export async function runNulls(
  study: Study,
  pool: Pool,
  evaluatorsOf: EvaluatorsOf,
  checkpoint: Checkpoint,
  generations: number,
): Promise<NullRun[]> {
  const { nullRuns } = study.settings;
  const least = nullRuns === 0 ? 0 : leastShare(study);
  const runs: NullRun[] = [];
  for (let run = 1; run <= nullRuns; run++) {
    const own = await checkpoint.besideNullRun(run);
    runs.push(await runNull(study, pool, evaluatorsOf, own, generations, run, least));
  }
  return runs;
}

async function runNull(
  study: Study,
  pool: Pool,
  evaluatorsOf: EvaluatorsOf,
  checkpoint: Checkpoint,
  generations: number,
  run: number,
  least: number,
): Promise<NullRun> {
  const { settings, problem } = study;
  // A null run's generations are not those of the search.
  const { generation: _, ...ports } = study.ports;
  const shift = least + (1 - 2 * least) * new Draw(settings.seed, run, purposes.nullRun).unit();
  const moved = movedProblem(problem, shift);
  const seed = (settings.seed + run) % 2 ** 32;
  const own = await fitBaseline(
    {
      ...study,
      problem: moved,
      blocks: cutBlocks(moved),
      settings: { ...settings, generations, seed, timeLimit: undefined },
      ports: { ...ports, progress: within(ports.progress, `null run ${run} of ${settings.nullRuns}: `) },
    },
    pool,
  );
  const evaluatorOn = evaluatorsOf(own, `null ${run}`);
  const onSearch = evaluatorOn(moved.parts.search, own.blocks.search);
  const found = await runGenerations(own, onSearch, checkpoint);
  const { overfitting, deflatedSharpe } = await lookBack(own, found, onSearch);
  const judgement = await judgeClosed(own, found.finalists, evaluatorOn);
  return {
    shift,
    trials: found.trials,
    best: bestOnSearch(judgement),
    finalists: judgement.verdicts.length,
    borneOut: judgement.verdicts.filter((v) => v.kept).length,
    overfitting: overfitting?.probability ?? null,
    deflatedSharpe: deflatedSharpe?.probability ?? null,
  };
}

/** The same rows with other labels; the hold-out has none. */
function movedProblem(problem: Problem, share: number): Problem {
  const { search, selection, holdout } = problem.parts;
  const moved = moveLabels(problem.line, problem.labels, [search, selection], share);
  const closed = {
    ...holdout,
    rows: new Uint8Array(holdout.rows.length),
    count: 0,
    effectiveRows: 0,
    pooledRows: 0,
  };
  return { ...problem, ...moved, parts: { search, selection, holdout: closed } };
}

/**
 * Labels move by more than horizon, look-back and the persistence of the columns together, in either direction; by a
 * quarter of the part where that is more, and then it is said.
 */
function leastShare({ problem, columns, terminals, ports }: Study): number {
  const { line, labels, parts, embargo } = problem;
  let share = 0;
  for (const { start, end } of line.symbols) {
    const [first, last] = [parts.search.rows.indexOf(1, start), parts.search.rows.lastIndexOf(1, end - 1)];
    if (first === -1 || first >= end || last <= first) continue;
    const used = terminals.map((t) => columns.values[columns.names.indexOf(t.name)]!);
    const persistence = Math.max(1, ...used.map((column) => persistenceOf(column, first, last + 1)));
    const rows = embargo.rows + longestSpan(labels.endRow, parts.search, first, last) + persistence;
    share = Math.max(share, rows / (last + 1 - first));
  }
  if (share <= 0.25) return share;
  ports.progress.note(
    `null runs: horizon, look-back and the persistence of the columns take ${count(Math.round(100 * share))} % of the ` +
      'search part; labels move by at least a quarter of it, and what the runs find may not be by chance alone',
  );
  return 0.25;
}

function longestSpan(endRow: Uint32Array, { rows }: Part, first: number, last: number): number {
  let longest = 0;
  for (let i = first; i <= last; i++)
    if (rows[i] === 1 && endRow[i] !== noRow) longest = Math.max(longest, endRow[i]! - i);
  return longest;
}

/** The runs together, beside the real search; null where there were none. */
export function compareNulls(runs: NullRun[], real: BestOnSearch | null): NullRuns | null {
  if (runs.length === 0) return null;
  const gains = runs.map((r) => r.best?.gain ?? 0).sort((a, b) => a - b);
  const reached = real === null ? 0 : gains.filter((gain) => gain >= real.gain).length;
  return {
    runs,
    gains: { least: gains[0]!, median: gains[gains.length >> 1]!, greatest: gains.at(-1)! },
    borneOut: runs.reduce((n, r) => n + r.borneOut, 0),
    runsBorneOut: runs.filter((r) => r.borneOut > 0).length,
    p: real === null ? null : (1 + reached) / (1 + runs.length),
  };
}

function within(progress: Progress, name: string): Progress {
  return {
    phase: (phase, total) => progress.phase(`${name}${phase}`, total),
    note: (line) => progress.note(`${name}${line}`),
  };
}
