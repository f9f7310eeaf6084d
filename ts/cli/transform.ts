/** `hybrid transform`: a portfolio's formulas beside the rows of a dataset. */
import { count, table } from '../report/table.js';
import type { TransformSummary } from '../stages/transform.js';
import type { CommandDefinition } from './command.js';

export const transformCommand: CommandDefinition = {
  name: 'transform',
  summary: 'append the formulas of a portfolio as columns to a copy of a dataset',
  examples: [
    'hybrid transform --formulas evolved/portfolio.json',
    'hybrid transform --dataset today.parquet --formulas evolved/portfolio.json --out today-more.parquet',
  ],
  run: async (settings, ports) => (await import('../stages/transform.js')).transform(settings, ports),
  print(result) {
    const { out, rows, columns, seconds } = result as TransformSummary;
    const share = (nulls: number) => `${((100 * nulls) / rows).toFixed(1)} %`;
    const shown = columns.map(({ name, formula, nulls }) => [name, share(nulls), formula]);
    return [
      table(['column', 'null', 'formula'], shown),
      '',
      `${out}: ${count(rows)} rows with ${columns.length} columns more in ${seconds.toFixed(1)} s`,
    ].join('\n');
  },
};
