/** Files as vendors give them: every row counted, and each flawed file told apart from its sound twin by line. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { shared } from '../support/shared.js';
import { readTable } from '../support/table.js';

const vendor = shared('data', 'vendor');

interface Summary {
  symbols: {
    symbol: string;
    trades: number;
    depth: number | null;
    liquidations: number | null;
    rows: number;
    quality: Record<string, number>;
    lines: Record<string, string[]>;
  }[];
  notes: string;
  folder: string;
}

/** Prepares copies of the vendor's files, with others of our own beside them. */
async function prepared(
  paths: string[],
  own: Record<string, string> = {},
  ...flags: string[]
): Promise<Summary> {
  const folder = freshFolder();
  mkdirSync(join(folder, 'raw_data'));
  for (const path of paths) copyFileSync(join(vendor!, path), join(folder, 'raw_data', basename(path)));
  for (const [name, content] of Object.entries(own)) writeFileSync(join(folder, 'raw_data', name), content);
  const run = await hybrid(['prepare', '--json', '--threads', '2', ...flags], folder);
  expect(run.stderr).not.toMatch(/^E_/m);
  return { ...JSON.parse(run.stdout), notes: run.stderr, folder };
}

function lines(path: string): string[] {
  return gunzipSync(readFileSync(join(vendor!, path)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
}

/** Lines of the negative file that its positive twin does not have: the answer key. */
function flawed(name: (sign: string) => string): number[] {
  const sound = new Set(lines(name('positive')));
  return lines(name('negative')).flatMap((line, i) => (sound.has(line) ? [] : [i + 1]));
}

/** The lines that the report names, by counter, beside those that it names for the sound twin. */
function told({ symbols }: Summary, sound: Summary): Record<string, number[]> {
  const numbers = (s: Summary) =>
    Object.entries(s.symbols[0]!.lines).map(([name, at]) => [
      name,
      at.map((p) => Number(p.split(':').at(-1))),
    ]);
  const before = Object.fromEntries(numbers(sound)) as Record<string, number[]>;
  const now = Object.fromEntries(numbers({ symbols } as Summary)) as Record<string, number[]>;
  const fresh = Object.entries(now).map(([name, at]) => [name, at.filter((n) => !before[name]?.includes(n))]);
  return Object.fromEntries(fresh.filter(([, at]) => at!.length > 0));
}

/** A trade of a symbol, for streams that come without trades. */
const oneTrade = (ts: number | string) => `ts,trade_id,price,qty,side\n${ts},1,100,1,1\n`;

describe.skipIf(vendor === undefined)('binance-ws', () => {
  const spot = (sign: string) =>
    `binance-ws/test_${sign}_binance_trade_stream_spot_trxusdt_04-03-2025.csv.gz`;
  const futures = (sign: string) =>
    `binance-ws/test_${sign}_binance_trade_stream_usd_m_futures_trxusdt_04-03-2025.csv.gz`;
  const merged = (sign: string) =>
    `binance-ws/merged_depth_snapshot_difference_depth_stream_trade_stream_usd_m_futures_trxusdt_14-04-2025_${sign}.csv.gz`;

  it('spot: a repeated id, the hole that it leaves, and a time of arrival a day late', async () => {
    const [sound, flaw] = [await prepared([spot('positive')]), await prepared([spot('negative')])];
    expect(sound.symbols[0]).toMatchObject({ symbol: 'TRXUSDT', trades: 10_000, rows: 10_000, lines: {} });
    expect(flaw.symbols[0]).toMatchObject({ trades: 10_000, rows: 9999, quality: { duplicates: 1 } });
    const [repeated, late] = flawed(spot);
    // The hole is seen at the row behind it.
    expect(told(flaw, sound)).toEqual({
      id_stalls: [repeated],
      id_gaps: [repeated! + 1],
      clock_skew: [late],
    });
  });

  it('futures: a price of -1', async () => {
    const [sound, flaw] = [await prepared([futures('positive')]), await prepared([futures('negative')])];
    expect([sound.symbols[0]!.trades, flaw.symbols[0]!.trades]).toEqual([10_000, 10_000]);
    expect(told(flaw, sound)).toEqual({ dropped: flawed(futures) });
  });

  it('merged: a time of arrival, a message that ends early, a number of an update', async () => {
    const [sound, flaw] = [await prepared([merged('positive')]), await prepared([merged('negative')])];
    const kinds = lines(merged('positive')).map((line) => line.split(',').at(-4));
    const count = (kind: string) => kinds.filter((k) => k === kind).length;
    const depth = count('FINAL_DEPTH_SNAPSHOT') + count('DEPTH_SNAPSHOT') + count('DIFFERENCE_DEPTH_STREAM');
    expect(sound.symbols[0]).toMatchObject({
      symbol: 'TRXUSDT',
      trades: count('TRADE_STREAM'),
      depth,
      lines: {},
    });
    expect(flaw.symbols[0]).toMatchObject({ trades: count('TRADE_STREAM'), depth });
    const [comment, arrival, last, ...updates] = flawed(merged);
    expect(comment).toBe(1);
    const all = lines(merged('negative'));
    const next = (from: number, kind: string) =>
      all.findIndex((line, i) => i >= from && line.includes(`,${kind},`)) + 1;
    // What does not follow is seen where it does not follow: the next answer and the next change.
    expect(told(flaw, sound)).toEqual({
      depth_clock_skew: [arrival],
      depth_overrun: [last! + 1],
      depth_outdated: [next(updates.at(-1)!, 'DEPTH_SNAPSHOT')],
      depth_missing_updates: [next(updates.at(-1)!, 'DIFFERENCE_DEPTH_STREAM')],
    });
    expect(readTable(join(sound.folder, 'features.parquet')).bid!.every((bid) => bid !== null)).toBe(true);
  });

  it('changes without a snapshot build no book, and say so', async () => {
    const path =
      'binance-ws/test_positive_binance_difference_depth_stream_usd_m_futures_trxusdt_04-03-2025.csv.gz';
    const { symbols } = await prepared([path, futures('positive')]);
    expect(symbols[0]).toMatchObject({
      depth: 10_000,
      quality: { depth_snapshots: 0, depth_missing_updates: 0 },
    });
    expect(symbols[0]!.quality.depth_unfounded).toBeGreaterThan(100);
  });
});

describe.skipIf(vendor === undefined)('hyperliquid', () => {
  it('14 perpetuals in one file', async () => {
    const { symbols, notes } = await prepared([
      'hyperliquid/non_mm_trades.csv.gz',
      'hyperliquid/liquidations.csv.gz',
    ]);
    const coins = lines('hyperliquid/non_mm_trades.csv.gz')
      .slice(1)
      .map((line) => line.split(',')[2]!);
    const expected = [...new Set(coins)].sort().map((symbol) => {
      const trades = coins.filter((coin) => coin === symbol).length;
      return { symbol, trades, rows: trades };
    });
    expect(symbols).toMatchObject(expected);
    expect(symbols).toHaveLength(14);
    expect(notes).toMatch(
      /liquidations\.csv\.gz: left out, hyperliquid_liquidations: its rows name no market, no side and no price/,
    );
  });
});

describe.skipIf(vendor === undefined)('coinglass', () => {
  const bars = readdirSync(join(vendor ?? '.', vendor ? 'coinglass' : '.')).filter((name) =>
    name.endsWith('.gz'),
  );

  it.each(bars)('%s: longs and shorts of every bar, when it is over', async (name) => {
    const rows = lines(join('coinglass', name))
      .slice(1)
      .map((line) => line.split(',').map(Number));
    const amounts = rows.flatMap(([, , long, short]) => [long!, short!]).filter((notional) => notional > 0);
    const [first, width] = [rows[0]![0]! * 1000, (rows[1]![0]! - rows[0]![0]!) * 1000];
    const trades = [
      'ts,trade_id,price,qty,side',
      `${first + width},1,100,1,1`,
      `${first + width + 1},2,100,1,1`,
    ];
    const { symbols, folder } = await prepared([join('coinglass', name)], {
      'BTC_trades.csv': `${trades.join('\n')}\n`,
    });
    expect(symbols).toHaveLength(1);
    expect(symbols[0]).toMatchObject({ symbol: 'BTC', liquidations: amounts.length });
    // A row sees what came strictly before it: the first bar not at its end, but right after.
    const { liq_intensity: intensity } = readTable(join(folder, 'features.parquet'));
    expect([intensity![0], Number(intensity![1]) > 0]).toEqual([0, rows[0]![2]! + rows[0]![3]! > 0]);
  });
});

describe.skipIf(vendor === undefined)('tardis', () => {
  it('trades with ids that are text', async () => {
    const { symbols, folder } = await prepared(['tardis/bitmex_trades_XBTUSD.csv.gz']);
    expect(symbols[0]).toMatchObject({ symbol: 'XBTUSD', trades: 10, rows: 10 });
    const { side, ts, price, trade_id: id } = readTable(join(folder, 'features.parquet'));
    expect([side![0], ts![0], price![0], id![0]]).toEqual([-1, 1583020803145000n, 8531.5, null]);
  });

  it.each([
    ['book_snapshot_5', 'binance-futures_book_snapshot_5_BTCUSDT.csv.gz', 'BTCUSDT', 10, 10],
    ['book_snapshot_25', 'binance-futures_book_snapshot_25_BTCUSDT.csv.gz', 'BTCUSDT', 10, 10],
    ['quotes', 'huobi-dm-swap_quotes_BTC-USD.csv.gz', 'BTC-USD', 10, 10],
    ['incremental_book_L2', 'deribit_incremental_book_L2_BTC-PERPETUAL.csv.gz', 'BTC-PERPETUAL', 15, 1],
  ])('%s', async (_, name, symbol, rows, books) => {
    const path = join('tardis', name);
    const table = lines(path).map((line) => line.split(','));
    const last = Number(table.at(-1)![2]);
    const { symbols, folder } = await prepared([path], { [`${symbol}_trades.csv`]: oneTrade(last + 1) });
    expect(symbols[0]).toMatchObject({ symbol, depth: rows, quality: { depth_snapshots: books } });
    const cell = (column: string) => Number(table.at(-1)![table[0]!.indexOf(column)]);
    const { bid, ask } = readTable(join(folder, 'features.parquet'));
    // The few rows of deribit are asks alone: no book to show.
    if (name.includes('incremental')) expect([bid![0], ask![0]]).toEqual([null, null]);
    else if (name.includes('quotes'))
      expect([bid![0], ask![0]]).toEqual([cell('bid_price'), cell('ask_price')]);
    else expect([bid![0], ask![0]]).toEqual([cell('bids[0].price'), cell('asks[0].price')]);
  });
});
