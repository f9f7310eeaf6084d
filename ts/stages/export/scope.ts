/** What there is to export: the streams that the database has, the symbols that have rows in the range. */
import { HybridError } from '../../error.js';
import { absentTable, present, quoted, symbolsOf } from '../../io/postgres/catalogue.js';
import { databaseError } from '../../io/postgres/fault.js';
import type { Session } from '../../io/postgres/session.js';
import type { Range, Source } from '../../io/postgres/source.js';
import { sourcesOf } from '../../io/postgres/sources.js';
import { fileNameOf, type Stream, streams } from '../../io/raw.js';
import type { ExportConfig } from './run.js';

export interface Scope {
  symbols: readonly string[];
  streams: readonly Stream[];
  /** Of the streams. */
  sources: Sources;
}

export type Sources = Readonly<Partial<Record<Stream, Source>>>;

export async function scopeOf(
  session: Session,
  config: ExportConfig,
  note: (line: string) => void,
): Promise<Scope> {
  const sources = await sourcesOf(config, session);
  const found: Stream[] = [];
  for (const stream of streams) {
    if (!(config.streams?.includes(stream) ?? true)) continue;
    if (sources[stream] !== undefined) found.push(stream);
    else if (config.streams !== undefined || stream === 'trades')
      throw await absentTable(session, `"${stream}"`);
    else
      note(`the database has no table ${stream}: no ${stream} file is written, the stream counts as absent`);
  }
  return { symbols: await symbolsIn(session, config, sources[found[0]!]!, note), streams: found, sources };
}

async function symbolsIn(
  session: Session,
  config: ExportConfig,
  leading: Source,
  note: (line: string) => void,
): Promise<string[]> {
  const asked = await askedSymbols(session, config.symbols, leading);
  const candidates = asked ?? (await symbolsOf(session, leading));
  for (const symbol of candidates) fileNameOf(symbol);
  const found = await present(session, leading, candidates, config);
  const without = candidates.filter((symbol) => !found.includes(symbol));
  const named = without.filter((symbol) => config.symbols?.includes(symbol));
  if (found.length === 0 || named.length > 0)
    throw noRows(leading.stream, without, asked ? await symbolsOf(session, leading) : candidates, config);
  if (without.length > 0) note(`no ${leading.stream} in the period, left out: ${quoted(without)}`);
  return found;
}

/** The symbols asked for, each once; a name with * or ? stands for all that match it. Errors: E_INPUT for none. */
async function askedSymbols(
  session: Session,
  asked: readonly string[] | undefined,
  leading: Source,
): Promise<string[] | undefined> {
  if (asked === undefined || !asked.some(isPattern)) return asked && [...new Set(asked)];
  const all = await symbolsOf(session, leading);
  const matched = asked.flatMap((name) => {
    if (!isPattern(name) || all.includes(name)) return [name];
    const matching = all.filter((symbol) => patternOf(name).test(symbol));
    if (matching.length === 0) throw noMatch(name, all);
    return matching;
  });
  return [...new Set(matched)];
}

function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

function patternOf(name: string): RegExp {
  const source = [...name].map((char) =>
    char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[\\^$.+()[\]{}|/-]/, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 'su');
}

function noMatch(name: string, all: readonly string[]): HybridError {
  const got = all.length === 0 ? 'an empty table' : `none that matches; the table has ${quoted(all)}`;
  return new HybridError('E_INPUT', `symbols ${quoted([name])}: expected a symbol, got ${got}`, {
    hint: 'Correct --symbols.',
  });
}

function noRows(
  stream: Stream,
  without: readonly string[],
  all: readonly string[],
  range: Range,
): HybridError {
  if (all.length === 0)
    return databaseError(`table "${stream}": expected rows, got an empty table`, undefined, {
      hint: 'Load data into it first, or correct PGDATABASE.',
    });
  const period = range.from === undefined && range.to === undefined ? '' : ` ${periodOf(range)}`;
  const unknown = without.some((symbol) => !all.includes(symbol));
  const got = unknown ? `none; the table has ${quoted(all)}` : 'none in that period';
  const noun = without.length > 1 ? 'symbols' : 'symbol';
  return new HybridError('E_INPUT', `${noun} ${quoted(without)}: expected ${stream}${period}, got ${got}`, {
    hint: unknown ? 'Correct --symbols.' : 'Widen the period with --from and --to.',
  });
}

export function checkRange({ from, to }: Range): void {
  if (from === undefined || to === undefined || from < to) return;
  throw new HybridError('E_USAGE', `--from: expected an instant before --to, got ${periodOf({ from, to })}`, {
    hint: 'Correct --from or --to (--to is exclusive).',
  });
}

function periodOf({ from, to }: Range): string {
  return [
    ...(from === undefined ? [] : [`from ${instantText(from)}`]),
    ...(to === undefined ? [] : [`to ${instantText(to)}`]),
  ].join(' ');
}

export function instantText(instant: number): string {
  return new Date(instant / 1000).toISOString();
}
