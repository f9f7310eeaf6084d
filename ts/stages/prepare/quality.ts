/** What was found in the data and what was done about it: counts for the report, the metadata, the manifest. */
import type { DepthQuality, LiquidationQuality } from './books.js';
import type { Listed } from './rows.js';
import type { TradeQuality, TradeSurvey } from './trades.js';

/** Every counter by name, and for rows that did not count the lines of the first few. */
export interface Quality {
  /** Counters of absent streams are left out. */
  counters: Record<string, number>;
  /** `file:line` of the first rows that were skipped or dropped, by counter; only where there are some. */
  lines: Record<string, string[]>;
}

export function qualityOf(found: {
  survey: TradeSurvey;
  trades: TradeQuality;
  depth: DepthQuality | undefined;
  liquidations: LiquidationQuality | undefined;
  engine: Record<string, number>;
}): Quality {
  const { survey, trades, depth, liquidations, engine } = found;
  const listed: Record<string, Listed> = {
    bad: survey.bad,
    dropped: trades.dropped,
    off_grid: trades.offGrid,
    id_stalls: survey.idStalls,
    id_gaps: survey.idGaps,
    clock_skew: survey.skewed,
    ...(depth && {
      depth_bad: depth.bad,
      depth_malformed: depth.malformed,
      depth_clock_skew: depth.skewed,
      depth_missing_updates: depth.missing,
      depth_outdated: depth.outdated,
      depth_overrun: depth.overrun,
      depth_unreadable: depth.unreadable,
    }),
    ...(liquidations && {
      liquidations_bad: liquidations.bad,
      liquidations_dropped: liquidations.dropped,
      liquidations_clock_skew: liquidations.skewed,
    }),
  };
  const { rows: _, ...ofEngine } = engine;
  const counters = {
    bad: survey.bad.total,
    dropped: trades.dropped.total,
    off_grid: trades.offGrid.total,
    duplicates: trades.duplicates,
    out_of_order: survey.outOfOrder,
    id_stalls: survey.idStalls.total,
    id_gaps: survey.idGaps.total,
    clock_skew: survey.skewed.total,
    cut_stamps: survey.cutStamps,
    ...ofEngine,
    missing_ids: survey.missingIds,
    ...(depth && depthCounters(depth)),
    ...(liquidations && liquidationCounters(liquidations)),
  };
  const lines = Object.entries(listed).filter(([, { total }]) => total > 0);
  return { counters, lines: Object.fromEntries(lines.map(([name, { lines }]) => [name, lines])) };
}

function depthCounters(depth: DepthQuality): Record<string, number> {
  return {
    depth_bad: depth.bad.total,
    depth_malformed: depth.malformed.total,
    depth_out_of_order: depth.outOfOrder,
    depth_clock_skew: depth.skewed.total,
    depth_unfounded: depth.unfounded,
    depth_missing_updates: depth.missing.total,
    depth_outdated: depth.outdated.total,
    depth_overrun: depth.overrun.total,
    depth_unreadable: depth.unreadable.total,
    depth_snapshots: depth.snapshots,
    depth_replaced: depth.replaced,
    depth_crossed: depth.crossed,
    depth_locked: depth.locked,
    depth_one_sided: depth.oneSided,
  };
}

function liquidationCounters(liquidations: LiquidationQuality): Record<string, number> {
  return {
    liquidations_bad: liquidations.bad.total,
    liquidations_dropped: liquidations.dropped.total,
    liquidations_clock_skew: liquidations.skewed.total,
    liquidations_duplicates: liquidations.duplicates,
  };
}
