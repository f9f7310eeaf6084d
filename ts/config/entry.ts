/** A value of hybrid.config.json with its place, so that whatever is wrong with it can be said with both. */
import { HybridError } from '../error.js';
import { suggest } from './nearest.js';

/** A value of the file and where it stands. */
export class Entry {
  constructor(
    private readonly value: unknown,
    private readonly where: string,
  ) {}

  get isNull(): boolean {
    return this.value === null;
  }

  get isText(): boolean {
    return typeof this.value === 'string';
  }

  object(): [string, Entry][] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      throw this.wrong('an object');
    return Object.entries(this.value).map(([key, inner]) => [key, new Entry(inner, `${this.where}.${key}`)]);
  }

  text(expected: string): string {
    if (typeof this.value !== 'string' || this.value === '' || this.value.includes('\0'))
      throw this.wrong(expected);
    return this.value;
  }

  choice(names: readonly string[]): string {
    if (typeof this.value === 'string' && names.includes(this.value)) return this.value;
    throw this.wrong(`one of ${names.join(', ')}`, this.value, names);
  }

  integer(min: number, max: number): number {
    const number = this.value;
    if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max)
      return number;
    throw this.wrong(`an integer from ${min} to ${max}`);
  }

  sign(): -1 | 0 | 1 {
    if (this.value === -1 || this.value === 0 || this.value === 1) return this.value;
    throw this.wrong('-1, 0 or 1');
  }

  /** A number above 0, or its text, as text. */
  number(): string {
    const text = typeof this.value === 'number' ? String(this.value) : this.value;
    const whole = typeof text === 'string' && /^\d+(\.\d+)?([eE][+-]?\d{1,2})?$/.test(text);
    if (whole && Number(text) > 0) return text;
    throw this.wrong('a number above 0');
  }

  /** An object of one of the keys, whose value is text. */
  only<T>(keys: readonly string[]): T {
    const expected = `the name of a column, or ${keys.map((key) => `{"${key}": …}`).join(' or ')}`;
    if (typeof this.value !== 'object' || this.value === null) throw this.wrong(expected);
    const [first, ...others] = this.object();
    if (first === undefined || others.length > 0) throw this.wrong(expected);
    const [key, inner] = first;
    if (!keys.includes(key)) throw inner.unknownKey(keys);
    return { [key]: inner.text('text') } as T;
  }

  unknownKey(keys: readonly string[]): HybridError {
    const key = this.where.slice(this.where.lastIndexOf('.') + 1);
    return configError(this.where, 'a known key', key, { hint: suggest(key, keys) });
  }

  wrong(expected: string, got: unknown = this.value, candidates?: readonly string[]): HybridError {
    const near = typeof got === 'string' && candidates !== undefined ? suggest(got, candidates) : undefined;
    return configError(this.where, expected, got, { hint: near ?? `Correct ${this.where}.` });
  }
}

/** E_CONFIG at a place of the file. */
export function configError(
  where: string,
  expected: string,
  got: unknown,
  { hint }: { hint: string },
): HybridError {
  const text = JSON.stringify(got) ?? String(got);
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new HybridError('E_CONFIG', `hybrid.config.json: ${where}: expected ${expected}, got ${shown}`, {
    hint,
  });
}
