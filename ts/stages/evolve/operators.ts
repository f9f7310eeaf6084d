/** Which operators new formulas are made of: the text of --operators. */
import { suggest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';
import type { Operator } from '../../kernels/formulas.js';

/**
 * The operators that the names stand for: exactly those, or, where each name has a sign, those of the default with
 * `+name` added and `-name` left out. Errors: E_USAGE with the nearest known name.
 */
export function chooseOperators(
  operators: readonly Operator[],
  names: readonly string[] | undefined,
): Operator[] {
  if (names === undefined) return operators.filter((o) => o.default);
  const changes = names.map((name) => /^([+-]?)(.*)$/.exec(name)!.slice(1) as [string, string]);
  const signed = changes.filter(([sign]) => sign !== '');
  if (signed.length > 0 && signed.length < changes.length) {
    throw new HybridError('E_USAGE', `--operators: expected a sign before each name or none, got ${names}`, {
      hint: 'Write `+sin,-cube` to change the default set, or `add,sub,mul,sin` to name a whole one.',
    });
  }
  for (const [, name] of changes) requireOperator(operators, name);
  const has = (sign: string, { name }: Operator) => changes.some(([s, n]) => s === sign && n === name);
  const chosen = operators.filter((o) =>
    signed.length === 0 ? has('', o) : (o.default || has('+', o)) && !has('-', o),
  );
  if (chosen.length > 0) return chosen;
  throw new HybridError('E_USAGE', '--operators: expected at least one operator, got none', {
    hint: 'Leave an operator in --operators.',
  });
}

function requireOperator(operators: readonly Operator[], name: string): void {
  if (operators.some((o) => o.name === name)) return;
  const names = operators.map((o) => o.name);
  throw new HybridError('E_USAGE', `--operators: unknown operator "${name}"`, { hint: suggest(name, names) });
}
