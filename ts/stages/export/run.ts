/** What the parts of an export share. */
import type { Settings } from '../../config/fields.js';
import type { Coding } from '../../io/coding.js';
import type { ConnectionSettings } from '../../io/postgres/address.js';
import type { Binary } from '../../io/postgres/binary.js';
import type { Limits, Snapshot } from '../../io/postgres/snapshot.js';
import type { Range } from '../../io/postgres/source.js';
import type { Stream } from '../../io/raw.js';
import type { Progress } from '../../report/progress.js';
import type { Meter } from './meter.js';
import type { Sources } from './scope.js';
import type { LookAhead } from './sequence.js';

export type ExportConfig = ConnectionSettings &
  Pick<
    Settings,
    | Stream
    | 'symbols'
    | 'from'
    | 'to'
    | 'streams'
    | 'jobs'
    | 'rawCompression'
    | 'sinceLast'
    | 'statementTimeout'
    | 'lockTimeout'
  > & {
    /** The folder that the files go to. */
    raw: string;
  };

export interface ExportPorts {
  progress: Progress;
  signal?: AbortSignal;
  /** Milliseconds before each further attempt after the connection was lost. */
  retryDelays?: readonly number[];
}

export interface ExportedFile {
  path: string;
  symbol: string;
  stream: Stream;
  /** Without the header. */
  rows: number;
  /** On the disk. */
  bytes: number;
  sha256: string;
  /** µs since the epoch, UTC; null where there are no rows. */
  firstTs: number | null;
  lastTs: number | null;
  /** How many of the rows are an earlier run's, found unchanged. */
  keptRows: number;
}

/** One attempt of an export: everything in it sees one snapshot. */
export interface Run {
  config: ExportConfig;
  coding: Coding;
  limits: Limits;
  snapshot: Snapshot;
  symbols: readonly string[];
  streams: readonly Stream[];
  sources: Sources;
  /** Of the sources that need not be printed by the server. */
  binaries: Readonly<Partial<Record<Stream, Binary>>>;
  range: Range;
  lookAhead: LookAhead;
  meter: Meter;
  note: (line: string) => void;
  /** Rows of an earlier run or attempt that still hold. */
  onKept: (rows: number) => void;
  signal: AbortSignal;
}
