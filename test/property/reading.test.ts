/** Raw files that could be read wrongly, or not at all: what is said of them, and what counts. */
import { existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultTuning, type Tuning } from '../../ts/stages/prepare/run.js';
import { type PrepareConfig, prepare } from '../../ts/stages/prepare.js';
import { freshFolder } from '../support/folder.js';

type Files = Record<string, string>;

function write(raw: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(raw, name)), { recursive: true });
    writeFileSync(join(raw, name), content);
  }
}

/** Prepares these files; `place` puts what else is needed into the raw folder. */
async function run(
  files: Files,
  change: Partial<PrepareConfig> = {},
  place?: (raw: string) => void,
  tuning?: Tuning,
) {
  const folder = freshFolder();
  const raw = join(folder, 'raw');
  write(raw, files);
  place?.(raw);
  const config: PrepareConfig = {
    ...{ raw, symbols: undefined, dataset: join(folder, 'out.parquet'), threads: 1 },
    ...{ compression: 'none', onBadRow: 'fail', indicators: {}, ...change },
  };
  const notes: string[] = [];
  const progress = {
    phase: () => ({ update: () => {}, end: () => {} }),
    note: (line: string) => notes.push(line),
  };
  const { symbols } = await prepare(config, { progress }, tuning);
  return { symbols, notes, only: symbols[0]! };
}

const refused = (says: string | RegExp, code = 'E_INPUT') => ({
  code,
  message: expect.stringMatching(says),
});

const start = 1_700_006_400_000_000;
const at = (second: number) => start + second * 1_000_000;
const header = 'ts,trade_id,price,qty,side\n';
const trade = (i: number, ts: number | string = at(i)) => `${ts},${i + 1},100.${i % 10},1.5,1\n`;
const trades = (count: number, from = 0) => Array.from({ length: count }, (_, i) => trade(from + i)).join('');

describe('a file of order books in JSON', () => {
  const book = (symbol: string, i: number) => {
    const side = (sign: number) =>
      Array.from({ length: 90 }, (_, n) => [String(100 + sign * (n + 1)), '1', '1']);
    const ts = String(at(i) / 1000 - 500);
    return `${JSON.stringify({ instId: symbol, action: 'snapshot', ts, asks: side(1), bids: side(-1) })}\n`;
  };
  const name = 'BTC-USDT-L2orderbook-400lv.data';
  const own = { 'BTC-USDT_trades.csv': header + trades(60) };
  const both = (from: number) =>
    Array.from({ length: 60 }, (_, i) => book(i >= from && i % 2 === 1 ? 'ETH-USDT' : 'BTC-USDT', i));
  const alone = async (...change: [Partial<PrepareConfig>?]) => {
    const books = both(30).filter((line) => line.includes('BTC'));
    return (await run({ ...own, [name]: books.join('') }, ...change)).only.dataSha256;
  };

  it('is held to the symbol of its beginning', async () => {
    const files = { ...own, [name]: both(30).join('') };
    // 30 books of 180 levels are more than the first 64 KiB.
    await expect(run(files)).rejects.toMatchObject(
      refused(/lv\.data:32: expected messages of BTC-USDT alone, got one of "ETH-USDT"$/),
    );
    const { only } = await run(files, { onBadRow: 'skip' });
    expect(only.quality.depth_bad).toBe(15);
    expect(only.dataSha256).toBe(await alone());
  });

  it('is of several where its beginning says so', async () => {
    const mixed = both(0);
    mixed.push(book('SOL-USDT', 60));
    const books = mixed.filter((line) => line.includes('BTC'));
    const { symbols, notes } = await run({ ...own, [name]: mixed.join('') });
    const expected = await run({ ...own, [name]: books.join('') });
    expect(symbols).toMatchObject([{ symbol: 'BTC-USDT', dataSha256: expected.only.dataSha256 }]);
    expect(notes).toContain('SOL-USDT: no file of trades, left out');
  });
});

