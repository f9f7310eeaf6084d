/** The bytes of features.parquet depend on the data alone: not on threads, cuts, slices or compression of the input. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentProgress as progress } from '../../ts/report/progress.js';
import { freshFolder } from '../support/folder.js';
import { type Market, randomMarket, writeMarket } from '../support/market.js';
import { type PrepareConfig as Config, prepare } from '../support/prepare.js';
import { readTable } from '../support/table.js';
import { zipOf } from '../support/zip.js';

interface How {
  threads?: number;
  blockBytes?: number;
  sliceRows?: number;
  sortRows?: number;
  runBytes?: number;
  heldBytes?: number;
  /** Every stream cut into so many files. */
  files?: number;
  /** All files in one archive. */
  zip?: boolean;
  gzip?: boolean;
  compression?: Config['compression'];
  featureSet?: Config['featureSet'];
}

/** The SHA-256 of the file that this way of running gives, and that of its data. */
async function digest(market: Partial<Market>, how: How = {}): Promise<{ file: string; data: string }> {
  const folder = freshFolder();
  if (how.files === undefined && !how.zip) writeMarket(folder, 'TEST', market, how.gzip);
  else writeFiles(folder, cutInto(market, how.files ?? 1), how.zip);
  const dataset = join(folder, 'out.parquet');
  const config: Config = {
    raw: folder,
    symbols: undefined,
    dataset,
    threads: how.threads ?? 1,
    compression: how.compression ?? 'lz4',
    featureSet: how.featureSet ?? 'extended',
    onBadRow: 'fail',
    indicators: {},
  };
  const { blockBytes = 4_000_000, sliceRows = 16_384, sortRows = 1e6, runBytes = 1e7, heldBytes = 1e8 } = how;
  const tuning = { blockBytes, sliceRows, sortRows, runBytes, heldBytes };
  const result = await prepare(config, { progress }, tuning);
  const file = createHash('sha256').update(readFileSync(dataset)).digest('hex');
  return { file, data: result.symbols[0]!.dataSha256 };
}

/** What one thread makes of the market in one piece, prepared once for each market and feature set. */
function plainDigest(market: Partial<Market>, featureSet?: Config['featureSet']): ReturnType<typeof digest> {
  const known = plain.get(market) ?? {};
  plain.set(market, known);
  known[featureSet ?? 'extended'] ??= digest(market, featureSet === undefined ? {} : { featureSet });
  return known[featureSet ?? 'extended']!;
}

const plain = new Map<Partial<Market>, Record<string, ReturnType<typeof digest>>>();

const partNames = { trades: 'trades', depth: 'bookDepth', liquidations: 'liquidationSnapshot' };

/** Files of consecutive rows, each with the header. */
function cutInto(market: Partial<Market>, files: number): Record<string, string> {
  const parts: Record<string, string> = {};
  for (const [stream, name] of Object.entries(partNames)) {
    const [header, ...rows] = (market[stream as keyof Market] ?? '').trimEnd().split('\n');
    const each = Math.ceil(rows.length / files);
    for (let i = 0; i < files && header !== ''; i++) {
      const part = rows.slice(i * each, (i + 1) * each);
      parts[`TEST-${name}-${10 + i}.csv`] = `${[header, ...part].join('\n')}\n`;
    }
  }
  return parts;
}

