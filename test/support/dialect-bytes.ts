/**
 * Mutated rows of dialects through the scanners. The oracle takes every line apart with csv-parse, reads it with exact
 * decimals in BigInt and writes it down in the canonical schema (or plainly in its own); the scanners must make the
 * same of both, line by line.
 */
import type { Kernels } from '../../ts/kernels/load.js';
import { scanDepth, scanTrades } from '../../ts/kernels/ticks.js';
import {
  decimal,
  depthFormat,
  fieldsOf,
  grid,
  integer,
  type Random,
  scanLiquidationBytes,
  trim,
  wounded,
} from './bytes.js';
import { generator } from './dataset.js';

/** What becomes of a line: its plain form, a bad row, or a row of somebody else. */
type Verdict = { plain: string } | 'bad' | 'other';

interface Dialect {
  name: string;
  stream: 'trades' | 'depth' | 'liquidations';
  /** For the kernel. */
  text: string;
  delimiter: string;
  fields: number;
  seed(random: Random): string;
  read(fields: string[]): Verdict;
  /** The dialect of the plain form. */
  plain: string;
}

// ---------------------------------------------------------------- the oracle's words

const day = /^(\d{4})-(\d\d)-(\d\d)$/;
const clock = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/;
const zone = /^([+-])(\d\d)(?::?(\d\d))?$/;

/** µs of a stamp, its unit by magnitude; undefined for what is none. */
export function stamp(text: string): bigint | undefined {
  const t = trim(text);
  const whole = integer(t);
  if (whole !== undefined) return fits(scaled(whole * 1000n, unitOf(whole), 1n));
  if (t[4] === '-') return date(t);
  const number = decimal(t);
  if (number === undefined) return undefined;
  const one = 10n ** BigInt(number.places);
  const product = number.mantissa * unitOf(number.mantissa / one);
  // The kernel computes in 128 bits; numbers beyond are no stamps.
  if (product >= 2n ** 127n || product < -(2n ** 127n) || one * 1000n >= 2n ** 127n) return undefined;
  return fits(floorDiv(product, one * 1000n));
}

/** Nanoseconds in a unit. */
function unitOf(value: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 100_000_000_000n) return 1_000_000_000n;
  if (magnitude < 100_000_000_000_000n) return 1_000_000n;
  return magnitude < 100_000_000_000_000_000n ? 1000n : 1n;
}

