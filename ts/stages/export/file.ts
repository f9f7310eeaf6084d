/** One file in the making: what is kept of it, which parts are still to come, and how they become its bytes. */

import { BinaryRows, copyBinary } from '../../io/postgres/binary.js';
import { present } from '../../io/postgres/catalogue.js';
import { partsOf, withoutTs } from '../../io/postgres/extent.js';
import { type Basis, basisOf } from '../../io/postgres/kept.js';
import { copyOut } from '../../io/postgres/plan.js';
import type { Session } from '../../io/postgres/session.js';
import { type Range, selectRows } from '../../io/postgres/source.js';
import type { Tally } from '../../io/postgres/tally.js';
import { rawFile, type Stream } from '../../io/raw.js';
import { ResumableFile, removeLeftovers } from '../../io/resumable.js';
import { type Earlier, earlierOf } from './earlier.js';
import type { EarlierFile, FinishedFile, PartRows } from './manifest.js';
import type { Run } from './run.js';
import { Sequence } from './sequence.js';

/** One COPY. */
export interface Task {
  file: ExportingFile;
  part: number;
  /** For messages. */
  where: string;
  sql: string;
  header: boolean;
  /** Makes CSV of what the server sends, where that is binary. */
  rows: (() => BinaryRows) | undefined;
}

export class ExportingFile {
  finished: FinishedFile | undefined;
  private readonly tallies: Tally[] = [];
  private readonly sequence: Sequence;
  /** Whether the file begins here: its first part brings the header. */
  private readonly fresh: boolean;
  /** Rows that an earlier run left. */
  readonly keptRows: number;

  private constructor(
    private readonly run: Run,
    readonly symbol: string,
    readonly stream: Stream,
    private readonly basis: Basis,
    private readonly out: ResumableFile<PartRows, Basis>,
    private readonly parts: readonly Range[],
    private readonly onFinished: (file: ExportingFile) => Promise<void>,
  ) {
    const sink = { write: (chunk: Buffer) => out.write(chunk), end: (part: number) => this.end(part) };
    this.sequence = new Sequence(parts.length, sink, run.lookAhead);
    this.fresh = out.kept.length === 0;
    this.keptRows = out.kept.reduce((sum, part) => sum + part.rows, 0);
  }

  /** Looks at what there is and opens the file; a published one that needs no change is finished at once. */
  static async plan(
    run: Run,
    session: Session,
    symbol: string,
    stream: Stream,
    onFinished: (file: ExportingFile) => Promise<void>,
  ): Promise<ExportingFile | FinishedFile> {
    const { sources, range, coding } = run;
    const path = rawFile(run.config.raw, symbol, stream, coding.extension);
    const basis = await basisOf(session, run.snapshot, sources[stream]!, symbol, range);
    const earlier = await earlierOf(run, session, symbol, stream, path, basis);
    const rest = await restOf(run, session, symbol, stream, earlier);
    if (rest === undefined && earlier?.whole !== undefined) {
      await removeLeftovers(path);
      return unchangedFile(earlier.whole, symbol, stream, basis);
    }
    const out = await ResumableFile.open(path, coding, basis, earlier?.evidence, earlier?.keep);
    try {
      const remaining = out.kept.length === 0 ? range : { ...range, from: out.kept.at(-1)!.to };
      const parts = await partsOf(session, sources[stream]!, symbol, remaining);
      return new ExportingFile(run, symbol, stream, basis, out, parts, onFinished);
    } catch (error) {
      await out.abandon();
      throw error;
    }
  }

  tasks(): Task[] {
    const { run, symbol, stream } = this;
    const [source, binary] = [run.sources[stream]!, run.binaries[stream]];
    return this.parts.map((range, part) => {
      const header = this.fresh && part === 0;
      const task = { file: this, part, where: `${symbol} ${stream}`, header };
      if (binary === undefined)
        return { ...task, sql: copyOut(selectRows(source, symbol, range), header), rows: undefined };
      const names = header ? source.columns.map(({ name }) => name).join(',') : undefined;
      const rows = () => new BinaryRows(binary.columns, names);
      return { ...task, sql: copyBinary(binary, symbol, range), rows };
    });
  }

  /** Keeps nothing of the chunk; the promise, where there is one, is the backpressure. */
  write(part: number, chunk: Buffer): Promise<void> | undefined {
    return this.sequence.write(part, chunk);
  }

  /** The part has come whole. Errors: E_INPUT for rows without a ts. */
  endPart(part: number, tally: Tally): Promise<void> {
    if (Number.isNaN(tally.firstTs) || Number.isNaN(tally.lastTs))
      throw withoutTs(`${this.symbol} ${this.stream}`);
    this.tallies[part] = tally;
    return this.sequence.end(part);
  }

  /** In the order of the parts. */
  private async end(part: number): Promise<void> {
    const { rows, firstTs, lastTs } = this.tallies[part]!;
    const { from, to } = this.parts[part]!;
    const until = to ?? (lastTs === null ? undefined : lastTs + 1);
    // An open part without rows stands for nothing that a later run could keep.
    if (until !== undefined) await this.out.mark({ from: from ?? null, to: until, rows, firstTs, lastTs });
    if (part === this.parts.length - 1) await this.finish();
  }

  private async finish(): Promise<void> {
    const { path, bytes, sha256, marks } = await this.out.seal();
    const { symbol, stream, basis } = this;
    const rows = marks.reduce((sum, part) => sum + part.rows, 0);
    const firstTs = marks.find((part) => part.firstTs !== null)?.firstTs ?? null;
    const lastTs = marks.findLast((part) => part.lastTs !== null)?.lastTs ?? null;
    const content = { path, symbol, stream, rows, bytes, sha256, firstTs, lastTs };
    this.finished = {
      ...content,
      ...{ keptRows: this.keptRows, compression: this.run.coding.name, basis, parts: marks },
    };
    await this.onFinished(this);
  }

  publish(): Promise<void> {
    return this.out.publish();
  }

  forget(): Promise<void> {
    return this.out.forget();
  }

  abandon(): Promise<void> {
    return this.out.abandon();
  }
}

/** What is still to come; undefined when the earlier rows are all there are. */
async function restOf(
  run: Run,
  session: Session,
  symbol: string,
  stream: Stream,
  earlier: Earlier | undefined,
): Promise<Range | undefined> {
  if (earlier === undefined || earlier.keep < earlier.evidence.marks.length) return run.range;
  const rest = { from: earlier.evidence.marks.at(-1)!.to, to: run.range.to };
  if (rest.to !== undefined && rest.from >= rest.to) return undefined;
  const found = await present(session, run.sources[stream]!, [symbol], rest);
  return found.length === 0 ? undefined : rest;
}

function unchangedFile(whole: EarlierFile, symbol: string, stream: Stream, basis: Basis): FinishedFile {
  const { rows, bytes, sha256, firstTs, lastTs } = whole.finished;
  const content = { path: whole.file, symbol, stream, rows, bytes, sha256, firstTs, lastTs };
  return { ...content, keptRows: rows, compression: whole.coding, basis, parts: whole.marks };
}
