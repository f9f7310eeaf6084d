/** `hybrid predict`: a model's answers beside the rows of a dataset. */
import { count } from '../report/table.js';
import type { PredictSummary } from '../stages/predict.js';
import type { CommandDefinition } from './command.js';

export const predictCommand: CommandDefinition = {
  name: 'predict',
  summary: 'append the predictions of a model to a copy of a dataset',
  examples: [
    'hybrid predict --model model/model.json --dataset features.parquet',
    'hybrid predict --model model --dataset today.parquet --out predicted.parquet',
  ],
  run: async (settings, ports) => (await import('../stages/predict.js')).predict(settings, ports),
  print(result) {
    const { out, rows, nulls, columns, seconds } = result as PredictSummary;
    const without = nulls === 0 ? '' : `, ${count(nulls)} of them outside the hours of the model`;
    return `${out}: ${count(rows)} rows${without} with ${columns.join(', ')} in ${seconds.toFixed(1)} s`;
  },
};
