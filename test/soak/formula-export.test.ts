/** 1,000 random formulas in four languages; HYBRID_SOAK_FIRST is the seed that they are drawn with (1). */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formulaTable } from '../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { freshFolder } from '../support/folder.js';
import {
  casesOf,
  failures,
  hasModule,
  randomFormulas,
  runInPython,
  runTypescript,
  writeSymbols,
} from '../support/formula-exports.js';

const folder = freshFolder();
const dataset = join(folder, 'dataset');
const kernels = instantiateKernels(await compileKernels());
const symbols = writeSymbols(dataset);
const texts = randomFormulas(
  1000,
  Number(process.env.HYBRID_SOAK_FIRST ?? 1),
  formulaTable(kernels).operators,
);
const cases = casesOf(kernels, texts, dataset, symbols);

it('in TypeScript', async () => {
  expect(failures(cases, await runTypescript(cases, symbols, folder))).toEqual([]);
});

it.skipIf(!hasModule('numpy'))('in Python', () => {
  expect(failures(cases, runInPython('python', cases, symbols, dataset))).toEqual([]);
});

it.skipIf(!hasModule('polars'))('in Polars', () => {
  expect(failures(cases, runInPython('polars', cases, symbols, dataset))).toEqual([]);
});

it.skipIf(!hasModule('duckdb'))('in SQL', () => {
  expect(failures(cases, runInPython('sql', cases, symbols, dataset))).toEqual([]);
});
