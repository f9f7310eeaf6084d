/** `hybrid train` and `hybrid predict`, whole; what they answer to wrong input is in test/unit/train/input.test.ts. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../ts/io/dataset.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { formulaValues } from '../../ts/stages/formula.js';
import { hybridProcess, start } from '../support/cli.js';
import { normals, persistent, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';
import { readTable } from '../support/table.js';
import { hidden, plantedMarket, runPrediction, runTraining, writePortfolio } from '../support/training.js';

const rows = 6000;
const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const first = 1_700_000_000_000_000;
const small = {
  target: 'ret_5s',
  rounds: '40',
  rate: '0.1',
  leaves: '7',
  earlyStop: '10',
  folds: '4',
  threads: '1',
};

beforeAll(() => {
  writeDataset(file('market.parquet'), plantedMarket(rows, 1), 2500);
  const parts = { from: first, to: first + rows * 1e6 };
  writePortfolio(file('portfolio.json'), file('market.parquet'), [hidden, 'ema(x3, 50)'], parts);
});

const trained = (out: string, flags: Record<string, string> = {}) =>
  runTraining({ dataset: file('market.parquet'), model: file(out), ...small, ...flags });

/** A run that several tests look at. */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}

/** On one thread, on two by the command, and over the columns with the two formulas. */
const plain = once(() => trained('plain'));
const typed = once(() => {
  const flags =
    '--dataset market.parquet --target ret_5s --rounds 40 --rate 0.1 --leaves 7 --early-stop 10 --folds 4';
  return hybridProcess(['train', ...flags.split(' '), '--threads', '2', '--out', 'm', '--json'], folder);
});
const withFormulas = once(() => trained('formulas', { formulas: file('portfolio.json') }));

