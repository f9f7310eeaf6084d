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
  const s = Array.from({ length: rows }, (_, i) => `s${i % 3}`);
  writeDataset(file('texts.parquet'), { x0: columns.x0, y: normals(rows, 3), s });
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
    [
      'a column of text',
      { dataset: file('texts.parquet'), columns: 'x0,s' },
      'E_USAGE',
      '--columns: expected a column of numbers, got "s" of Utf8',
      'Leave s out of --columns; columns of numbers are x0, y.',
    ],
    [
      'a sign for what is no column, before too few rows',
      { dataset: file('few.parquet'), monotone: 'foo:+1' },
      'E_USAGE',
      '--monotone: expected columns of the model, got "foo"',
      'x0',
    ],
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
    [
      'a sign for what is no column',
      { monotone: 'x0:+1,x_1:-1' },
      'E_USAGE',
      '--monotone: expected columns of the model, got "x_1"',
      '"x1"',
    ],
    [
      'a sign that is none',
      { monotone: 'x0:up' },
      'E_CONFIG',
      'expected columns with +1 or -1',
      '--monotone',
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

describe('a model of features', () => {
  it('answers for features of the same parameters alone', async () => {
    const columns = { x0: normals(300, 1), x1: normals(300, 2), y: normals(300, 3) };
    const parameters = (texts: object) => ({ 'hybrid.parameters': JSON.stringify(texts) });
    writeDataset(file('w60.parquet'), columns, 100, parameters({ W_s: '60', bb_n: '20' }));
    writeDataset(file('w30.parquet'), columns, 100, parameters({ W_s: '30', bb_n: '20', new_one: '1' }));
    const flags = { target: 'column:y', rounds: '3', folds: '2', earlyStop: '0', columns: 'x0,x1' };
    await runTraining({ ...flags, dataset: file('w60.parquet'), model: file('of60') });
    const asked = { model: file('of60'), predicted: file('asked.parquet') };
    const error = await failure(() => runPrediction({ ...asked, dataset: file('w30.parquet') }));
    expect(error.code).toBe('E_INPUT');
    expect(error.message).toContain(
      'expected indicators with the parameters of the model, W_s=60, got W_s=30',
    );
    expect(error.hint).toBe('Prepare the dataset with --param W_s=60.');
    expect(existsSync(file('asked.parquet'))).toBe(false);
    expect((await runPrediction({ ...asked, dataset: file('w60.parquet') })).rows).toBe(300);
    // A dataset that does not say is taken at its word, and so is a model.
    expect((await runPrediction({ ...asked, dataset: file('good.parquet') })).rows).toBe(rows);
    expect((await runPrediction({ ...asked, model: file('model'), dataset: file('w30.parquet') })).rows).toBe(
      300,
    );
  });
});

describe('a damaged model', () => {
  type Model = import('../../../ts/stages/train/output.js').ModelFile;
  type Damage = [title: string, part: string, damage: (model: Model & Record<string, unknown>) => void];
  const damages: Damage[] = [
    ['of another version', 'its format', (m) => Object.assign(m, { version: 2 })],
    ['with a column twice', 'its columns', (m) => Object.assign(m, { columns: ['x0', 'x0'] })],
    ['with other columns in its trees', 'its columns', (m) => m.trees.columns.reverse()],
    ['without formulas', 'its formulas', (m) => Object.assign(m, { formulas: null })],
    ['with a formula of no column', 'its formulas', (m) => m.formulas.push({ name: 'z', formula: 'x0' })],
    ['without hours', 'its hours', (m) => delete (m as Partial<Model>).hours],
    ['with hours that are none', 'its hours', (m) => Object.assign(m, { hours: '25:00-26:00' })],
    [
      'with a task of a class too few',
      'its task',
      (m) => Object.assign(m, { task: { ...m.task, loss: 'binary' } }),
    ],
    ['without a task', 'its task', (m) => delete (m as Partial<Model>).task],
    ['without a word of its training', 'trained', (m) => delete (m as Partial<Model>).trainedOn],
    ['with a null bias', 'its bias', (m) => Object.assign(m.trees, { bias: [null] })],
    ['with a null leaf', 'its trees', (m) => Object.assign(m.trees.trees[0]!.leafValue, { 0: null })],
    ['with a leaf too few', 'its trees', (m) => m.trees.trees[0]!.leafValue.pop()],
    ['with a threshold too many', 'its trees', (m) => m.trees.trees[0]!.threshold.push(1)],
    [
      'whose node hangs on itself',
      'children behind node 0',
      (m) => Object.assign(m.trees.trees[0]!.left, { 0: 0 }),
    ],
    [
      'whose node asks for no column',
      'a column below 2',
      (m) => Object.assign(m.trees.trees[0]!.column, { 0: 2 }),
    ],
  ];

  it.each(damages)('%s is refused', async (_, part, damage) => {
    const model = JSON.parse(readFileSync(join(file('model'), 'model.json'), 'utf8'));
    damage(model);
    writeFileSync(file('damaged.json'), JSON.stringify(model));
    const flags = {
      dataset: file('good.parquet'),
      model: file('damaged.json'),
      predicted: file('never.parquet'),
    };
    const error = await failure(() => runPrediction(flags));
    expect(error.message).toContain(part);
    expect(error.code).toBe('E_INPUT');
    expect(existsSync(file('never.parquet'))).toBe(false);
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
