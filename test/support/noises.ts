/** Targets that nothing predicts, of the kinds that break what assumes normal, independent ones. */
import { generator, persistent } from './dataset.js';

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
