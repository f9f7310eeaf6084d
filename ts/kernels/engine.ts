/** The feature engine: events in, columns of rows out. */
import { callKernel, type Kernels } from './load.js';
import type { TradeColumns } from './ticks.js';

export type ColumnValues = BigInt64Array | Float64Array | Float32Array | Int8Array;

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

/** The columns of features.parquet, in order. */
export function columnsOf(kernels: Kernels): readonly Column[] {
  return JSON.parse(kernels.columnsJson()) as Column[];
}

export type Params = Kernels['Params']['prototype'];

/** Parameters with these values, the others at their defaults. Throws E_USAGE with the nearest name. */
export function readParams(kernels: Kernels, values: Readonly<Record<string, string>>): Params {
  const params = new kernels.Params();
  try {
    for (const [name, value] of Object.entries(values)) callKernel(() => params.set(name, value));
    return params;
  } catch (error) {
    params.free();
    throw error;
  }
}

/** Every parameter by name, as text. */
export function paramTexts(params: Params): Record<string, string> {
  const flat = params.entries();
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
  private constructor(
    private readonly handle: Handle,
    private readonly columnCount: number,
  ) {}

  /** Before the first trade. Errors: E_USAGE for a step that is not positive. */
  static start(
    kernels: Kernels,
    params: Params,
    grid: EngineGrid,
    streams: { depth: boolean; liquidations: boolean },
    columnCount: number,
  ): FeatureEngine {
    const { tick, lot, bucketTicks } = grid;
    const handle = callKernel(
      () => new kernels.Engine(params, tick, lot, bucketTicks, streams.depth, streams.liquidations),
    );
    return new FeatureEngine(handle, columnCount);
  }

  /**
   * Goes on from the bytes of {@link save}: fed the rest of the streams, it makes the rows of one whole run, to the
   * last bit. The ends of the streams are to be said again. Errors: E_INPUT for bytes that are damaged or of another
   * version, E_USAGE for a parameter that is not what it was.
   */
  static restore(kernels: Kernels, params: Params, state: Uint8Array, columnCount: number): FeatureEngine {
    return new FeatureEngine(
      callKernel(() => kernels.Engine.restore(params, state)),
      columnCount,
    );
  }

  /** All that later rows depend on. Errors: E_USAGE while rows wait. */
  save(): Uint8Array {
    return callKernel(() => this.handle.save());
  }

  pushTrades({ ts, id, pxTicks, qtyLots, side }: TradeColumns): void {
    callKernel(() => this.handle.pushTrades(ts, id, pxTicks, qtyLots, side));
  }

  /** The columns are used up. */
  pushBooks(books: Kernels['BookColumns']['prototype']): void {
    callKernel(() => this.handle.pushBookColumns(books));
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

  /** The waiting rows, column by column, copied out; NaN and -2^63 are null. */
  take(): ColumnValues[] {
    const columns = Array.from({ length: this.columnCount }, (_, i) => this.handle.column(i) as ColumnValues);
    this.handle.clearRows();
    return columns;
  }

  /** The engine's counters by name. */
  counters(): Record<string, number> {
    return JSON.parse(this.handle.countersJson()) as Record<string, number>;
  }

  free(): void {
    this.handle.free();
  }
}
