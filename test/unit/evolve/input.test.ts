/** What `hybrid evolve` answers to wrong input: all of it before the search begins. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HybridError } from '../../../ts/error.js';
import { normals, writeDataset, writeNamed } from '../../support/dataset.js';
import { runEvolution } from '../../support/evolution.js';
import { freshFolder } from '../../support/folder.js';

const folder = freshFolder();
const file = (name: string) => join(folder, name);
const rows = 12_000;

beforeAll(() => {
  const columns = { x0: normals(rows, 1), x1: normals(rows, 2) };
  const nothing = new Float64Array(rows).fill(Number.NaN);
  const unsorted = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i === 77 ? 0 : i));
  writeDataset(file('good.parquet'), {
    ...columns,
    y: normals(rows, 3),
    nothing,
    same: new Float64Array(rows).fill(2),
  });
  writeDataset(file('unsorted.parquet'), { ...columns, ts: unsorted, price: normals(rows, 4) });
  writeDataset(file('few.parquet'), { x0: normals(20, 1), y: normals(20, 2) });
  const wide = Array.from({ length: 40 }, (_, i) => [`x${i}`, normals(600, i)] as const);
  writeDataset(file('some.parquet'), { ...Object.fromEntries(wide), y: normals(600, 99) });
  writeNamed(file('twice.parquet'), [
    ['x0', normals(rows, 1)],
    ['y', normals(rows, 3)],
    ['x0', normals(rows, 2)],
  ]);
  writeDataset(file('empty.parquet'), { x0: new Float64Array(0), y: new Float64Array(0) });
  writeDataset(file('whole.parquet'), { n: new BigInt64Array(rows), y: normals(rows, 3) });
  writeFileSync(file('text.parquet'), 'no Parquet at all, but long enough to have a footer');
  writeFileSync(file('bad.txt'), '# mine\nx0 + x1\nx0 * x9\n');
  writeFileSync(file('own.txt'), 'x0 * y\n');
  writeFileSync(file('idle.txt'), 'nothing * x0\n3\n');
  writeFileSync(file('none.txt'), '# nothing yet\n\n');
  mkdirSync(file('folder'));
});

/** The error of an evolution with these flags; nothing may be written. */
async function failure(flags: Readonly<Record<string, string>>): Promise<HybridError> {
  const given = { dataset: file('good.parquet'), evolved: file('never'), target: 'column:y', ...flags };
  const error = await runEvolution(given).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeDefined();
  expect(existsSync(file('never'))).toBe(false);
  return HybridError.from(error);
}

type Case = [
  title: string,
  flags: Record<string, string>,
  code: string,
  exit: number,
  said: string,
  hint: string,
];
const at = (name: string) => ({ dataset: file(name) });
const cases: Case[] = [
  [
    'columns of which none varies',
    { columns: 'nothing,same' },
    'E_INPUT',
    3,
    'expected a column that varies on the search rows, got only nulls or one value in nothing, same',
    'Name other columns with --columns.',
  ],
  [
    'a single column that does not vary, of rows without an order',
    { columns: 'same', rows: 'iid' },
    'E_INPUT',
    3,
    'expected a column that varies on the search rows',
    '--columns',
  ],
  [
    'formulas to start from that are all null or constant',
    { columns: 'x0,x1', seedFormulas: file('idle.txt') },
    'E_INPUT',
    3,
    'idle.txt: expected a formula with values that vary, got only such as are null, constant or seldom there on a sample of the search rows: nothing * x0; 3',
    'leave --seed-formulas out',
  ],
  [
    'a dataset that is not there',
    at('absent.parquet'),
    'E_INPUT',
    3,
    'no such file or folder',
    'hybrid prepare',
  ],
  ['a dataset that is no Parquet', at('text.parquet'), 'E_INPUT', 3, 'expected a Parquet file', '--dataset'],
  ['a folder without symbols', at('folder'), 'E_INPUT', 3, 'expected folders symbol=', '--dataset'],
  ['a dataset without rows', at('empty.parquet'), 'E_INPUT', 3, 'expected rows, got none', 'hybrid prepare'],
  ['two columns of one name', at('twice.parquet'), 'E_INPUT', 3, 'got "x0" twice', 'Rename one'],
  ['a dataset of twenty rows', at('few.parquet'), 'E_INPUT', 3, 'independent labels', 'more data'],
  ['too few rows for a baseline', at('some.parquet'), 'E_INPUT', 3, 'baseline: expected', '--baseline none'],
  [
    'times out of order',
    { ...at('unsorted.parquet'), target: 'ret_10t' },
    'E_INPUT',
    3,
    'ts of row 77',
    'Sort',
  ],
  ['no dimensionless column', at('whole.parquet'), 'E_INPUT', 3, 'dimensionless', '--columns'],
  ['a return without a price', { target: 'ret_60s' }, 'E_INPUT', 3, 'expected a column "price"', '--target'],
  ['a target without a value', { target: 'column:nothing' }, 'E_INPUT', 3, 'rows with a label', '--target'],
  ['a target of one value', { target: 'column:same' }, 'E_INPUT', 3, 'got 2 in every row', '--target'],
  ['a target that is no column', { target: 'column:z' }, 'E_USAGE', 2, 'unknown column "z"', ''],
  ['a target of no kind', { target: 'ret_60' }, 'E_USAGE', 2, '--target: expected a target', 'ret_60s'],
  ['an unknown column', { columns: 'x0,xx1' }, 'E_USAGE', 2, '--columns: unknown column "xx1"', '"x1"'],
  ['the target as a column', { columns: 'x0,y' }, 'E_USAGE', 2, '"y" is the target', 'y'],
  ['a split of less than all', { split: '50/20/20' }, 'E_USAGE', 2, '--split', '60/20/20'],
  ['a sample of nothing', { sample: '0s' }, 'E_USAGE', 2, '--sample', '--sample 1s'],
  [
    'an unknown column in a seed',
    { seedFormulas: file('bad.txt') },
    'E_USAGE',
    2,
    'bad.txt:3: formula, character 6: expected a column, got "x9"',
    'write x0',
  ],
  ['the target in a seed', { seedFormulas: file('own.txt') }, 'E_USAGE', 2, '"y" is the target', 'Leave y'],
  [
    'seeds that are none',
    { seedFormulas: file('none.txt') },
    'E_USAGE',
    2,
    'expected formulas',
    '--seed-formulas',
  ],
  ['seeds that are not there', { seedFormulas: file('no.txt') }, 'E_INPUT', 3, 'no.txt', '--seed-formulas'],
  ['a file as its folder', { evolved: file('text.parquet') }, 'E_USAGE', 2, 'expected a folder', '--out'],
];

describe('hybrid evolve answers', () => {
  it.each(cases)('%s', async (_, flags, code, exit, said, hint) => {
    const error = await failure(flags);
    expect([error.code, error.exitCode]).toEqual([code, exit]);
    expect(error.message).toContain(said);
    expect(error.hint).toContain(hint);
  });

  it.skipIf(process.getuid?.() === 0)('a folder that may not be written', async () => {
    mkdirSync(file('locked'));
    chmodSync(file('locked'), 0o500);
    const error = await failure({ evolved: join(file('locked'), 'out') });
    expect([error.code, error.exitCode]).toEqual(['E_RESOURCE', 5]);
    expect(error.message).toContain('locked');
  });
});
