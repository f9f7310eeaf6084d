/** What a raw folder may look like: parts, archives, subfolders, several symbols; and what is said when it is wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hybrid } from '../support/cli.js';
import { canonical, randomEvents, tradeFormats } from '../support/dialects.js';
import { freshFolder } from '../support/folder.js';
import { zipOf } from '../support/zip.js';

const events = randomEvents(21, 600);
const depth = { 'TEST_depth.csv': canonical(events).depth };

/** Prepares a folder with these files; paths below raw_data. */
async function run(files: Record<string, string | Uint8Array>, ...flags: string[]) {
  const folder = freshFolder();
  mkdirSync(join(folder, 'raw_data'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'raw_data', name)), { recursive: true });
    writeFileSync(join(folder, 'raw_data', name), content);
  }
  return hybrid(['prepare', '--json', '--threads', '1', ...flags], folder);
}

async function prepared(files: Record<string, string | Uint8Array>, ...flags: string[]) {
  const { code, stdout, stderr } = await run(files, ...flags);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { symbols } = JSON.parse(stdout);
  return symbols as { symbol: string; rows: number; dataSha256: string; quality: Record<string, number> }[];
}

const sha = async (...of: Parameters<typeof prepared>) => (await prepared(...of)).map((s) => s.dataSha256);

/** The trades cut into ten files of ten days, as an exchange publishes them. */
function tenFiles(write: (trades: typeof events.trades) => [string, string]): [string, string][] {
  return Array.from({ length: 10 }, (_, i) => {
    const [name, content] = write(events.trades.slice(i * 60, (i + 1) * 60));
    return [name.replace(/\d{4}-\d\d(-\d\d)?/, `2023-11-${String(20 - i)}`), content];
  });
}

describe('ten files', () => {
  const whole = () => prepared({ 'TEST_trades.csv': canonical(events).trades, ...depth });

  it('give what one gives, in the order of their content', async () => {
    // The names run backwards: the content counts.
    const parts = Object.fromEntries(tenFiles(tradeFormats.binance_um_aggTrades!));
    expect(await prepared({ ...parts, ...depth })).toEqual([
      { ...(await whole())[0]!, lines: {}, quality: expect.anything() },
    ]);
  });

  it('of rows without header, in subfolders, zipped and newest first', async () => {
    const bare = Object.fromEntries(
      tenFiles(tradeFormats['binance_um_trades without header']!).map(([name, content]) => [
        `TEST/${name.slice(-14, -7)}/${name.replace('.csv', '.zip')}`,
        zipOf({ [name]: content }),
      ]),
    );
    expect((await prepared({ ...bare, ...depth }))[0]!.dataSha256).toBe((await whole())[0]!.dataSha256);
    const reversed = Object.fromEntries(
      tenFiles(tradeFormats.bybit_linear!).map(([name, content]) => [`${name}.gz`, gzipSync(content)]),
    );
    expect((await prepared({ ...reversed, ...depth }))[0]!.dataSha256).toBe((await whole())[0]!.dataSha256);
  });

  it('in one archive', async () => {
    const parts = Object.fromEntries(tenFiles(tradeFormats.bybit_spot!));
    expect((await prepared({ 'all.zip': zipOf(parts), ...depth }))[0]!.dataSha256).toBe(
      (await whole())[0]!.dataSha256,
    );
  });

  it('say which file and line a bad row is in', async () => {
    const parts = tenFiles(tradeFormats.bybit_spot!);
    parts[4]![1] = parts[4]![1].replace(/\n([^\n]+)\n/, '\n$1\n7,what,1,1,buy\n');
    const archive = await run({ 'all.zip': zipOf(Object.fromEntries(parts)) });
    expect(archive).toMatchObject({ code: 3 });
    expect(archive.stderr).toContain(
      `${join('raw_data', 'all.zip', parts[4]![0])}:3: field "timestamp": expected a time, got "what"`,
    );
  });
});