describe('hybrid train', () => {
  it('prints what the specification promises, and writes a folder that is whole', async () => {
    const { code, stdout, stderr } = await typed();
    expect(stderr).not.toMatch(/E_[A-Z]+/);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ out: 'm/model.json', rows, scoredRows: rows - 5, comparison: null });
    expect(Object.keys(result)).toEqual(expect.arrayContaining(['out', 'rounds', 'folds', 'seconds']));
    expect(result.folds).toHaveLength(4);
    for (const fold of result.folds) {
      const keys = ['trainRows', 'testRows', 'loss', 'baselineLoss', 'ic', 'baselineIc'];
      expect(Object.keys(fold)).toEqual(expect.arrayContaining(keys));
      expect(fold.icInterval[0]).toBeGreaterThan(0);
      expect(fold.loss).toBeLessThan(fold.constantLoss);
    }
    const names = ['manifest.json', 'model.json', 'model.txt', 'predictions.parquet', 'report.html'];
    expect(readdirSync(file('m')).sort()).toEqual(names);
    const manifest = JSON.parse(readFileSync(file('m', 'manifest.json'), 'utf8'));
    expect(manifest.files.map((f: { path: string }) => f.path).sort()).toEqual(names.slice(1));
    expect(readFileSync(file('m', 'model.txt'), 'utf8')).toMatch(/^tree\nversion=v4\n/);
  });

  it('predicts every row but those of the first block, in the order of the dataset', async () => {
    const { folds } = await plain();
    const table = readTable(file('plain', 'predictions.parquet'));
    expect(Object.keys(table)).toEqual(['ts', 'target', 'prediction', 'fold']);
    expect(table.ts).toEqual(Array.from({ length: rows }, (_, i) => BigInt(first + i * 1e6)));
    const price = readTable(file('market.parquet')).price as number[];
    const label = price.map((p, i) => (i + 5 < rows ? Math.log(price[i + 5]! / p) : null));
    table.target!.forEach((t, i) => {
      if (label[i] === null) expect(t).toBeNull();
      else expect(t).toBeCloseTo(label[i]!, 15);
    });
    const begin = Math.ceil((folds[0]!.from - first) / 1e6);
    expect(table.fold!.map((f) => f === null)).toEqual(table.fold!.map((_, i) => i < begin));
    expect(table.prediction!.map((p) => p === null)).toEqual(table.fold!.map((f) => f === null));
    expect(new Set(table.fold!.slice(begin))).toEqual(new Set([1, 2, 3, 4]));
  });

  it('writes the same bytes for any number of threads', async () => {
    await plain();
    await typed();
    await trained('seven', { threads: '7' });
    for (const name of ['model.json', 'model.txt', 'predictions.parquet']) {
      const bytes = ['plain', 'm', 'seven'].map((out) => readFileSync(file(out, name)).toString('base64'));
      expect(new Set(bytes).size, name).toBe(1);
    }
  });

  it('says what formulas add on the hold-out alone; the other folds are marked as seen', async () => {
    const result = await withFormulas();
    expect(result.folds.map((f) => f.seen)).toEqual([true, true, true, false]);
    expect(result.folds.at(-1)!.from).toBe(first + 0.8 * rows * 1e6);
    const { comparison } = result;
    expect(comparison!.folds).toEqual([4]);
    expect(comparison!.gainDifferenceInterval![0]).toBeGreaterThan(0);
    expect(comparison!.icDifferenceInterval![0]).toBeGreaterThan(0);
    const last = result.folds.at(-1)!;
    expect([comparison!.ic, comparison!.baselineIc]).toEqual([last.ic, last.baselineIc]);
    expect(comparison!.gainDifference).toBeCloseTo(last.gain - last.baselineGain!, 10);
    expect(
      result.importance
        .slice(0, 2)
        .map((i) => i.formula ?? i.column)
        .sort(),
    ).toEqual([hidden, 'x0']);
    expect(result.holdoutOpened).toBe(1);
    const ledger = readFileSync(file('market.parquet.holdout.jsonl'), 'utf8');
    expect(ledger.trimEnd().split('\n')).toHaveLength(1);
    const columns = Object.keys(readTable(file('formulas', 'predictions.parquet')));
    expect(columns).toEqual(['ts', 'target', 'prediction', 'prediction_without_formulas', 'fold']);
  });

  it('learns directions and barriers as classes', async () => {
    const up = await trained('up', { target: 'up_down:5s:1bps' });
    expect([up.lossName, up.classes]).toEqual(['log-loss', ['down', 'flat', 'up']]);
    expect(up.overall.gain).toBeGreaterThan(0);
    expect(up.overall.hitRate).toBeGreaterThan(up.overall.constantHitRate);
    expect(up.calibration.map((c) => c.name)).toEqual(['down', 'flat', 'up']);
    const table = readTable(file('up', 'predictions.parquet'));
    expect(Object.keys(table)).toEqual(['ts', 'target', 'prediction', 'p_down', 'p_flat', 'p_up', 'fold']);
    const [down, flat, above] = ['p_down', 'p_flat', 'p_up'].map((n) => table[n]!.at(-1) as number);
    expect(down! + flat! + above!).toBeCloseTo(1, 12);
    expect(table.prediction!.at(-1)).toBeCloseTo(above! - down!, 12);
    const barrier = await trained('barrier', { target: 'triple_barrier:3bps:3bps:20s' });
    expect(barrier.overall.icInterval![0]).toBeGreaterThan(0);
  });

  it('weighs all rows alike with --weights none', async () => {
    const { overall } = await trained('alike', { weights: 'none' });
    const { target, prediction } = readTable(file('alike', 'predictions.parquet'));
    const squares = target!.flatMap((t, i) => {
      const p = prediction![i];
      return typeof t === 'number' && typeof p === 'number' ? [(t - p) ** 2] : [];
    });
    // The labels that end behind a fold's end are answered but not tested.
    expect(squares.length).toBe(overall.testRows + 3 * 5);
    // By default a row weighs the uniqueness of its label.
    await plain();
    expect(Math.sqrt(squares.reduce((a, b) => a + b, 0) / squares.length)).toBeCloseTo(overall.loss, 6);
    const treesOf = (name: string) => JSON.parse(readFileSync(file(name, 'model.json'), 'utf8')).trees.trees;
    for (const tree of treesOf('alike')) expect(tree.leafHessian).toEqual(tree.leafRows);
    expect(treesOf('plain')[0].leafHessian).not.toEqual(treesOf('plain')[0].leafRows);
  });

  it('lets the answers only fall with a column where --monotone says so', async () => {
    // In truth they rise with x0.
    const flags = { rounds: '40', earlyStop: '0', folds: '2', formulas: file('portfolio.json') };
    const names = ['price', 'x0', 'x1', 'x2', 'x3'];
    const value = (name: string, i: number) => (name === 'x0' ? i / 40 - 5 : name === 'price' ? 100 : 0.3);
    const grid = names.map((name) => [name, Float64Array.from({ length: 400 }, (_, i) => value(name, i))]);
    writeDataset(file('grid.parquet'), Object.fromEntries(grid));
    const steps = async (name: string, monotone: Record<string, string>) => {
      await trained(name, { ...flags, ...monotone });
      const predicted = file(`${name}.parquet`);
      await runPrediction({ dataset: file('grid.parquet'), model: file(name), predicted });
      const answers = (readTable(predicted).prediction as number[]).slice(60);
      return answers.slice(1).map((p, i) => p - answers[i]!);
    };
    expect(Math.max(...(await steps('told', { monotone: 'x0:-1, formula_1:+1' })))).toBeLessThanOrEqual(0);
    expect(Math.max(...(await steps('free', {})))).toBeGreaterThan(0);
    const manifest = JSON.parse(readFileSync(file('told', 'manifest.json'), 'utf8'));
    expect(manifest.configuration.monotone).toEqual({ x0: -1, formula_1: 1 });
    const classes = trained('never', { target: 'up_down:5s:1bps', monotone: 'x0:+1' });
    await expect(classes).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('3 classes'),
    });
  });

  it('measures each fold from its own mean: a drift is no hit, and a model that learned nothing no verdict', async () => {
    const rows = 4000;
    const noise = normals(rows, 31);
    // Through the first block x says nothing, so the model of the first fold is constant.
    const x = normals(rows, 32).map((v, i) => (i < rows / 5 ? 0 : v));
    const y = x.map((v, i) => v + noise[i]! + (20 * i) / rows);
    writeDataset(file('drift.parquet'), { x, other: normals(rows, 33), y });
    const flags = { dataset: file('drift.parquet'), target: 'column:y', columns: 'x', earlyStop: '0' };
    const { folds, overall, calibration } = await trained('drift', flags);
    expect(folds[0]).toMatchObject({ rounds: 0, ic: 0, icError: 0 });
    const rowsOf = folds.reduce((sum, f) => sum + f.testRows, 0);
    const hits = folds.reduce((sum, f) => sum + f.testRows * f.hitRate, 0) / rowsOf;
    expect(overall.hitRate).toBeCloseTo(hits, 10);
    expect(overall.constantHitRate).toBeCloseTo(0.5, 10);
    expect(overall.icInterval![0]).toBeGreaterThan(0);
    expect(calibration[0]!.slope.value).toBeGreaterThan(0.3);
    expect(calibration[0]!.slope.value).toBeLessThan(3);
  });

  it('scores only rows of the hours, and answers no others', async () => {
    // A row in two seconds: the market begins at 22:13:20 and ends at 01:33:20.
    const ts = BigInt64Array.from({ length: rows }, (_, i) => BigInt(first + 2e6 * i));
    writeDataset(file('slow.parquet'), { ...plantedMarket(rows, 1), ts });
    const flags = { dataset: file('slow.parquet'), sessionHours: '22:30-00:30', rounds: '10' };
    const result = await trained('hours', flags);
    expect(result.scoredRows).toBe(3600);
    const { prediction } = readTable(file('hours', 'predictions.parquet'));
    const begin = result.folds[0]!.from;
    for (const [i, p] of prediction!.entries()) {
      const at = Number(ts[i]);
      const minutes = new Date(at / 1000).getUTCHours() * 60 + new Date(at / 1000).getUTCMinutes();
      expect(p !== null).toBe(at >= begin && (minutes >= 22 * 60 + 30 || minutes < 30));
    }
  });

  it('finds nothing in labels shuffled in time', async () => {
    const x = Object.fromEntries([0.5, 0.9, 0.99].map((memory, k) => [`x${k}`, persistent(6000, k, memory)]));
    const signal = x.x0!.map((v, i) => Math.tanh(v) + 0.5 * normals(1, i)[0]!);
    const { below } = (await import('../support/dataset.js')).generator(5);
    const order = signal.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    writeDataset(file('shuffled.parquet'), { ...x, y: signal, z: order.map((i) => signal[i]!) });
    const flags = { dataset: file('shuffled.parquet'), earlyStop: '0', rounds: '30' };
    const real = await trained('real', { ...flags, target: 'column:y' });
    expect(real.overall.icInterval![0]).toBeGreaterThan(0.5);
    const { overall } = await trained('shuffled', { ...flags, target: 'column:z' });
    expect(overall.icInterval![0]).toBeLessThan(0);
    expect(overall.icInterval![1]).toBeGreaterThan(0);
    expect(overall.icError).toBeLessThan(0.03);
  });

  it('stops at Ctrl-C with 130 and leaves an older model as it was', async () => {
    await plain();
    cpSync(file('plain'), file('kept'), { recursive: true });
    const before = readFileSync(file('kept', 'model.json'), 'utf8');
    const args = [
      'train',
      '--dataset',
      'market.parquet',
      '--rounds',
      '100000',
      '--no-early-stop',
      '--out',
      'kept',
    ];
    const { process: child, finished } = start(args, folder);
    child.stderr!.on('data', (bytes) => {
      if (String(bytes).includes('read')) setTimeout(() => child.kill('SIGINT'), 300);
    });
    const { code, stderr } = await finished;
    expect(stderr).toContain('E_INTERRUPTED');
    expect(code).toBe(130);
    expect(readFileSync(file('kept', 'model.json'), 'utf8')).toBe(before);
    expect(existsSync(file('kept.partial'))).toBe(false);
  });
});