describe('bars of liquidations', () => {
  const bars = 'timestamp,longUsd,shortUsd\n';
  const bar = (hour: number) => `${start / 1000 + hour * 3_600_000},${1000 * (hour + 1)},500\n`;
  const own = {
    'BTC_trades.csv': header + Array.from({ length: 20 }, (_, i) => trade(i, at(i * 900))).join(''),
  };

  it('are as long in files of one bar each as they are in one file', async () => {
    const whole = await run({ ...own, 'coinglass_BTC_a.csv': bars + bar(0) + bar(1) + bar(2) });
    const parts = await run({
      ...own,
      ...Object.fromEntries([0, 1, 2].map((hour) => [`coinglass_BTC_${hour}.csv`, bars + bar(hour)])),
    });
    expect(parts.only.dataSha256).toBe(whole.only.dataSha256);
    // A bar of half an hour is known after half an hour.
    const half = bars + bar(0) + bar(0.5) + bar(1);
    expect((await run({ ...own, 'coinglass_BTC_a.csv': half })).only.dataSha256).not.toBe(
      whole.only.dataSha256,
    );
  });

  it('are refused where one alone does not say how long it is', async () => {
    await expect(run({ ...own, 'coinglass_BTC_a.csv': bars + bar(0) })).rejects.toMatchObject(
      refused(/coinglass_BTC_a\.csv: expected at least two bars of BTC \(coinglass_bars\), .* got one$/),
    );
  });
});

describe('a file that is not recognised', () => {
  const row = (i: number) => `${i + 1},100.${i % 10},1.5,150,${at(i) / 1000},true\n`;
  const day = (nth: number) => Array.from({ length: 5 }, (_, i) => row(10 * nth + i)).join('');
  const days = (middle: string): Files => ({
    'BTCUSDT-trades-2023-11-11.csv': day(0),
    'BTCUSDT-trades-2023-11-12.csv': middle,
    'BTCUSDT-trades-2023-11-13.csv': day(2),
  });
  const strange = 'when,what\n1,2\n';

  it.each([
    ['of an exchange by its name', days(strange), /11-12\.csv:1: header: expected /],
    [
      'of the kind of others by its name',
      { 'A/part1.csv': header + trades(5), 'A/part2.csv': strange },
      /part2\.csv:1: header: expected /,
    ],
    [
      'of a symbol and stream that are read',
      { 'A_trades.csv': header + trades(5), 'A/more trades.csv': strange },
      /more trades\.csv:1: header: expected /,
    ],
  ])('ends the run: one %s', async (_, files, says) => {
    await expect(run(files)).rejects.toMatchObject(refused(says));
    await expect(run(files, { onBadRow: 'skip' })).rejects.toMatchObject(refused(says));
  });

  it('is left out with a note where nothing says that it counts', async () => {
    const { notes, only } = await run({ 'A_trades.csv': header + trades(5), 'list.csv': strange });
    expect([notes.length, only.rows]).toEqual([1, 5]);
    expect(notes[0]).toMatch(/list\.csv: left out, its columns are unknown: when,what$/);
    // Nobody asked for B.
    const b = { 'B-trades-2023-11-12.csv': strange };
    expect((await run({ 'A_trades.csv': header + trades(5), ...b }, { symbols: ['A'] })).only.rows).toBe(5);
  });

  it('has a bad first row where it has no header', async () => {
    const files = days(day(1).replace('100.0', '10x.0'));
    await expect(run(files)).rejects.toMatchObject(
      refused(/11-12\.csv:1: field "price": expected a number, got "10x\.0"$/),
    );
    const { only } = await run(files, { onBadRow: 'skip' });
    expect([only.rows, only.quality.bad]).toEqual([14, 1]);
    expect(only.lines.bad).toEqual([expect.stringMatching(/11-12\.csv:1$/)]);
  });
});

describe('a stamp in another unit', () => {
  const [s, ms, ns] = [at(2) / 1e6, at(2) / 1000, `${at(2)}000`];
  const around = (stamp: number | string) => header + trades(2) + trade(2, stamp) + trades(3, 3);

  it.each([
    [s, 1970],
    [ms, 1970],
    [ns, 55841],
    [-at(2), 1916],
    ['4102444800000000', 2100],
  ])('is a bad row among those of our days: %s', async (stamp, year) => {
    await expect(run({ 'A_trades.csv': around(stamp) })).rejects.toMatchObject(
      refused(
        `A_trades\\.csv:4: field "ts": expected µs of a time from 1990 to 2100, got "${stamp}", which is in the year ${year}$`,
      ),
    );
    const { only } = await run({ 'A_trades.csv': around(stamp) }, { onBadRow: 'skip' });
    const without = await run({ 'A_trades.csv': header + trades(2) + trades(3, 3) });
    expect([only.rows, only.quality.bad, only.dataSha256]).toEqual([5, 1, without.only.dataSha256]);
  });

  it.each([
    ['depth', 'ts,seq,bid_px,bid_qty,ask_px,ask_qty', '1,{99},{1},{101},{1}'],
    ['liquidations', 'ts,seq,pos,price,qty', '1,1,100,1'],
  ])('is one in %s too, be it in the first row or in all', async (stream, names, rest) => {
    const files = (...stamps: (number | string)[]) => ({
      'A_trades.csv': header + trades(5),
      [`A_${stream}.csv`]: `${[names, ...stamps.map((ts) => `${ts},${rest}`)].join('\n')}\n`,
    });
    const says = new RegExp(`A_${stream}\\.csv:2: field "ts": expected µs of a time from 1990 to 2100`);
    await expect(run(files(ms, at(2)))).rejects.toMatchObject(refused(says));
    await expect(run(files(ms, ms))).rejects.toMatchObject(refused(says));
    expect((await run(files(at(2)))).only.rows).toBe(5);
  });

  it('makes a history of another age where all are so, with a note', async () => {
    const { only, notes } = await run({ 'A_trades.csv': header + trade(0, 5) + trade(1, 6) });
    expect(only.rows).toBe(2);
    expect(notes[0]).toMatch(/the first ts is read as 5 µs, which is 1970-01-01T/);
  });

  it('beyond what can be counted is told by its line', async () => {
    await expect(run({ 'A_trades.csv': header + trade(0, ns) })).rejects.toMatchObject(
      refused(/A_trades\.csv:2: field "ts": expected µs of a time from .*, which is in the year 55841$/),
    );
  });
});

