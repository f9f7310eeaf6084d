/** One random market in the words of every exchange: the features are those of the canonical files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMapping } from '../../ts/config/mapping.js';
import { silentProgress as progress } from '../../ts/report/progress.js';
import { defaultTuning } from '../../ts/stages/prepare/run.js';
import {
  canonical,
  depthFormats,
  type Events,
  idlessFormats,
  liquidationFormats,
  randomEvents,
  touchFormats,
  tradeFormats,
} from '../support/dialects.js';
import { freshFolder } from '../support/folder.js';
import { type PrepareConfig as Config, prepare } from '../support/prepare.js';
import { readTable } from '../support/table.js';

/** SHA-256 of the features that come of these files, with tick and lot pinned as far as the formats have them. */
async function digest(files: Record<string, string>, more: Partial<Config> = {}, blockBytes = 3000) {
  const raw = freshFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(raw, name), content);
  const config: Config = {
    raw,
    symbols: undefined,
    dataset: join(raw, 'out.parquet'),
    threads: 1,
    compression: 'lz4',
    onBadRow: 'fail',
    indicators: { wall_min_buckets: '2' },
    ...more,
  };
  const { symbols } = await prepare(config, { progress }, { ...defaultTuning, blockBytes, sliceRows: 1000 });
  const { dataSha256: sha, rows, quality } = symbols[0]!;
  return { sha, rows, quality, table: readTable(config.dataset) };
}

const events = randomEvents(11, 400);
const files = canonical(events);
const trades = { 'TEST_trades.csv': files.trades };

describe('trades', () => {
  it.each(Object.entries(tradeFormats))('as %s', async (_, write) => {
    const [name, content] = write(events.trades);
    const got = await digest({ [name]: content });
    expect(got).toMatchObject({ rows: 400, sha: (await digest(trades)).sha });
  });

  it.each(Object.entries(idlessFormats))('as %s', async (_, write) => {
    const [name, content] = write(events.trades);
    const without = canonical(events, false).trades;
    expect((await digest({ [name]: content })).sha).toBe((await digest({ 'TEST_trades.csv': without })).sha);
  });
});

describe('depth', () => {
  const withDepth = (of: Events) => ({ ...trades, 'TEST_depth.csv': canonical(of).depth });

  it.each(Object.entries(depthFormats))('as %s', async (_, write) => {
    const [name, content] = write(events.books);
    const expected = await digest(withDepth(events));
    const got = await digest({ ...trades, [name]: content });
    expect(expected.quality.books_seen).toBeGreaterThan(20);
    expect(got.quality.books_seen).toBe(expected.quality.books_seen);
    expect(got.sha).toBe(expected.sha);
  });

  it.each(Object.entries(depthFormats))('as %s, whatever the blocks', async (_, write) => {
    const [name, content] = write(events.books);
    const all = { ...trades, [name]: content };
    expect((await digest(all, {}, 1)).sha).toBe((await digest(all, {}, 1_000_000)).sha);
  });

  it.each(Object.entries(touchFormats))('as %s', async (_, write) => {
    const touch = {
      ...events,
      books: events.books.map(({ ts, bids, asks }) => ({ ts, bids: [bids[0]!], asks: [asks[0]!] })),
    };
    const [name, content] = write(events.books);
    expect((await digest({ ...trades, [name]: content })).sha).toBe((await digest(withDepth(touch))).sha);
  });

  it('as generic_long in any order of the snapshots', async () => {
    const [name, content] = depthFormats.generic_long!([...events.books].reverse());
    expect((await digest({ ...trades, [name]: content })).sha).toBe((await digest(withDepth(events))).sha);
  });

  it('keeps as many levels as the mapping says', async () => {
    const three = {
      ...events,
      books: events.books.map(({ ts, bids, asks }) => ({
        ts,
        bids: bids.slice(0, 3),
        asks: asks.slice(0, 3),
      })),
    };
    const depth = { columns: {}, maxLevels: 3 };
    for (const write of [depthFormats.okx_l2!, depthFormats.tardis_book_snapshot!]) {
      const [name, content] = write(events.books);
      const got = await digest({ ...trades, [name]: content }, { depth });
      expect(got.sha).toBe((await digest(withDepth(three))).sha);
    }
  });
});

