/** What features.parquet says about itself. Nothing here may depend on cuts, threads or time. */
import type { Column, FeatureSet } from '../../kernels/engine.js';
import type { Quality } from './quality.js';

/** The version of indicators.md that the columns follow. */
export const specification = '1.2';

/** The number format of a symbol: decimal texts, buckets in ticks. */
export interface Grid {
  tick: string;
  lot: string;
  /** g of the specification. */
  bucketTicks: bigint;
  wallBucketTicks: bigint;
}

/** Counters of successive rows of the files: another cut of the same rows has others. They are in the manifest. */
const ofFileOrder = new Set(['out_of_order', 'id_stalls', 'id_gaps', 'depth_out_of_order']);

function uncut(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([name]) => !ofFileOrder.has(name)));
}

/** Key-value pairs of the file, in a fixed order; the composite ones are JSON. */
export function fileMetadata(of: {
  symbol: string;
  texts: Record<string, string>;
  grid: Grid;
  streams: { depth: boolean; liquidations: boolean };
  quality: Quality;
  featureSet: FeatureSet;
  columns: readonly Column[];
  dedupTrades: boolean;
}): Record<string, string> {
  const { symbol, texts, grid, streams, quality, featureSet, columns, dedupTrades } = of;
  return {
    'hybrid.specification': specification,
    ...(featureSet !== 'core' && { 'hybrid.feature_set': featureSet }),
    'hybrid.symbol': symbol,
    'hybrid.tick_size': grid.tick,
    'hybrid.lot_size': grid.lot,
    'hybrid.footprint_bucket_ticks': String(grid.bucketTicks),
    'hybrid.wall_bucket_ticks': String(grid.wallBucketTicks),
    'hybrid.streams': ['trades', ...Object.entries(streams).flatMap(([s, there]) => (there ? [s] : []))].join(
      ',',
    ),
    'hybrid.cpi_has_liq': String(streams.liquidations),
    'hybrid.parameters': JSON.stringify(texts),
    ...(!dedupTrades && { 'hybrid.trade_dedup': 'none' }),
    'hybrid.counters': JSON.stringify(uncut(quality.counters)),
    'hybrid.units': JSON.stringify(Object.fromEntries(columns.map(({ name, unit }) => [name, unit]))),
  };
}
