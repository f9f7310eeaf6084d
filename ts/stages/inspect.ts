/** `hybrid inspect`: what is in a file of ours or a user's, column by column, without opening another tool. */
import { open, stat } from 'node:fs/promises';
import { HybridError } from '../error.js';
import { parquetMagic } from '../kernels/parquet.js';
import type { Progress } from '../report/progress.js';
import type { ColumnSummary } from './inspect/columns.js';
import { inspectCsv } from './inspect/csv.js';
import { inspectJson } from './inspect/json.js';
import { inspectParquet } from './inspect/parquet.js';

export interface InspectPorts {
  progress: Progress;
  signal?: AbortSignal;
}

export interface Inspection {
  path: string;
  /** `features`, `export`, `evolve` … of our artifacts; `parquet`, `csv` or `json` of others. */
  kind: string;
  /** null where the file holds no table. */
  rows: number | null;
  columns: ColumnSummary[];
  /** First and last `ts`, µs since the epoch, UTC; null without such a column. */
  span: { from: number; to: number } | null;
  /** What the file says of itself: its metadata, or the content of a manifest. */
  about: Record<string, unknown>;
}

/**
 * Looks at a CSV file (plain or compressed), a Parquet file or dataset folder, or a JSON artifact; what it is, its
 * first bytes say. Errors: E_INPUT for a file that is none of them.
 */
export async function inspect(path: string, ports: InspectPorts): Promise<Inspection> {
  const kind = await kindOf(path);
  if (kind === 'parquet') return inspectParquet(path, ports);
  if (kind === 'json') return inspectJson(path);
  return inspectCsv(path, ports);
}

async function kindOf(path: string): Promise<'parquet' | 'json' | 'csv'> {
  const begin = await firstBytes(path);
  if (begin === undefined || begin.subarray(0, 4).equals(parquetMagic)) return 'parquet';
  if (begin.length === 0) throw inputError(path, 'content', 'an empty file');
  const text = begin.toString('utf8').replace(/^\uFEFF/, '');
  return /^\s*[{[]/.test(text) ? 'json' : 'csv';
}

/** The first bytes of a file; undefined for a folder. */
async function firstBytes(path: string): Promise<Buffer | undefined> {
  try {
    if ((await stat(path)).isDirectory()) return undefined;
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw HybridError.from(Object.assign(error as Error, { path }));
  }
}

function inputError(path: string, expected: string, got: string): HybridError {
  return new HybridError('E_INPUT', `${path}: expected ${expected}, got ${got}`, {
    hint: 'Name a CSV file, a Parquet file or dataset folder, or a manifest.',
  });
}
