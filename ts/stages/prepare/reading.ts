/** What the files of a symbol settle together about how their rows read. */
import { HybridError } from '../../error.js';
import { streams } from '../../io/raw.js';
import type { Piece, Search, Streams } from './inputs.js';

/** 1990 and 2100, in µs: a stamp of our days in seconds, ms or ns, read as µs, lies outside. */
export const ourDays = { from: 631_152_000_000_000n, to: 4_102_444_800_000_000n };

export function isOfOurDays(us: bigint): boolean {
  return us >= ourDays.from && us < ourDays.to;
}

/** Adds to the dialects of a symbol's files what no file can say alone. Errors: E_INPUT. */
export function settleReading(symbol: string, streams: Streams): void {
  const pieces = Object.values(streams).flat();
  for (const of of Object.values(streams)) settleBars(symbol, of);
  // A history of other times (or of a test) has its own; a row in another unit than the rest of them is a bad one.
  if (!pieces.some(({ stamps }) => stamps.some(isOfOurDays))) return;
  for (const { statements } of pieces) statements.push(`range\t${ourDays.from}\t${ourDays.to}`);
}

/**
 * A bar is known when it is over. How long bars are, the smallest step between the first stamps of all files says: one
 * file alone may have a single bar. Errors: E_INPUT where there is no step.
 */
function settleBars(symbol: string, pieces: readonly Piece[]): void {
  const bars = pieces.filter(({ dialect }) => /^layout\tbars$/m.test(dialect.text));
  if (bars.length === 0) return;
  const all = [...new Set(bars.flatMap(({ stamps }) => [...stamps]))].sort((a, b) => (a < b ? -1 : 1));
  const steps = all.slice(1).map((stamp, i) => stamp - all[i]!);
  if (steps.length === 0) {
    const { dialect, raw } = bars[0]!;
    const got = all.length === 0 ? 'none' : 'one';
    throw new HybridError(
      'E_INPUT',
      `${raw.path}: expected at least two bars of ${symbol} (${dialect.preset}), to tell how long a bar is, got ${got}`,
      { hint: 'Put the files before or behind it into the folder as well, or take this one out of it.' },
    );
  }
  const step = steps.reduce((least, next) => (next < least ? next : least));
  for (const { statements } of bars) statements.push(`shift\t${step}`);
}

/** What a person said about how files read, by the name of the setting; how rows are found again is no part of it. */
export function readingSaid({ presets, timeColumn, mappings }: Search): Record<string, string> {
  const said = streams.flatMap((stream) => {
    const { dedup: _, ...mapping } = mappings[stream] ?? { columns: {} };
    return Object.entries(mapping).map(([key, value]) => [
      `${stream}.${settingOf(key)}`,
      JSON.stringify(value),
    ]);
  });
  const preset = presets.length === 0 ? 'auto' : [...presets].sort().join(',');
  return { time_column: timeColumn, preset, ...Object.fromEntries(said) };
}

/** As hybrid.config.json has it. */
function settingOf(key: string): string {
  return key === 'layouts' ? 'layout' : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Statements that say which rows of a file count, not how they read: they change as files of others come. */
const notReading = /^(only|symbol|range)\t/;
/** Those that say where in a row a value is: they differ from file to file. */
const placing = /^(canonical$|(delimiter|fields|column|check)\t)/;

/** How a file reads. */
export function readingOf(dialect: string): string[] {
  return dialect.split('\n').filter((statement) => !notReading.test(statement));
}

/** What all files of a stream have in common. */
export function sharedReading(dialect: string): string[] {
  return readingOf(dialect).filter((statement) => !placing.test(statement));
}