describe('several symbols', () => {
  const tardis = (symbol: string, seed: number) =>
    tradeFormats.tardis_trades!(randomEvents(seed, 100).trades)[1].replaceAll('TEST', symbol);
  const [a, b] = [tardis('AAA', 1), tardis('BBB', 2)];
  const both = [a.split('\n')[0]!, ...a.trim().split('\n').slice(1), ...b.trim().split('\n').slice(1)].join(
    '\n',
  );
  // One row of each in turn.
  const mixed = (() => {
    const [x, y] = [a.trim().split('\n').slice(1), b.trim().split('\n').slice(1)];
    return [a.split('\n')[0]!, ...x.flatMap((row, i) => [row, y[i]!])].join('\n');
  })();

  it('in one file are told apart', async () => {
    const apart = await sha({ 'x_trades_AAA.csv': a, 'x_trades_BBB.csv': b });
    expect(new Set(apart).size).toBe(2);
    for (const file of [both, mixed]) expect(await sha({ 'x_trades_PERPETUALS.csv': file })).toEqual(apart);
    expect(await sha({ 'x_trades_PERPETUALS.csv': mixed }, '--symbols', 'BBB')).toEqual([apart[1]]);
  });

  it('by folders', async () => {
    const rows = (symbol: string) => tradeFormats.bybit_spot!(randomEvents(symbol.length, 50).trades)[1];
    const symbols = await prepared({
      'AAA/2023/11.csv': rows('AAA'),
      'spot/BBBB/trades/2023-11-14.csv': rows('BBBB'),
    });
    expect(symbols.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBBB']);
  });
});

describe('what cannot be read', () => {
  const trades = canonical(events).trades;
  const [aggregate] = [tradeFormats.binance_um_aggTrades!(events.trades)[1]];

  it.each<[string, Record<string, string | Uint8Array>, string[], number, RegExp]>([
    [
      'an unknown header names the nearest preset and what it lacks',
      { 'TEST_trades.csv': aggregate.replace('is_buyer_maker', 'maker') },
      [],
      3,
      /TEST_trades\.csv:1: header: expected .*got "agg_trade_id.*\nhint: The nearest preset is binance_um_aggTrades; it lacks is_buyer_maker\./,
    ],
    [
      'a misspelt preset',
      { 'TEST_trades.csv': aggregate },
      ['--preset', 'binance_um_agTrades'],
      2,
      /expected the name of a preset, got "binance_um_agTrades"\nhint: Did you mean "binance_um_aggTrades"/,
    ],
    [
      'a preset that the file does not have',
      { 'TEST_trades.csv': aggregate },
      ['--preset', 'okx'],
      3,
      /expected the columns of okx.*\nhint: It lacks instrument_name/,
    ],
    [
      'two formats of one stream',
      {
        'TEST-trades-2023.csv': tradeFormats.binance_um_trades!(events.trades)[1],
        'TEST-aggTrades-2023.csv': aggregate,
      },
      [],
      3,
      /TEST: expected trades of one format, got binance_um_trades .* and binance_um_aggTrades|TEST: expected trades of one format, got binance_um_aggTrades/,
    ],
    [
      'a known format that says too little',
      {
        'TEST_trades.csv': trades,
        'TEST_liquidations.csv':
          'time,user,liquidated_ntl_pos,liquidated_account_value,leverage_type\n2023-02-28T21:10:23Z,0x6,3,2,Cross\n',
      },
      [],
      3,
      /TEST_liquidations\.csv:1: header: expected .* got hyperliquid_liquidations: its rows name no market, no side and no price\nhint: Move/,
    ],
    [
      'the same by name',
      { 'TEST_trades.csv': trades },
      ['--preset', 'hyperliquid_liquidations'],
      2,
      /--preset: .* got hyperliquid_liquidations: its rows name no market/,
    ],
    ['a file of nobody', { 'part1 of 3.csv': aggregate }, [], 3, /expected a name that says the symbol/],
    [
      'a cut archive',
      { 'TEST.zip': zipOf({ 'TEST_trades.csv': trades }).subarray(0, 900) },
      [],
      3,
      /TEST\.zip: expected a whole zip file/,
    ],
    [
      'an archive with other bytes than it says',
      { 'TEST.zip': zipOf({ 'TEST_trades.csv': trades }, { crc: 1 }) },
      [],
      3,
      /TEST_trades\.csv: expected a whole zip file, got a damaged one/,
    ],
    [
      'an archive of nothing',
      { 'TEST.zip': zipOf({}) },
      [],
      3,
      /expected an archive with a CSV or JSON file/,
    ],
    [
      'an archive of a picture',
      { 'TEST.zip': zipOf({ 'a.png': 'x' }) },
      [],
      3,
      /expected an archive with a CSV or JSON file/,
    ],
    [
      'no time of arrival',
      { 'TEST_trades.csv': aggregate },
      ['--time-column', 'local'],
      3,
      /it lacks a column of the time of arrival/,
    ],
  ])('%s', async (_, files, flags, code, says) => {
    const { code: got, stderr } = await run(files, ...flags);
    expect(stderr).toMatch(says);
    expect(got).toBe(code);
  });

  it('an archive that unpacks to a line without end takes little memory', async () => {
    const bomb = zipOf({ 'TEST_trades.csv': `${trades.split('\n')[0]}\n${'0'.repeat(200_000_000)}` });
    expect(bomb.length).toBeLessThan(300_000);
    const { code, stderr } = await run({ 'TEST.zip': bomb });
    expect(code).toBe(3);
    expect(stderr).toMatch(/expected lines of at most 16 MiB/);
  });

  it('files of other things are left out and named', async () => {
    const { code, stderr } = await run({
      'TEST_trades.csv': trades,
      'notes.csv': 'day,weather\nmonday,rain\n',
    });
    expect(code).toBe(0);
    expect(stderr).toContain('notes.csv: left out, its columns are unknown: day,weather');
  });

  it('contracts are said to be contracts', async () => {
    const [name, content] = tradeFormats.binance_cm_trades!(events.trades);
    const { stderr } = await run({ [name]: content });
    expect(stderr).toMatch(
      /TESTUSD_PERP: quantities of trades \(binance_cm_trades\) are numbers of contracts; set "qty_multiplier"/,
    );
  });
});
