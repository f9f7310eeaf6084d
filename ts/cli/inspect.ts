/** `hybrid inspect FILE`: what is in it. */
import { inspectionText } from '../report/inspection.js';
import type { Inspection } from '../stages/inspect.js';
import type { CommandDefinition } from './command.js';

export const inspectCommand: CommandDefinition = {
  name: 'inspect',
  summary: 'show schema, span, nulls and quartiles of a CSV, a Parquet file or a manifest',
  arguments: '<file>',
  examples: [
    'hybrid inspect features.parquet',
    'hybrid inspect raw_data/BTCUSDT_trades.csv',
    'hybrid inspect features.parquet.manifest.json --json',
  ],
  run: async (_, ports, [path]) => (await import('../stages/inspect.js')).inspect(path!, ports),
  print: (result) => inspectionText(result as Inspection),
};
