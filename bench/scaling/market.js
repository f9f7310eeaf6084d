/** The stages on a simulated market, as a person runs them: what each took. */
import { join } from 'node:path';
import { hybrid } from '../suite/process.js';

/** How much is trained and searched; in a smoke run hardly anything. */
const sizes = {
  full: { rounds: 20, population: 300, generations: 3 },
  smoke: { rounds: 2, population: 50, generations: 1 },
};

/** Simulates so many hours; a day is some 90,000 trades. Gives the folder of the raw files. */
export async function simulate(folder, hours) {
  const raw = join(folder, `raw-${hours}`);
  await hybrid('simulate', '--hours', hours, '--out', raw);
  return raw;
}

/** Prepare, train and evolve with so many threads: {@link hybrid}'s answer of each, and the rows. */
export async function runStages(bench, folder, raw, threads) {
  const { rounds, population, generations } = bench.size(sizes.full, sizes.smoke);
  const features = join(folder, 'features.parquet');
  const shared = ['--dataset', features, '--threads', threads, '--target', 'ret_10s'];
  const training = ['--rounds', rounds, '--early-stop', 0, '--folds', 2];
  const search = ['--population', population, '--generations', generations, '--baseline', 'none'];
  const prepare = await hybrid('prepare', '--raw', raw, '--out', features, '--threads', threads);
  const train = await hybrid('train', ...shared, ...training, '--out', join(folder, 'model'));
  const evolve = await hybrid('evolve', ...shared, ...search, '--out', join(folder, 'evolved'));
  const { rows, symbols } = prepare.result;
  const trades = symbols.reduce((n, symbol) => n + symbol.trades, 0);
  bench.expect(rows === trades, `expected a row for each of ${trades} trades, got ${rows}`);
  for (const { result } of [train, evolve])
    bench.expect(result.scoredRows > 0.9 * rows, `expected ${rows} scored rows, got ${result.scoredRows}`);
  const names = {
    prepare: 'prepare',
    train: `train, ${rounds} rounds a fold`,
    evolve: `evolve, ${generations} × ${population} formulas`,
  };
  return { rows, runs: { [names.prepare]: prepare, [names.train]: train, [names.evolve]: evolve } };
}
