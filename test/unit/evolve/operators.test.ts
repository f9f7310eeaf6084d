import { describe, expect, it } from 'vitest';
import { formulaTable } from '../../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { chooseOperators } from '../../../ts/stages/evolve/operators.js';

const { operators } = formulaTable(instantiateKernels(await compileKernels()));
const chosen = (...names: string[]) => chooseOperators(operators, names).map(({ name }) => name);
const byDefault = chooseOperators(operators, undefined).map(({ name }) => name);

describe('--operators', () => {
  it('has sin, cos, exp and log only by name, and 16 operators over windows by itself', () => {
    expect(operators.map((o) => o.name).filter((name) => !byDefault.includes(name))).toEqual(
      'sin cos exp log'.split(' '),
    );
    const windowed = operators.filter((o) => o.minWindow > 0 && byDefault.includes(o.name));
    expect(windowed.length).toBeGreaterThanOrEqual(16);
  });

  it('names a whole set, or changes the default one', () => {
    expect(chosen('sqrt', 'add', 'sin')).toEqual(['add', 'sqrt', 'sin']);
    const changed = chosen('+sin', '-cube', '+add');
    expect(changed).toEqual([
      ...byDefault.filter((name) => name !== 'cube').slice(0, 14),
      'sin',
      ...byDefault.slice(15),
    ]);
  });

  it.each([
    [['sni'], 'unknown operator "sni"', 'Did you mean "sin"?'],
    [['+zscroe'], 'unknown operator "zscroe"', 'Did you mean "zscore"?'],
    [['sin', '+cos'], 'a sign before each name or none', '+sin,-cube'],
    [byDefault.map((name) => `-${name}`), 'at least one operator', 'Leave an operator'],
  ])('refuses %j', (names, message, hint) => {
    expect(() => chosen(...names)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    try {
      chosen(...names);
    } catch (error) {
      expect((error as Error).message).toContain(message);
      expect((error as { hint: string }).hint).toContain(hint);
    }
  });
});
