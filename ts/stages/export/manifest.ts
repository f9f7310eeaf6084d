/** The manifest of a symbol's files: what they hold, where it came from, and by what a later export knows it again. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Settings } from '../../config/fields.js';
import { version } from '../../config/version.js';
import { writeJson } from '../../io/artifact.js';
import { type Address, describe } from '../../io/postgres/address.js';
import type { Basis } from '../../io/postgres/kept.js';
import { selectRows } from '../../io/postgres/source.js';
import { manifestFile } from '../../io/raw.js';
import type { Evidence, Mark } from '../../io/resumable.js';
import type { ExportedFile, Run } from './run.js';

/** A finished part: its rows and the range that it stands for, closed at the last instant seen where it was open. */
export interface PartRows {
  from: number | null;
  to: number;
  rows: number;
  firstTs: number | null;
  lastTs: number | null;
}

/** A file with the evidence that lets a later run continue it. */
export interface FinishedFile extends ExportedFile {
  compression: Settings['rawCompression'];
  basis: Basis;
  parts: readonly Mark<PartRows>[];
}

/** A long history has thousands of parts: so many tell enough, since each stands for those before it too. */
const recordedParts = 64;

export async function writeManifest(
  run: Run,
  address: Address,
  symbol: string,
  files: readonly FinishedFile[],
  seconds: number,
): Promise<string> {
  const path = manifestFile(run.config.raw, symbol);
  const { range, snapshot, streams, sources } = run;
  await writeJson(path, {
    kind: 'export',
    hybrid: version,
    symbol,
    source: { database: describe(address), server: snapshot.server, taken: snapshot.taken },
    query: {
      from: range.from ?? null,
      to: range.to ?? null,
      streams,
      sql: streams.map((stream) => selectRows(sources[stream]!, symbol, range)),
    },
    files: files.map(({ symbol: _, ...file }) => ({
      ...file,
      path: basename(file.path),
      parts: joined(file.parts),
    })),
    seconds,
  });
  return path;
}

/** Neighbours become one part. */
export function joined(parts: readonly Mark<PartRows>[], atMost = recordedParts): readonly Mark<PartRows>[] {
  if (parts.length <= atMost) return parts;
  const size = Math.ceil(parts.length / atMost);
  return Array.from({ length: Math.ceil(parts.length / size) }, (_, i) => {
    const group = parts.slice(i * size, (i + 1) * size);
    const rows = group.reduce((sum, part) => sum + part.rows, 0);
    const firstTs = group.find((part) => part.firstTs !== null)?.firstTs ?? null;
    const lastTs = group.findLast((part) => part.lastTs !== null)?.lastTs ?? null;
    return { ...group.at(-1)!, from: group[0]!.from, rows, firstTs, lastTs };
  });
}

export interface EarlierFile extends Evidence<PartRows, Basis> {
  /** What the manifest says of the whole file. */
  finished: Pick<FinishedFile, 'rows' | 'bytes' | 'sha256' | 'firstTs' | 'lastTs'>;
}

/** The file as the manifest beside it describes it; undefined where there is none or of another kind. */
export async function readFinished(
  folder: string,
  symbol: string,
  path: string,
): Promise<EarlierFile | undefined> {
  try {
    const { kind, files } = JSON.parse(await readFile(manifestFile(folder, symbol), 'utf8'));
    const file: FinishedFile | undefined = (files as FinishedFile[]).find(
      (one) => one.path === basename(path),
    );
    if (kind !== 'export' || file === undefined || !Array.isArray(file.parts)) return undefined;
    const { basis, parts, compression } = file;
    return { file: path, coding: compression, basis, marks: parts, tail: Buffer.alloc(0), finished: file };
  } catch {
    // No manifest, or one that a person has edited: the file is exported anew.
    return undefined;
  }
}