describe('several symbols', () => {
  const symbols = ['AAA', 'BBB'];
  const sizes = [3000, 2400];
  const part = (folder: string, symbol: string) => file(folder, `symbol=${symbol}`, 'part-0.parquet');

  beforeAll(async () => {
    symbols.forEach((symbol, s) => {
      mkdirSync(file('both', `symbol=${symbol}`), { recursive: true });
      writeDataset(part('both', symbol), plantedMarket(sizes[s]!, 20 + s), 1700);
    });
    await trained('pooled', { dataset: file('both') });
  });

  it('are pooled and split by time; predictions say which row is whose', () => {
    const { symbol, ts, fold } = readTable(file('pooled', 'predictions.parquet'));
    const wanted = symbols.flatMap((name, s) => new Array<string>(sizes[s]!).fill(name));
    expect(symbol as unknown as string[]).toEqual(wanted);
    // The same instant is in the same fold, whatever the symbol.
    const foldAt = new Map<unknown, unknown>();
    ts!.forEach((t, i) => {
      expect(fold![i]).toBe(foldAt.has(t) ? foldAt.get(t) : fold![i]);
      foldAt.set(t, fold![i]);
    });
    expect(new Set(fold)).toEqual(new Set([null, 1, 2, 3, 4]));
  });

  it('are predicted each by itself, into a folder of the same parts', async () => {
    writeModelWithFormula(file('pooled'), file('lagged'));
    await runPrediction({ dataset: file('both'), model: file('lagged'), predicted: file('both-predicted') });
    for (const symbol of symbols) {
      const [before, after] = [part('both', symbol), part('both-predicted', symbol)].map((path) =>
        readTable(path),
      );
      const { prediction, ...rest } = after!;
      expect(rest).toEqual(before);
      // A window never reaches back into another symbol: alone the symbol gets the same answers.
      const alone = {
        dataset: part('both', symbol),
        model: file('lagged'),
        predicted: file('alone.parquet'),
      };
      await runPrediction(alone);
      expect(readTable(file('alone.parquet')).prediction).toEqual(prediction);
    }
    const again = { dataset: file('both'), model: file('pooled'), predicted: file('both') };
    await expect(runPrediction(again)).rejects.toThrow('other than the dataset');
  });
});

