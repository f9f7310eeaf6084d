/** The search sees the rows of its part and no others; what selection and hold-out hold changes nothing in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generator, normals, persistent, writeDataset } from '../support/dataset.js';
import { runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const rows = 16_000;
const names = ['x0', 'x1', 'x2'];
/** Where the search part ends: labels count one each, so that it is a share of the rows. */
const border = 0.6 * rows;

interface Market {
  columns: Record<string, Float64Array>;
  price: Float64Array;
}

function market(seed: number): Market {
  const x = names.map((_, k) => persistent(rows, 100 * seed + k, 0.9));
  const noise = normals(rows, 100 * seed + 50);
  let level = Math.log(100);
  const price = noise.map((n, i) => {
    level += 1e-4 * (n + 0.2 * x[0]![i]! * x[1]![i]!);
    return Math.exp(level);
  });
  return { columns: Object.fromEntries(names.map((name, k) => [name, x[k]!])), price };
}

/** Other values behind the border: nulls, extremes, and another price. */
function poisoned({ columns, price }: Market, seed: number): Market {
  const { unit, normal, below } = generator(seed);
  const garbage = () => [Number.NaN, 1e30, -1e30, 0, 1e-30, normal()][below(6)]!;
  const behind = (values: Float64Array, other: () => number) =>
    values.map((v, i) => (i < border ? v : other()));
  return {
    columns: Object.fromEntries(names.map((name) => [name, behind(columns[name]!, garbage)])),
    price: behind(price, () => 50 + 100 * unit()),
  };
}

describe.each([
  ['trees', 'ret_10s'],
  ['ridge', 'ret_10s'],
  ['none', 'ret_20t'],
])('a search over baseline %s on %s', { timeout: 300_000 }, (baseline, target) => {
  const folder = freshFolder();
  const dataset = join(folder, 'features.parquet');

  async function run(own: Market) {
    const ts = BigInt64Array.from({ length: rows }, (_, i) => BigInt(i) * 1_000_000n);
    writeDataset(dataset, { ts, price: own.price, ...own.columns });
    const flags = { dataset, target, baseline, columns: names.join(), population: '60', generations: '4' };
    const evolved = join(folder, 'out');
    const { portfolio, refused, trials } = await runEvolution({ ...flags, evolved, threads: '1' });
    const log = readFileSync(join(evolved, 'generations.jsonl'), 'utf8');
    const finalists = [...portfolio, ...refused].map((f) => f.formula).sort();
    return { log, trials, finalists };
  }

  it('is the same bit for bit whatever lies behind its part', async () => {
    const clean = market(1);
    const expected = await run(clean);
    expect(expected.finalists.length).toBeGreaterThan(1);
    expect(await run(poisoned(clean, 2))).toEqual(expected);
  });

  it('would show a change within its part', async () => {
    const clean = market(1);
    const { log } = await run(clean);
    clean.columns.x0![border - 200]! += 1;
    expect((await run(clean)).log).not.toBe(log);
  });
});
