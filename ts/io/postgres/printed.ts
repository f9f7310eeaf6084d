/**
 * Values as PostgreSQL sends them in binary, printed as it prints them in CSV with `extra_float_digits` 1 (formats of
 * PostgreSQL's documentation and of the `…_send` and `…_out` functions that they name). Pure.
 */
import { HybridError } from '../../error.js';

/** Text in the making. */
export class Page {
  bytes = new Uint8Array(1 << 18);
  end = 0;

  /** Makes sure that so many bytes fit behind the end. */
  room(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.end + more));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }

  byte(code: number): void {
    this.bytes[this.end++] = code;
  }

  /** ASCII. */
  text(text: string): void {
    this.room(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.end++] = text.charCodeAt(i);
  }
}

/** Prints the value in bytes `at` to `at + length` as a field of CSV. */
export type Print = (from: DataView, at: number, length: number, to: Page) => void;

const [comma, quote, minus, point, zero, newline, carriageReturn] = [
  0x2c, 0x22, 0x2d, 0x2e, 0x30, 0x0a, 0x0d,
];
const [opening, closing] = [0x7b, 0x7d];
/** More than an integer of 64 bits, its sign and a comma take. */
const integerRoom = 24;

/** Of 2, 4 or 8 bytes. */
export const printInteger: Print = (from, at, length, to) => {
  to.room(integerRoom);
  if (length === 8) printLong(from, at, 0, to);
  else if (length === 4) signed(from.getInt32(at), to);
  else signed(from.getInt16(expectLength(at, length, 2)), to);
};

/** µs from the epoch of Unix to that of PostgreSQL, 2000-01-01. */
const epoch = 946_684_800_000_000;
const dayMicros = 86_400_000_000;
/** From here on µs since 1970 do not fit into 64 bits: the first halves of a timestamp, and the days of a date. */
const endOfTime = {
  8: 0x7fffffff - Math.ceil(epoch / 2 ** 32),
  4: Math.floor((2 ** 63 - epoch) / dayMicros) - 1,
};
/** What stands for minus infinity begins with it. */
const minusInfinity = -0x80000000;

/** A timestamp with or without time zone, or a date: µs since 1970-01-01. Errors: E_INPUT for infinity. */
export const printInstant: Print = (from, at, length, to) => {
  to.room(integerRoom);
  const high = from.getInt32(at);
  if (high >= endOfTime[length === 4 ? 4 : 8] || high === minusInfinity) throw endless();
  if (length === 4) signed(high * dayMicros + epoch, to);
  else printLong(from, expectLength(at, length, 8), epoch, to);
};

function endless(): HybridError {
  return new HybridError(
    'E_INPUT',
    'ts: expected an instant before the year 294247, got a later one or infinity',
    {
      hint: 'Correct the table, or set --from or --to, which leave such rows out.',
    },
  );
}

function expectLength(at: number, length: number, expected: number): number {
  if (length === expected) return at;
  throw new HybridError('E_DATABASE', `row: expected a value of ${expected} bytes, got ${length}`);
}

/** Above this the sum with {@link epoch} is no exact number any more. */
const exactHigh = 1 << 20;

function printLong(from: DataView, at: number, plus: number, to: Page): void {
  const high = from.getInt32(at);
  if (high < exactHigh && high >= -exactHigh) signed(high * 2 ** 32 + from.getUint32(at + 4) + plus, to);
  else to.text(String(from.getBigInt64(at) + BigInt(plus)));
}

function signed(value: number, to: Page): void {
  if (!Number.isSafeInteger(value)) to.text(String(BigInt(value)));
  else {
    if (value < 0) to.byte(minus);
    unsigned(Math.abs(value), to);
  }
}

function unsigned(value: number, to: Page): void {
  if (value < 10_000) leading(value, to);
  else if (value < 1e8) {
    leading((value / 10_000) | 0, to);
    four(value % 10_000, to);
  } else {
    const high = Math.floor(value / 1e8);
    const low = value - high * 1e8;
    unsigned(high, to);
    four((low / 10_000) | 0, to);
    four(low % 10_000, to);
  }
}

