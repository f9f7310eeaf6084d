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
    ...(depth && { depth_bad: depth.bad, depth_malformed: depth.malformed }),
    ...(liquidations && { liquidations_bad: liquidations.bad, liquidations_dropped: liquidations.dropped }),
  };
  const { rows: _, ...ofEngine } = engine;
  const counters = {
    bad: survey.bad.total,
    dropped: trades.dropped.total,
    off_grid: trades.offGrid.total,
    duplicates: trades.duplicates,
    out_of_order: survey.outOfOrder,
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
    liquidations_duplicates: liquidations.duplicates,
  };
}
