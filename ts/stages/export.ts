/** PostgreSQL → raw CSV files: one consistent snapshot over all symbols and streams. */
import { existsSync } from 'node:fs';
import type { Settings } from '../config/fields.js';
import { version } from '../config/version.js';
import { HybridError, interrupted, throwIfAborted } from '../error.js';
import { Artifact, writeJson } from '../io/artifact.js';
import { type Address, addressOf, type ConnectionSettings, describe } from '../io/postgres/address.js';
import {
  absentTable,
  estimateRows,
  hasStream,
  present,
  quoted,
  symbolsOf,
} from '../io/postgres/catalogue.js';
import { streamCopy } from '../io/postgres/copy.js';
import { databaseError } from '../io/postgres/fault.js';
import { copyOut, type Part, planExport } from '../io/postgres/plan.js';
import { Session } from '../io/postgres/session.js';
import { defaultSources, type Range } from '../io/postgres/source.js';
import { Tally } from '../io/postgres/tally.js';
import { fileNameOf, manifestFile, rawFile, type Stream, streams } from '../io/raw.js';
import type { Phase, Progress } from '../report/progress.js';

export type ExportConfig = ConnectionSettings &
  Pick<Settings, 'symbols' | 'from' | 'to' | 'streams'> & {
    /** The folder that the files go to. */
    raw: string;
  };

export interface ExportPorts {
  progress: Progress;
  signal?: AbortSignal;
}

export interface ExportedFile {
  path: string;
  symbol: string;
  stream: Stream;
  /** Without the header. */
  rows: number;
  bytes: number;
  sha256: string;
  /** µs since the epoch, UTC; null where there are no rows. */
  firstTs: number | null;
  lastTs: number | null;
}

export interface ExportSummary {
  files: ExportedFile[];
  /** One beside the files of each symbol. */
  manifests: string[];
  /** What a person should know: absent streams, quiet ones, files of an earlier run. */
  notes: string[];
  seconds: number;
}

/** What the rows are taken from, in words for the manifest. */
interface Snapshot {
  server: string;
  /** When the snapshot was taken, by the server's clock. */
  taken: string;
}

interface Scope {
  symbols: readonly string[];
  streams: readonly Stream[];
  range: Range;
}

/** The float digits and the time zone are pinned: a role may have others, and the bytes must not depend on it. */
const begin =
  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL extra_float_digits = 1; SET LOCAL timezone = 'UTC'";

/**
 * Exports symbols × streams into `raw`, each symbol's files and manifest appearing together once all of them are
 * whole. Errors: E_DATABASE, E_INPUT (a symbol without trades in the range), E_USAGE, E_RESOURCE, E_INTERRUPTED;
 * after an error the files of unfinished symbols are as they were before.
 */
export async function exportRaw(config: ExportConfig, ports: ExportPorts): Promise<ExportSummary> {
  const start = performance.now();
  checkRange(config);
  const address = addressOf(config);
  const session = await Session.open(address, ports.signal);
  try {
    const summary = await session.transaction(begin, () => exportSnapshot(session, config, ports));
    await session.close();
    return { ...summary, seconds: secondsSince(start) };
  } catch (error) {
    await session.destroy();
    throw ports.signal?.aborted ? interrupted() : error;
  }
}

async function exportSnapshot(
  session: Session,
  config: ExportConfig,
  ports: ExportPorts,
): Promise<Omit<ExportSummary, 'seconds'>> {
  const notes: string[] = [];
  const note = (line: string) => {
    notes.push(line);
    ports.progress.note(`note: ${line}`);
  };
  const snapshot = await snapshotOf(session);
  const scope = await scopeOf(session, config, note);
  const summary: Omit<ExportSummary, 'seconds'> = { files: [], manifests: [], notes };
  for (const symbol of scope.symbols) {
    const { files, manifest } = await exportSymbol(session, symbol, scope, config, snapshot, ports);
    summary.files.push(...files);
    summary.manifests.push(manifest);
    for (const line of remarks(symbol, files, config.raw)) note(line);
  }
  return summary;
}

async function snapshotOf(session: Session): Promise<Snapshot> {
  const [row] = await session.query<{ server: string; taken: Date }>(
    'server',
    "SELECT current_setting('server_version') AS server, now() AS taken",
  );
  return { server: row!.server, taken: row!.taken.toISOString() };
}

/** What there is to export: the streams that the database has, the symbols that have trades in the range. */
async function scopeOf(session: Session, config: ExportConfig, note: (line: string) => void): Promise<Scope> {
  const range = { from: config.from, to: config.to };
  const wanted = streams.filter((stream) => config.streams?.includes(stream) ?? true);
  const found: Stream[] = [];
  for (const stream of wanted) {
    if (await hasStream(session, stream, defaultSources[stream])) found.push(stream);
    else if (config.streams !== undefined || stream === 'trades')
      throw await absentTable(session, defaultSources[stream].table);
    else
      note(`the database has no table ${stream}: no ${stream} file is written, the stream counts as absent`);
  }
  return { symbols: await symbolsIn(session, config, found[0]!, range, note), streams: found, range };
}

