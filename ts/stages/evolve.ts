/**
 * `hybrid evolve`: from a dataset to a portfolio of new indicators. If you are looking for
 * - how rows become a problem (labels, parts), read evolve/study.ts, and what formulas have to explain,
 *   evolve/baseline.ts;
 * - the search itself, read ../evolve/search.ts;
 * - what decides which formulas stay, read ../evolve/judge.ts;
 * - what luck would do, read evolve/null-runs.ts and evolve/contenders.ts;
 * - what is written, read evolve/output.ts.
 */
import { version } from '../config/version.js';
import { throwIfAborted } from '../error.js';
import { noiseFloor } from '../evolve/honesty.js';
import type { Overfitting } from '../evolve/overfitting.js';
import { hashDataset } from '../io/dataset.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import { createPool, type Pool } from '../pool/pool.js';
import type { Blocks, Part, PartName } from '../problem/splits.js';
import type { EffectiveSize } from '../problem/timeline.js';
import { evolutionReport } from '../report/html/evolution.js';
import { fitBaseline, type Study } from './evolve/baseline.js';
import { Checkpoint } from './evolve/checkpoint.js';
import { namedColumns } from './evolve/columns.js';
import { type DeflatedSharpe, type FrontFormula, type Looks, lookBack } from './evolve/contenders.js';
import { halfSpreadOf, worthsOf } from './evolve/decisions.js';
import { printInOwnUnits, tellIdleSeeds } from './evolve/formulas.js';
import { type Found, runGenerations } from './evolve/generations.js';
import {
  bestOnSearch,
  compareNulls,
  type EvaluatorsOf,
  type NullRuns,
  runNulls,
} from './evolve/null-runs.js';
import {
  type RefusedFormula,
  type ReportedFormula,
  Result,
  reportPortfolio,
  reportRefused,
} from './evolve/output.js';
import { type ColumnSize, smallestGain } from './evolve/preflight.js';
import type { Problem } from './evolve/problem.js';
import { scaleFormula } from './evolve/scaled.js';
import { evaluateOn, planShards } from './evolve/shards.js';
import { configurationOf, type EvolvePorts, type EvolveSettings, poseStudy } from './evolve/study.js';
import { type Judgement, judgeFinalists } from './evolve/verdict.js';

export type { EvolvePorts, EvolveSettings } from './evolve/study.js';

/** What portfolio.json and --json say. */
interface Outcome {
  /** Of the dataset. */
  rows: number;
  /** Rows that have a label and are sampled, and how many independent labels they hold. */
  scoredRows: number;
  effectiveRows: number;
  /** The same if each symbol moved by itself; of several, `effectiveRows` is that of the one that has most. */
  pooledRows: number;
  /** In time (µs): what the search and the selection have seen, and what they have not. */
  parts: Record<PartName, ReportedPart>;
  /** Of the columns that formulas may use: independent observations on the search part, by their own persistence. */
  columns: readonly ColumnSize[];
  /** The smallest R² that the selection part shows with 90 % power; null where it is too short for a test. */
  detectableGain: number | null;
  generations: number;
  /** Distinct formulas evaluated. */
  trials: number;
  /** The best |correlation| that so many formulas of noise reach on the search part, at least. */
  noiseFloor: number;
  nodeRows: number;
  portfolio: ReportedFormula[];
  /** Best first, by the gain on the selection part. */
  refused: RefusedFormula[];
  /** Median of half the spread on the selection part, in bps of the mid: what the break-even cost compares with. */
  halfSpreadBps: number | null;
  /** Of the last population and the archive, on the search part: gain, complexity, distance to the archive. */
  front: FrontFormula[];
  /** Probability of backtest overfitting; null where the search part has fewer than 16 blocks. */
  overfitting: Overfitting | null;
  deflatedSharpe: DeflatedSharpe | null;
  /** With --null-runs. */
  nullRuns: NullRuns | null;
}

interface ReportedPart extends EffectiveSize {
  from: number;
  to: number;
  rows: number;
}

export interface EvolveSummary extends Outcome {
  /** portfolio.json. */
  out: string;
  seconds: number;
  /** How often the hold-out was opened, by any run, this one included; null when it was not. */
  holdoutOpened: number | null;
}

/**
 * Runs the whole evolution. E_INTERRUPTED leaves an older result as it was, and a checkpoint from which `resume`
 * goes on to the same result as if it had never stopped.
 */
export async function evolve(settings: EvolveSettings, ports: EvolvePorts): Promise<EvolveSummary> {
  const start = performance.now();
  const checkpoint = await Checkpoint.open(settings, ports.progress);
  const kernels = instantiateKernels(await compileKernels());
  const posed = await poseStudy(settings, ports, kernels);
  tellIdleSeeds(posed);
  const datasetSha256 = await hashDataset(posed.dataset);
  checkpoint.stand({ datasetSha256, seeds: posed.seeds });
  const result = await Result.open(settings.evolved);
  const pool = await createPool(settings.threads);
  try {
    const study = await fitBaseline(posed, pool);
    const evaluatorOn = evaluators(pool)(study, '');
    const onSearch = evaluatorOn(study.problem.parts.search, study.blocks.search);
    const found = await runGenerations(study, onSearch, checkpoint);
    const looks = await lookBack(study, found, onSearch);
    // Before the hold-out is opened: an interruption in them does not cost a look at it.
    const nulls = await runNulls(study, pool, evaluators(pool), checkpoint, found.log.length);
    const judgement = await judgeFinalists(study, found.finalists, datasetSha256, evaluatorOn);
    throwIfAborted(ports.signal);
    const nullRuns = compareNulls(nulls, bestOnSearch(judgement));
    const outcome = await outcomeOf(study, found, looks, judgement, nullRuns);
    const { holdoutOpened } = judgement;
    const seconds = (performance.now() - start) / 1000;
    const summary = { out: result.path, ...outcome, seconds, holdoutOpened };
    const report = await reportOf(study, found, summary);
    await publish(result, study, found, outcome, report, { datasetSha256, holdoutOpened, seconds });
    await leave(checkpoint, study, found);
    return summary;
  } catch (error) {
    throw await checkpoint.rescue(error);
  } finally {
    await result.discard();
    await pool.close();
  }
}