describe('a header that names a column twice', () => {
  it('is refused where the column counts', async () => {
    const twice = (names: string) => ({
      'A_trades.csv': `ts,trade_id,price,qty,side,${names}\n${trade(0).trim()},7\n`,
    });
    await expect(run(twice('price'))).rejects.toMatchObject(
      refused(/A_trades\.csv:1: header: expected each column of trades once, got "price" twice$/),
    );
    expect((await run(twice('fee'))).only.rows).toBe(1);
    const fees = 'ts,trade_id,price,qty,side,fee,fee\n';
    expect((await run({ 'A_trades.csv': `${fees}${trade(0).trim()},7,8\n` })).only.rows).toBe(1);
  });
});

describe('a run that fails before its rows', () => {
  const spills = () => {
    const open = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    });
    return open.filter((target) => target.includes('.spill-'));
  };

  it.skipIf(!existsSync('/proc/self/fd'))('leaves no sorted run of trades open', async () => {
    const backwards = Array.from({ length: 3000 }, (_, i) => trade(3000 - i)).join('');
    const tuning = { ...defaultTuning, sortRows: 10, runBytes: 20_000 };
    const files = {
      'A_trades.csv': header + backwards,
      'A_liquidations.csv': 'ts,seq,pos,price,qty\n1700006400000000,1,x,3,1\n',
    };
    await expect(run(files, {}, undefined, tuning)).rejects.toMatchObject(refused(/A_liquidations\.csv:2: /));
    expect(spills()).toEqual([]);
  });

  it.skipIf(!existsSync('/proc/self/fd'))('nor one of liquidations', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => `${at(3000 - i)},${i},1,100,1\n`).join('');
    const files = {
      'A_trades.csv': header + trades(5),
      'A_liquidations.csv': `ts,seq,pos,price,qty\n${many}`,
      'A_depth.csv': `ts,seq,bid_px,bid_qty,ask_px,ask_qty\n${at(0) - 1},1,{x},{1},{2},{1}\n`,
    };
    const tuning = { ...defaultTuning, runBytes: 20_000 };
    await expect(run(files, {}, undefined, tuning)).rejects.toMatchObject(refused(/A_depth\.csv:2: /));
    expect(spills()).toEqual([]);
  });
});

describe('a raw folder', () => {
  it('is read through links, each folder once', async () => {
    const elsewhere = freshFolder();
    write(elsewhere, { 'days/A_trades.csv': header + trades(5) });
    const { only } = await run({ 'B/notes.md': '' }, {}, (raw) => {
      symlinkSync(join(elsewhere, 'days'), join(raw, 'archive'));
      symlinkSync(join(elsewhere, 'days'), join(raw, 'archive again'));
      symlinkSync(raw, join(raw, 'B', 'round'));
    });
    expect([only.symbol, only.rows]).toEqual(['A', 5]);
  });

  it('says which folders are too deep', async () => {
    const deep = '1/2/3/4/5';
    const { notes, symbols } = await run({
      [`${deep}/A_trades.csv`]: header + trades(5),
      [`${deep}/6/B_trades.csv`]: header + trades(5),
    });
    expect(symbols.map(({ symbol }) => symbol)).toEqual(['A']);
    expect(notes).toEqual([expect.stringMatching(/1.2.3.4.5.6: left out, folders are read 5 levels deep$/)]);
  });
});
