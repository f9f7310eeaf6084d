/** The verdict on the finalists: the hold-out opened and counted, all parts summed, formulas kept or refused. */
import { HybridError } from '../../error.js';
import { type Evaluate, jointSums } from '../../evolve/evaluate.js';
import { type Finalists, judge, type Verdict } from '../../evolve/judge.js';
import type { Joint } from '../../evolve/statistics.js';
import type { Blocks, Part } from '../../problem/splits.js';
import { ledgerPath, openHoldout } from '../problem/ledger.js';
import type { Study } from './baseline.js';
import { blocksOf } from './problem.js';
import { addHoldout } from './residual.js';
import { labelsPerBlock } from './study.js';

export interface Judgement {
  /** Best first. */
  verdicts: readonly Verdict[];
  /** How often the hold-out was opened, by any run, this one included; null when it was not. */
  holdoutOpened: number | null;
}

type EvaluatorOn = (part: Part, blocks: Blocks) => Evaluate;

/** Judges, and opens the hold-out to report it. */
export async function judgeFinalists(
  study: Study,
  finalists: Finalists,
  datasetSha256: string,
  evaluatorOn: EvaluatorOn,
): Promise<Judgement> {
  if (finalists.formulas.length === 0) return { verdicts: [], holdoutOpened: null };
  const { problem, residual, baseline } = study;
  const { holdout } = problem.parts;
  const blocks = blocksOf(problem, holdout, labelsPerBlock.selection);
  // Rows without an order are reported on however few they are.
  const looked = blocks !== undefined || (problem.order !== undefined && holdout.count > 0);
  const holdoutOpened = looked ? await countOpening(study, datasetSha256) : null;
  if (blocks === undefined || holdoutOpened === null)
    return { ...(await judgeClosed(study, finalists, evaluatorOn)), holdoutOpened };
  await addHoldout(residual, problem, baseline);
  const { joint } = await jointSums(evaluatorOn(holdout, blocks), finalists.formulas);
  return { ...(await judgeClosed(study, finalists, evaluatorOn, joint)), holdoutOpened };
}

/** Judges by search and selection; what the hold-out says, if it was opened, is only handed on. */
export async function judgeClosed(
  study: Study,
  finalists: Finalists,
  evaluatorOn: EvaluatorOn,
  holdout?: Joint,
): Promise<Judgement> {
  if (finalists.formulas.length === 0) return { verdicts: [], holdoutOpened: null };
  const { problem, blocks, settings, ports } = study;
  const { search, selection } = problem.parts;
  const phase = ports.progress.phase('judge', 0);
  const sumsOf = async (part: Part, of: Blocks | undefined): Promise<Joint | undefined> =>
    of && (await jointSums(evaluatorOn(part, of), finalists.formulas)).joint;
  const parts = {
    search: (await sumsOf(search, blocks.search))!,
    selection: await sumsOf(selection, blocks.selection),
    holdout,
  };
  const verdicts = judge(finalists, parts, settings.seed, problem.order !== undefined);
  const kept = verdicts.filter((v) => v.kept).length;
  const tested = parts.selection === undefined ? 'kept, not tested' : 'borne out';
  phase.end(`${kept} of ${verdicts.length} finalists ${tested}`);
  return { verdicts, holdoutOpened: null };
}

/** Counts the opening in the ledger first; where that cannot be written the hold-out stays closed. */
async function countOpening({ settings, problem, ports }: Study, dataset: string): Promise<number | null> {
  const { from, to } = problem.parts.holdout;
  const at = new Date().toISOString();
  try {
    return await openHoldout(ledgerPath(settings.dataset), {
      dataset,
      target: settings.target,
      from,
      to,
      at,
    });
  } catch (error) {
    const { code, message } = HybridError.from(error);
    if (code !== 'E_RESOURCE') throw error;
    ports.progress.note(`hold-out not opened, its ledger cannot be written: ${message}`);
    return null;
  }
}
