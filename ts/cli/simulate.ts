import { bytes, table } from '../report/table.js';
import type { SimulateSummary } from '../stages/simulate.js';
import type { CommandDefinition } from './command.js';

export const simulateCommand: CommandDefinition = {
  name: 'simulate',
  summary: 'write the raw files of a simulated market with a planted relation',
  examples: ['hybrid simulate', 'hybrid simulate --seed 7 --hours 24 --symbol SIM --out raw_data'],
  run: async (settings, ports) =>
    (await import('../stages/simulate.js')).simulate(
      { ...settings, symbol: settings.simulatedSymbol },
      ports,
    ),
  print: (result) => print(result as SimulateSummary),
};

function print({ files, planted }: SimulateSummary): string {
  const rows = files.map((file) => [file.path, file.rows, bytes(file.bytes)]);
  return `${table(['file', 'rows', 'size'], rows)}\n\nPlanted: ${planted.formula}. ${planted.words}`;
}
