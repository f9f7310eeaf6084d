import { bytes, count, table } from '../report/table.js';
import { beginCompiling } from '../stages/ahead.js';
import { findingsOf } from '../stages/prepare/findings.js';
import type { PrepareSummary } from '../stages/prepare.js';
import type { CommandDefinition } from './command.js';

export const prepareCommand: CommandDefinition = {
  name: 'prepare',
  summary: 'turn raw CSV files into features.parquet, one row per trade',
  examples: [
    'hybrid prepare',
    'hybrid prepare --symbols BTCUSDT --threads 16',
    'hybrid prepare --feature-set extended',
    'hybrid prepare --since-last',
    'hybrid prepare --raw raw_data --out features.parquet --param W_s=30 --on-bad-row skip',
  ],
  run: async (settings, ports) => {
    beginCompiling();
    return (await import('../stages/prepare.js')).prepare(settings, ports);
  },
  print: (result) => print(result as PrepareSummary),
};

function print(result: PrepareSummary): string {
  const rows = result.symbols.map((s) => [s.symbol, s.trades, cell(s.depth), cell(s.liquidations), s.rows]);
  const { scan, engine, encode } = result.stages;
  const added = result.appended === undefined ? '' : ` (${count(result.appended)} of them new)`;
  const work = `scan ${seconds(scan)}, engine ${seconds(engine)}, encode ${seconds(encode)}`;
  return [
    table(['symbol', 'trades', 'depth', 'liquidations', 'rows'], rows),
    ...result.symbols.flatMap(qualityLines),
    '',
    `${result.out}: ${count(result.rows)} rows${added} × ${result.columns} columns in ${seconds(result.seconds)} (${work}; peak ${bytes(result.peakRssBytes)}). Next: hybrid evolve`,
  ].join('\n');
}

/** An absent file is not a quiet one. */
function cell(rows: number | null): string {
  return rows === null ? 'absent' : count(rows);
}

/** What was found in the data of a symbol, and where the first rows stand that did not count. */
function qualityLines({ symbol, quality, lines }: PrepareSummary['symbols'][number]): string[] {
  const findings = findingsOf(quality);
  if (findings.length === 0) return ['', `${symbol}: nothing to report`];
  const name = (counter: string) => counter.replaceAll('_', ' ');
  const rows = findings.map(({ counter, count, meaning }) => [name(counter), count, meaning]);
  const where = Object.entries(lines).map(([counter, at]) => `  ${name(counter)}: ${at.join(', ')}`);
  return ['', table([symbol, 'count', 'what it means'], rows), ...where];
}

function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}
