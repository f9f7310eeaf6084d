/** Events changed on their way to the engine: how an audit runs the very same preparation on another future. */
import type { Kernels } from '../../kernels/load.js';
import type { TradeColumns } from '../../kernels/ticks.js';

/** Each takes a stream in its order and gives it changed; blocks that it does not pass on are freed. */
export interface Alteration {
  /** The retained trades. */
  trades(source: AsyncGenerator<TradeColumns>): AsyncGenerator<TradeColumns>;
  /** Blocks of reduced snapshots, as bytes, before they are joined. */
  books(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array>;
  liquidations(source: AsyncGenerator<LiquidationBlock>): AsyncGenerator<LiquidationBlock>;
}

export type LiquidationBlock = Kernels['LiquidationBlock']['prototype'];
