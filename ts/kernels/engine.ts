/** The feature engine: events in, columns of rows out. */
import { HybridError } from '../error.js';
import { callKernel, type Kernels, memoryView } from './load.js';
import { KernelTrades, type TradeColumns } from './ticks.js';

/** One line of the table of columns, as the kernel keeps it. */
export interface Column {
  name: string;
  type: 'i64' | 'f64' | 'f32' | 'i8';
  nullable: boolean;
  measure: 'time' | 'identifier' | 'price' | 'quantity' | 'count' | 'ratio' | 'bounded';
  bounds: [number, number] | null;
  unit: string;
  nullWhen: string;
}

const bytesOfType = { i64: 8, f64: 8, f32: 4, i8: 1 } as const;

/** Bytes of one value of a column, as the engine has it. */
export function bytesOf({ type }: Column): number {
  return bytesOfType[type];
}

/** Which columns a run computes; the extended set has those of the core in front, unchanged. */
export const featureSets = ['core', 'extended'] as const;
export type FeatureSet = (typeof featureSets)[number];

/** The columns of features.parquet, in order. */
export function columnsOf(kernels: Kernels, featureSet: FeatureSet): readonly Column[] {
  return JSON.parse(kernels.columnsJson(featureSet)) as Column[];
}

export type Params = Kernels['Params']['prototype'];

/**
 * Parameters with these values, the others at their defaults. Throws E_USAGE with the nearest name, and for a
 * parameter that the feature set has no use for.
 */
export function readParams(
  kernels: Kernels,
  values: Readonly<Record<string, string>>,
  featureSet: FeatureSet,
): Params {
  const params = new kernels.Params();
  try {
    for (const [name, value] of Object.entries(values)) callKernel(() => params.set(name, value));
    const known = paramTexts(params, featureSet);
    const foreign = Object.keys(values).find((name) => !(name in known));
    if (foreign !== undefined) throw notOf(featureSet, foreign);
    return params;
  } catch (error) {
    params.free();
    throw error;
  }
}

function notOf(featureSet: FeatureSet, name: string): HybridError {
  return new HybridError(
    'E_USAGE',
    `parameter ${name}: expected one of the feature set ${featureSet}, got one of extended`,
    { hint: 'Add --feature-set extended, or leave the parameter out.' },
  );
}

/** Every parameter of the feature set by name, as text. */
export function paramTexts(params: Params, featureSet: FeatureSet): Record<string, string> {
  const flat = callKernel(() => params.entries(featureSet));
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!]] : [])));
}

export type EngineStatus = 'needTrades' | 'needBooks' | 'needLiquidations' | 'rowsReady' | 'done';

const statuses: readonly EngineStatus[] = [
  'needTrades',
  'needBooks',
  'needLiquidations',
  'rowsReady',
  'done',
];

export interface EngineGrid {
  /** Decimal texts. */
  tick: string;
  lot: string;
  bucketTicks: bigint;
}

type Handle = Kernels['Engine']['prototype'];

/** The state machine of one symbol. Streams that exist are pushed in time order until their end is said. */
export class FeatureEngine {
  private constructor(private readonly handle: Handle) {}

  /** Before the first trade. Errors: E_USAGE for a step that is not positive. */
  static start(
    kernels: Kernels,
    params: Params,
    grid: EngineGrid,
    streams: { depth: boolean; liquidations: boolean },
    featureSet: FeatureSet,
  ): FeatureEngine {
    const { tick, lot, bucketTicks } = grid;
    const handle = callKernel(
      () =>
        new kernels.Engine(params, tick, lot, bucketTicks, streams.depth, streams.liquidations, featureSet),
    );
    return new FeatureEngine(handle);
  }

  /**
   * Goes on from the bytes of {@link save}, with their feature set: fed the rest of the streams, it makes the rows of
   * one whole run, to the last bit. The ends of the streams are to be said again. Errors: E_INPUT for bytes that are damaged or of another
   * version, E_USAGE for a parameter that is not what it was.
   */
  static restore(kernels: Kernels, params: Params, state: Uint8Array): FeatureEngine {
    return new FeatureEngine(callKernel(() => kernels.Engine.restore(params, state)));
  }

  /** All that later rows depend on. Errors: E_USAGE while rows wait. */
  save(): Uint8Array {
    return callKernel(() => this.handle.save());
  }

  /** Which columns the rows have. */
  get featureSet(): FeatureSet {
    return this.handle.featureSet as FeatureSet;
  }

  /** Columns that stand in the kernel are used up. */
  pushTrades(trades: TradeColumns): void {
    callKernel(() => {
      if (trades instanceof KernelTrades) this.handle.pushTradeBlock(trades.take());
      else this.handle.pushTrades(trades.ts, trades.id, trades.pxTicks, trades.qtyLots, trades.side);
    });
  }

  /** The columns are used up. */
  pushBooks(books: Kernels['BookColumns']['prototype']): void {
    callKernel(() => this.handle.pushBookColumns(books));
  }

  /** How many of the last snapshots no row has seen. */
  get unseenBooks(): number {
    return this.handle.unseenBooks();
  }

  /** Takes the last snapshots back, as many of the unseen ones. */
  withdrawBooks(count: number): void {
    this.handle.withdrawBooks(count);
  }

  /** The liquidations are used up. */
  pushLiquidations(liquidations: Kernels['LiquidationBlock']['prototype']): void {
    callKernel(() => this.handle.pushLiquidationBlock(liquidations));
  }

  endTrades(): void {
    this.handle.endTrades();
  }

  endBooks(): void {
    this.handle.endBooks();
  }

  endLiquidations(): void {
    this.handle.endLiquidations();
  }

  /** Rows that wait. */
  get rows(): number {
    return this.handle.rows;
  }

  /** Makes rows until `maxRows` wait or something is missing. */
  run(maxRows: number): EngineStatus {
    return statuses[callKernel(() => this.handle.run(maxRows))]!;
  }

  /** Bytes that {@link takeInto} needs for the rows that wait. */
  packedBytes(columns: readonly Column[]): number {
    const places = this.handle.columnMemory();
    return columns.reduce((sum, _, i) => sum + places[3 * i + 1]!, 8 * columns.length);
  }

  /**
   * Copies the waiting rows into `target`, of {@link packedBytes} at least, and forgets them here: of each column its
   * bytes and the number of its runs (0 where it has a value a row), then the columns as they stand in memory.
   */
  takeInto(target: SharedArrayBuffer, columns: readonly Column[]): void {
    const sizes = new Uint32Array(target, 0, 2 * columns.length);
    const bytes = new Uint8Array(target);
    const places = this.handle.columnMemory();
    let at = sizes.byteLength;
    columns.forEach((_, i) => {
      const [start, length, runs] = places.subarray(3 * i) as unknown as [number, number, number];
      bytes.set(memoryView(start, length), at);
      sizes.set([length, runs], 2 * i);
      at += length;
    });
    this.handle.clearRows();
  }

  /** Uses the waiting rows through the kernel's own handle and forgets them. */
  useRows<T>(use: (handle: Kernels['Engine']['prototype']) => T): T {
    const result = use(this.handle);
    this.handle.clearRows();
    return result;
  }

  /** The engine's counters by name. */
  counters(): Record<string, number> {
    return JSON.parse(this.handle.countersJson()) as Record<string, number>;
  }

  free(): void {
    this.handle.free();
  }
}
