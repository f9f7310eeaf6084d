/** Which symbols a raw folder has, and their files. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suggest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';
import { fileNameOf, type Stream, symbolOf } from '../../io/raw.js';

/** The paths of the files of one stream. Their order is that of their names; prepare reads them by content. */
export type Paths = readonly [string, ...string[]];

/** The files of one symbol; a stream without a file is absent, which is not the same as quiet. */
export interface SymbolInputs {
  symbol: string;
  trades: Paths;
  depth?: Paths;
  liquidations?: Paths;
}

export interface Found {
  inputs: SymbolInputs[];
  /** What a person should know: files that nothing reads. */
  notes: string[];
}

const rawName = /^(.+)_(trades|depth|liquidations)\.csv(?:\.gz|\.zst)?$/;

/**
 * The symbols of the folder, or those asked for, in their order (the folder's by name).
 * Errors: E_INPUT without the folder, without trades of a symbol, with two files of one stream.
 */
export async function findInputs(folder: string, asked: readonly string[] | undefined): Promise<Found> {
  const files = collect(folder, await list(folder));
  const symbols = [
    ...new Set(asked ?? [...files.keys()].sort().filter((symbol) => files.get(symbol)!.trades)),
  ];
  if (symbols.length === 0) {
    throw new HybridError('E_INPUT', `${folder}: expected files such as BTCUSDT_trades.csv, got none`, {
      hint: 'Run `hybrid export` first, or name the folder with --raw.',
    });
  }
  const orphans = asked === undefined ? [...files.keys()].filter((symbol) => !files.get(symbol)!.trades) : [];
  return {
    inputs: symbols.map((symbol) => inputsOf(folder, symbol, files)),
    notes: orphans.map((symbol) => `${symbol}: no file of trades, left out`),
  };
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw HybridError.from(error);
    const said = code === 'ENOTDIR' ? 'expected a folder, got a file' : 'no such folder';
    throw new HybridError('E_INPUT', `${folder}: ${said}`, {
      hint: 'Run `hybrid export` first, or name the folder with --raw.',
      cause: error,
    });
  }
}

type Files = Map<string, Partial<Record<Stream, Paths>>>;

function collect(folder: string, names: readonly string[]): Files {
  const files: Files = new Map();
  for (const name of names) {
    const match = rawName.exec(name);
    if (match === null) continue;
    const [symbol, stream] = [symbolOf(match[1]!), match[2] as Stream];
    const ofSymbol = files.get(symbol) ?? {};
    const other = ofSymbol[stream];
    if (other !== undefined) throw twice(other[0], join(folder, name));
    files.set(symbol, { ...ofSymbol, [stream]: [join(folder, name)] });
  }
  return files;
}

function twice(first: string, second: string): HybridError {
  return new HybridError('E_INPUT', `${second}: expected one file of this stream, got ${first} as well`, {
    hint: 'Move one of the two out of the folder.',
  });
}

function inputsOf(folder: string, symbol: string, files: Files): SymbolInputs {
  const { trades, ...others } = files.get(symbol) ?? {};
  if (trades !== undefined) return { symbol, trades, ...others };
  const known = [...files.keys()].filter((name) => files.get(name)!.trades);
  const wanted = join(folder, `${fileNameOf(symbol)}_trades.csv`);
  throw new HybridError('E_INPUT', `${wanted}: no such file`, {
    hint:
      known.length > 0 ? suggest(symbol, known) : 'Run `hybrid export` first, or name the folder with --raw.',
  });
}