/** `0000` to `9999`. */
const fours = Uint8Array.from(
  { length: 40_000 },
  (_, i) => zero + (Math.floor((i >> 2) / 10 ** (3 - (i & 3))) % 10),
);

function four(value: number, to: Page): void {
  const { bytes, end } = to;
  const at = 4 * value;
  bytes[end] = fours[at]!;
  bytes[end + 1] = fours[at + 1]!;
  bytes[end + 2] = fours[at + 2]!;
  bytes[end + 3] = fours[at + 3]!;
  to.end = end + 4;
}

/** Below 10,000, without zeros before it. */
function leading(value: number, to: Page): void {
  const from = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
  for (let i = from; i < 4; i++) to.bytes[to.end++] = fours[4 * value + i]!;
}

const signs = { positive: 0, negative: 0x4000, nan: 0xc000, infinity: 0xd000, minusInfinity: 0xf000 };

/**
 * numeric_send: the number of digits (base 10,000), the weight of the first one, the sign, the decimals that are shown;
 * then the digits.
 */
export const printNumeric: Print = (from, at, length, to) => {
  const digits = from.getUint16(at);
  const weight = from.getInt16(at + 2);
  const sign = from.getUint16(at + 4);
  const scale = from.getUint16(at + 6);
  expectLength(at, length, 8 + 2 * digits);
  if (sign !== signs.positive && sign !== signs.negative) {
    to.text(special(sign));
    return;
  }
  to.room(4 * Math.max(1, weight + 1) + scale + 8);
  if (sign === signs.negative) to.byte(minus);
  leading(weight < 0 ? 0 : digitOf(from, at, digits, 0), to);
  for (let i = 1; i <= weight; i++) four(digitOf(from, at, digits, i), to);
  if (scale === 0) return;
  to.byte(point);
  const end = to.end + scale;
  for (let i = weight + 1; to.end < end; i++) four(digitOf(from, at, digits, i), to);
  to.end = end;
};

/** Those before the first and behind the last are 0. */
function digitOf(from: DataView, at: number, digits: number, i: number): number {
  return i >= 0 && i < digits ? from.getUint16(at + 8 + 2 * i) : 0;
}

function special(sign: number): string {
  if (sign === signs.nan) return 'NaN';
  if (sign === signs.infinity) return 'Infinity';
  if (sign === signs.minusInfinity) return '-Infinity';
  throw new HybridError('E_DATABASE', `row: expected the sign of a numeric, got ${sign}`);
}

/** float8out: the shortest digits that mean the number, with an exponent below 1e-4 and from 1e15 on. */
export const printDouble: Print = (from, at, length, to) => {
  const value = from.getFloat64(expectLength(at, length, 8));
  to.room(shortRoom);
  if (!printShort(value, to)) to.text(doubleText(value));
};

/** Numbers of decimals that most prices and sizes are within. */
const shortDecimals = [4, 8] as const;
const shortRoom = 32;
/** Of no two decimals with so many digits (in all) does a double mean both: what means it is the shortest. */
const shortDigits = 1e15;

/** Prints a number of few digits, in a quarter of the time that JavaScript's own way takes; false for all others. */
function printShort(value: number, to: Page): boolean {
  const size = Math.abs(value);
  if (!(size >= 1e-4 && size < shortDigits)) return false;
  for (const decimals of shortDecimals) {
    const scale = decimals === 4 ? 1e4 : 1e8;
    const scaled = Math.round(size * scale);
    if (scaled >= shortDigits || scaled / scale !== size) continue;
    if (value < 0) to.byte(minus);
    const whole = Math.floor(scaled / scale);
    unsigned(whole, to);
    printDecimals(scaled - whole * scale, decimals, to);
    return true;
  }
  return false;
}

/** `.0125`, without zeros at the end; nothing for 0. */
function printDecimals(value: number, decimals: number, to: Page): void {
  if (value === 0) return;
  to.byte(point);
  if (decimals > 4) four((value / 10_000) | 0, to);
  if (decimals === 4 || value % 10_000 > 0) four(value % 10_000, to);
  while (to.bytes[to.end - 1] === zero) to.end--;
}

