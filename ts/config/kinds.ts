/** The kinds of values a setting can have: how text becomes a value, and what to expect in words. */
import { readMapping, type StreamMapping, type StreamName } from './mapping.js';

export interface Kind<T> {
  /** What a right value looks like, for messages: `an integer from 1 to 64`. */
  readonly expected: string;
  /** The placeholder in flags and docs: `--threads <n>`; none for a switch. */
  readonly placeholder: string | undefined;
  /** The value, or undefined when the text is none. */
  parse(text: string): T | undefined;
  /** The value as text, for docs and manifests. */
  print(value: T): string;
  /** Never printed and never written. */
  readonly secret?: boolean;
  /** The flag may be repeated; the texts are joined by newlines before parsing. */
  readonly repeatable?: boolean;
  /** Of structured settings, which only hybrid.config.json has: the checked value; throws E_CONFIG with the place. */
  read?(value: unknown, where: string): T;
}

const plain = { print: String };

export const text: Kind<string> = {
  ...plain,
  expected: 'text',
  placeholder: 'text',
  parse: (t) => (t === '' ? undefined : t),
};

export const path: Kind<string> = { ...text, expected: 'a path', placeholder: 'path' };

/** A value that is never printed. */
export const secret: Kind<string> = { ...text, expected: 'a secret', print: () => '***', secret: true };

export const toggle: Kind<boolean> = {
  ...plain,
  expected: 'true or false',
  placeholder: undefined,
  parse: (t) => ({ true: true, '1': true, yes: true, false: false, '0': false, no: false })[t.toLowerCase()],
};

export function integer(min: number, max: number): Kind<number> {
  const parse = (t: string) =>
    /^[+-]?\d+$/.test(t) && Number(t) >= min && Number(t) <= max ? Number(t) : undefined;
  return { ...plain, expected: `an integer from ${min} to ${max}`, placeholder: 'n', parse };
}

export function number(min: number, max: number): Kind<number> {
  const parse = (t: string) =>
    t.trim() !== '' && Number(t) >= min && Number(t) <= max ? Number(t) : undefined;
  return { ...plain, expected: `a number from ${min} to ${max}`, placeholder: 'x', parse };
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  const parse = (t: string) => values.find((v) => v === t);
  return { ...plain, expected: `one of ${values.join(', ')}`, placeholder: values.join('|'), parse };
}

/** Names separated by commas. */
export const list: Kind<readonly string[]> = {
  expected: 'names separated by commas',
  placeholder: 'a,b,…',
  parse: (t) => {
    const names = t.split(',').map((name) => name.trim());
    return names.some((name) => name === '') ? undefined : names;
  },
  print: (names) => names.join(','),
};

/** Some of a fixed set of names, separated by commas. */
export function subset<const T extends string>(...values: readonly T[]): Kind<readonly T[]> {
  const parse = (t: string) => {
    const names = t.split(',').map((name) => name.trim());
    return names.every((name) => (values as readonly string[]).includes(name)) ? (names as T[]) : undefined;
  };
  return {
    expected: `some of ${values.join(', ')}, separated by commas`,
    placeholder: 'a,b,…',
    parse,
    print: (names) => names.join(','),
  };
}

/** An instant as µs since the epoch, UTC; a date means its midnight, a time without zone is UTC. */
export const instant: Kind<number> = {
  expected: 'a UTC date or time such as 2024-01-31 or 2024-01-31T12:00:00Z',
  placeholder: 'date',
  parse: parseInstant,
  print: (micros) => new Date(micros / 1000).toISOString(),
};

const instantPattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?$/;

function parseInstant(t: string): number | undefined {
  const match = instantPattern.exec(t);
  if (match === null) return undefined;
  const [, date, clock = '00:00', fraction = '', zone = 'Z'] = match;
  const seconds = Date.parse(`${date}T${clock}${zone}`) / 1000;
  if (!Number.isFinite(seconds) || !isCalendarDay(date!)) return undefined;
  return seconds * 1_000_000 + Number(`${fraction.slice(1)}000000`.slice(0, 6));
}

/** Date.parse takes 30 February for 1 March; a person who writes it means neither. */
function isCalendarDay(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00Z`);
  return Number.isFinite(midnight) && new Date(midnight).toISOString().startsWith(date);
}

/** `90`, `90s`, `15m`, `2h`: seconds. */
export const duration: Kind<number> = {
  ...plain,
  expected: 'a duration such as 90s, 15m or 2h',
  placeholder: 'time',
  parse: (t) => {
    const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(t);
    return match === null ? undefined : Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] ?? 's']!;
  },
};

/** `name=value`, repeatable. */
export const assignments: Kind<Readonly<Record<string, string>>> = {
  expected: 'name=value',
  placeholder: 'name=value',
  repeatable: true,
  parse: (t) => {
    const pairs = t.split('\n').map((line) => /^\s*([^=\s]+)\s*=\s*(.+?)\s*$/.exec(line));
    return pairs.includes(null) ? undefined : Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
  },
  print: (pairs) =>
    Object.entries(pairs)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
};

export type Sign = -1 | 1;

/** `rsi7:+1,obi:-1`: columns with the sign of what they say. */
export const signs: Kind<Readonly<Record<string, Sign>>> = {
  expected: 'columns with +1 or -1, such as rsi7:+1,obi:-1',
  placeholder: 'a:+1,b:-1,…',
  parse: (t) => {
    const pairs = t.split(',').map((one) => /^\s*(.+?)\s*:\s*([+-]?)1\s*$/.exec(one));
    if (pairs.includes(null)) return undefined;
    const entries = pairs.map((pair) => [pair![1]!, pair![2] === '-' ? -1 : 1] as const);
    return new Set(entries.map(([name]) => name)).size === entries.length
      ? Object.fromEntries(entries)
      : undefined;
  },
  print: (all) =>
    Object.entries(all)
      .map(([name, sign]) => `${name}:${sign > 0 ? '+1' : '-1'}`)
      .join(','),
};

/** The mapping of a stream ({@link readMapping}). */
export function mapping(stream: StreamName): Kind<StreamMapping> {
  return {
    expected: 'a mapping',
    placeholder: 'mapping',
    parse: () => undefined,
    print: (value) => JSON.stringify(value),
    read: (value, where) => readMapping(stream, value, where),
  };
}
