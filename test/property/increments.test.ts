/** --since-last: every part reads as the parts before it, waits without growing beyond a file, and can be stopped. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { csvFile } from '../../ts/io/csv.js';
import { fromFile, toFile } from '../../ts/stages/prepare/carried.js';
import { defaultTuning, type Tuning } from '../../ts/stages/prepare/run.js';
import { readSince, type SeenFile } from '../../ts/stages/prepare/seen.js';
import { type PrepareConfig, type PreparePorts, prepare } from '../../ts/stages/prepare.js';
import { freshFolder } from '../support/folder.js';

const start = 1_700_006_400_000_000;
const at = (second: number) => start + second * 1_000_000;

/** A raw folder and a dataset that grows beside it. */
function workplace() {
  const folder = freshFolder();
  const raw = join(folder, 'raw');
  mkdirSync(raw);
  const notes: string[] = [];
  const phases: string[] = [];
  const progress = {
    phase: (name: string) => {
      phases.push(name);
      return { update: (_: number, detail = '') => phases.push(detail), end: () => {} };
    },
    note: (line: string) => notes.push(line),
  };
  const grow = (change: Partial<PrepareConfig> = {}, ports: Partial<PreparePorts> = {}, tuning?: Tuning) =>
    prepare(
      {
        ...{ raw, symbols: undefined, dataset: join(folder, 'out.parquet'), threads: 1 },
        ...{ compression: 'none', onBadRow: 'fail', indicators: {}, sinceLast: true, ...change },
      },
      { progress, ...ports },
      tuning,
    );
  return { raw, folder, grow, notes, phases };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the reading of the files', () => {
  const tardis = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n';
  const row = (i: number) =>
    `x,A,${at(i)},${at(i) + 20_000},${i + 1},${i % 3 ? 'buy' : 'sell'},100.${i % 10},1\n`;
  const liquidation = (i: number) => `${at(i)},${i},${i % 2 ? 1 : -1},100,1\n`;
  const tradeFile = (day: number) => `x_trades_2023-11-1${day}_A.csv`;

  /** The first day is prepared; the second day has come. */
  async function grown(change: Partial<PrepareConfig> = {}) {
    const place = workplace();
    writeFileSync(join(place.raw, tradeFile(1)), tardis + range(0, 50).map(row).join(''));
    writeFileSync(
      join(place.raw, 'A_liquidations.csv'),
      `ts,seq,pos,price,qty\n${range(0, 9).map(liquidation).join('')}`,
    );
    await place.grow(change);
    writeFileSync(join(place.raw, tradeFile(2)), tardis + range(50, 99).map(row).join(''));
    return place;
  }

  it.each<[string, Partial<PrepareConfig>, RegExp]>([
    ['the time column', { timeColumn: 'local' }, /expected time_column as it was, exchange, got local/],
    ['the preset', { preset: ['tardis_trades'] }, /expected preset as it was, auto, got tardis_trades/],
    [
      'contracts',
      { trades: { columns: {}, qtyMultiplier: '0.1' } },
      /expected trades\.qty_multiplier as it was, none/,
    ],
    [
      'the side',
      { liquidations: { columns: {}, liqSide: 'position' } },
      /expected liquidations\.liq_side as/,
    ],
  ])('is pinned: %s', async (_, change, message) => {
    const { grow } = await grown();
    await expect(grow(change)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(message),
    });
    expect(await grow()).toMatchObject({ rows: 99, appended: 49 });
  });

  it('that a file has must be the one that it had, whatever the settings', async () => {
    const raw = freshFolder();
    writeFileSync(join(raw, 'a.csv'), 'time,price\n1,2\n');
    const text = (unit: string) => `fields\t2\ncolumn\tts\t0\ttime\ntime\t${unit}`;
    const source = { path: join(raw, 'a.csv'), disk: join(raw, 'a.csv'), coding: 'plain' as const };
    const place = { bytes: 15, modified: 0, linesBefore: 1, skipBytes: 11 };
    const file = csvFile({ ...source, ...place, dialect: `${text('ms')}\nonly\t1\tA` });
    const since = (before: string) => {
      const sha256 = createHash('sha256').update('time,price\n1,2\n').digest('hex');
      const seen = { stream: 'trades' as const, path: 'a.csv', bytes: 15, lines: 2, sha256, dialect: before };
      return readSince(raw, [file], { stream: 'trades', seen: [seen], hint: '' }, () => {});
    };
    expect(await since(text('ms'))).toMatchObject({ files: [], gone: [] });
    await expect(since(text('auto'))).rejects.toMatchObject({
      message: expect.stringMatching(
        /a\.csv: expected rows that read as before, by "time auto", got "time ms"$/,
      ),
    });
  });

  it('has bars of one length', async () => {
    const place = workplace();
    const bars = 'timestamp,longUsd,shortUsd\n';
    const bar = (hour: number) => `${start / 1000 + hour * 3_600_000},1000,500\n`;
    const trades = (from: number, to: number) =>
      `ts,trade_id,price,qty,side\n${range(from, to)
        .map((i) => `${at(i * 900)},${i + 1},100,1,1\n`)
        .join('')}`;
    writeFileSync(join(place.raw, 'A_trades.csv'), trades(0, 9));
    writeFileSync(join(place.raw, 'coinglass_A_1.csv'), bars + bar(0) + bar(1));
    await place.grow();
    // The first file has gone: its bars were of an hour all the same.
    renameSync(join(place.raw, 'coinglass_A_1.csv'), join(place.folder, 'coinglass_A_1.csv'));
    writeFileSync(join(place.raw, 'coinglass_A_2.csv'), bars + bar(4) + bar(6));
    await expect(place.grow()).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(
        /_2\.csv: expected rows that read as before, by "shift 3600000000", got "shift 7200000000"/,
      ),
    });
  });
});