function scaled(thousandfold: bigint, unit: bigint, one: bigint): bigint {
  return floorDiv((thousandfold / 1000n) * unit, one * 1000n);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

function fits(value: bigint): bigint | undefined {
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : undefined;
}

function date(text: string): bigint | undefined {
  const match = day.exec(text.slice(0, 10));
  if (match === null) return undefined;
  const [, y, m, d] = match.map(Number) as [number, number, number, number];
  const midnight = new Date(Date.UTC(2000, m - 1, d));
  midnight.setUTCFullYear(y, m - 1, d);
  if (midnight.getUTCMonth() !== m - 1 || midnight.getUTCDate() !== d) return undefined;
  const start = BigInt(midnight.getTime()) * 1000n;
  if (text.length === 10) return start;
  if (!/[Tt ]/.test(text[10]!)) return undefined;
  const [time] = /^[0-9:.]*/.exec(text.slice(11))!;
  const at = clock.exec(time);
  const offset = offsetOf(trim(text.slice(11 + time.length)));
  if (at === null || offset === undefined) return undefined;
  const [hours, minutes, seconds] = [Number(at[1]), Number(at[2]), Number(at[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const micros = BigInt(`${at[4] ?? ''}000000`.slice(0, 6));
  return start + BigInt((hours * 60 + minutes - offset) * 60 + seconds) * 1_000_000n + micros;
}

function offsetOf(text: string): number | undefined {
  if (/^(z|utc|gmt)?$/i.test(text)) return 0;
  const match = zone.exec(text);
  if (match === null || Number(match[2]) > 23 || Number(match[3] ?? 0) > 59) return undefined;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3] ?? 0));
}

/** Plain digits, times a multiplier of `10^-places`; undefined for no number. */
function digits(text: string, multiplierPlaces = 0): string | undefined {
  const number = decimal(text);
  if (number === undefined) return undefined;
  let { mantissa, places } = { mantissa: number.mantissa, places: number.places + multiplierPlaces };
  while (places > 0 && mantissa % 10n === 0n) {
    mantissa /= 10n;
    places--;
  }
  return places > 38 ? undefined : `${mantissa}e-${places}`;
}

const id = (text: string) => (trim(text).includes('\0') ? undefined : trim(text));
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function row(...cells: (string | bigint | number | undefined)[]): Verdict {
  return cells.includes(undefined) ? 'bad' : { plain: cells.join(',') };
}

function word(words: Record<string, number>, text: string): number | undefined {
  return Object.entries(words).find(([known]) => known.toLowerCase() === trim(text).toLowerCase())?.[1];
}

// ---------------------------------------------------------------- the dialects

const dialect = (...statements: (string | number)[][]) => statements.map((s) => s.join('\t')).join('\n');

const time = ({ below }: Random) => {
  const micros = 1_700_000_000_000_000 + below(1e9);
  const forms = [
    String(micros),
    String(Math.floor(micros / 1000)),
    `${micros}${below(1000)}`,
    `${(micros / 1e6).toFixed(6)}`,
    new Date(micros / 1000).toISOString(),
    `${new Date(micros / 1000).toISOString().slice(0, 19).replace('T', ' ')}+02:00`,
  ];
  return forms[below(forms.length)]!;
};
const price = ({ below }: Random) => (below(10_000) / 100 + 1).toFixed(below(3));
const size = ({ below }: Random) => (below(9000) / 1000 + 0.001).toFixed(3);
const pickOf = ({ below }: Random, ...texts: string[]) => texts[below(texts.length)]!;

const takers = { buy: 1, sell: -1, unknown: 0 };
const bidAsk = { bid: 1, ask: -1 };
const truth = { true: 1, false: 0 };
const words = (meaning: string, of: Record<string, number>) =>
  Object.entries(of).map(([text, value]) => ['word', meaning, text, value]);

export const dialects: readonly Dialect[] = [
  {
    name: 'tardis_trades',
    stream: 'trades',
    delimiter: ',',
    fields: 8,
    text: dialect(
      ['fields', 8],
      ['column', 'ts', 2, 'timestamp'],
      ['column', 'trade_id', 4, 'id'],
      ['column', 'side', 5, 'side'],
      ['column', 'price', 6, 'price'],
      ['column', 'qty', 7, 'amount'],
      ['time', 'auto'],
      ...words('side', takers),
      ['only', 1, 'A'],
    ),
    seed: (r) =>
      [
        'x',
        pickOf(r, 'A', 'A', 'B'),
        time(r),
        1,
        r.below(99),
        pickOf(r, 'buy', 'Sell', 'unknown'),
        price(r),
        size(r),
      ].join(','),
    read: ([, symbol, ts, , trade, side, p, q]) =>
      symbol !== 'A'
        ? 'other'
        : row(
            stamp(ts!),
            id(trade!) === undefined ? undefined : quoted(id(trade!)!),
            digits(p!),
            digits(q!),
            word(takers, side!),
          ),
    plain: 'canonical',
  },
  {
    name: 'contracts with semicolons',
    stream: 'trades',
    delimiter: ';',
    fields: 5,
    text: dialect(
      ['delimiter', 59],
      ['fields', 5],
      ['column', 'price', 0, 'p'],
      ['column', 'qty', 1, 'q'],
      ['column', 'ts', 3, 't'],
      ['column', 'side', 4, 'm'],
      ['time', 'auto'],
      ...words('side', { true: -1, false: 1 }),
      ['multiplier', '0.01'],
    ),
    seed: (r) => [price(r), r.below(900), 'z', time(r), pickOf(r, 'true', 'False')].join(';'),
    read: ([p, q, , ts, side]) =>
      row(stamp(ts!), '', digits(p!), digits(q!, 2), word({ true: -1, false: 1 }, side!)),
    plain: 'canonical',
  },
  {
    name: 'wide',
    stream: 'depth',
    delimiter: ',',
    fields: 9,
    text: dialect(
      ['layout', 'wide'],
      ['fields', 9],
      ['column', 'ts', 0, 't'],
      ...[
        'ask_px.0',
        'ask_qty.0',
        'bid_px.0',
        'bid_qty.0',
        'ask_px.1',
        'ask_qty.1',
        'bid_px.1',
        'bid_qty.1',
      ].map((meaning, i) => ['column', meaning, i + 1, meaning]),
      ['time', 'auto'],
    ),
    seed: (r) =>
      [
        time(r),
        ...[100, 99, 101, 98].flatMap((p) =>
          r.below(5) ? [(p + r.below(9) / 10).toFixed(1), size(r)] : ['', ''],
        ),
      ].join(','),
    read: ([ts, ...cells]) => {
      const absent = (cell: string) => /^(null|nan)?$/i.test(trim(cell));
      const levels = [0, 4].map((at) => [cells.slice(at, at + 2), cells.slice(at + 2, at + 4)]);
      const side = (nth: number) =>
        levels.map((pair) => pair[nth]!).filter(([p, q]) => !absent(p!) && !absent(q!));
      const array = (nth: number, cell: number) => {
        const numbers = side(nth).map((level) => digits(level[cell]!));
        return numbers.includes(undefined) ? undefined : `"{${numbers.join(',')}}"`;
      };
      return row(stamp(ts!), 0, array(1, 0), array(1, 1), array(0, 0), array(0, 1));
    },
    plain: 'canonical',
  },
  incremental(),
  {
    name: 'tardis_liquidations',
    stream: 'liquidations',
    delimiter: ',',
    fields: 5,
    text: dialect(
      ['fields', 5],
      ['column', 'ts', 0, 't'],
      ['column', 'pos', 1, 's'],
      ['column', 'price', 2, 'p'],
      ['column', 'average', 3, 'a'],
      ['column', 'qty', 4, 'q'],
      ['time', 'auto'],
      ...words('pos', { buy: -1, sell: 1 }),
    ),
    seed: (r) =>
      [time(r), pickOf(r, 'buy', 'SELL'), price(r), pickOf(r, '0', '', price(r)), size(r)].join(','),
    read: ([ts, side, p, average, q]) => {
      const filled = decimal(average!);
      const used = filled !== undefined && filled.mantissa > 0n ? digits(average!) : digits(p!);
      return row(stamp(ts!), 0, word({ buy: -1, sell: 1 }, side!), used, digits(q!));
    },
    plain: 'canonical',
  },
];

function incremental(): Dialect {
  const text = dialect(
    ['layout', 'incremental'],
    ['fields', 6],
    ['column', 'ts', 0, 't'],
    ['column', 'kind', 1, 'k'],
    ['column', 'side', 2, 's'],
    ['column', 'price', 3, 'p'],
    ['column', 'qty', 4, 'q'],
    ['column', 'before', 5, 'b'],
    ['time', 'auto'],
    ...words('kind', truth),
    ...words('side', bidAsk),
  );
  const name = <T extends number>(words: Record<string, T>, value: number | undefined) =>
    Object.keys(words).find((known) => words[known] === value);
  return {
    name: 'incremental',
    stream: 'depth',
    delimiter: ',',
    fields: 6,
    text,
    seed: (r) =>
      [
        time(r),
        pickOf(r, 'true', 'false'),
        pickOf(r, 'bid', 'ask'),
        price(r),
        size(r),
        pickOf(r, '', '7'),
      ].join(','),
    read: ([ts, kind, side, p, q, before]) => {
      const number = trim(before!) === '' ? '' : integer(before!);
      // µs are no number of ms or seconds only by their magnitude: a fraction of a second says the unit.
      const t = stamp(ts!);
      const plainTime =
        t === undefined
          ? undefined
          : `${floorDiv(t, 1_000_000n)}.${String(t - floorDiv(t, 1_000_000n) * 1_000_000n).padStart(6, '0')}`;
      const inSeconds = t !== undefined && t >= 0n && t < 100_000_000_000_000_000n;
      if (t !== undefined && !inSeconds) return 'other';
      return row(
        plainTime,
        name(truth, word(truth, kind!)),
        name(bidAsk, word(bidAsk, side!)),
        digits(p!),
        digits(q!),
        number,
      );
    },
    plain: text,
  };
}

// ---------------------------------------------------------------- the verdict

interface Judged {
  bad: number[];
  /** The lines in their plain form, at their places; blank where a line is nothing of ours. */
  plain: Uint8Array;
  rows: number;
  /** A line that the oracle cannot write down plainly. */
  skip: boolean;
}

function judge(of: Dialect, bytes: Uint8Array): Judged {
  const judged = { bad: [] as number[], rows: 0, skip: false };
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .split('\n')
    .map((raw, i) => {
      const line = raw.replace(/\r$/, '');
      if (line === '') return '';
      const fields = fieldsOf(line, of.delimiter);
      const verdict = fields?.length === of.fields ? of.read(fields) : 'bad';
      if (verdict === 'bad') judged.bad.push(i + 1);
      else if (verdict === 'other') judged.skip ||= of.name === 'incremental';
      else judged.rows++;
      return typeof verdict === 'string' ? '' : verdict.plain;
    });
  return { ...judged, plain: Buffer.from(`${lines.join('\n')}\n`, 'latin1') };
}

/** What the scanners made of the bytes, as text: equal for equal rows at equal lines; and the bad lines. */
function scanned(
  kernels: Kernels,
  of: Dialect,
  text: string,
  bytes: Uint8Array,
): { made: string; bad: number[] } {
  const task = { block: { path: of.name, bytes }, dialect: text };
  if (of.stream === 'depth') {
    const { bytes: books, levels, bad } = scanDepth(kernels, task, depthFormat);
    return { made: Buffer.concat([books, levels]).toString('hex'), bad: bad.lines };
  }
  if (of.stream === 'liquidations') {
    const { kept, dropped, bad } = scanLiquidationBytes(kernels, bytes, text);
    return { made: [...kept, '|', ...dropped].join(' '), bad };
  }
  const {
    columns: c,
    nonpositive,
    offGrid,
    beyond,
    bad,
  } = scanTrades(kernels, task, { ...grid, ids: 'text' });
  const columns = [c.ts, c.pxTicks, c.qtyLots, c.side, c.idEnds].map((column) => column.join(','));
  const made = [
    ...columns,
    Buffer.from(c.idText).toString('latin1'),
    nonpositive.lines,
    offGrid.lines,
    beyond.total,
  ];
  return { made: made.join(' | '), bad: bad.lines };
}

/** What is wrong with the scanners' answer; undefined when nothing is. A trap is thrown. */
export function dialectFault(kernels: Kernels, of: Dialect, bytes: Uint8Array): string | undefined {
  const { bad, plain, skip } = judge(of, bytes);
  const got = scanned(kernels, of, of.text, bytes);
  if (skip) return undefined;
  const want = scanned(kernels, of, of.plain, plain);
  // A row can be refused for the length of its numbers in both forms.
  const expected = [...bad, ...want.bad].sort((a, b) => a - b);
  if (got.bad.join() !== expected.join()) return `bad lines: expected ${expected}, got ${got.bad}`;
  return got.made === want.made ? undefined : `rows: expected ${want.made}, got ${got.made}`;
}

/** Runs `inputs` mutants of all dialects from a seed; the first few faults, and how many rows were judged sound. */
export function fuzzDialects(
  kernels: Kernels,
  seed: number,
  inputs: number,
): { faults: string[]; kept: number } {
  const random = generator(seed);
  const faults: string[] = [];
  let kept = 0;
  for (let i = 0; i < inputs && faults.length < 10; i++) {
    const of = dialects[i % dialects.length]!;
    const rows = Array.from({ length: 1 + random.below(5) }, () => of.seed(random));
    const bytes = wounded(rows, random);
    kept += judge(of, bytes).rows;
    const found = dialectFault(kernels, of, bytes);
    if (found) faults.push(`${of.name} ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}: ${found}`);
  }
  return { faults, kept };
}
