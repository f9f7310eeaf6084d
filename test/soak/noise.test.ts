/**
 * Noise must find nothing: fresh noise, and the returns of a real stock moved on in a circle against its own,
 * persistent features (which independent noise alone would not show). With Benjamini–Yekutieli about 2 of 200 report
 * something. HYBRID_SOAK_NOISE sets the seeds of each kind (100), HYBRID_SOAK_FIRST the first of them (1),
 * HYBRID_SOAK_BASELINE the baseline (the default), HYBRID_SOAK_THREADS the threads.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generator, normals, writeDataset } from '../support/dataset.js';
import { persistentFeatures, runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';
import { noises, reportsOf } from '../support/noises.js';
import { type RealMarket, realMarket, shiftedReal } from '../support/real-market.js';
import { sharedFolder } from '../support/shared.js';

const rows = 20_000;
const seeds = Number(process.env.HYBRID_SOAK_NOISE ?? 100);
const first = Number(process.env.HYBRID_SOAK_FIRST ?? 1);
const { HYBRID_SOAK_BASELINE: baseline, HYBRID_SOAK_THREADS: threads } = process.env;
const chosen = { ...(baseline && { baseline }), ...(threads && { threads }) };
/** Of each 100 seeds. */
const allowed = 2.5;

describe('noise', () => {
  const folder = freshFolder();
  const dataset = join(folder, 'noise.parquet');
  let market: RealMarket | undefined;

  /** Whether anything is reported. */
  async function reports(
    kind: string,
    seed: number,
    target: string,
    columns: Parameters<typeof writeDataset>[1],
  ) {
    const start = performance.now();
    writeDataset(dataset, columns);
    const flags = { ...chosen, target, population: '1000', generations: '20', seed: String(seed) };
    const { portfolio, refused } = await runEvolution({ ...flags, dataset, evolved: join(folder, 'out') });
    const found = portfolio.map((p) => `${p.formula} (p ${p.test!.p.toPrecision(2)})`).join('; ');
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(
      `${kind} ${seed}: ${portfolio.length} of ${portfolio.length + refused.length} finalists in ${seconds} s ${found}`,
    );
    return portfolio.length > 0;
  }

  it(
    'reports nothing, be it fresh or real returns moved on',
    async (context) => {
      market = await realMarket(folder);
      if (market === undefined) context.skip(`${sharedFolder} is not there: no real returns`);
      const reporting: string[] = [];
      for (let seed = first; seed < first + seeds; seed++) {
        const fresh = { ...persistentFeatures(rows, seed), y: normals(rows, 1_000_003 * seed) };
        if (await reports('fresh noise', seed, 'column:y', fresh)) reporting.push(`fresh ${seed}`);
        if (await reports('moved returns', seed, 'ret_60s', movedReturns(market!, seed)))
          reporting.push(`moved ${seed}`);
        const done = 2 * (seed - first + 1);
        console.log(`${reporting.length} of ${done} report something: ${reporting.join(', ')}`);
      }
      expect(reporting.length).toBeLessThanOrEqual(Math.ceil((2 * allowed * seeds) / 100));
    },
    24 * 3_600_000,
  );

  it.each(Object.keys(noises))('of the kind "%s" reports nothing either', async (kind) => {
    const some = Math.max(1, Math.floor(seeds / 10));
    let reporting = 0;
    for (let seed = first; seed < first + some; seed++) {
      const columns = { ...persistentFeatures(rows, seed), y: noises[kind]!(rows, 1_000_003 * seed) };
      if (await reports(kind, seed, 'column:y', columns)) reporting++;
    }
    // Of 10 seeds at 1 %, two or more have a chance of 0.4 %.
    expect(reporting).toBeLessThanOrEqual(Math.max(1, Math.ceil(some / 10)));
  });

  it.each(Object.keys(noises))('of the kind "%s" is seldom reported by small searches', async (kind) => {
    const reporting = await reportsOf(kind, 60, folder);
    console.log(`${kind}: ${reporting} of 60 small searches report something`);
    // Of 60 at 2 %, five or more have a chance of 1 %.
    expect(reporting).toBeLessThanOrEqual(4);
  });
});

/** Another stretch of the week, about a day long, and another shift for each seed. */
function movedReturns(market: RealMarket, seed: number) {
  const { below } = generator(seed);
  const stride = 5;
  const from = below(market.ts.length - rows * stride);
  return shiftedReal(market, { rows, stride, from, shift: rows / 10 + below((8 * rows) / 10) });
}
