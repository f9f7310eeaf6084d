/**
 * `--since-last`: every run adds a part to each symbol of the dataset, computed of what has come since. The text before
 * it is read for its digest alone: a file that was rewritten must not go unnoticed, and neither its size nor the time
 * of its last change proves that it was not.
 */
import { HybridError, throwIfAborted } from '../../error.js';
import type { CsvFile } from '../../io/csv.js';
import { type PartFile, Parts, stateKey, symbolsWithParts, withoutState } from '../../io/parts.js';
import { type Stream, streams } from '../../io/raw.js';
import { type Params, paramTexts } from '../../kernels/engine.js';
import type { Phase, Progress } from '../../report/progress.js';
import type { Border } from './books.js';
import { type Carried, fromFile, toFile } from './carried.js';
import type { SymbolInputs } from './inputs.js';
import { specification } from './metadata.js';
import type { Run } from './run.js';
import { readSince, type SeenFile, seenUntil, wholeHint } from './seen.js';
import { type Files, type PreparedSymbol, prepareSymbol } from './symbol.js';

/** What must be the same in every part. */
interface Pinned {
  specification: string;
  featureSet: string;
  dedup: string;
  parameters: Record<string, string>;
  /** {@link Run.reading} */
  reading: Record<string, string>;
}

/** The state file of a part. */
interface PartState {
  pinned: Pinned;
  /** The parts before. */
  parts: readonly PartFile[];
  seen: SeenFile[];
  carried: Carried;
}

export interface Growing {
  run: Run;
  /** The folder of the dataset, and that of the raw files. */
  out: string;
  raw: string;
  params: Params;
  progress: Progress;
  /** Called at every step that a crash may part from the next one. */
  onStep?: ((step: string) => void) | undefined;
}

export interface Grown {
  /** Every symbol of the dataset, with its counts over all parts. */
  symbols: PreparedSymbol[];
  /** Rows of the parts that have come now. */
  appended: number;
}

/** A symbol whose new rows wait to be published. */
interface Grew {
  prepared: PreparedSymbol;
  appended: number;
}

/**
 * Appends the new rows of every symbol, which `growAll` makes by {@link growSymbol}. The parts appear once all of them
 * are whole; a run that is killed leaves each symbol as it was or with its new part. Errors: E_USAGE for a dataset
 * without its state and for other parameters than before, E_INPUT for rows and files that cannot be appended; nothing
 * has changed then.
 */
export async function growDataset(
  out: string,
  inputs: readonly SymbolInputs[],
  growAll: () => Promise<readonly Grew[]>,
  { signal, onStep }: { signal: AbortSignal | undefined; onStep: Growing['onStep'] },
): Promise<Grown> {
  const known = await symbolsWithParts(out);
  const partsOf = () => Promise.all(inputs.map(({ symbol }) => Parts.open(out, symbol)));
  let grew: readonly Grew[];
  try {
    grew = await growAll();
    throwIfAborted(signal);
  } catch (error) {
    for (const parts of await partsOf()) await parts.discard();
    throw error;
  }
  for (const [i, parts] of (await partsOf()).entries()) {
    const { prepared, appended } = grew[i]!;
    if (appended === 0) continue;
    onStep?.(`before ${prepared.symbol} is published`);
    await parts.publish();
    onStep?.(`after ${prepared.symbol} is published`);
    await parts.forget();
  }
  const others = known.filter((symbol) => !inputs.some((input) => input.symbol === symbol));
  const kept = await Promise.all(others.map((symbol) => preparedBefore(out, symbol)));
  const symbols = [...grew.map(({ prepared }) => prepared), ...kept];
  return {
    symbols: symbols.sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
    appended: grew.reduce((sum, { appended }) => sum + appended, 0),
  };
}

async function preparedBefore(out: string, symbol: string): Promise<PreparedSymbol> {
  const parts = await Parts.open(out, symbol);
  return (await stateOf(out, parts))!.carried.prepared;
}

