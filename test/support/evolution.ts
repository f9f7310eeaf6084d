/** Whole evolutions in this process, by the built stage (its workers are built files), and datasets for them. */
import { resolve as path } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolve } from '../../ts/config/resolve.js';
import { silentProgress } from '../../ts/report/progress.js';
import type { EvolvePorts, EvolveSummary } from '../../ts/stages/evolve.js';
import { generator, normals, persistent } from './dataset.js';

const stage = pathToFileURL(path('dist/stages/evolve.js')).href;

/** Runs `hybrid evolve` with these flags (by their settings' names) and, but for `env`, nothing else set. */
export async function runEvolution(
  flags: Readonly<Record<string, string>>,
  ports: Partial<EvolvePorts> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<EvolveSummary> {
  const { evolve } = (await import(stage)) as typeof import('../../ts/stages/evolve.js');
  const settings = resolve('evolve', { flags, env, dotenv: {}, file: {} });
  return evolve(settings, { progress: silentProgress, signal: new AbortController().signal, ...ports });
}

/** |correlation| over the rows where both have a value. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const rows: number[] = [];
  for (let i = 0; i < a.length; i++) if (Number.isFinite(a[i]!) && Number.isFinite(b[i]!)) rows.push(i);
  const mean = (v: ArrayLike<number>) => rows.reduce((s, i) => s + v[i]!, 0) / rows.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (f: (i: number) => number) => rows.reduce((s, i) => s + f(i), 0);
  const below = Math.sqrt(sum((i) => (a[i]! - ma) ** 2) * sum((i) => (b[i]! - mb) ** 2));
  return below > 0 ? Math.abs(sum((i) => (a[i]! - ma) * (b[i]! - mb)) / below) : 0;
}

/** Features as persistent as indicators are, from a row to a thousand; x0 … */
export function persistentFeatures(rows: number, seed: number, count = 10): Record<string, Float64Array> {
  const memories = [0, 0.5, 0.9, 0.97, 0.99, 0.995, 0.998, 0.999];
  return Object.fromEntries(
    Array.from({ length: count }, (_, k) => [
      `x${k}`,
      persistent(rows, 7919 * seed + k, memories[k % memories.length]!),
    ]),
  );
}

/** Returns as markets have them: bursts of volatility, fat tails, and the bounce between bid and ask. */
export function marketReturns(rows: number, seed: number): Float64Array {
  const { normal, unit } = generator(seed);
  const volatility = persistent(rows, seed + 1, 0.999);
  let bounce = 0;
  return Float64Array.from({ length: rows }, (_, i) => {
    const jump = unit() < 0.002 ? 8 * normal() : 0;
    const side = unit() < 0.5 ? -1e-4 : 1e-4;
    const own = 1e-4 * Math.exp(0.7 * volatility[i]!) * (normal() + jump) + side - bounce;
    bounce = side;
    return own;
  });
}

/** The price path of returns, a trade a second, moved on in a circle by `shift` rows. */
export function shiftedMarket(
  returns: Float64Array,
  shift: number,
): { ts: BigInt64Array; price: Float64Array } {
  const rows = returns.length;
  let level = Math.log(100);
  const price = returns.map((_, i) => {
    level += returns[(i + shift) % rows]!;
    return Math.exp(level);
  });
  const first = 1_700_000_000_000_000n;
  return { ts: BigInt64Array.from({ length: rows }, (_, i) => first + BigInt(i) * 1_000_000n), price };
}

/** A target of variance 1 that explains `gain` of itself by each of the relations, and is noise otherwise. */
export function plantedTarget(relations: readonly Float64Array[], gain: number, seed: number): Float64Array {
  const standard = relations.map(standardised);
  const noise = normals(relations[0]!.length, seed);
  const rest = Math.sqrt(1 - gain * relations.length);
  return noise.map((x, i) => rest * x + standard.reduce((sum, r) => sum + Math.sqrt(gain) * r[i]!, 0));
}

function standardised(x: Float64Array): Float64Array {
  const mean = x.reduce((s, v) => s + v, 0) / x.length;
  const deviation = Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length);
  return x.map((v) => (v - mean) / deviation);
}

/** What is left of y after a linear model of the columns: what a plant adds to them. */
export function beyondLinear(y: Float64Array, columns: readonly Float64Array[]): Float64Array {
  const rest = standardised(y);
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const own = standardised(column);
    for (const b of basis) subtract(own, b);
    basis.push(standardised(own));
  }
  for (const b of basis) subtract(rest, b);
  return rest;
}

/** Takes the projection on a standardised vector away. */
function subtract(from: Float64Array, along: Float64Array): void {
  const share = from.reduce((s, v, i) => s + v * along[i]!, 0) / from.length;
  for (let i = 0; i < from.length; i++) from[i]! -= share * along[i]!;
}
