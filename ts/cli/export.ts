import { bytes, count, table } from '../report/table.js';
import type { ExportSummary } from '../stages/export.js';
import type { CommandDefinition } from './command.js';

export const exportCommand: CommandDefinition = {
  name: 'export',
  summary: 'copy trades, depth and liquidations out of PostgreSQL into CSV files',
  examples: [
    'hybrid export',
    'hybrid export --symbols BTCUSDT,ETHUSDT --from 2024-01-01 --to 2024-02-01',
    'hybrid export --symbol BTCUSDT --streams trades --out raw_data --json',
  ],
  run: async (settings, ports) => (await import('../stages/export.js')).exportRaw(settings, ports),
  print: (result) => print(result as ExportSummary),
};

function print({ files, seconds }: ExportSummary): string {
  const rows = files.map((file) => [
    file.path,
    file.rows,
    bytes(file.bytes),
    instant(file.firstTs),
    instant(file.lastTs),
  ]);
  const total = files.reduce((sum, file) => sum + file.rows, 0);
  const summary = `${count(total)} rows in ${seconds.toFixed(1)} s`;
  return `${table(['file', 'rows', 'size', 'first', 'last'], rows)}\n\n${summary}. Next: hybrid prepare`;
}

function instant(micros: number | null): string {
  return micros === null ? '–' : new Date(micros / 1000).toISOString();
}
