/** `hybrid prepare` as people type it, in a fresh folder with the built command. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Finished, hybrid, hybridProcess, start } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { randomMarket, writeMarket } from '../support/market.js';
import { readTable } from '../support/table.js';

const header = 'ts,trade_id,price,qty,side';
const rows = [
  '1700000000000000,1,100.5,2,1',
  '1700000000500000,2,100.6,1,-1',
  '1700000061000000,3,100.4,3,0',
];
const trades = (...lines: string[]) => `${[header, ...lines].join('\n')}\n`;

/** A folder with raw_data/SYMBOL_trades.csv. */
function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = freshFolder();
  mkdirSync(join(folder, 'raw_data'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'raw_data', name), content);
  return folder;
}

/** What stands in the folder besides the input. */
function left(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== 'raw_data');
}

describe('a run', () => {
  it('writes features.parquet with its manifest and says what it did', async () => {
    const folder = folderWith({ 'TEST_trades.csv': trades(...rows) });
    const run = await hybridProcess(['prepare'], folder);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^symbol +trades +depth +liquidations +rows\nTEST +3 +absent +absent +3\n/);
    expect(run.stdout).toMatch(
      /\nTEST +count +what it means\nunknown sides +1 +trades without a side in the file\n/,
    );
    expect(left(folder).sort()).toEqual(['features.parquet', 'features.parquet.manifest.json']);
    const table = readTable(join(folder, 'features.parquet'));
    expect(table.price).toEqual([100.5, 100.6, 100.4]);
    expect(table.side).toEqual([1, -1, -1]);
    expect(table.cpi_liq).toEqual([null, null, null]);
  });

  it('prints one JSON object with the keys of the contract', async () => {
    const folder = freshFolder();
    writeMarket(join(folder, 'raw_data'), 'TEST', randomMarket(5, 300));
    const run = await hybrid(['prepare', '--json', '--threads', '2'], folder);
    const result = JSON.parse(run.stdout);
    expect(result).toMatchObject({ out: 'features.parquet', rows: 300, columns: 46 });
    expect(result.symbols[0]).toMatchObject({ symbol: 'TEST', trades: 300, rows: 300 });
    expect(result.symbols[0].depth).toBeGreaterThan(0);
    expect(Object.keys(result.stages)).toEqual(['scan', 'engine', 'encode']);
    expect(result.peakRssBytes).toBeGreaterThan(1e6);
    expect(result.seconds).toBeGreaterThan(0);
  });

  it('records inputs, parameters and digests in the manifest, and no secret', async () => {
    const folder = folderWith({ 'TEST_trades.csv': trades(...rows) });
    await hybrid(['prepare', '--param', 'W_s=30'], folder, {
      DATABASE_URL: 'postgres://me:hunter2@nowhere/x',
    });
    const text = readFileSync(join(folder, 'features.parquet.manifest.json'), 'utf8');
    expect(text).not.toContain('hunter2');
    const manifest = JSON.parse(text);
    expect(manifest).toMatchObject({ kind: 'features', specification: '1.2', rows: 3 });
    expect(manifest.parameters).toMatchObject({ W_s: '30', ema_fast_n: '9' });
    expect(manifest.dataSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest.symbols[0].inputs[0]).toMatchObject({
      stream: 'trades',
      path: join('raw_data', 'TEST_trades.csv'),
    });
    expect(manifest.symbols[0].inputs[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes parameters of hybrid.config.json, flags before it', async () => {
    const folder = folderWith({ 'TEST_trades.csv': trades(...rows) });
    writeFileSync(join(folder, 'hybrid.config.json'), '{"indicators": {"W_s": 30, "ema_fast_n": 5}}');
    await hybrid(['prepare', '--param', 'W_s=7.5'], folder);
    const manifest = JSON.parse(readFileSync(join(folder, 'features.parquet.manifest.json'), 'utf8'));
    expect(manifest.parameters).toMatchObject({ W_s: '7.5', ema_fast_n: '5' });
  });

  it('writes a folder of parts for several symbols, and a file again for one', async () => {
    const folder = freshFolder();
    writeMarket(join(folder, 'raw_data'), 'AAA', randomMarket(6, 50));
    writeMarket(join(folder, 'raw_data'), 'B%2FB', { trades: randomMarket(7, 60).trades }, true);
    expect((await hybrid(['prepare'], folder)).code).toBe(0);
    const part = (name: string) => join(folder, 'features.parquet', `symbol=${name}`, 'part-0.parquet');
    expect(readTable(part('AAA')).ts).toHaveLength(50);
    expect(readTable(part('B%2FB')).ts).toHaveLength(60);
    const fewer = await hybrid(['prepare', '--symbols', 'B/B'], folder);
    expect([fewer.code, fewer.stderr]).toEqual([
      2,
      expect.stringContaining('no symbols but B/B, got AAA as well'),
    ]);
    expect(readTable(part('AAA')).ts).toHaveLength(50);
    expect((await hybrid(['prepare', '--symbols', 'AAA,B/B'], folder)).code).toBe(0);
    const one = freshFolder();
    writeMarket(one, 'B%2FB', { trades: randomMarket(7, 60).trades });
    expect((await hybrid(['prepare', '--raw', one], folder)).code).toBe(0);
    expect(readTable(join(folder, 'features.parquet')).ts).toHaveLength(60);
    expect((await hybrid(['prepare'], folder)).code).toBe(0);
    expect(left(folder).sort()).toEqual(['features.parquet', 'features.parquet.manifest.json']);
    expect(readdirSync(join(folder, 'features.parquet'))).toEqual(['symbol=AAA', 'symbol=B%2FB']);
  });

  it('tells an absent file of liquidations from a quiet one', async () => {
    const quiet = folderWith({
      'TEST_trades.csv': trades(...rows),
      'TEST_liquidations.csv': 'ts,seq,pos,price,qty\n',
    });
    const run = await hybrid(['prepare', '--json'], quiet);
    expect(JSON.parse(run.stdout).symbols[0]).toMatchObject({ liquidations: 0, depth: null });
    expect(readTable(join(quiet, 'features.parquet')).liq_intensity).toEqual([0, 0, 0]);
  });
});

describe('rows that cannot be used', () => {
  const bad = trades(rows[0]!, '1700000000100000,9,n/a,1,1', rows[1]!);

  it('end the run with file, line and field', async () => {
    const folder = folderWith({ 'TEST_trades.csv': bad });
    const run = await hybridProcess(['prepare'], folder);
    expect(run.code).toBe(3);
    expect(run.stderr).toContain(
      `E_INPUT: ${join('raw_data', 'TEST_trades.csv')}:3: field "price": expected a number, got "n/a"`,
    );
    expect(run.stderr).toContain('--on-bad-row skip');
    expect(left(folder)).toEqual([]);
  });

  it('are counted and listed with --on-bad-row skip', async () => {
    const folder = folderWith({ 'TEST_trades.csv': bad });
    const run = await hybrid(['prepare', '--on-bad-row', 'skip', '--json'], folder);
    const [symbol] = JSON.parse(run.stdout).symbols;
    expect(symbol).toMatchObject({ trades: 3, rows: 2, quality: { bad: 1 } });
    expect(symbol.lines).toEqual({ bad: [`${join('raw_data', 'TEST_trades.csv')}:3`] });
  });

  it('are found behind many blocks at their line', async () => {
    const many = Array.from(
      { length: 120_000 },
      (_, i) => `${1_700_000_000_000_000 + i},${i},100.${i % 10},1,1`,
    );
    many[110_000] = 'what,is,this';
    const run = await hybrid(
      ['prepare', '--threads', '2'],
      folderWith({ 'TEST_trades.csv': trades(...many) }),
    );
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain('TEST_trades.csv:110002: ');
  });

  it('in depth and liquidations end the run too', async () => {
    const depth = folderWith({
      'TEST_trades.csv': trades(...rows),
      'TEST_depth.csv': 'ts,seq,bid_px,bid_qty,ask_px,ask_qty\nx,1,{1},{1},{2},{1}\n',
    });
    const liquidations = folderWith({
      'TEST_trades.csv': trades(...rows),
      'TEST_liquidations.csv': 'ts,seq,pos,price,qty\n1,1,7,1,1\n',
    });
    for (const [folder, name] of [
      [depth, 'depth'],
      [liquidations, 'liquidations'],
    ] as const) {
      const run = await hybrid(['prepare'], folder);
      expect(run.code).toBe(3);
      expect(run.stderr).toContain(`TEST_${name}.csv:2: field`);
      expect(left(folder)).toEqual([]);
    }
  });
});

describe('depth behind the last trade', () => {
  const seen = '1699999999000000,1,{100.4},{1},{100.6},{1}';
  const unseen = ['1700000062000000,2,{100.4},{1},{100.6},{1}', '1700000063000000,3,{100.4},{1},{100.3},{1}'];
  const withDepth = (...lines: string[]) =>
    folderWith({
      'TEST_trades.csv': trades(...rows),
      'TEST_depth.csv': `ts,seq,bid_px,bid_qty,ask_px,ask_qty\n${lines.join('\n')}\n`,
    });

  it('is counted', async () => {
    const run = await hybrid(['prepare', '--json'], withDepth(seen, ...unseen));
    const [symbol] = JSON.parse(run.stdout).symbols;
    expect(symbol).toMatchObject({ depth: 3, quality: { depth_snapshots: 3, depth_crossed: 1 } });
  });

  it('ends the run when a row of it is bad', async () => {
    const run = await hybrid(['prepare'], withDepth(seen, ...unseen, 'x,4,{1},{1},{2},{1}'));
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain('TEST_depth.csv:5: field "ts"');
  });
});

describe('input that is not there or not whole', () => {
  const cases: [string, Record<string, string | Uint8Array>, string[], number, RegExp][] = [
    [
      'an empty file',
      { 'TEST_trades.csv': '' },
      [],
      3,
      /TEST_trades.csv: expected a header line, got an empty file/,
    ],
    [
      'a header alone',
      { 'TEST_trades.csv': `${header}\n` },
      [],
      3,
      /expected at least one trade, got no row/,
    ],
    [
      'skipped rows alone',
      { 'TEST_trades.csv': trades('1,1,5,1,nonsense', '2,2,5,1,1x') },
      ['--on-bad-row', 'skip'],
      3,
      /at least one trade, got 2 rows, all skipped, the first for: .*TEST_trades.csv:2: field "side": expected .*nonsense/,
    ],
    [
      'rows without header',
      { 'TEST_trades.csv': `${rows.join('\n')}\n` },
      [],
      3,
      /TEST_trades.csv:1: header: expected/,
    ],
    [
      'dropped rows alone',
      { 'TEST_trades.csv': trades('1,1,0,1,1') },
      [],
      3,
      /got only rows that are dropped/,
    ],
    ['no file', {}, [], 3, /raw_data: expected files such as/],
    [
      'another symbol',
      { 'BTCUSDT_trades.csv': trades(...rows) },
      ['--symbols', 'BTCUSD'],
      3,
      /Did you mean "BTCUSDT"/,
    ],
    ['no folder', {}, ['--raw', 'elsewhere'], 3, /elsewhere: no such folder/],
    [
      'a file twice',
      { 'A_trades.csv': trades(...rows), 'A_trades.csv.gz': gzipSync(trades(...rows)) },
      [],
      3,
      /expected one file of this stream/,
    ],
    [
      'a cut gzip',
      { 'A_trades.csv.gz': gzipSync(randomMarket(8, 3000).trades).subarray(0, 5000) },
      [],
      3,
      /expected a whole gzip file, got one that is cut off/,
    ],
    [
      'a damaged gzip',
      { 'A_trades.csv.gz': damaged(gzipSync(randomMarket(8, 3000).trades)) },
      [],
      3,
      /expected a whole gzip file, got a damaged one/,
    ],
    ['a line without end', { 'A_trades.csv': `${header}\n${'1'.repeat(18_000_000)}` }, [], 3, /A_trades.csv/],
    ['NUL bytes', { 'A_trades.csv': `${header}\n\0\0\0\n` }, [], 3, /A_trades.csv:2: /],
    [
      'an unknown parameter',
      { 'A_trades.csv': trades(...rows) },
      ['--param', 'ema_fats_n=3'],
      2,
      /ema_fast_n/,
    ],
    [
      'a wrong value',
      { 'A_trades.csv': trades(...rows) },
      ['--param', 'ema_fast_n=x'],
      2,
      /ema_fast_n: expected/,
    ],
    ['a wrong flag', { 'A_trades.csv': trades(...rows) }, ['--thread', '2'], 2, /--threads/],
    [
      'a foreign folder',
      { 'A_trades.csv': trades(...rows) },
      ['--out', 'raw_data'],
      2,
      /expected a dataset or nothing/,
    ],
  ];

  it.each(cases)('%s', async (_name, files, args, code, says) => {
    const folder = folderWith(files);
    const run = await hybrid(['prepare', ...args], folder);
    expect(run.stderr).toMatch(says);
    expect(run.stderr).toMatch(/\nhint: /);
    expect(run.code).toBe(code);
    expect(left(folder)).toEqual([]);
  });

  it('takes CRLF, a byte order mark and a last line without newline', async () => {
    const text = `\ufeff${[header, ...rows].join('\r\n')}`;
    const folder = folderWith({ 'TEST_trades.csv': text });
    expect((await hybrid(['prepare'], folder)).code).toBe(0);
    expect(readTable(join(folder, 'features.parquet')).trade_id).toEqual([1n, 2n, 3n]);
  });
});

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.fill(0xff, 2000, 2600);
  return copy;
}

