/**
 * Mutated CSV bytes through the scanners, judged by csv-parse and exact decimals in BigInt: every line must meet the
 * fate that its text deserves, and every accepted row must have the values of its text.
 */
import { parse } from 'csv-parse/sync';
import type { Kernels } from '../../ts/kernels/load.js';
import {
  type BlockSurvey,
  type IdKind,
  readLiquidations,
  scanDepth,
  scanTrades,
  surveyTrades,
} from '../../ts/kernels/ticks.js';
import { generator } from './dataset.js';

export type Stream = 'trades' | 'depth' | 'liquidations';
type Fate = 'bad' | 'dropped' | 'kept';
interface Row {
  fate: Fate;
  /** A kept row as plain text: the same for equal values. */
  values?: string;
}

const headers: Record<Stream, string> = {
  trades: 'ts,trade_id,price,qty,side',
  depth: 'ts,seq,bid_px,bid_qty,ask_px,ask_qty',
  liquidations: 'ts,seq,pos,price,qty',
};

// ---------------------------------------------------------------- the oracle: one line of text

/** Blanks as the dialect has them around a number. */
export const trim = (text: string) => text.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '');

export function integer(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(trim(text))) return undefined;
  const value = BigInt(trim(text).replace(/^\+/, ''));
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : undefined;
}

