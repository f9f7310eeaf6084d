/** Everything that one snapshot gives: symbols × streams over all connections, each symbol published when it is whole. */
import { existsSync } from 'node:fs';
import { codingNamed } from '../../io/coding.js';
import { binaryOf } from '../../io/postgres/binary.js';
import { estimate } from '../../io/postgres/extent.js';
import type { Session } from '../../io/postgres/session.js';
import type { Limits } from '../../io/postgres/snapshot.js';
import { type Range, selectRows } from '../../io/postgres/source.js';
import { rawFile, type Stream, streams } from '../../io/raw.js';
import type { Progress } from '../../report/progress.js';
import type { Connections } from './connections.js';
import { copyAll, Tasks } from './copy.js';
import { ExportingFile, type Task } from './file.js';
import { type FinishedFile, writeManifest } from './manifest.js';
import { Meter } from './meter.js';
import type { ExportConfig, ExportedFile, Run } from './run.js';
import { type Scope, scopeOf } from './scope.js';
import { LookAhead } from './sequence.js';

export interface SnapshotPorts {
  progress: Progress;
  signal: AbortSignal;
  /** Makes every connection of the run give up. */
  stop: () => void;
  note: (line: string) => void;
  /** Rows of an earlier run or attempt that still hold. */
  onKept: (rows: number) => void;
}

/** Bytes that may wait in memory for the parts before them. */
const lookAheadBytes = 32 << 20;
/** Fewer rows are there before another connection is. */
const rowsForFollowers = 100_000;

export async function exportSnapshot(
  config: ExportConfig,
  connections: Connections,
  limits: Limits,
  ports: SnapshotPorts,
): Promise<{ files: ExportedFile[]; manifests: string[] }> {
  const { leader, snapshot } = connections;
  const scope = await scopeOf(leader, config, ports.note);
  const { symbols } = scope;
  const expected = await expectedRows(leader, config, scope);
  const title = symbols.length === 1 ? `export ${symbols[0]}` : `export ${symbols.length} symbols`;
  const phase = ports.progress.phase(title, expected);
  const run: Run = {
    ...{ config, snapshot, limits, ...scope, binaries: await binariesOf(leader, scope) },
    coding: codingNamed(config.rawCompression),
    range: { from: config.from, to: config.to },
    lookAhead: new LookAhead(lookAheadBytes),
    meter: new Meter(phase),
    ...{ note: ports.note, onKept: ports.onKept, signal: ports.signal },
  };
  const symbolFiles = new SymbolFiles(run, leader);
  try {
    await copyOver(run, connections, symbolFiles, expected, ports.stop);
    return symbolFiles.summary();
  } finally {
    await symbolFiles.abandonRest();
    run.meter.end();
  }
}

async function binariesOf(session: Session, { sources, streams: wanted }: Scope): Promise<Run['binaries']> {
  const binaries: { -readonly [S in Stream]?: Run['binaries'][S] } = {};
  for (const stream of wanted) {
    const binary = await binaryOf(session, sources[stream]!);
    if (binary !== undefined) binaries[stream] = binary;
  }
  return binaries;
}

/** All connections at work; the first failure stops the others and is the one that is told. */
async function copyOver(
  run: Run,
  connections: Connections,
  symbolFiles: SymbolFiles,
  expected: number,
  stop: () => void,
): Promise<void> {
  const tasks = new Tasks((session) => symbolFiles.planNext(session));
  const failures: unknown[] = [];
  const guarded = (work: Promise<void>) =>
    work.catch((error) => {
      failures.push(error);
      run.lookAhead.fail(error as Error);
      stop();
    });
  const followers = expected < rowsForFollowers ? 0 : run.config.jobs - 1;
  const follow = async () => {
    const session = await connections.join(run.limits, run.signal);
    await copyAll(run, session, tasks);
  };
  await Promise.all([
    guarded(copyAll(run, connections.leader, tasks)),
    ...Array.from({ length: followers }, () => guarded(follow())),
  ]);
  if (failures.length > 0) throw failures[0];
}

