/** What the command line answers to people who mistype it, and what it never overwrites. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hybrid, hybridProcess } from '../support/cli.js';
import { normals, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();
const dataset = join(folder, 'features.parquet');
writeDataset(dataset, { x0: normals(20_000, 1), x1: normals(20_000, 2) });

describe('wrong usage ends with 2, where, what and a hint', () => {
  it.each([
    [['exprot'], 'hybrid: expected a command, got "exprot"', 'Did you mean "export"?'],
    [['help', 'exprot'], 'hybrid: expected a command, got "exprot"', 'Did you mean "export"?'],
    [
      ['prepare', '--thrads', '3'],
      'prepare: expected a known flag, got "--thrads"',
      'Did you mean --threads?',
    ],
    [
      ['prepare', '--threads'],
      'prepare: expected a value in --threads <n>, got none',
      'hybrid prepare --help',
    ],
    [['prepare', 'raw'], 'prepare: expected 0 arguments beside the flags, got 1', 'hybrid prepare --help'],
    [['formula', 'eval'], 'formula: expected <formula>, got none', 'hybrid formula --help'],
    [
      ['formula', 'evl', 'x0'],
      'formula: expected eval, explain or export, got "evl"',
      'Did you mean "eval"?',
    ],
  ])('%j', async (args, message, hint) => {
    const { code, stdout, stderr } = await hybrid(args, folder);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`E_USAGE: ${message}\nhint: `);
    expect(stderr).toContain(hint);
  });
});

describe('a formula', () => {
  it('may begin with a minus', async () => {
    const { code, stderr } = await hybrid(['formula', 'explain', '-x0 * x1'], folder);
    expect(code, stderr).toBe(0);
  });
});

describe('a file that somebody may want to keep', () => {
  it.each([
    [
      'the dataset',
      ['formula', 'eval', 'x0', '--out', 'features.parquet'],
      'features.parquet',
      /got the dataset/,
    ],
    ['a text', ['formula', 'eval', 'x0', '--out', 'notes.txt'], 'notes.txt', /got a file of another kind/],
    ['raw data', ['prepare', '--out', 'raw_data.csv'], 'raw_data.csv', /got a file of another kind/],
  ])('is not overwritten: %s', async (_, args, name, message) => {
    const here = freshFolder();
    writeFileSync(join(here, 'features.parquet'), readFileSync(dataset));
    for (const path of ['notes.txt', 'raw_data.csv', 'A_trades.csv'])
      writeFileSync(join(here, path), 'ts,trade_id,price,qty,side\n1700000000000000,1,100,1,1\n');
    const before = readFileSync(join(here, name));
    const { code, stderr } = await hybrid(args, here, { HYBRID_RAW: '.' });
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(readFileSync(join(here, name)).equals(before)).toBe(true);
  });
});

it('a Parquet file damaged inside is an input error, whatever its reader makes of it', async () => {
  const here = freshFolder();
  const bytes = readFileSync(dataset);
  bytes.fill(0xab, 4, 24);
  writeFileSync(join(here, 'features.parquet'), bytes);
  // A reader that trapped is of no use to others.
  const { code, stderr } = await hybridProcess(['formula', 'eval', 'x0'], here);
  expect(code, stderr).toBe(3);
  expect(stderr).toMatch(/features.parquet: row group 0 cannot be read: /);
});

it('--help tells the flag that turns a setting off', async () => {
  const { code, stdout } = await hybridProcess(['train', '--help'], freshFolder());
  expect(code).toBe(0);
  expect(stdout.replace(/\s+/g, ' ')).toContain('--no-early-stop the same as --early-stop 0');
});
