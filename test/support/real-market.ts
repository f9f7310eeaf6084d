/** A week of a real stock (BAC) as indicators and returns, for tests that need what no simulation has. */
import { join, resolve as path } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve } from '../../ts/config/resolve.js';
import { chooseTerminals } from '../../ts/evolve/terminals.js';
import { openDataset, readNumbers } from '../../ts/io/dataset.js';
import { silentProgress } from '../../ts/report/progress.js';
import type { DatasetColumn } from './dataset.js';
import { shared } from './shared.js';

export interface RealMarket {
  ts: Float64Array;
  price: Float64Array;
  /** The dimensionless columns of `hybrid prepare`. */
  features: Readonly<Record<string, Float64Array>>;
}

/** Prepares the week in a folder; undefined, with a visible reason, where the shared data is missing. */
export async function realMarket(folder: string): Promise<RealMarket | undefined> {
  const raw = shared('data', 'bac-equity-week');
  if (raw === undefined) return undefined;
  const stage = pathToFileURL(path('dist/stages/prepare.js')).href;
  const { prepare } = (await import(stage)) as typeof import('../../ts/stages/prepare.js');
  const flags = { raw, dataset: join(folder, 'real.parquet'), threads: '1' };
  const settings = resolve('prepare', { flags, env: {}, dotenv: {}, file: {} });
  const { out } = await prepare(settings, {
    progress: silentProgress,
    signal: new AbortController().signal,
  });
  const dataset = await openDataset(out);
  const names = chooseTerminals(dataset.columns, undefined, []).map((t) => t.name);
  const [ts, price, ...features] = await readNumbers(dataset, ['ts', 'price', ...names]);
  return {
    ts: ts!,
    price: price!,
    features: Object.fromEntries(names.map((name, k) => [name, features[k]!])),
  };
}

/**
 * `rows` trades of the week, every `stride`-th from row `from` on, whose returns are moved on in a circle by `shift`
 * against times and features.
 */
export function shiftedReal(
  { ts, price, features }: RealMarket,
  { rows, stride, from, shift }: { rows: number; stride: number; from: number; shift: number },
): Record<string, DatasetColumn> {
  const pick = (column: Float64Array) =>
    Float64Array.from({ length: rows }, (_, i) => column[from + i * stride]!);
  const times = pick(ts);
  const level = pick(price).map(Math.log);
  let own = level[0]!;
  const moved = level.map((_, i) => {
    if (i === 0) return Math.exp(own);
    const source = 1 + ((i - 1 + shift) % (rows - 1));
    own += level[source]! - level[source - 1]!;
    return Math.exp(own);
  });
  const columns = Object.entries(features).map(([name, values]) => [name, pick(values)] as const);
  const varying = columns.filter(([, values]) => values.some((v) => Number.isFinite(v) && v !== values[0]));
  return {
    ts: BigInt64Array.from(times, (t) => BigInt(t)),
    price: moved,
    ...Object.fromEntries(varying),
  };
}
