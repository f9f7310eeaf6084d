/**
 * `hybrid evolve`: from a dataset to a portfolio of new indicators. If you are looking for
 * - how rows become a problem (labels, parts, residuals), read evolve/study.ts and what it names;
 * - the search itself, read ../evolve/search.ts;
 * - what decides which formulas stay, read ../evolve/judge.ts;
 * - what is written, read evolve/output.ts.
 */
import { version } from '../config/version.js';
import { throwIfAborted } from '../error.js';
import { noiseFloor } from '../evolve/honesty.js';
import { hashDataset } from '../io/dataset.js';
import { compileKernels, instantiateKernels } from '../kernels/load.js';
import { createPool, type Pool } from '../pool/pool.js';
import type { Blocks, Part } from '../problem/splits.js';
import { worthsOf } from './evolve/decisions.js';
import { type Found, runGenerations } from './evolve/generations.js';
import { type ReportedFormula, Result, reportPortfolio } from './evolve/output.js';
import { smallestGain } from './evolve/preflight.js';
import { evaluateOn, planShards } from './evolve/shards.js';
import { type EvolvePorts, type EvolveSettings, poseStudy, type Study } from './evolve/study.js';
import { type Judgement, judgeFinalists } from './evolve/verdict.js';

export type { EvolvePorts, EvolveSettings } from './evolve/study.js';

/** What portfolio.json and --json say. */
interface Outcome {
  /** Of the dataset. */
  rows: number;
  /** Rows that have a label and are sampled, and how many independent labels they hold. */
  scoredRows: number;
  effectiveRows: number;
  /** The smallest R² that the selection part shows with 90 % power; null where it is too short for a test. */
  detectableGain: number | null;
  generations: number;
  /** Distinct formulas evaluated. */
  trials: number;
  /** The best |correlation| that so many formulas of noise reach on the search part, at least. */
  noiseFloor: number;
  nodeRows: number;
  portfolio: ReportedFormula[];
  refused: { formula: string; reason: string }[];
}

export interface EvolveSummary extends Outcome {
  /** portfolio.json. */
  out: string;
  seconds: number;
  /** How often the hold-out was opened, by any run, this one included; null when it was not. */
  holdoutOpened: number | null;
}

/** Runs the whole evolution; E_INTERRUPTED leaves an older result as it was. */
export async function evolve(settings: EvolveSettings, ports: EvolvePorts): Promise<EvolveSummary> {
  const start = performance.now();
  const kernels = instantiateKernels(await compileKernels());
  const study = await poseStudy(settings, ports, kernels);
  const datasetSha256 = await hashDataset(study.dataset);
  const result = await Result.open(settings.evolved);
  const pool = await createPool(settings.threads);
  try {
    const evaluatorOn = evaluators(study, pool);
    const { search } = study.problem.parts;
    const found = await runGenerations(study, evaluatorOn(search, study.blocks.search));
    const judgement = await judgeFinalists(study, found.finalists, datasetSha256, evaluatorOn);
    throwIfAborted(ports.signal);
    const outcome = outcomeOf(study, found, judgement);
    const { holdoutOpened } = judgement;
    const seconds = (performance.now() - start) / 1000;
    const out = await publish(result, study, found, outcome, { datasetSha256, holdoutOpened, seconds });
    return { out, ...outcome, seconds, holdoutOpened };
  } finally {
    await result.discard();
    await pool.close();
  }
}

/** Evaluators over the rows of a part, each with its own shards in the workers' caches. */
function evaluators({ problem, columns, residual, limits, table, ports }: Study, pool: Pool) {
  const source = {
    symbols: problem.line.symbols,
    columns: columns.values,
    target: residual.values,
    weight: problem.labels.weight,
    tileRows: table.tileRows,
    haloTiles: limits.maxDepth + Math.ceil(limits.maxLookBack / table.tileRows),
  };
  return (part: Part, blocks: Blocks) =>
    evaluateOn(pool, planShards(source, blocks, part.name), blocks.count, ports.signal);
}

function outcomeOf(study: Study, { log }: Found, { verdicts }: Judgement): Outcome {
  const { problem, settings, blocks, dataset } = study;
  const { trials, nodeRows } = log.at(-1)!;
  const kept = verdicts.filter((v) => v.kept);
  return {
    rows: dataset.rows,
    scoredRows: problem.scoredRows,
    effectiveRows: problem.effectiveRows,
    detectableGain: smallestGain(settings, problem, blocks.selection),
    generations: log.length,
    trials,
    noiseFloor: noiseFloor(trials, problem.parts.search.effectiveRows),
    nodeRows,
    portfolio: reportPortfolio(kept, worthsOf(study, kept)),
    refused: verdicts
      .filter((v) => !v.kept)
      .map(({ member, reason }) => ({ formula: member.text, reason: reason! })),
  };
}

/** Writes what does not depend on threads, paths and time into portfolio.json, the rest into the manifest. */
function publish(
  result: Result,
  { settings, residual, problem }: Study,
  { log }: Found,
  outcome: Outcome,
  run: { datasetSha256: string; holdoutOpened: number | null; seconds: number },
): Promise<string> {
  const { threads, dataset, evolved, ...configuration } = settings;
  const { datasetSha256, ...circumstances } = run;
  const { baselineGain } = residual;
  const range = ({ from, to }: Part) => ({ from, to });
  const { search, selection, holdout } = problem.parts;
  /** In time (µs): what the search and the selection have seen, and what they have not. */
  const parts = { search: range(search), selection: range(selection), holdout: range(holdout) };
  const identity = { seed: settings.seed, datasetSha256, configuration, parts, baselineGain };
  return result.publish({ ...identity, ...outcome }, log, (files) => ({
    version,
    ...identity,
    dataset,
    threads,
    ...circumstances,
    files,
  }));
}