describe('bands', () => {
  const stamp = (ts: bigint) => new Date(Number(ts / 1000n)).toISOString().replace('T', ' ').slice(0, 19);
  const [first, last] = [events.trades[0]!.ts, events.trades.at(-1)!.ts];
  // Whole seconds, both ways of writing a percentage, cumulated volumes.
  const rows = Array.from({ length: 5 }, (_, i) => first + BigInt(i * 30 - 30) * 1_000_000n).flatMap(
    (ts, i) =>
      ['-5', '-1.00', '1', '5.00'].map(
        (percent, j) => `${stamp(ts)},${percent},${100 * (i + 1) + j * j * 10},1`,
      ),
  );
  const bookDepth = {
    'TEST-bookDepth-2023-11-14.csv': `timestamp,percentage,depth,notional\n${rows.join('\n')}\n`,
  };

  it('give the imbalance of a band and nothing else of a book', async () => {
    expect(last - first).toBeGreaterThan(150_000_000n);
    const { table } = await digest({ ...trades, ...bookDepth }, { indicators: { obi_mode: 'band:1' } }, 40);
    // -1: 100 (i + 1) + 10 bids, 1: 100 (i + 1) + 40 asks.
    const expected = (i: number) => Math.fround(-30 / (2 * 100 * (i + 1) + 50));
    const second = (ts: bigint) => Number((ts - (first - (first % 1_000_000n))) / 1_000_000n);
    table.ts!.forEach((ts, row) => {
      const seen = Math.floor((second(BigInt(ts!)) - (BigInt(ts!) % 1_000_000n === 0n ? 1 : 0)) / 30) + 1;
      if (seen > 4) return;
      expect([row, table.obi![row]]).toEqual([row, expected(seen)]);
    });
    for (const column of ['bid', 'ask', 'obi1', 'wall_bid_mult', 'depth_span_bps'])
      expect(table[column]!.every((value) => value === null)).toBe(true);
    // Sides that are known stay; without a mid the rest is for the tick test, as without a book.
    expect(table.side).toEqual(events.trades.map(({ side }) => side));
  });

  it('of another width, or levels, leave it null', async () => {
    for (const obi_mode of ['band:2', 'levels']) {
      const { table } = await digest({ ...trades, ...bookDepth }, { indicators: { obi_mode } });
      expect(table.obi!.every((value) => value === null)).toBe(true);
    }
  });
});

describe('liquidations', () => {
  const expected = () => digest({ ...trades, 'TEST_liquidations.csv': files.liquidations });

  it.each(Object.entries(liquidationFormats))('as %s', async (_, write) => {
    const [name, content] = write(events.liquidations);
    expect((await digest({ ...trades, [name]: content })).sha).toBe((await expected()).sha);
  });

  it('in the other convention when the mapping says so', async () => {
    const turned = events.liquidations.map((l) => ({ ...l, pos: -l.pos as 1 | -1 }));
    const [name, content] = liquidationFormats.tardis_liquidations!(turned);
    const liquidations = { columns: {}, liqSide: 'position' as const };
    expect((await digest({ ...trades, [name]: content }, { liquidations })).sha).toBe((await expected()).sha);
  });
});

describe('a mapping', () => {
  it('names columns, sides, unit and the size of a contract', async () => {
    const rows = events.trades.map((t) =>
      [t.ts / 1000n, t.side === 1 ? 'B' : 'A', t.price, Math.round(Number(t.qty) * 1000), t.id].join('|'),
    );
    const given = {
      columns: { ts: 'wann', side: 'wer', price: 'preis', qty: 'menge', id: 'nummer' },
      side_map: { B: 1, A: -1 },
      time_unit: 'ms',
      qty_multiplier: 0.001,
    };
    const mapping = readMapping('trades', given, 'trades');
    const content = ['wann|wer|preis|menge|nummer', ...rows].join('\n');
    const got = await digest({ 'TEST_trades.csv': content }, { trades: mapping });
    expect(got.sha).toBe((await digest(trades)).sha);
  });

  it.each([
    [{ X: 1 }, 'X', 'Sell'],
    [{ buy: -1, sell: 1 }, 'sell', 'BUY'],
  ])('adds words for sides to the usual ones, and those win: %j', async (side_map, bought, sold) => {
    const rows = events.trades.map((t) =>
      [t.ts, t.id, t.price, t.qty, t.side === 1 ? bought : sold].join(','),
    );
    const mapping = readMapping('trades', { side_map }, 'trades');
    const content = ['ts,trade_id,price,qty,side', ...rows].join('\n');
    const got = await digest({ 'TEST_trades.csv': content }, { trades: mapping });
    expect(got.sha).toBe((await digest(trades)).sha);
  });

  it('reads the time of arrival when asked for it', async () => {
    const [name, content] = tradeFormats.tardis_trades!(events.trades);
    const late = { ...events, trades: events.trades.map((t) => ({ ...t, ts: t.ts + 7n })) };
    const got = await digest({ [name]: content }, { timeColumn: 'local' });
    expect(got.sha).toBe((await digest({ 'TEST_trades.csv': canonical(late).trades })).sha);
  });
});