/** A search that the time ended can be taken up again; one that is done, or that somebody has ended, cannot. */
async function leave(checkpoint: Checkpoint, { settings, ports }: Study, { ended }: Found): Promise<void> {
  if (ended !== 'time') return checkpoint.remove();
  const held = await checkpoint.write();
  ports.progress.note(
    `time over after generation ${held} of ${settings.generations}: --resume goes on, --generations ${held} gives this result again`,
  );
}

/** Evaluators over the rows of a part, each with its own shards in the workers' caches. */
function evaluators(pool: Pool): EvaluatorsOf {
  return ({ problem, columns, residual, limits, table, ports }, name) => {
    const source = {
      symbols: problem.line.symbols,
      columns: columns.values,
      target: residual.values,
      weight: problem.labels.weight,
      tileRows: table.tileRows,
      haloTiles: limits.maxDepth + Math.ceil(limits.maxLookBack / table.tileRows),
    };
    return (part: Part, blocks: Blocks) => {
      const shards = planShards(source, blocks, `${name}/${part.name}`);
      return evaluateOn(pool, shards, blocks.count, ports.signal);
    };
  };
}

async function outcomeOf(
  study: Study,
  { log, trials }: Found,
  { deflatedOf, ...looks }: Looks,
  { verdicts, holdoutOpened }: Judgement,
  nullRuns: NullRuns | null,
): Promise<Outcome> {
  const { problem, settings, blocks, dataset } = study;
  const { nodeRows } = log.at(-1)!;
  const kept = verdicts.filter((v) => v.kept);
  const predictions = [];
  for (const { member } of kept)
    predictions.push(await scaleFormula(study, member.text, holdoutOpened !== null));
  return {
    rows: dataset.rows,
    scoredRows: problem.scoredRows,
    effectiveRows: problem.effectiveRows,
    pooledRows: problem.pooledRows,
    parts: reportParts(problem),
    columns: study.columnSizes,
    detectableGain: smallestGain(settings, problem, blocks.selection),
    generations: log.length,
    trials,
    noiseFloor: noiseFloor(trials, problem.parts.search.effectiveRows),
    nodeRows,
    portfolio: reportPortfolio(kept, worthsOf(study, kept), deflatedOf, predictions, (programs) =>
      printInOwnUnits(study, programs),
    ),
    refused: verdicts.filter((v) => !v.kept).map(reportRefused),
    halfSpreadBps: await halfSpreadOf(study),
    ...looks,
    nullRuns,
  };
}

function reportParts({ parts }: Problem): Record<PartName, ReportedPart> {
  const part = ({ from, to, count, effectiveRows, pooledRows }: Part) => {
    return { from, to, rows: count, effectiveRows, pooledRows };
  };
  const { search, selection, holdout } = parts;
  return { search: part(search), selection: part(selection), holdout: part(holdout) };
}

/** The page for a person, with what the search and the question say beside the numbers. */
function reportOf(
  { settings, problem, residual, dataset, kernels }: Study,
  found: Found,
  summary: EvolveSummary,
) {
  const { effectiveRows } = problem.parts.search;
  const generations = found.log.map(({ generation, strongest, trials, portfolio, together }) => ({
    generation,
    strongest: strongest.correlation,
    floor: noiseFloor(trials, effectiveRows),
    portfolio,
    together,
  }));
  const question = {
    ...settings,
    baselineGain: residual.baselineGain,
    columns: namedColumns(dataset),
    symbols: problem.line.symbols.length,
  };
  return evolutionReport(summary, question, generations, kernels);
}

/** Writes what does not depend on threads, paths and time into portfolio.json, the rest into the manifest. */
function publish(
  result: Result,
  { settings, residual }: Study,
  { log }: Found,
  outcome: Outcome,
  report: string,
  run: { datasetSha256: string; holdoutOpened: number | null; seconds: number },
): Promise<void> {
  const { threads, dataset, timeLimit } = settings;
  const { datasetSha256, ...circumstances } = run;
  // With the time limit's generations: so many give the same bytes again.
  const configuration = { ...configurationOf(settings), generations: log.length };
  const { baselineGain, trees = null } = residual;
  const identity = {
    seed: settings.seed,
    datasetSha256,
    configuration,
    parts: outcome.parts,
    baselineGain,
    baselineTrees: trees,
  };
  return result.publish({ ...identity, ...outcome }, log, report, (files) => ({
    version,
    ...identity,
    dataset,
    threads,
    timeLimit,
    generations: { asked: settings.generations, done: log.length },
    ...circumstances,
    files,
  }));
}
