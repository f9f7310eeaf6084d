/** The folder of raw files: which streams there are, and how a symbol becomes a file name and back. */
import { join } from 'node:path';
import { HybridError } from '../error.js';

/** In the order in which they are exported and read. */
export const streams = ['trades', 'depth', 'liquidations'] as const;
export type Stream = (typeof streams)[number];

/** Room for the longest ending, `_liquidations.csv.zst.journal.new`, in a name of 255 bytes. */
const longestName = 220;

/**
 * A symbol as a part of a file name: letters, digits, `_`, `-` and `.` (not as the first) as they are, every other
 * byte of its UTF-8 form as %XX; so BTC/USDT:USDT is BTC%2FUSDT%3AUSDT, and no symbol leads out of the folder.
 * Errors: E_INPUT when the name would be too long for a file system.
 */
export function fileNameOf(symbol: string): string {
  const name = [...Buffer.from(symbol)]
    .map((byte, i) => (isPlain(byte, i) ? chr(byte) : percent(byte)))
    .join('');
  if (name.length > 0 && name.length <= longestName) return name;
  const shown = symbol.length > 40 ? `${symbol.slice(0, 40)}…` : symbol;
  const got = `"${shown}", which takes ${name.length}`;
  throw new HybridError('E_INPUT', `symbol: expected a name of 1 to ${longestName} bytes, got ${got}`, {
    hint: 'Choose other symbols with --symbols, or export it under a shorter name through a view.',
  });
}

/** The symbol of {@link fileNameOf}'s name; a name that it never gives is returned as it is. */
export function symbolOf(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** `raw_data/BTCUSDT_trades.csv`, or with `.gz` or `.zst` as the extension behind it. */
export function rawFile(folder: string, symbol: string, stream: Stream, extension = ''): string {
  return join(folder, `${fileNameOf(symbol)}_${stream}.csv${extension}`);
}

export function manifestFile(folder: string, symbol: string): string {
  return join(folder, `${fileNameOf(symbol)}.manifest.json`);
}

function isPlain(byte: number, index: number): boolean {
  return /[A-Za-z0-9_-]/.test(chr(byte)) || (byte === 0x2e && index > 0);
}

function chr(byte: number): string {
  return String.fromCharCode(byte);
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