/** `mantissa / 10^places` without trailing zeros; undefined for no number, and beyond 38 digits or places. */
export function decimal(text: string): { mantissa: bigint; places: number } | undefined {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(trim(text));
  if (match === null || `${match[2]}${match[3] ?? ''}` === '') return undefined;
  const digits = `${match[2]}${match[3] ?? ''}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return { mantissa: 0n, places: 0 };
  const exponent = Number(match[4] ?? 0) - (match[3] ?? '').length + digits.length - significant.length;
  if (significant.length > 38 || exponent < -38 || significant.length + exponent > 38) return undefined;
  const magnitude = BigInt(significant) * 10n ** BigInt(Math.max(0, exponent));
  return { mantissa: match[1] === '-' ? -magnitude : magnitude, places: Math.max(0, -exponent) };
}

export function fieldsOf(line: string, delimiter = ','): string[] | undefined {
  try {
    return (parse(line, { relax_column_count: true, record_delimiter: '\n', delimiter }) as string[][])[0];
  } catch {
    return undefined;
  }
}

const bad: Row = { fate: 'bad' };

/** A count of steps of `10^-places`; undefined off the grid, more than 1e-6 of a step away. */
function steps(number: { mantissa: bigint; places: number }, places: number): bigint | undefined {
  const scaled = number.mantissa * 10n ** BigInt(places);
  const unit = 10n ** BigInt(number.places);
  const [floor, rest] = [scaled / unit, scaled % unit];
  const tolerance = unit / 1_000_000n;
  if (rest <= tolerance) return floor === 0n ? undefined : floor;
  return unit - rest <= tolerance ? floor + 1n : undefined;
}

/** An instant in µs that the engine can count: differences of two of them do not overflow. */
function instant(text: string): bigint | undefined {
  const us = integer(text);
  return us !== undefined && us > -(2n ** 60n) && us < 2n ** 60n ? us : undefined;
}

const tickPlaces = 2;
const lotPlaces = 3;

function tradeRow([ts, id, price, qty, side]: string[]): Row {
  const [t, p, q, s] = [instant(ts!), decimal(price!), decimal(qty!), integer(side!)];
  if (t === undefined || p === undefined || q === undefined || s === undefined) return bad;
  if (s < -1n || s > 1n || trim(id!).includes('\0')) return bad;
  if (p.mantissa <= 0n || q.mantissa <= 0n) return { fate: 'dropped' };
  const [px, lots] = [steps(p, tickPlaces), steps(q, lotPlaces)];
  if (px === undefined || lots === undefined) return { fate: 'dropped' };
  return { fate: 'kept', values: [t, px, lots, s, trim(id!)].join(' ') };
}

function liquidationRow([ts, seq, pos, price, qty]: string[]): Row {
  const [t, side, p, q] = [instant(ts!), integer(pos!), decimal(price!), decimal(qty!)];
  if (t === undefined || p === undefined || q === undefined) return bad;
  if ((side !== 1n && side !== -1n) || (trim(seq!) !== '' && integer(seq!) === undefined)) return bad;
  if (p.mantissa <= 0n || q.mantissa <= 0n) return { fate: 'dropped' };
  // Number reads decimal text to the nearest f64.
  const product = p.mantissa * q.mantissa;
  if (!fits(product, p.places + q.places)) return bad;
  return { fate: 'kept', values: [t, side, Number(`${product}e-${p.places + q.places}`)].join(' ') };
}

/** The product of two decimals has at most 128 bits, and 38 places once its trailing zeros are gone. */
function fits(product: bigint, places: number): boolean {
  if (product >= 2n ** 127n) return false;
  const zeros = /0*$/.exec(String(product))![0].length;
  return places - Math.min(zeros, places) <= 38;
}

function depthRow([ts, seq, ...arrays]: string[]): Row {
  const lists = arrays.map(list);
  if (instant(ts!) === undefined || (trim(seq!) !== '' && integer(seq!) === undefined)) return bad;
  if (lists.some((entries) => entries === undefined)) return bad;
  const [a, b, c, d] = lists as string[][];
  if (a!.length !== b!.length || c!.length !== d!.length) return { fate: 'dropped' };
  const written = [a, b, c, d].map((entries) => `"{${entries!.join(',')}}"`);
  return { fate: 'kept', values: [integer(ts!), 0, ...written].join(',') };
}

/** The entries of an array, each in plain digits. */
function list(cell: string): string[] | undefined {
  const text = trim(cell);
  if (text === '') return [];
  if (text.length < 2 || !text.startsWith('{') || !text.endsWith('}')) return undefined;
  if (trim(text.slice(1, -1)) === '') return [];
  const entries = text.slice(1, -1).split(',').map(trim).map(plainEntry);
  return entries.some((entry) => entry === undefined) ? undefined : (entries as string[]);
}

function plainEntry(entry: string): string | undefined {
  if (/^null$/i.test(entry)) return 'NULL';
  const number = decimal(/^".*"$/s.test(entry) && entry.length > 1 ? entry.slice(1, -1) : entry);
  if (number === undefined) return undefined;
  const digits = String(number.mantissa < 0n ? -number.mantissa : number.mantissa).padStart(
    number.places + 1,
    '0',
  );
  const point = digits.length - number.places;
  return `${number.mantissa < 0n ? '-' : ''}${digits.slice(0, point)}${number.places > 0 ? '.' : ''}${digits.slice(point)}`;
}

const readers = { trades: tradeRow, liquidations: liquidationRow, depth: depthRow };

/** The fate of every line that is not blank, by its number from 1. */
function judge(stream: Stream, bytes: Uint8Array): Map<number, Row> {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const rows = new Map<number, Row>();
  lines.forEach((raw, i) => {
    const line = raw.replace(/\r$/, '');
    if (line === '') return;
    const fields = fieldsOf(line);
    const whole = fields?.length === headers[stream].split(',').length;
    rows.set(i + 1, whole ? readers[stream](fields) : bad);
  });
  return rows;
}

// ---------------------------------------------------------------- the mutations

const pieces = [
  ...[
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '\0',
    '{',
    '}',
    '{}',
    'NULL',
    'null',
    '-',
    '+',
    '.',
    '0',
    '9',
  ],
  ...[
    'e5',
    'E-3',
    'e+',
    '1e-7',
    '1e400',
    'nan',
    'inf',
    '0x1',
    '00',
    '-0',
    '.5',
    '5.',
    '\ufeff',
    '\xff\xfe',
    '1_0',
  ],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775809', '123456789012345678901234567890'],
  ...['0.0000001', '100.005', '99999999999999999999999999999999999999', '"{1,2}"', '000000000000000000001'],
].map((text) => Buffer.from(text, 'latin1'));

const nearGrid = ['000001', '0000011', '999999', '9999989', '0000009', '5', '001'];

export type Random = ReturnType<typeof generator>;

function seedLine(stream: Stream, { below }: Random): string {
  const ts = 1_700_000_000_000_000 + below(1e9);
  const price = (below(10_000) / 100 + 1).toFixed(below(3));
  // Three decimals of quantity are lots: what follows is on the limit of the grid, or just off it.
  const size = (below(9000) / 1000 + 0.001).toFixed(3) + (below(6) ? '' : nearGrid[below(nearGrid.length)]);
  if (stream === 'trades') return [ts, below(3) ? below(1e6) : '', price, size, below(3) - 1].join(',');
  if (stream === 'liquidations') return [ts, below(9), below(2) * 2 - 1, price, size].join(',');
  const levels = below(4);
  const array = (at: number) =>
    `"{${Array.from({ length: levels }, (_, i) => (at + i / 10).toFixed(1)).join(',')}}"`;
  return [ts, below(9), array(90), array(1), array(100), array(2)].join(',');
}

/** A few rows with a few wounds. */
export function mutant(stream: Stream, random: Random): Uint8Array {
  const { below } = random;
  const rows = Array.from({ length: 1 + below(5) }, () => seedLine(stream, random));
  return wounded(rows, random);
}

/** The rows as bytes, with a few wounds. */
export function wounded(rows: readonly string[], { below }: Random): Uint8Array {
  let bytes = Buffer.from(rows.join(below(6) ? '\n' : '\r\n') + (below(3) ? '\n' : ''), 'latin1');
  for (let wounds = below(5); wounds > 0; wounds--) {
    const [at, length] = [below(bytes.length + 1), below(6)];
    const insert = below(4) ? pieces[below(pieces.length)]! : Buffer.from([below(256)]);
    const cut = below(3) ? 0 : length;
    const copied = below(8) ? insert : bytes.subarray(at, at + 4 * length);
    bytes = Buffer.concat([bytes.subarray(0, at), copied, bytes.subarray(at + cut)]);
  }
  return new Uint8Array(bytes);
}

// ---------------------------------------------------------------- the scanners

interface Scanned {
  bad: number[];
  dropped: number[];
  /** The kept rows in the order that the scanner gives them. */
  kept: string[];
  /** The scanner refused the whole block for its grid; the rest is not judged. */
  beyond: boolean;
}

export const grid = { tick: '0.01', lot: '0.001' };
export const depthFormat = {
  tick: '0.01',
  wallBucketTicks: 5n,
  obiLevels: 10,
  obiMode: 'levels',
  wallRangeBps: '100',
  wallK: '5',
  wallMinBuckets: 2,
  wallMinPersist: 1,
  detail: true,
};

function task(stream: Stream, bytes: Uint8Array) {
  return { block: { path: stream, bytes }, dialect: 'canonical' };
}

function scanTradeBytes(kernels: Kernels, bytes: Uint8Array): Scanned {
  const survey = surveyTrades(kernels, { ...task('trades', bytes), hold: true });
  checkHeld(kernels, bytes, survey);
  // 'text' accepts every row that the survey accepts, and says the ids as they stand.
  const { columns: c, ...report } = scanTrades(kernels, task('trades', bytes), { ...grid, ids: 'text' });
  const text = Buffer.from(c.idText).toString('latin1');
  const kept = Array.from(c.ts, (ts, i) => {
    const id = text.slice(i === 0 ? 0 : c.idEnds[i - 1], c.idEnds[i]);
    return [ts, c.pxTicks[i], c.qtyLots[i], c.side[i], id].join(' ');
  });
  const dropped = [...report.nonpositive.lines, ...report.offGrid.lines].sort((a, b) => a - b);
  if (survey.bad.lines.join() !== report.bad.lines.join()) throw new Error('survey and scan differ');
  return { bad: report.bad.lines, dropped, kept, beyond: report.beyond.total > 0 };
}

/** The rows that a survey holds must be those that a scan on their grid reads, and it must drop none. */
function checkHeld(kernels: Kernels, bytes: Uint8Array, { numbers, held }: BlockSurvey): void {
  if (held === undefined) return;
  const whole = new kernels.TradeSurvey();
  whole.merge(numbers);
  const ids = whole.ids() as IdKind;
  whole.free();
  const step = (name: string, places: number) => kernels.gridStep(name, undefined, places);
  const [tick, lot] = [step('tick_size', held.pricePlaces), step('lot_size', held.qtyPlaces)];
  const read = scanTrades(kernels, task('trades', bytes), { tick, lot, ids });
  const lost = read.beyond.total + read.nonpositive.total + read.offGrid.total;
  const { ts, id, pxTicks, qtyLots, side } = held.columns;
  const same = Object.entries({ ts, id, pxTicks, qtyLots, side }).every(
    ([name, values]) => values.join() === read.columns[name as 'ts'].join(),
  );
  if (ids !== 'text' && (lost > 0 || !same)) throw new Error('held rows and a scan differ');
}

export function scanLiquidationBytes(kernels: Kernels, bytes: Uint8Array, dialect = 'canonical'): Scanned {
  const scan = new kernels.LiquidationScan();
  const report = readLiquidations(kernels, scan, { ...task('liquidations', bytes), dialect });
  const merge = new kernels.LiquidationMerge(1, false);
  merge.feed(0, scan.take(), true);
  const block = merge.read();
  merge.free();
  const [ts, pos, notional] = [block.ts(), block.pos(), block.notional()];
  const kept = Array.from(ts, (t, i) => [t, pos[i], notional[i]].join(' '));
  block.free();
  return { bad: report.bad.lines, dropped: report.nonpositive.lines, kept, beyond: false };
}

// ---------------------------------------------------------------- the verdict

/** Ids that are integers compare as integers: `+7` and `007` are written as the kernel writes them. */
function sameRow(stream: Stream, got: string, want: string): boolean {
  if (got === want || stream !== 'trades') return got === want;
  const split = (text: string) => /^((?:\S+ ){4})(.*)$/s.exec(text)!;
  const [a, b] = [split(got), split(want)];
  return a[1] === b[1] && integer(a[2]!) !== undefined && integer(a[2]!) === integer(b[2]!);
}

/** What is wrong with the scanners' answer to these bytes; undefined when nothing is. A trap is thrown. */
export function fault(kernels: Kernels, stream: Stream, bytes: Uint8Array): string | undefined {
  const rows = judge(stream, bytes);
  const lines = (fate: Fate) => [...rows].filter(([, row]) => row.fate === fate).map(([line]) => line);
  const values = [...rows.values()].flatMap((row) => row.values ?? []);
  if (stream === 'depth') return depthFault(kernels, bytes, lines, values);
  const got = stream === 'trades' ? scanTradeBytes(kernels, bytes) : scanLiquidationBytes(kernels, bytes);
  if (got.beyond) return undefined;
  if (got.bad.join() !== lines('bad').join()) return `bad lines: expected ${lines('bad')}, got ${got.bad}`;
  if (got.dropped.join() !== lines('dropped').join())
    return `dropped lines: expected ${lines('dropped')}, got ${got.dropped}`;
  const wanted = stream === 'trades' ? values : inTime(values);
  const equal =
    got.kept.length === wanted.length && got.kept.every((row, i) => sameRow(stream, row, wanted[i]!));
  return equal ? undefined : `rows: expected ${wanted.join(' | ')}, got ${got.kept.join(' | ')}`;
}

/** Stable by the stamp, as liquidations come out. */
function inTime(rows: string[]): string[] {
  const ts = (row: string) => BigInt(row.split(' ')[0]!);
  return [...rows].sort((a, b) => (ts(a) < ts(b) ? -1 : ts(a) > ts(b) ? 1 : 0));
}

/** Snapshots are compared with those of the same levels in plain digits: what is written must not matter. */
function depthFault(
  kernels: Kernels,
  bytes: Uint8Array,
  lines: (fate: Fate) => number[],
  values: string[],
): string | undefined {
  const got = scanDepth(kernels, task('depth', bytes), depthFormat);
  const tooLong = got.bad.messages.flatMap((m, i) => (/digits/.test(m) ? [got.bad.lines[i]!] : []));
  const refused = got.bad.lines.filter((line) => !tooLong.includes(line));
  const expected = lines('bad').filter((line) => !tooLong.includes(line));
  if (refused.join() !== expected.join()) return `bad lines: expected ${expected}, got ${refused}`;
  if (got.malformed.lines.join() !== lines('dropped').join())
    return `malformed lines: expected ${lines('dropped')}, got ${got.malformed.lines}`;
  const plain = scanDepth(kernels, task('depth', Buffer.from(`${values.join('\n')}\n`)), depthFormat);
  const same = Buffer.from(got.bytes).equals(Buffer.from(plain.bytes));
  return same ? undefined : `snapshots differ from those of ${values.join(' | ')}`;
}

/** Runs `inputs` mutants from a seed; the first few faults, with the bytes as text. */
export function fuzz(kernels: Kernels, seed: number, inputs: number): { faults: string[]; kept: number } {
  const random = generator(seed);
  const faults: string[] = [];
  let kept = 0;
  for (let i = 0; i < inputs && faults.length < 10; i++) {
    const stream = (['trades', 'depth', 'liquidations'] as const)[i % 3]!;
    const bytes = mutant(stream, random);
    kept += [...judge(stream, bytes).values()].filter((row) => row.fate === 'kept').length;
    const found = fault(kernels, stream, bytes);
    if (found) faults.push(`${stream} ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}: ${found}`);
  }
  return { faults, kept };
}