async function symbolsIn(
  session: Session,
  config: ExportConfig,
  leading: Stream,
  range: Range,
  note: (line: string) => void,
): Promise<string[]> {
  const from = defaultSources[leading];
  const asked = config.symbols === undefined ? undefined : [...new Set(config.symbols)];
  const candidates = asked ?? (await symbolsOf(session, from));
  for (const symbol of candidates) fileNameOf(symbol);
  const found = await present(session, from, candidates, range);
  const without = candidates.filter((symbol) => !found.includes(symbol));
  if (found.length === 0 || (asked !== undefined && without.length > 0))
    throw noRows(leading, without, asked === undefined ? candidates : await symbolsOf(session, from), range);
  if (without.length > 0) note(`no ${leading} in the period, left out: ${quoted(without)}`);
  return found;
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

/** One symbol's files, sealed one after the other and then named together. */
async function exportSymbol(
  session: Session,
  symbol: string,
  scope: Scope,
  config: ExportConfig,
  snapshot: Snapshot,
  ports: ExportPorts,
): Promise<{ files: ExportedFile[]; manifest: string }> {
  const start = performance.now();
  const parts = planExport({ ...scope, symbols: [symbol], folder: config.raw, sources: defaultSources });
  const artifacts: Artifact[] = [];
  const phase = ports.progress.phase(`export ${symbol}`, await expectedRows(session, parts));
  const meter = new Meter(phase);
  try {
    const files: ExportedFile[] = [];
    for (const part of parts) {
      const artifact = await Artifact.create(part.path);
      artifacts.push(artifact);
      files.push(await exportPart(session, part, artifact, meter, ports.signal));
    }
    throwIfAborted(ports.signal);
    for (const artifact of artifacts) await artifact.publish();
    const manifest = manifestFile(config.raw, symbol);
    await writeJson(
      manifest,
      manifestOf(symbol, session.address, scope, snapshot, parts, files, secondsSince(start)),
    );
    return { files, manifest };
  } finally {
    for (const artifact of artifacts) await artifact.discard();
    phase.end(meter.toString());
  }
}

/** One COPY into one sealed file. The row count of the server's command tag must be that of the file. */
async function exportPart(
  session: Session,
  part: Part,
  artifact: Artifact,
  meter: Meter,
  signal?: AbortSignal,
): Promise<ExportedFile> {
  const where = `${part.symbol} ${part.stream}`;
  const tally = new Tally();
  const take = async (chunk: Buffer) => {
    tally.add(chunk);
    await artifact.write(chunk);
    meter.advance(tally.rows, chunk.length);
  };
  const sent = await streamCopy(session, where, copyOut(part.query), take, signal);
  if (sent !== tally.rows)
    throw databaseError(`${where}: expected ${sent} rows as the server says, got ${tally.rows}`, undefined, {
      hint: 'Run the same command again.',
    });
  meter.partDone(tally.rows);
  const { path, bytes, sha256 } = await artifact.seal();
  const { rows, firstTs, lastTs } = tally;
  return { path, symbol: part.symbol, stream: part.stream, rows, bytes, sha256, firstTs, lastTs };
}

async function expectedRows(session: Session, parts: readonly Part[]): Promise<number> {
  let rows = 0;
  for (const part of parts) rows += await estimateRows(session, part.query);
  return rows;
}

/** Rows and bytes so far, and how fast they come. */
class Meter {
  private readonly start = performance.now();
  private rowsBefore = 0;
  private rows = 0;
  private bytes = 0;

  constructor(private readonly phase: Phase) {}

  advance(rowsOfPart: number, bytes: number): void {
    this.rows = this.rowsBefore + rowsOfPart;
    this.bytes += bytes;
    this.phase.update(this.rows, this.toString());
  }

  partDone(rowsOfPart: number): void {
    this.rowsBefore += rowsOfPart;
  }

  toString(): string {
    const speed = this.bytes / 1e6 / Math.max(secondsSince(this.start), 1e-3);
    return `${this.rows.toLocaleString('en-US')} rows · ${speed.toFixed(0)} MB/s`;
  }
}

function manifestOf(
  symbol: string,
  address: Address,
  { range, streams: exported }: Scope,
  snapshot: Snapshot,
  parts: readonly Part[],
  files: readonly ExportedFile[],
  seconds: number,
): object {
  const [from, to] = [range.from ?? null, range.to ?? null];
  return {
    kind: 'export',
    hybrid: version,
    symbol,
    source: { database: describe(address), ...snapshot },
    query: { from, to, streams: exported, sql: parts.map((part) => part.query) },
    files: files.map(({ symbol: _, ...file }) => ({ ...file, path: file.path.split(/[\\/]/).at(-1) })),
    seconds,
  };
}

/** Present but quiet is not absent, and an earlier run's file is neither. */
function remarks(symbol: string, files: readonly ExportedFile[], folder: string): string[] {
  const quiet = files.filter((file) => file.rows === 0);
  const left = streams.filter(
    (stream) => !files.some((file) => file.stream === stream) && existsSync(rawFile(folder, symbol, stream)),
  );
  return [
    ...quiet.map(({ path, stream }) => `${symbol} has no ${stream} in the period: ${path} has a header only`),
    ...left.map(
      (stream) => `${rawFile(folder, symbol, stream)} is of an earlier run: remove it if it is stale`,
    ),
  ];
}

function checkRange({ from, to }: Range): void {
  if (from === undefined || to === undefined || from < to) return;
  throw new HybridError('E_USAGE', `--from: expected an instant before --to, got ${periodOf({ from, to })}`, {
    hint: 'Correct --from or --to (--to is exclusive).',
  });
}

function periodOf({ from, to }: Range): string {
  const show = (instant: number) => new Date(instant / 1000).toISOString();
  return [
    ...(from === undefined ? [] : [`from ${show(from)}`]),
    ...(to === undefined ? [] : [`to ${show(to)}`]),
  ].join(' ');
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
