/** The extended columns: what the kernel computes, what docs/features.md says and what formulas take them for. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseTerminals } from '../../../ts/evolve/terminals.js';
import { type Column, columnsOf, paramTexts, readParams } from '../../../ts/kernels/engine.js';
import { compileKernels, instantiateKernels, type Kernels } from '../../../ts/kernels/load.js';

let kernels: Kernels;
let core: readonly Column[];
let all: readonly Column[];
beforeAll(async () => {
  kernels = instantiateKernels(await compileKernels());
  core = columnsOf(kernels, 'core');
  all = columnsOf(kernels, 'extended');
});

const parquetTypes = { i64: 'INT64', f64: 'DOUBLE', f32: 'FLOAT', i8: 'INT8' };

it('the extended set has the core in front', () => {
  expect(core).toHaveLength(46);
  expect(all.slice(0, 46)).toEqual(core);
});

it('docs/features.md has a row of each extended column, with its type, unit and nulls', () => {
  const rows = readFileSync('docs/features.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((text) => text.trim()));
  const said = rows.map(([, name, type, unit, , nulls]) => ({ name, type, unit, nulls }));
  const computed = all.slice(core.length).map(({ name, type, nullable, unit, nullWhen }) => ({
    name: `\`${name}\``,
    type: `${parquetTypes[type]}${nullable ? '?' : ''}`,
    unit,
    nulls: nullWhen,
  }));
  expect(new Set(said)).toEqual(new Set(computed));
  expect(rows.every((row) => row[4] !== '')).toBe(true);
});

it('formulas take each column for what the kernel says that it measures', () => {
  const kindOf = { price: 'price', quantity: 'quantity', count: 'count', ratio: 'ratio', bounded: 'bounded' };
  for (const { name, type, measure } of all.slice(core.length)) {
    const columns = [{ name, type: type.startsWith('f') ? ('float' as const) : ('integer' as const) }];
    const expected = name === 'sweep' ? 'bounded' : kindOf[measure as keyof typeof kindOf];
    expect(chooseTerminals(columns, [name], [])).toEqual([{ name, kind: expected }]);
  }
});

describe('parameters of the extended set', () => {
  it('are no parameters of the core', () => {
    const params = readParams(kernels, {}, 'core');
    expect(paramTexts(params, 'core')).not.toHaveProperty('vpin_buckets');
    expect(paramTexts(params, 'extended')).toMatchObject({ vpin_buckets: '50', W_s: '60' });
    params.free();
  });

  it('are refused where nothing would come of them', () => {
    expect(() => readParams(kernels, { vpin_buckets: '20' }, 'core')).toThrow(/vpin_buckets/);
    expect(() => readParams(kernels, { vpin_buckts: '20' }, 'extended')).toThrow(/vpin_buckts/);
    const params = readParams(kernels, { vpin_buckets: '20' }, 'extended');
    expect(paramTexts(params, 'extended').vpin_buckets).toBe('20');
    params.free();
  });
});
