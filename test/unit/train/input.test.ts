/** What `hybrid train` and `hybrid predict` answer to wrong input: all of it before the first tree. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HybridError } from '../../../ts/error.js';
import { normals, writeDataset } from '../../support/dataset.js';
import { freshFolder } from '../../support/folder.js';
import { runPrediction, runTraining, writePortfolio } from '../../support/training.js';

const folder = freshFolder();
const file = (name: string) => join(folder, name);
const rows = 2000;
const parts = { from: 0, to: rows };

beforeAll(async () => {
  const columns = { x0: normals(rows, 1), x1: normals(rows, 2) };
  const same = new Float64Array(rows).fill(2);
  const ts = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i) * 1_000_000n);
  writeDataset(file('good.parquet'), { ...columns, y: normals(rows, 3), same });
  writeDataset(file('timed.parquet'), { ...columns, ts, y: normals(rows, 3) });
  writeDataset(file('other.parquet'), { ...columns, y: normals(rows, 4) });
  writeDataset(file('renamed.parquet'), { x0: columns.x0, x_1: columns.x1 });
  writeDataset(file('predicted.parquet'), { ...columns, prediction: same });
  writeDataset(file('few.parquet'), { x0: normals(60, 1), y: normals(60, 2) });
  writePortfolio(file('good.json'), file('good.parquet'), ['x0 * x1'], parts);
  writePortfolio(file('none.json'), file('good.parquet'), [], parts);
  writePortfolio(file('leak.json'), file('good.parquet'), ['x0 * y'], parts);
  writePortfolio(file('unknown.json'), file('good.parquet'), ['x0 * x9'], parts);
  writePortfolio(file('foreign.json'), file('other.parquet'), ['x0 * x1'], parts);
  writeFileSync(file('text.json'), '{"formulas": []}');
  mkdirSync(file('mine'));
  writeFileSync(join(file('mine'), 'notes.txt'), 'mine');
  const flags = { target: 'column:y', rounds: '3', folds: '2', earlyStop: '0' };
  await runTraining({ ...flags, dataset: file('good.parquet'), model: file('model'), columns: 'x0,x1' });
});

async function failure(run: () => Promise<unknown>): Promise<HybridError> {
  const error = await Promise.resolve()
    .then(run)
    .then(
      () => undefined,
      (thrown: unknown) => HybridError.from(thrown),
    );
  expect(error).toBeInstanceOf(HybridError);
  return error!;
}

type Case = [title: string, flags: Record<string, string>, code: string, said: string, hint: string];

describe('hybrid train answers', () => {
  const cases: Case[] = [
    ['a dataset that is not there', { dataset: 'no.parquet' }, 'E_INPUT', 'no such file', 'hybrid prepare'],
    [
      'a portfolio that is not there',
      { formulas: file('no.json') },
      'E_INPUT',
      'no such file',
      'hybrid evolve',
    ],
    [
      'a portfolio that is none',
      { formulas: file('text.json') },
      'E_INPUT',
      'expected a portfolio',
      '--formulas',
    ],
    [
      'an empty portfolio',
      { formulas: file('none.json') },
      'E_INPUT',
      'empty portfolio',
      'Leave --formulas out',
    ],
    [
      'a portfolio of other data',
      { formulas: file('foreign.json') },
      'E_INPUT',
      'another dataset',
      'hybrid evolve',
    ],
    ['a formula of the target', { formulas: file('leak.json') }, 'E_USAGE', '"y" is the target', '--target'],
    [
      'a formula of no column',
      { formulas: file('unknown.json') },
      'E_USAGE',
      'expected a column, got "x9"',
      'x0',
    ],
    ['an unknown column', { columns: 'x0,xx1' }, 'E_USAGE', '--columns: unknown column "xx1"', '"x1"'],
    ['the target as a column', { columns: 'x0,y' }, 'E_USAGE', '"y" is the target', 'y'],
    [
      'the time as a column',
      { dataset: file('timed.parquet'), columns: 'x0,ts' },
      'E_USAGE',
      'got its time "ts"',
      'Leave ts out',
    ],
    ['a column twice', { columns: 'x0,x1,x0' }, 'E_USAGE', 'got "x0" twice', 'Leave one x0 out'],
    ['a target that is no column', { target: 'column:z' }, 'E_USAGE', 'unknown column "z"', ''],
    [
      'a target of no kind',
      { target: 'up_down:60s' },
      'E_USAGE',
      '--target: expected a target',
      'up_down:60s:2bps',
    ],
    ['a target of one value', { target: 'column:same' }, 'E_INPUT', 'got 2 in every row', '--target'],
    ['a return without a price', { target: 'ret_60s' }, 'E_INPUT', 'expected a column "price"', '--target'],
    [
      'hours without times',
      { sessionHours: '13:30-20:00' },
      'E_INPUT',
      'expected a column "ts" for --hours',
      '--hours',
    ],
    [
      'hours that are none',
      { sessionHours: '13:30' },
      'E_USAGE',
      '--hours: expected two times',
      '13:30-20:00',
    ],
    [
      'too few rows for the folds',
      { dataset: file('few.parquet') },
      'E_INPUT',
      'rows to train on after purge',
      '--folds',
    ],
    ['too many folds for the rows', { folds: '100', minRows: '500' }, 'E_INPUT', 'fold 1 of 100', '--folds'],
    ['a tail of too few rows', { folds: '20' }, 'E_INPUT', 'rows to stop early on', '--no-early-stop'],
    [
      'a file as its folder',
      { model: file('good.parquet') },
      'E_USAGE',
      'expected the folder of a model',
      '--out',
    ],
    ['somebody’s folder', { model: file('mine') }, 'E_USAGE', 'with notes.txt in it', '--out'],
  ];

  it.each(cases)('%s', async (_, flags, code, said, hint) => {
    const own = { dataset: file('good.parquet'), model: file('never'), target: 'column:y', ...flags };
    const error = await failure(() => runTraining(own));
    expect(error.message).toContain(said);
    expect(error.code).toBe(code);
    expect(error.hint).toContain(hint);
    expect(existsSync(file('never'))).toBe(false);
    expect(readFileSync(join(file('mine'), 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('hybrid predict answers', () => {
  const cases: Case[] = [
    ['a model that is not there', { model: 'no/model.json' }, 'E_INPUT', 'no such file', 'hybrid train'],
    ['a model that is none', { model: file('text.json') }, 'E_INPUT', 'expected a model', '--model'],
    [
      'a dataset without its columns',
      { dataset: file('renamed.parquet') },
      'E_INPUT',
      'none named "x1"',
      '"x_1"',
    ],
    [
      'a dataset with predictions',
      { dataset: file('predicted.parquet') },
      'E_INPUT',
      'no column "prediction"',
      '--dataset',
    ],
    ['the dataset as its output', { predicted: file('good.parquet') }, 'E_USAGE', 'got the dataset', '--out'],
    [
      'a file of another kind as its output',
      { predicted: file('text.json') },
      'E_USAGE',
      'another kind',
      '--out',
    ],
  ];

  it.each(cases)('%s', async (_, flags, code, said, hint) => {
    const own = {
      dataset: file('good.parquet'),
      model: file('model'),
      predicted: file('never.parquet'),
      ...flags,
    };
    const error = await failure(() => runPrediction(own));
    expect(error.message).toContain(said);
    expect(error.code).toBe(code);
    expect(error.hint).toContain(hint);
    expect(existsSync(file('never.parquet'))).toBe(false);
  });
});
