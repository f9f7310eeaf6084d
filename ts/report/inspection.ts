/** An inspected artifact for the terminal: a table of columns, each with a small histogram. */
import { count, table } from './table.js';

/** What is shown of a column. */
interface ShownColumn {
  name: string;
  type: string;
  unit: string;
  nulls: number;
  min: number | null;
  q25: number | null;
  median: number | null;
  q75: number | null;
  max: number | null;
  histogram: readonly number[];
  sampled: boolean;
}

export interface ShownInspection {
  path: string;
  kind: string;
  rows: number | null;
  columns: readonly ShownColumn[];
  span: { from: number; to: number } | null;
  about: Readonly<Record<string, unknown>>;
}

export function inspectionText(shown: ShownInspection): string {
  const { columns } = shown;
  const parts = [headline(shown), ...spanLine(shown)];
  if (columns.length > 0) parts.push('', columnTable(columns));
  if (columns.some(({ sampled }) => sampled)) parts.push('≈ quartiles and histogram of a sample of the rows');
  const about = Object.entries(shown.about);
  if (about.length > 0) parts.push('', ...about.flatMap(([name, value]) => aboutLines(name, value, '')));
  return parts.join('\n');
}

function headline({ path, kind, rows, columns }: ShownInspection): string {
  const size =
    rows === null ? '' : `, ${count(rows)} rows${columns.length > 0 ? ` × ${columns.length} columns` : ''}`;
  return `${path}: ${kind}${size}`;
}

function spanLine({ span }: ShownInspection): string[] {
  if (span === null || !isInstant(span.from)) return [];
  return [`from ${instant(span.from)} to ${instant(span.to)} (${duration(span.to - span.from)})`];
}

function columnTable(columns: readonly ShownColumn[]): string {
  const header = ['column', 'type', 'unit', 'nulls', 'min', '25 %', 'median', '75 %', 'max', 'distribution'];
  const rows = columns.map((c) => {
    const cell = cellOf(c);
    const quartiles = [c.min, c.q25, c.median, c.q75, c.max].map(cell);
    return [c.name, c.type, c.unit, c.nulls, ...quartiles, `${spark(c.histogram)}${c.sampled ? ' ≈' : ''}`];
  });
  return table(header, rows);
}

/** Instants are shown as such, other numbers in six digits. */
function cellOf({ name, type }: ShownColumn): (value: number | null) => string {
  const isTime = /(^|_)ts$/.test(name) && /int/i.test(type);
  return (value) => {
    if (value === null) return '–';
    return isTime && isInstant(value) ? instant(value) : number(value);
  };
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return count(value);
  const short = Number(value.toPrecision(6));
  return Math.abs(short) >= 1e4 && Math.abs(short) < 1e15 ? count(short) : String(short);
}

/** µs since the epoch of the years 2000 to 2100. */
function isInstant(value: number): boolean {
  return value > 946e12 && value < 4103e12;
}

function instant(micros: number): string {
  return new Date(micros / 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '');
}

function duration(micros: number): string {
  const seconds = micros / 1e6;
  const units = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ] as const;
  const [size, name] = units.find(([size]) => seconds >= 2 * size) ?? [1, 'seconds'];
  return `${(seconds / size).toFixed(1)} ${name}`;
}

/** One character a bin, its height by the share of the fullest; a bin with few values is not an empty one. */
function spark(histogram: readonly number[]): string {
  const heights = '▁▂▃▄▅▆▇█';
  const most = Math.max(...histogram);
  const bar = (n: number) => (n === 0 ? ' ' : heights[Math.min(7, Math.floor((8 * n) / (most + 1)))]!);
  return histogram.map(bar).join('');
}

const longest = 12;

/** A value of a manifest: scalars in one line, tables of records as such, the rest indented. */
function aboutLines(name: string, value: unknown, indent: string): string[] {
  if (!isRecord(value) && !Array.isArray(value)) return [`${indent}${name}: ${String(value)}`];
  if (Array.isArray(value) && !value.some(isRecord)) return [`${indent}${name}: ${shortList(value)}`];
  const entries = Object.entries(value);
  const shown = Array.isArray(value) ? entries.slice(0, longest) : entries;
  const rest = entries.length - shown.length;
  return [
    `${indent}${name}:`,
    ...shown.flatMap(([inner, content]) => aboutLines(inner, content, `${indent}  `)),
    ...(rest > 0 ? [`${indent}  … and ${rest} more`] : []),
  ];
}

function shortList(values: readonly unknown[]): string {
  const shown = values.slice(0, longest).map(String).join(', ');
  return values.length > longest ? `${shown} … (${values.length})` : shown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