/** The model with its first column replaced by a formula that looks back. */
function writeModelWithFormula(from: string, to: string): void {
  const model = JSON.parse(readFileSync(join(from, 'model.json'), 'utf8'));
  const name = 'formula_1';
  model.columns[0] = name;
  model.trees.columns[0] = name;
  model.formulas = [{ name, formula: 'sma(x0, 300)' }];
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'model.json'), JSON.stringify(model));
}

describe('hybrid predict', () => {
  it('copies the dataset and appends what the model says of each row, whatever its row groups', async () => {
    await withFormulas();
    const columns = plantedMarket(rows, 1);
    writeDataset(file('other.parquet'), columns, 777);
    await runPrediction({
      dataset: file('market.parquet'),
      model: file('formulas'),
      predicted: file('p.parquet'),
    });
    const summary = await runPrediction({
      dataset: file('other.parquet'),
      model: file('formulas', 'model.json'),
      predicted: file('q.parquet'),
      threads: '1',
    });
    expect(summary).toMatchObject({ rows, nulls: 0, columns: ['prediction'] });
    const [before, p, q] = ['market.parquet', 'p.parquet', 'q.parquet'].map((name) => readTable(file(name)));
    const { prediction, ...rest } = p!;
    expect(Object.keys(p!)).toEqual([...Object.keys(before!), 'prediction']);
    expect(rest).toEqual(before);
    expect(q!.prediction).toEqual(prediction);
    expect(new Set(prediction).size).toBeGreaterThan(100);
  });

  it('finds the columns by their names, wherever they stand', async () => {
    const reversed = Object.fromEntries(Object.entries(plantedMarket(rows, 1)).reverse());
    writeDataset(file('reversed.parquet'), reversed, 2500);
    const flags = {
      dataset: file('reversed.parquet'),
      model: file('formulas'),
      predicted: file('r.parquet'),
    };
    await runPrediction(flags);
    expect(readTable(file('r.parquet')).prediction).toEqual(readTable(file('p.parquet')).prediction);
  });

  it('says of each row what the trees say of its columns and formulas', async () => {
    const model = JSON.parse(readFileSync(file('formulas', 'model.json'), 'utf8'));
    const dataset = await openDataset(file('market.parquet'));
    const kernels = instantiateKernels(await compileKernels());
    const table = readTable(file('market.parquet'));
    const formulas = new Map<string, Float64Array>();
    for (const { name, formula } of model.formulas)
      formulas.set(name, await formulaValues(kernels, dataset, formula));
    const columnValue = (name: string, i: number) =>
      formulas.get(name)?.[i] ?? (table[name]![i] as number | null) ?? Number.NaN;
    const { prediction } = readTable(file('p.parquet'));
    for (let i = 0; i < rows; i += 61) {
      let score = model.trees.bias[0];
      for (const tree of model.trees.trees) {
        let node = tree.column.length === 0 ? -1 : 0;
        while (node >= 0) {
          const x = columnValue(model.columns[tree.column[node]], i);
          const left = Number.isNaN(x) ? tree.nullLeft[node] === 1 : x <= tree.threshold[node];
          node = left ? tree.left[node] : tree.right[node];
        }
        score += tree.leafValue[~node];
      }
      expect(prediction![i]).toBeCloseTo(score, 14);
    }
  });
});
