/** `hybrid formula eval|explain|export`: one formula by itself. */

import { suggest } from '../config/nearest.js';
import { HybridError } from '../error.js';
import { count } from '../report/table.js';
import type { FormulaExplanation, FormulaExport, FormulaValues } from '../stages/formula.js';
import type { CommandDefinition } from './command.js';

const actions = ['eval', 'explain', 'export'] as const;

export const formulaCommand: CommandDefinition = {
  name: 'formula',
  summary: 'evaluate a formula, explain it, or write it in another language',
  arguments: '<action> <formula>',
  examples: [
    'hybrid formula eval "(absorption / rsi7) * vwap_dist" --dataset features.parquet --out value.parquet',
    'hybrid formula explain "zscore(ofd, 200) - lag(obi, 5)"',
    'hybrid formula export "zscore(ofd, 200) - lag(obi, 5)" --to sql > formula.sql',
  ],
  async run(settings, ports, [action, text]) {
    const { evaluateFormula, explainFormula, exportFormula } = await import('../stages/formula.js');
    if (action === 'eval') return evaluateFormula(text!, settings, ports);
    if (action === 'explain') return explainFormula(text!, settings);
    if (action === 'export') return exportFormula(text!, settings);
    throw new HybridError('E_USAGE', `formula: expected eval, explain or export, got "${action}"`, {
      hint: suggest(action!, actions),
    });
  },
  print(result) {
    if ('code' in result) return (result as FormulaExport).code;
    return 'out' in result ? evaluated(result as FormulaValues) : explained(result as FormulaExplanation);
  },
};

function evaluated({ rows, nulls, out }: FormulaValues): string {
  return `${out}: ${count(rows)} rows, ${count(nulls)} null`;
}

function explained(e: FormulaExplanation): string {
  const kind = e.kind ?? 'no one thing: unlike kinds are added or compared, which the search never does';
  return [
    e.formula,
    ...(e.simplified === e.formula ? [] : [`the same, shorter: ${e.simplified}`]),
    '',
    ...e.words.map((line) => `  ${line}`),
    '',
    `the value measures: ${kind}`,
    `${e.nodes} nodes, ${e.depth} levels; looks ${e.lookBack} rows back; about ${Math.ceil(e.cost)} additions a row`,
    ...section('columns', e.columns.map(columnLine)),
    ...section('operators', e.operators.map(operatorLine)),
    '',
    'A row is null where an operand is, where a result is not finite, and where an operator says so above.',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

function columnLine({ name, kind, unit, nullWhen }: FormulaExplanation['columns'][number]): string {
  const known = [kind, ...(unit === null || unit === '' ? [] : [unit])].join(', ');
  const nulls = nullWhen === null || nullWhen === 'never' ? '' : `; null where ${nullWhen}`;
  return `${name}: ${known}${nulls}`;
}

function operatorLine({ name, meaning, nulls }: FormulaExplanation['operators'][number]): string {
  return `${name}: ${meaning}${nulls === '' ? '' : `; null where ${nulls}`}`;
}