describe('a run that ends early', () => {
  const big = () => {
    const folder = folderWith({});
    const line = (i: number) => `${1_700_000_000_000_000 + i * 3000},${i},100.${i % 10},1,${(i % 3) - 1}`;
    const text = Array.from({ length: 600_000 }, (_, i) => line(i)).join('\n');
    writeFileSync(join(folder, 'raw_data', 'TEST_trades.csv'), `${header}\n${text}\n`);
    return folder;
  };

  it('by Ctrl-C leaves the older result and nothing half-written', async () => {
    const folder = big();
    writeFileSync(join(folder, 'features.parquet'), 'PAR1 older');
    const run = start(['prepare', '--threads', '2'], folder);
    await until(() => existsSync(join(folder, 'features.parquet.partial')));
    run.process.kill('SIGINT');
    const { code, stderr } = (await run.finished) as Finished;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('E_INTERRUPTED') });
    expect(left(folder)).toEqual(['features.parquet']);
    expect(readFileSync(join(folder, 'features.parquet'), 'utf8')).toBe('PAR1 older');
  });

  it('because a file shrank says so', async () => {
    const folder = big();
    const run = start(['prepare', '--threads', '1'], folder);
    // The first bytes are written once the survey is over.
    const partial = join(folder, 'features.parquet.partial');
    await until(() => existsSync(partial) && statSync(partial).size > 0);
    truncateSync(join(folder, 'raw_data', 'TEST_trades.csv'), 1_000_000);
    const { code, stderr } = (await run.finished) as Finished;
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('changed while it was read'),
    });
    expect(left(folder)).toEqual([]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}
