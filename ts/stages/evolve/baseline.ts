/** The baseline fitted: from a posed study to one whose formulas have something to explain. */
import type { Pool } from '../../pool/pool.js';
import type { Phase } from '../../report/progress.js';
import { type BaselineTask, type ResidualTarget, residualTarget } from './residual.js';
import type { PosedStudy } from './study.js';

export interface Study extends PosedStudy {
  /** Undefined with --baseline none. */
  baseline: BaselineTask | undefined;
  residual: ResidualTarget;
  pool: Pool;
}

/** Fits the baseline that the settings name. */
export async function fitBaseline(study: PosedStudy, pool: Pool): Promise<Study> {
  const { settings, problem, columns, baselineColumns, blocks, ports } = study;
  const names = new Set(baselineColumns);
  const baseline: BaselineTask | undefined =
    settings.baseline === 'none' || names.size === 0
      ? undefined
      : {
          kind: settings.baseline,
          problem,
          columns: columns.values.filter((_, i) => names.has(columns.names[i]!)),
          pool,
          signal: ports.signal,
        };
  const phase: Phase = ports.progress.phase('baseline', 0);
  const residual = await residualTarget(problem, blocks.search, baseline, phase);
  phase.end(baseline === undefined ? 'none' : describe(baseline, residual));
  return { ...study, baseline, residual, pool };
}

function describe({ columns }: BaselineTask, { baselineGain, trees }: ResidualTarget): string {
  const { search, selection } = baselineGain;
  return (
    `ridge on ${columns.length} columns${treesText(trees)}: R² ${search.toPrecision(2)} on search ` +
    `(purged folds), ${selection.toPrecision(2)} on selection`
  );
}

function treesText(trees: ResidualTarget['trees']): string {
  if (trees === undefined) return '';
  if (trees.rounds === 0) return ' (trees left out: the folds bear nothing of them out)';
  return ` and ${(100 * trees.share).toFixed(0)} % of the answers of ${trees.rounds} trees`;
}
