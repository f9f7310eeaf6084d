import { describe, expect, it } from 'vitest';
import { type Command, fields } from '../../../ts/config/fields.js';
import { resolve, type Sources } from '../../../ts/config/resolve.js';
import { HybridError } from '../../../ts/error.js';

const none: Sources = { flags: {}, env: {}, dotenv: {}, file: {} };
const threads = (sources: Partial<Sources>) => resolve('prepare', { ...none, ...sources }).threads;

function refusal(command: Command, sources: Partial<Sources>): HybridError {
  try {
    resolve(command, { ...none, ...sources });
  } catch (error) {
    if (error instanceof HybridError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('precedence', () => {
  const file = { threads: 1 };
  const dotenv = { HYBRID_THREADS: '2' };
  const env = { HYBRID_THREADS: '3' };
  const flags = { threads: '4' };

  it('is flag > environment > .env > hybrid.config.json > default', () => {
    expect(threads({ file, dotenv, env, flags })).toBe(4);
    expect(threads({ file, dotenv, env })).toBe(3);
    expect(threads({ file, dotenv })).toBe(2);
    expect(threads({ file })).toBe(1);
    expect(threads({})).toBeGreaterThanOrEqual(1);
  });

  it('an empty variable counts as not set', () => {
    expect(threads({ file, env: { HYBRID_THREADS: '' } })).toBe(1);
  });

  it('repeated parameters add to those of the file, and win', () => {
    const sources = {
      file: { indicators: { W_s: 30, bb_n: 10 } },
      flags: { indicators: ['W_s=60', 'rsi_n=14'] },
    };
    expect(resolve('prepare', { ...none, ...sources }).indicators).toEqual({
      W_s: '60',
      bb_n: '10',
      rsi_n: '14',
    });
  });
});

describe('a wrong value', () => {
  it('is refused with the place it came from', () => {
    const error = refusal('prepare', { dotenv: { HYBRID_THREADS: 'many' } });
    expect(error.message).toBe(
      'threads (HYBRID_THREADS in .env): expected an integer from 1 to 256, got "many"',
    );
    expect(error.exitCode).toBe(2);
  });

  it('is no concern of a command that does not know the setting', () => {
    expect(() => resolve('export', { ...none, env: { HYBRID_THREADS: 'many' } })).not.toThrow();
  });

  it('in a secret is not printed', () => {
    expect(fields.pgPassword.kind.secret).toBe(true);
    expect(fields.databaseUrl.kind.secret).toBe(true);
  });
});

describe('an unknown key of hybrid.config.json', () => {
  it('is refused with the nearest name', () => {
    const error = refusal('evolve', { file: { popluation: 100 } });
    expect(error.message).toBe('hybrid.config.json: unknown key "popluation"');
    expect(error.hint).toBe('Did you mean "population"?');
  });
});

describe('an unknown key of .env', () => {
  it('is refused when it is one of ours, with the nearest name', () => {
    const error = refusal('prepare', { dotenv: { HYBRID_THREAD: '4' } });
    expect(error.message).toBe('.env: unknown key "HYBRID_THREAD"');
    expect(error.hint).toBe('Did you mean "HYBRID_THREADS"?');
  });

  it('is no concern when it is of another program', () => {
    expect(() => resolve('prepare', { ...none, dotenv: { REDIS_URL: 'x' } })).not.toThrow();
  });
});

describe('an unknown variable of the environment', () => {
  it('is refused when it is one of ours, with the nearest name', () => {
    const error = refusal('prepare', { env: { HYBRID_THREDS: '3' } });
    expect(error.message).toBe('environment: unknown variable "HYBRID_THREDS"');
    expect(error.hint).toBe('Did you mean "HYBRID_THREADS"?');
  });

  it('is no concern when it is of another program, of the tests or empty', () => {
    const env = { PATH: '/bin', HYBRID_SHARED: 'x', HYBRID_BENCH_ROWS: '9', HYBRID_THREDS: '' };
    expect(() => resolve('prepare', { ...none, env })).not.toThrow();
  });
});

describe('an option that a program gives', () => {
  it.each([
    ['populaton', 'Did you mean "population"?'],
    ['out', 'Call it "dataset": options have the names of the settings, not of the flags.'],
    ['onBadRows', 'Did you mean "onBadRow"?'],
    ['trades', 'Set trades in hybrid.config.json, or in "file" of the sources.'],
  ])('is refused when nothing is called %s', (name, hint) => {
    const error = refusal('prepare', { flags: { [name]: 'x' } });
    expect([error.code, error.message]).toEqual(['E_USAGE', `prepare: unknown option "${name}"`]);
    expect(error.hint).toBe(hint);
  });
});

describe('a password in hybrid.config.json', () => {
  it('is sent to the environment, unprinted', () => {
    const error = refusal('export', { file: { pgPassword: 'open sesame' } });
    expect(error.hint).toBe('Set PGPASSWORD in the environment or in .env instead.');
    expect(error.message).not.toContain('sesame');
  });
});

describe('every setting', () => {
  it.each(Object.entries(fields))('%s: its default is a value of its kind', (_, field) => {
    if (!('default' in field)) return;
    const value = typeof field.default === 'function' ? field.default() : field.default;
    const kind = field.kind as { parse(text: string): unknown; print(value: unknown): string };
    const isEmptyRecord = typeof value === 'object' && Object.keys(value).length === 0;
    if (!isEmptyRecord) expect(kind.parse(kind.print(value))).toEqual(value);
  });

  it('has an environment name of its own', () => {
    const names = Object.values(fields).flatMap((field) => ('env' in field ? [field.env] : []));
    expect(new Set(names).size).toBe(names.length);
  });
});
