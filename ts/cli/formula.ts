/** `hybrid formula eval|explain`: one formula by itself. */

import { suggest } from '../config/nearest.js';
import { HybridError } from '../error.js';
import { count } from '../report/table.js';
import type { FormulaExplanation, FormulaValues } from '../stages/formula.js';
import type { CommandDefinition } from './command.js';

const actions = ['eval', 'explain'] as const;

export const formulaCommand: CommandDefinition = {
  name: 'formula',
  summary: 'evaluate or explain a formula',
  arguments: '<action> <formula>',
  examples: [
    'hybrid formula eval "(absorption / rsi7) * vwap_dist" --dataset features.parquet --out value.parquet',
    'hybrid formula explain "zscore(ofd, 200) - lag(obi, 5)"',
  ],
  async run(settings, ports, [action, text]) {
    const { evaluateFormula, explainFormula } = await import('../stages/formula.js');
    if (action === 'eval') return evaluateFormula(text!, settings, ports);
    if (action === 'explain') return explainFormula(text!, settings);
    throw new HybridError('E_USAGE', `formula: expected eval or explain, got "${action}"`, {
      hint: suggest(action!, actions),
    });
  },
  print(result) {
    return 'out' in result ? evaluated(result as FormulaValues) : explained(result as FormulaExplanation);
  },
};

function evaluated({ rows, nulls, out }: FormulaValues): string {
  return `${out}: ${count(rows)} rows, ${count(nulls)} null`;
}

function explained(e: FormulaExplanation): string {
  const operators = e.operators.map(
    (o) => `  ${o.name}: ${o.meaning}${o.nulls === '' ? '' : `; null where ${o.nulls}`}`,
  );
  return [
    e.formula,
    `columns: ${e.columns.join(', ')}`,
    `${e.nodes} nodes, ${e.depth} levels; looks ${e.lookBack} rows back`,
    ...operators,
  ].join('\n');
}