describe('unseen depth', () => {
  const book = (i: number) => {
    const side = (sign: number, of: (level: number) => string) =>
      `"{${range(1, 4)
        .map((level) => (sign === 0 ? of(level) : (100 + sign * level * 0.1).toFixed(1)))
        .join(',')}}"`;
    const sizes = side(0, (level) => String(level + (i % 5)));
    return `${at(i) - 100_000},${i},${side(-1, String)},${sizes},${side(1, String)},${sizes}\n`;
  };
  const files = (trades: number, books: number) => ({
    'A_trades.csv': `ts,trade_id,price,qty,side\n${range(0, trades)
      .map((i) => `${at(i * 30)},${i + 1},100,1,1\n`)
      .join('')}`,
    'A_depth.csv': `ts,seq,bid_px,bid_qty,ask_px,ask_qty\n${range(0, books).map(book).join('')}`,
  });
  const put = (raw: string, content: Record<string, string>) => {
    for (const [name, text] of Object.entries(content)) writeFileSync(join(raw, name), text);
  };

  it('waits as bytes, not as text, and gives what one whole run gives', async () => {
    const place = workplace();
    put(place.raw, files(10, 4000));
    await place.grow({ featureSet: 'extended' });
    const states = join(place.folder, 'out.parquet.state', 'symbol=A');
    const [name] = readdirSync(states);
    const state = readFileSync(join(states, name!));
    const text = state.subarray(0, state.indexOf(0x0a)).length;
    expect([state.length > 500_000, text < 20_000]).toEqual([true, true]);
    put(place.raw, files(90, 4000));
    const grown = await place.grow({ featureSet: 'extended' });
    const whole = workplace();
    put(whole.raw, files(90, 4000));
    const { symbols } = await whole.grow({ featureSet: 'extended' });
    expect(grown.symbols[0]!.dataSha256).toBe(symbols[0]!.dataSha256);
  });

  it('beyond some is read again, so that memory and state stay flat', async () => {
    const all = files(330, 10_000);
    const [names, ...books] = all['A_depth.csv'].trimEnd().split('\n');
    const put2 = (raw: string, trades: string) => {
      // Two days: the second one has not been seen at all as long as no trade has come.
      for (const [day, from, to] of [
        ['1', 0, 9500],
        ['2', 9500, 10_000],
      ] as const) {
        mkdirSync(join(raw, day), { recursive: true });
        writeFileSync(join(raw, day, 'A_depth.csv'), `${[names, ...books.slice(from, to)].join('\n')}\n`);
      }
      writeFileSync(join(raw, 'A_trades.csv'), trades);
    };
    const tuning = { ...defaultTuning, blockBytes: 50_000 };
    const place = workplace();
    for (const count of [10, 200]) {
      put2(place.raw, files(count, 0)['A_trades.csv']);
      const { symbols } = await place.grow({}, {}, tuning);
      expect(symbols[0]!.depth).toBe(10_000);
      const states = join(place.folder, 'out.parquet.state', 'symbol=A');
      const state = readFileSync(join(states, readdirSync(states)[0]!));
      const { seen } = JSON.parse(state.subarray(0, state.indexOf(0x0a)).toString()) as { seen: SeenFile[] };
      const depth = seen.filter(({ stream }) => stream === 'depth');
      // 8192 books may wait: with 270 that were seen not the first day whole, later one more.
      expect(depth.map(({ path, lines }) => [path, lines > 8192])).toEqual(
        count === 10 ? [[join('1', 'A_depth.csv'), true]] : [expect.anything(), expect.anything()],
      );
      if (count === 10) expect(depth[0]!.lines).toBeLessThan(9501);
    }
    put2(place.raw, all['A_trades.csv']);
    const [grown] = (await place.grow({}, {}, tuning)).symbols;
    const whole = workplace();
    put2(whole.raw, all['A_trades.csv']);
    const [expected] = (await whole.grow()).symbols;
    expect(grown).toMatchObject({ dataSha256: expected!.dataSha256, quality: expected!.quality });
  });

  it('a state of bytes, integers and words is what it was', () => {
    const state = {
      bytes: Uint8Array.of(10, 0, 255),
      none: new Uint8Array(),
      nested: [{ more: Uint8Array.of(1), words: BigUint64Array.of(2n ** 63n) }, 'ä\n'],
      integer: -(2n ** 63n),
    };
    expect(fromFile(Buffer.concat(toFile(state).map((piece) => Buffer.from(piece as string))))).toEqual(
      state,
    );
  });
});

describe('reading what was read before', () => {
  it('says how far it is and ends when it is told to', async () => {
    const place = workplace();
    const file = join(place.raw, 'A_trades.csv');
    writeFileSync(file, 'ts,trade_id,price,qty,side\n');
    const rows = (from: number, to: number) =>
      range(from, to)
        .map((i) => `${at(i)},${i + 1},100,1,1\n`)
        .join('');
    appendFileSync(file, rows(0, 60_000));
    await place.grow();
    expect(place.phases).toContain('A: what has come');
    expect(place.phases).toContain('1 MB read');
    appendFileSync(file, rows(60_000, 60_001));
    const stop = new AbortController();
    const progress = {
      phase: (name: string) => {
        if (name === 'A: what has come') stop.abort();
        return { update: () => {}, end: () => {} };
      },
      note: () => {},
    };
    await expect(place.grow({}, { progress, signal: stop.signal })).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    });
    expect(await place.grow()).toMatchObject({ rows: 60_001, appended: 1 });
  });
});
