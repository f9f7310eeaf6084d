/** PostgreSQL → raw CSV files: one consistent snapshot over all symbols and streams, whatever happens on the way. */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { interrupted, messageOf, throwIfAborted } from '../error.js';
import { codingNamed } from '../io/coding.js';
import { type Address, addressOf } from '../io/postgres/address.js';
import { isConnectionLoss } from '../io/postgres/fault.js';
import { Connections } from './export/connections.js';
import {
  defaultTuning,
  type ExportConfig,
  type ExportedFile,
  type ExportPorts,
  type Tuning,
} from './export/run.js';
import { checkRange } from './export/scope.js';
import { exportSnapshot } from './export/snapshot.js';

export type { ExportConfig, ExportedFile, ExportPorts } from './export/run.js';

export interface ExportSummary {
  files: ExportedFile[];
  /** One beside the files of each symbol. */
  manifests: string[];
  /** What a person should know: absent streams, quiet ones, files of an earlier run. */
  notes: string[];
  seconds: number;
}

/** A server restarts in seconds; what takes longer is for a person to see to. */
const retryDelays = [250, 1000, 3000, 6000, 10_000];
const continueHint = 'Run the same command again: it continues where this one stopped.';

/**
 * Exports symbols × streams into `raw`, each symbol's files and manifest appearing together once all of them are
 * whole; a file that an earlier run left unfinished (or finished, and the rows are as they were) is continued. A lost
 * connection is looked for again some times. Errors: E_DATABASE, E_INPUT (a symbol without trades in the range, with
 * sinceLast changed rows), E_USAGE, E_RESOURCE, E_INTERRUPTED; what was finished by then is kept beside the files.
 */
export async function exportRaw(
  config: ExportConfig,
  ports: ExportPorts,
  tuning: Tuning = defaultTuning,
): Promise<ExportSummary> {
  const start = performance.now();
  checkRange(config);
  codingNamed(config.rawCompression);
  const address = addressOf(config);
  const attempts = new Attempts(ports);
  for (;;) {
    try {
      const summary = await exportOnce(config, ports, address, attempts, tuning);
      return { ...summary, notes: attempts.notes, seconds: (performance.now() - start) / 1000 };
    } catch (error) {
      if (ports.signal?.aborted) throw interrupted(continueHint);
      await attempts.next(error);
    }
  }
}

/** Counts attempts without progress; each next one is later. */
class Attempts {
  readonly notes: string[] = [];
  private readonly delays: readonly number[];
  private failed = 0;
  private kept = 0;
  private mostKept = 0;
  private connected = false;

  constructor(private readonly ports: ExportPorts) {
    this.delays = ports.retryDelays ?? retryDelays;
  }

  onConnected(): void {
    this.connected = true;
    this.kept = 0;
  }

  /** Rows of the attempts before that still hold; more than ever before is progress. */
  onKept(rows: number): void {
    this.kept += rows;
    if (this.kept <= this.mostKept) return;
    this.mostKept = this.kept;
    this.failed = 0;
  }

  /** Said once, however many attempts find it. */
  note(line: string): void {
    if (this.notes.includes(line)) return;
    this.notes.push(line);
    this.ports.progress.note(`note: ${line}`);
  }

  /** Waits before another attempt. Throws the error where none is due: it was no lost connection, or one too many. */
  async next(error: unknown): Promise<void> {
    const delay = this.delays[this.failed++];
    if (!this.connected || !isConnectionLoss(error) || delay === undefined) throw error;
    this.ports.progress.note(`${messageOf(error)}: trying again in ${delay / 1000} s`);
    await pause(delay, undefined, this.ports.signal && { signal: this.ports.signal }).catch(() => {});
    if (this.ports.signal?.aborted) throw interrupted(continueHint);
  }
}

async function exportOnce(
  config: ExportConfig,
  ports: ExportPorts,
  address: Address,
  attempts: Attempts,
  tuning: Tuning,
): Promise<Omit<ExportSummary, 'seconds' | 'notes'>> {
  throwIfAborted(ports.signal);
  const ending = new AbortController();
  const signal = ports.signal === undefined ? ending.signal : AbortSignal.any([ports.signal, ending.signal]);
  // Each connection listens, and there may be many.
  setMaxListeners(0, signal);
  const limits = { statementTimeout: config.statementTimeout, lockTimeout: config.lockTimeout };
  const connections = await Connections.open(address, limits, config.jobs, signal);
  attempts.onConnected();
  try {
    const snapshotPorts = {
      progress: ports.progress,
      signal,
      stop: () => ending.abort(),
      note: (line: string) => attempts.note(line),
      onKept: (rows: number) => attempts.onKept(rows),
    };
    const summary = await exportSnapshot(config, connections, limits, snapshotPorts, tuning);
    await connections.close();
    return summary;
  } catch (error) {
    ending.abort();
    await connections.destroy();
    throw error;
  }
}
