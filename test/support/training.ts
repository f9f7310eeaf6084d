/** Trainings for tests: a market in which two relations are planted, a portfolio, and the stage in this process. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from '../../ts/config/resolve.js';
import { silentProgress } from '../../ts/report/progress.js';
import type { PredictSummary } from '../../ts/stages/predict.js';
import type { TrainSummary } from '../../ts/stages/train.js';
import { builtStage } from './built.js';
import { type DatasetColumn, normals, persistent } from './dataset.js';

/** By the built stage: its workers are built files. */
export async function runTraining(flags: Readonly<Record<string, string>>): Promise<TrainSummary> {
  const { train } = await builtStage<typeof import('../../ts/stages/train.js')>('train');
  const settings = resolve('train', { flags, env: {}, dotenv: {}, file: {} });
  return train(settings, { progress: silentProgress, signal: new AbortController().signal });
}

export async function runPrediction(flags: Readonly<Record<string, string>>): Promise<PredictSummary> {
  const { predict } = await builtStage<typeof import('../../ts/stages/predict.js')>('predict');
  const settings = resolve('predict', { flags, env: {}, dotenv: {}, file: {} });
  return predict(settings, { progress: silentProgress, signal: new AbortController().signal });
}

/**
 * A trade a second. The next second's return grows with x0 (which trees see) and with x1·x2 of three rows before
 * (which they do not); x3 is noise. x0 is f32 and has nulls, x4 says nothing and is a text.
 */
export function plantedMarket(rows: number, seed: number): Record<string, DatasetColumn> {
  const x = [0, 1, 2, 3].map((k) => persistent(rows, 10 * seed + k, 0.9));
  const noise = normals(rows, 10 * seed + 7);
  let level = Math.log(100);
  const price = noise.map((n, i) => {
    const past = i - 4;
    const hidden = past < 0 ? 0 : x[1]![past]! * x[2]![past]!;
    level += 1e-4 * (0.8 * n + (i === 0 ? 0 : 0.5 * Math.tanh(x[0]![i - 1]!)) + 0.5 * hidden);
    return Math.exp(level);
  });
  const first = 1_700_000_000_000_000n;
  return {
    ts: BigInt64Array.from({ length: rows }, (_, i) => first + BigInt(i) * 1_000_000n),
    price,
    x0: Float32Array.from(x[0]!, (v, i) => (i % 97 === 3 ? Number.NaN : v)),
    x1: x[1]!,
    x2: x[2]!,
    x3: x[3]!,
    note: Array.from({ length: rows }, (_, i) => `row ${i}`),
  };
}

/** The planted relation of {@link plantedMarket} that trees do not see. */
export const hidden = 'lag(x1 * x2, 3)';

/** A portfolio of `hybrid evolve` on a dataset of one file: its last fifth was not looked at. */
export function writePortfolio(
  file: string,
  dataset: string,
  formulas: readonly string[],
  parts: { from: number; to: number },
): void {
  const fresh = Math.round(parts.from + 0.8 * (parts.to - parts.from));
  writeFileSync(
    file,
    JSON.stringify({
      datasetSha256: createHash('sha256').update(readFileSync(dataset)).digest('hex'),
      parts: {
        search: { from: parts.from, to: fresh },
        selection: { from: fresh, to: fresh },
        holdout: { from: fresh, to: parts.to },
      },
      portfolio: formulas.map((formula) => ({ formula })),
    }),
  );
}