export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0' : '0';
  if ((size >= 1e-4 && size < 1e15) || !Number.isFinite(value)) return String(value);
  let text = value.toExponential();
  if (size > 2 ** 53)
    for (let d = text.indexOf('e') - 1; isHalfway(size, text); d++)
      text = value.toExponential(Math.min(d, 16));
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/**
 * Whether the digits of an integer lie exactly between it and its neighbour: JavaScript takes them, since they are
 * read as the even one of both; the server wants digits that are nearer. Smaller numbers have no such digits.
 */
function isHalfway(size: number, text: string): boolean {
  const [digits, exponent] = text.replace('-', '').split('e') as [string, string];
  const [whole, decimals = ''] = digits.split('.') as [string, string?];
  const shown = BigInt(whole + decimals) * 10n ** BigInt(Number(exponent) - decimals.length);
  const gap = 1n << BigInt(BigInt(size).toString(2).length - 53);
  const apart = shown - BigInt(size);
  const below = size === Number(gap << 52n) ? gap / 2n : gap;
  return 2n * apart === gap || 2n * apart === -below;
}

/** Quoted where CSV needs it; an empty text is, since nothing stands for null. */
export const printText: Print = (from, at, length, to) => {
  to.room(2 * length + 2);
  const quoted = needsQuotes(from, at, at + length);
  if (quoted) to.byte(quote);
  for (let i = at; i < at + length; i++) {
    const byte = from.getUint8(i);
    if (byte === quote) to.byte(quote);
    to.byte(byte);
  }
  if (quoted) to.byte(quote);
};

function needsQuotes(from: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) {
    const byte = from.getUint8(i);
    if (byte === comma || byte === quote || byte === newline || byte === carriageReturn) return true;
  }
  return at === end;
}

/** Bounds of a dimension: so many elements, the first of this number. */
interface Dimension {
  count: number;
  first: number;
}

/** array_send of numbers: dimensions, whether there are nulls, the type; count and first index of each; elements. */
export function printArray(element: Print): Print {
  return (from, at, _, to) => {
    const dimensions = Array.from({ length: from.getInt32(at) }, (_, d) => ({
      count: from.getInt32(at + 12 + 8 * d),
      first: from.getInt32(at + 16 + 8 * d),
    }));
    const elements = dimensions.reduce((n, { count }) => n * count, 1);
    to.room(3 + 2 * elements);
    // Numbers have no commas: only those between elements ask for quotes.
    if (elements > 1) to.byte(quote);
    if (dimensions.some(({ first }) => first !== 1)) to.text(`${dimensions.map(bounds).join('')}=`);
    if (dimensions.length === 0) to.text('{}');
    else printElements(from, at + 12 + 8 * dimensions.length, dimensions, element, to);
    to.room(1);
    if (elements > 1) to.byte(quote);
  };
}

function bounds({ count, first }: Dimension): string {
  return `[${first}:${first + count - 1}]`;
}

/** Returns where the elements end. */
function printElements(
  from: DataView,
  begin: number,
  [dimension, ...inner]: readonly Dimension[],
  element: Print,
  to: Page,
): number {
  let at = begin;
  to.room(1);
  to.byte(opening);
  for (let i = 0; i < dimension!.count; i++) {
    to.room(1);
    if (i > 0) to.byte(comma);
    at = inner.length > 0 ? printElements(from, at, inner, element, to) : printElement(from, at, element, to);
  }
  to.room(1);
  to.byte(closing);
  return at;
}

function printElement(from: DataView, at: number, element: Print, to: Page): number {
  const length = from.getInt32(at);
  if (length < 0) to.text('NULL');
  else element(from, at + 4, length, to);
  return at + 4 + Math.max(0, length);
}

/** How the types (by their numbers in pg_type) are printed; others are left to the server. */
export const printers: ReadonlyMap<number, Print> = new Map([
  ...[20, 21, 23].map((oid) => [oid, printInteger] as const),
  [1700, printNumeric],
  [701, printDouble],
  ...[25, 1042, 1043].map((oid) => [oid, printText] as const),
  ...[1005, 1007, 1016].map((oid) => [oid, printArray(printInteger)] as const),
  [1231, printArray(printNumeric)],
  [1022, printArray(printDouble)],
]);

/** timestamptz, timestamp and date. */
export const instantTypes: ReadonlySet<number> = new Set([1184, 1114, 1082]);