/** Makes the next part of a symbol, which waits beside the dataset to be published. Errors: as {@link growDataset}. */
export async function growSymbol(growing: Growing, input: Files & { symbol: string }): Promise<Grew> {
  const { run, out, params, progress } = growing;
  const parts = await Parts.open(out, input.symbol);
  const before = await stateOf(out, parts);
  const pinned: Pinned = {
    ...{ specification, featureSet: run.featureSet, dedup: run.dedupTrades ? 'id' : 'none' },
    ...{ parameters: paramTexts(params, run.featureSet), reading: run.reading },
  };
  if (before !== undefined) requireSamePins(input.symbol, before.pinned, pinned);
  const { files, seen } = await unread(growing, input, before);
  if (before !== undefined && files.trades.length === 0)
    return { prepared: before.carried.prepared, appended: 0 };
  const carry = {
    before: before?.carried,
    dedup: run.dedupTrades,
    hint: wholeHint(out),
    save: async ({ border, ...carried }: Carried & { border: Border | undefined }) => {
      growing.onStep?.(`before the state of ${input.symbol}`);
      const marked = border === undefined ? seen : await seenUntil(growing.raw, seen, border);
      const state: PartState = { pinned, parts: parts.files, seen: marked, carried };
      const sha256 = await parts.save(toFile(state));
      growing.onStep?.(`after the state of ${input.symbol}`);
      return { [stateKey]: sha256 };
    },
  };
  const part = await parts.stage();
  try {
    const write = part.write.bind(part);
    const prepared = await prepareSymbol(
      run,
      { symbol: input.symbol, ...files },
      params,
      write,
      progress,
      carry,
    );
    const appended = prepared.rows - (before?.carried.prepared.rows ?? 0);
    if (appended === 0) await parts.discard();
    else await parts.seal();
    return { prepared, appended };
  } catch (error) {
    await parts.discard();
    throw before === undefined ? error : lateOf(error, input.symbol, carry.hint);
  }
}

/** The state of the last part; its earlier parts must be there. Errors: E_USAGE. */
async function stateOf(out: string, parts: Parts): Promise<PartState | undefined> {
  const bytes = await parts.state();
  if (bytes === undefined) return undefined;
  const state = fromFile(bytes) as PartState;
  const missing = state.parts.find((part, i) => {
    const there = parts.files[i];
    return part.name !== there?.name || part.bytes !== there.bytes;
  });
  if (missing !== undefined || parts.files.length !== state.parts.length + 1)
    throw withoutState(out, `one whose ${missing?.name ?? 'last part'} is missing or changed`);
  return state;
}

function requireSamePins(symbol: string, was: Pinned, now: Pinned): void {
  const flat = ({ parameters, reading, ...rest }: Pinned): Record<string, string> => ({
    ...{ ...rest, ...parameters },
    ...reading,
  });
  const [old, own] = [flat(was), flat(now)];
  const name = [...new Set([...Object.keys(old), ...Object.keys(own)])].find((key) => old[key] !== own[key]);
  if (name === undefined) return;
  const got = `${own[name] ?? 'none'}`;
  throw new HybridError(
    'E_USAGE',
    `${symbol}: expected ${name} as it was, ${old[name] ?? 'none'}, got ${got}`,
    {
      hint: `Leave ${name} as it was, or prepare the whole history into another --out.`,
    },
  );
}

/** The rows of the streams that no run has read yet. */
async function unread(growing: Growing, input: Files & { symbol: string }, before: PartState | undefined) {
  const hint = wholeHint(growing.out);
  const there = streams.filter((stream) => input[stream] !== undefined);
  if (before !== undefined) requireSameStreams(input.symbol, before, there, hint);
  const found: Partial<Record<Stream, CsvFile[]>> = {};
  const seen: SeenFile[] = [];
  const phase = growing.progress.phase(`${input.symbol}: what has come`, 0);
  const onRead = readMeter(phase, growing.run.signal);
  try {
    for (const stream of there) {
      const past = { stream, seen: before?.seen ?? [], hint };
      const since = await readSince(growing.raw, input[stream]!, past, onRead);
      for (const path of since.gone)
        growing.progress.note(`note: ${path}: no longer there; its rows stay in the dataset`);
      found[stream] = since.files;
      seen.push(...since.seen);
    }
  } finally {
    phase.end();
  }
  const { trades = [], depth, liquidations } = found;
  return { files: { trades, ...(depth && { depth }), ...(liquidations && { liquidations }) }, seen };
}

/** Says how much was read; throws when the run is to end. */
function readMeter(phase: Phase, signal: AbortSignal | undefined): (bytes: number) => void {
  let read = 0;
  return (bytes) => {
    throwIfAborted(signal);
    read += bytes;
    phase.update(0, `${Math.floor(read / 1e6)} MB read`);
  };
}

/** A stream that is absent is not the same as a quiet one. */
function requireSameStreams(
  symbol: string,
  { carried }: PartState,
  there: readonly Stream[],
  hint: string,
): void {
  const was = streams.filter((stream) => stream === 'trades' || carried.streams[stream]);
  if (was.join() === there.join()) return;
  const message = `${symbol}: expected files of ${was.join(', ')} as before, got ${there.join(', ')}`;
  throw new HybridError('E_INPUT', message, { hint });
}

/** What the kernels say where a row comes before what finished rows have seen. */
function lateOf(error: unknown, symbol: string, hint: string): unknown {
  if (!(error instanceof HybridError)) return error;
  const late =
    /^(engine: expected (depth snapshots|liquidations) in|depth: expected blocks in) time order|late rows$/;
  if (!late.test(error.message)) return error;
  return new HybridError('E_INPUT', `${symbol}: ${error.message}: a late row`, { hint, cause: error });
}
