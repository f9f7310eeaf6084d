/** Targets that nothing predicts, of the kinds that break what assumes normal, independent ones. */
import { join } from 'node:path';
import { generator, persistent, writeDataset } from './dataset.js';
import { persistentFeatures, runEvolution } from './evolution.js';

export const noises: Readonly<Record<string, (rows: number, seed: number) => Float64Array>> = {
  /** Student's t with 3 degrees of freedom. */
  'heavy tails'(rows, seed) {
    const { normal } = generator(seed);
    return Float64Array.from({ length: rows }, () => {
      const chi = normal() ** 2 + normal() ** 2 + normal() ** 2;
      return normal() / Math.sqrt(chi / 3);
    });
  },
  /** GARCH(1, 1): bursts of volatility that last hundreds of rows. */
  'volatility in bursts'(rows, seed) {
    const { normal } = generator(seed);
    let [variance, before] = [1, 0];
    return Float64Array.from({ length: rows }, () => {
      variance = 0.005 + 0.08 * before ** 2 + 0.915 * variance;
      before = Math.sqrt(variance) * normal();
      return before;
    });
  },
  /** An autoregression: a memory of about three rows that no label's span tells of. */
  autocorrelated: (rows, seed) => persistent(rows, seed, 0.7),
};

/** In how many of the first seeds a small search over persistent features reports anything of noise of this kind. */
export async function reportsOf(kind: string, seeds: number, folder: string): Promise<number> {
  const [dataset, evolved] = [join(folder, 'noise.parquet'), join(folder, 'out')];
  const flags = { dataset, evolved, target: 'column:y', population: '120', generations: '3' };
  let found = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    writeDataset(dataset, { ...persistentFeatures(12_000, seed, 4), y: noises[kind]!(12_000, seed) });
    if ((await runEvolution(flags)).portfolio.length > 0) found++;
  }
  return found;
}
