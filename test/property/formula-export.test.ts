/** Exported formulas, run for real, give the numbers of `formula eval` (1,000 of them in test/soak). */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operatorsIn } from '../../ts/formula/tree.js';
import { formulaTable } from '../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { freshFolder } from '../support/folder.js';
import {
  casesOf,
  differences,
  failures,
  hasModule,
  randomFormulas,
  runInPython,
  runTypescript,
  writeSymbols,
} from '../support/formula-exports.js';

const folder = freshFolder();
const kernels = instantiateKernels(await compileKernels());
const { operators } = formulaTable(kernels);
const symbols = writeSymbols(join(folder, 'dataset'));
/** Where values saturate or hardly differ, a last bit splits a tie or makes one. */
const ties = ['rank(tanh(flow * 64), 100)', 'rank(log1p_abs(kurt(kurt(count, 18), 6)), 15)'];
const texts = [...randomFormulas(60, 5, operators), ...ties];
const cases = casesOf(kernels, texts, join(folder, 'dataset'), symbols);

describe('the random formulas', () => {
  it('have every operator, and values to compare', () => {
    const used = new Set(cases.flatMap(({ root }) => operatorsIn(root).map(({ name }) => name)));
    expect([...used].sort()).toEqual(operators.map(({ name }) => name).sort());
    const valued = cases.filter(({ exact }) => exact.some((v) => !Number.isNaN(v)));
    expect(valued.length).toBeGreaterThan(0.7 * cases.length);
  });

  it('would not agree with anything else', () => {
    const { exact } = cases.find(({ exact }) => new Set(exact).size > 100)!;
    const other = exact.slice();
    const at = other.findIndex((v) => !Number.isNaN(v));
    other[at] = other[at]! * 1.1 + 1;
    expect(differences(exact, other)).toContain(`row ${at}`);
    other[at] = Number.NaN;
    expect(differences(exact, other)).toContain(`row ${at}`);
    expect(differences(exact, exact)).toBe('');
  });
});

describe('exported formulas give the numbers of formula eval', () => {
  it('in TypeScript', async () => {
    expect(failures(cases, await runTypescript(cases, symbols, folder))).toEqual([]);
  });

  it('in TypeScript that a strict compiler accepts', async () => {
    const few = cases.slice(0, 40);
    await runTypescript(few, symbols, folder);
    const files = few.map((_, i) => join(folder, 'exported-typescript', `formula_${i}.ts`));
    const flags = [
      '--noEmit',
      '--strict',
      '--noUncheckedIndexedAccess',
      '--ignoreConfig',
      '--target',
      'es2022',
    ];
    const { status, stdout } = spawnSync(resolve('node_modules/.bin/tsc'), [...flags, ...files]);
    expect(stdout.toString()).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!hasModule('numpy'))('in Python', () => {
    expect(failures(cases, runInPython('python', cases, symbols, join(folder, 'dataset')))).toEqual([]);
  });

  it.skipIf(!hasModule('polars'))('in Polars', () => {
    expect(failures(cases, runInPython('polars', cases, symbols, join(folder, 'dataset')))).toEqual([]);
  });

  it.skipIf(!hasModule('duckdb'))('in SQL', () => {
    expect(failures(cases, runInPython('sql', cases, symbols, join(folder, 'dataset')))).toEqual([]);
  });
});
