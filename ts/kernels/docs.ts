/** The README's tables of what only the kernels know: parameters of the indicators, operators of formulas. */
import { formulaTable, type Operator } from './formulas.js';
import type { Kernels } from './load.js';

interface Parameter {
  name: string;
  default: string;
  expected: string;
  unit: string;
  doc: string;
}

export function parametersTable(kernels: Kernels): string {
  const parameters = JSON.parse(kernels.parametersJson()) as Parameter[];
  const rows = parameters.map(
    (p) => `| \`${p.name}\` | ${p.default} | ${p.unit} | ${cell(p.doc)} | ${cell(p.expected)} |`,
  );
  return ['| name | default | unit | meaning | values |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Every operator: definition, arguments, nulls, cost. */
export function operatorsTable(kernels: Kernels): string {
  const { operators, maxWindow } = formulaTable(kernels);
  const rows = operators.map((o) =>
    [
      `| \`${written(o)}\``,
      cell(o.meaning),
      o.minWindow > 0 ? `n: ${o.minWindow} … ${maxWindow}` : '',
      cell(o.nulls),
      o.cost,
      `${o.default ? 'yes' : 'no'} |`,
    ].join(' | '),
  );
  return [
    '| written | value | window | null beside its operands where | cost | the search uses it |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function written({ name, sign, arity, minWindow }: Operator): string {
  const operands = ['a', 'b', 'c', 'd'].slice(0, arity);
  if (sign !== null) return arity === 1 ? `${sign}a` : `a ${sign} b`;
  return `${name}(${[...operands, ...(minWindow > 0 ? ['n'] : [])].join(', ')})`;
}

/** A bar in a cell would end it, and <x> would be taken for a tag. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/<(?=\w)/g, '&lt;');
}
