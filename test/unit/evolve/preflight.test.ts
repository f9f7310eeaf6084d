/** What is told before anything runs. */
import { describe, expect, it } from 'vitest';
import type { Blocks } from '../../../ts/problem/splits.js';
import { inflationOf, preflight } from '../../../ts/stages/evolve/preflight.js';
import type { Problem } from '../../../ts/stages/evolve/problem.js';

const blocks: Blocks = { count: 32, of: new Uint32Array() };
const settings = { portfolio: 12, target: 'ret_60s' };
const columns = [
  { column: 'ofd', observations: 2300.4 },
  { column: 'flat', observations: null },
  { column: 'vpin', observations: 900 },
  { column: 'sign_run', observations: 81_000 },
];

function problemOf(symbols: number, effectiveRows: number): Problem {
  const part = (share: number) => ({
    count: 100_000 * share,
    effectiveRows: effectiveRows * share,
    pooledRows: symbols * effectiveRows * share,
  });
  return {
    scoredRows: 100_000,
    effectiveRows,
    pooledRows: symbols * effectiveRows,
    order: undefined,
    embargo: { rows: 1024, time: 0 },
    line: { symbols: Array(symbols).fill({ name: 'S', start: 0, end: 1 }) },
    parts: { search: part(0.6), selection: part(0.2), holdout: part(0.2) },
  } as unknown as Problem;
}

describe('the preflight', () => {
  it('counts the labels of one symbol where several may move together, and says so', () => {
    const [rows, several, , gain] = preflight(settings, problemOf(20, 40_000), blocks, columns);
    expect(rows).toBe(
      '100,000 rows with ret_60s, 40,000 independent labels: search 24,000, selection 8,000, hold-out 8,000',
    );
    expect(several).toMatch(/the 20 are taken to move together; if each moved by itself there were 800,000 /);
    const [, own, other] = /90 % power: R² (\S+) \(R² (\S+) if each symbol moved by itself\)/.exec(gain!)!;
    expect(Number(own) / Number(other)).toBeCloseTo(20, 0);
    const alone = preflight(settings, problemOf(1, 40_000), blocks, columns);
    expect(alone.join()).not.toMatch(/together|by itself/);
    expect(alone).toHaveLength(3);
  });

  it('tells what the columns that hold least and most amount to, and how far a naive t is off', () => {
    const [, line] = preflight(settings, problemOf(1, 40_000), blocks, columns);
    expect(line).toContain('900 independent observations of vpin (the fewest) to 81,000 ');
    expect(line).toContain(
      `60,000 rows as independent is up to ${inflationOf(60_000, 900).toFixed(1)} times too large`,
    );
    expect(inflationOf(100, 400)).toBe(1);
  });

  it('promises nothing where not even an exact relation would show', () => {
    const last = preflight(settings, problemOf(1, 50), blocks, []).slice(1);
    expect(last.join()).toMatch(/90 % power: none, not even that of an exact relation,.*times the data/);
    expect(preflight(settings, problemOf(1, 50), undefined, []).at(-1)).toContain(
      'nothing can be borne out; choose a shorter horizon or more data (its first 1,024 rows are left out, since formulas look back so far)',
    );
  });
});