function writeFiles(folder: string, files: Record<string, string>, zip = false): void {
  if (zip) writeFileSync(join(folder, 'all.zip'), zipOf(files));
  else for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

const ways: [string, How][] = [
  ['three threads', { threads: 3, blockBytes: 2000 }],
  ['a line a block', { blockBytes: 1, threads: 2 }],
  ['blocks of 1000 bytes', { blockBytes: 1000 }],
  ['slices of 7 rows', { sliceRows: 7, blockBytes: 5000 }],
  ['rows read twice', { heldBytes: 0 }],
  ['more rows than are held, read twice', { heldBytes: 9000, blockBytes: 2000, threads: 2 }],
  ['sorted runs on the disk', { sortRows: 0, runBytes: 4000 }],
  ['sorted runs of a row', { sortRows: 0, runBytes: 1, blockBytes: 2000, threads: 2 }],
  ['gzip', { gzip: true, blockBytes: 2000, threads: 2 }],
  ['gzip of more rows than are held', { gzip: true, blockBytes: 2000, threads: 2, heldBytes: 12_000 }],
  ['an archive of the files', { zip: true, blockBytes: 2000, threads: 2 }],
];

/** Most of the time of these goes into starting the threads: one market is enough. */
const crowds: [string, How][] = [
  ['two threads', { threads: 2 }],
  ['seven threads', { threads: 7, blockBytes: 3000 }],
  ['sixteen threads', { threads: 16, blockBytes: 2000 }],
];

/** Files come in the order of their first stamps: rows of one stamp without integer ids must not be shuffled. */
const cuts: [string, How][] = [
  ['ten files a stream', { files: 10, threads: 2 }],
  ['ten files a stream in an archive', { files: 10, zip: true, threads: 3, blockBytes: 1500 }],
];

describe.each([
  ['a sorted market', randomMarket(1, 700)],
  ['shuffled files', shuffled(randomMarket(2, 500))],
  ['shuffled files with repeated ids', shuffled(doubled(randomMarket(9, 300)))],
  ['ids of text', withTextIds(randomMarket(10, 300))],
  ['trades alone', { trades: randomMarket(3, 400).trades }],
])('%s cut into files', (_, market) => {
  it.each(cuts)('gives the same bytes with %s', async (_name, how) => {
    expect(await digest(market, how)).toEqual(await plainDigest(market));
  });
});

describe.each([
  ['a sorted market', randomMarket(1, 700)],
  ['shuffled files', shuffled(randomMarket(2, 500))],
  ['shuffled files with repeated ids', shuffled(doubled(randomMarket(9, 300)))],
  ['shuffled files with ids of text', shuffled(doubled(withTextIds(randomMarket(10, 300))))],
  ['trades alone', { trades: randomMarket(3, 400).trades }],
  ['a trade of nothing behind many', { trades: withLast(randomMarket(4, 400).trades, 0) }],
])('%s', (_, market) => {
  it.each(ways)('gives the same bytes with %s', async (_name, how) => {
    expect(await digest(market, how)).toEqual(await plainDigest(market));
  });

  it('gives the same data digest whatever the compression', async () => {
    const lz4 = await plainDigest(market);
    const none = await digest(market, { compression: 'none' });
    expect(none.data).toBe(lz4.data);
    expect(none.file).not.toBe(lz4.file);
  });
});

describe('the core alone', () => {
  const market = randomMarket(1, 700);

  it.each([...ways, ...crowds])('gives the same bytes with %s', async (_name, how) => {
    expect(await digest(market, { ...how, featureSet: 'core' })).toEqual(await plainDigest(market, 'core'));
  });
});

it('ten files a stream, sorted on the disk, give the same bytes', async () => {
  const market = shuffled(doubled(randomMarket(9, 300)));
  const whole = await digest(market);
  expect(await digest(market, { files: 10, sortRows: 0, runBytes: 500 })).toEqual(whole);
});

describe('the data digest', () => {
  it('sees one changed quantity', async () => {
    const market = randomMarket(4, 300);
    const lines = market.trades.split('\n');
    lines[200] = lines[200]!.replace(/,([\d.]+),(-?\d)$/, ',9.999,$2');
    const changed = await digest({ ...market, trades: lines.join('\n') });
    expect(changed.data).not.toBe((await digest(market)).data);
  });
});

describe('more rows than a row group', () => {
  const rows = 140_000;
  const lines = Array.from(
    { length: rows },
    (_, i) => `${1_700_000_000_000_000 + i * 20_000},${i},${100 + (i % 9)},1,1`,
  );
  const market = { trades: `ts,trade_id,price,qty,side\n${lines.join('\n')}\n` };

  it('are all there, in order, the same for any number of threads', async () => {
    const folder = freshFolder();
    writeMarket(folder, 'TEST', market);
    const dataset = join(folder, 'out.parquet');
    const base = {
      raw: folder,
      symbols: undefined,
      compression: 'lz4',
      onBadRow: 'fail',
      indicators: {},
    } as const;
    const digests = [];
    for (const threads of [1, 3]) {
      await prepare({ ...base, dataset, threads }, { progress });
      digests.push(createHash('sha256').update(readFileSync(dataset)).digest('hex'));
    }
    expect(digests[1]).toBe(digests[0]);
    const { trade_id: ids, price } = readTable(dataset, ['trade_id', 'price']);
    expect(ids!.every((id, i) => id === BigInt(i))).toBe(true);
    expect(price!.every((p, i) => p === 100 + (i % 9))).toBe(true);
    expect(ids!.length).toBe(rows);
  });
});

/** The rows of each file in another order. */
function shuffled(market: Market): Market {
  const shuffle = (text: string) => {
    const [header, ...rows] = text.trimEnd().split('\n');
    const key = (row: string) => createHash('sha256').update(row).digest('hex');
    return `${[header, ...rows.sort((a, b) => (key(a) < key(b) ? -1 : 1))].join('\n')}\n`;
  };
  return {
    trades: shuffle(market.trades),
    depth: shuffle(market.depth),
    liquidations: shuffle(market.liquidations),
  };
}

/** Every third line once more, some with another stamp. */
function doubled(market: Market): Market {
  const [header, ...rows] = market.trades.trimEnd().split('\n');
  const again = rows
    .filter((_, i) => i % 3 === 0)
    .map((row, i) => (i % 2 === 0 ? row : row.replace(/^17/, '16')));
  return { ...market, trades: `${[header, ...rows, ...again].join('\n')}\n` };
}

/** With one more trade, of so much. */
function withLast(trades: string, qty: number): string {
  const [ts, id] = trades.trimEnd().split('\n').at(-1)!.split(',');
  const [, , price] = trades.split('\n')[1]!.split(',');
  return `${trades}${[ts, Number(id) + 1, price, qty, 1].join(',')}\n`;
}

/** Ids that are no integers, some of them empty. */
function withTextIds(market: Market): Market {
  const trades = market.trades.replace(
    /^(\d+),(\d+),/gm,
    (_, ts, id) => `${ts},${id % 7 === 0 ? '' : `a${id}`},`,
  );
  return { ...market, trades };
}
