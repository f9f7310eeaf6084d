/** The result of an audit for the terminal. */
import { count, table } from './table.js';

export interface ShownAudit {
  columns: number;
  rowsChecked: number;
  violations: readonly {
    column: string;
    row: number;
    expected: number | null;
    got: number | null;
    future?: string;
    symbol?: string;
  }[];
  checks: readonly { symbol: string; row: number; ts: number; future: string; violations: number }[];
  formulas: readonly string[];
  warmUp: readonly { column: string; rows: number; seconds: number; open: boolean }[];
  seconds: number;
}

export function auditText(result: ShownAudit): string {
  return [checksTable(result), '', verdict(result), '', warmUpText(result)].join('\n');
}

function checksTable({ checks }: ShownAudit): string {
  const header = ['symbol', 'row', 'at', 'its future', 'columns that differ'];
  const rows = checks.map((c) => [c.symbol, c.row, instant(c.ts), c.future, c.violations]);
  return table(header, rows);
}

function verdict({ violations, columns, rowsChecked, formulas, seconds }: ShownAudit): string {
  const what = formulas.length === 0 ? `${columns} columns` : `${columns} columns and formulas`;
  if (violations.length === 0)
    return `no look-ahead: ${what}, ${count(rowsChecked)} rows compared in ${seconds.toFixed(1)} s, every value and null the same`;
  const shown = violations.slice(0, 20).map((v) => {
    const where = `${v.symbol ?? ''} ${v.column}, row ${count(v.row)}, future ${v.future}`;
    return `  ${where}: expected ${v.expected ?? 'null'}, got ${v.got ?? 'null'}`;
  });
  const rest = violations.length - shown.length;
  return [
    `${violations.length} columns differ; the first row of each:`,
    ...shown,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    'Either the raw files are not those of the dataset, or this is a bug of hybrid.',
  ].join('\n');
}

/** Columns by how long they take; what is warm at once is only counted. */
function warmUpText({ warmUp }: ShownAudit): string {
  const slow = warmUp.filter(({ rows }) => rows > 0).sort((a, b) => b.seconds - a.seconds);
  const rows = slow.map(({ column, rows, seconds, open }) => [
    column,
    rows,
    `${open ? 'more than ' : ''}${duration(seconds)}`,
  ]);
  const rest = warmUp.length - slow.length;
  return [
    'warm-up: a run that begins in the middle of the data has the values of a whole one (to 1e-6) after',
    table(['column', 'rows', 'time'], rows),
    `${rest} columns at once`,
  ].join('\n');
}

function duration(seconds: number): string {
  if (seconds >= 7200) return `${(seconds / 3600).toFixed(1)} hours`;
  return seconds >= 120 ? `${(seconds / 60).toFixed(1)} minutes` : `${seconds.toFixed(1)} s`;
}

function instant(micros: number): string {
  return new Date(micros / 1000).toISOString().replace('T', ' ').replace('Z', '');
}