async function expectedRows(session: Session, range: Range, scope: Scope): Promise<number> {
  let rows = 0;
  for (const symbol of scope.symbols)
    for (const stream of scope.streams)
      rows += (await estimate(session, selectRows(scope.sources[stream]!, symbol, range))).rows;
  return rows;
}

/** The files symbol by symbol; those of a symbol get their names together. */
class SymbolFiles {
  private readonly waiting: { symbol: string; stream: Stream }[];
  private readonly open = new Set<ExportingFile>();
  private readonly finished: FinishedFile[] = [];
  private readonly manifests: string[] = [];
  private readonly start = performance.now();

  constructor(
    private readonly run: Run,
    private readonly leader: Session,
  ) {
    this.waiting = run.symbols.flatMap((symbol) => run.streams.map((stream) => ({ symbol, stream })));
  }

  /** Opens the next file; returns its parts, or undefined after the last file. */
  async planNext(session: Session): Promise<readonly Task[] | undefined> {
    const next = this.waiting.shift();
    if (next === undefined) return undefined;
    const { symbol, stream } = next;
    const planned = await ExportingFile.plan(this.run, session, symbol, stream, (file) =>
      this.finish(file.finished!),
    );
    this.run.meter.keep(planned.keptRows);
    this.run.onKept(planned.keptRows);
    if (planned instanceof ExportingFile) {
      this.open.add(planned);
      return planned.tasks();
    }
    await this.finish(planned);
    return [];
  }

  private async finish(file: FinishedFile): Promise<void> {
    this.finished.push(file);
    const files = this.finished.filter(({ symbol }) => symbol === file.symbol);
    if (files.length === this.run.streams.length) await this.publish(file.symbol, inOrder(files));
  }

  /** The data first, then the manifest that vouches for it; only then the way back is closed. */
  private async publish(symbol: string, files: readonly FinishedFile[]): Promise<void> {
    const written = [...this.open].filter((file) => file.symbol === symbol);
    for (const file of written) await file.publish();
    const seconds = (performance.now() - this.start) / 1000;
    this.manifests.push(await writeManifest(this.run, this.leader.address, symbol, files, seconds));
    for (const file of written) {
      await file.forget();
      this.open.delete(file);
    }
    for (const line of remarks(symbol, files, this.run.config.raw)) this.run.note(line);
  }

  /** Files that are not published stay for the next run. */
  async abandonRest(): Promise<void> {
    for (const file of this.open) await file.abandon();
  }

  summary(): { files: ExportedFile[]; manifests: string[] } {
    const { symbols } = this.run;
    const ordered = symbols.flatMap((symbol) => inOrder(this.finished.filter((f) => f.symbol === symbol)));
    return { files: ordered.map(summaryOf), manifests: this.manifests };
  }
}

function inOrder(files: readonly FinishedFile[]): FinishedFile[] {
  return files.toSorted((a, b) => streams.indexOf(a.stream) - streams.indexOf(b.stream));
}

function summaryOf({ compression: _, basis: __, parts: ___, ...file }: FinishedFile): ExportedFile {
  return file;
}

/** Present but quiet is not absent, and an earlier run's file is neither. */
function remarks(symbol: string, files: readonly FinishedFile[], folder: string): string[] {
  const quiet = files.filter((file) => file.rows === 0);
  const possible = streams.flatMap((stream) =>
    ['', '.gz', '.zst'].map((extension) => rawFile(folder, symbol, stream, extension)),
  );
  const left = possible.filter((path) => !files.some((file) => file.path === path) && existsSync(path));
  return [
    ...quiet.map(({ path, stream }) => `${symbol} has no ${stream} in the period: ${path} has a header only`),
    ...left.map((path) => `${path} is of an earlier run: remove it if it is stale`),
  ];
}
