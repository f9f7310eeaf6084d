/** Events changed on their way to the engine: how an audit runs the very same preparation on another future. */
import type { Kernels } from '../../kernels/load.js';
import type { TradeColumns } from '../../kernels/ticks.js';

type LiquidationBlock = Kernels['LiquidationBlock']['prototype'];

export interface Alteration {
  /** The retained trades, in order. */
  trades(source: AsyncGenerator<TradeColumns>): AsyncGenerator<TradeColumns>;
  /** One block of reduced snapshots, as bytes. */
  books(block: Uint8Array): Uint8Array;
  /** All liquidations; what is given is used up. */
  liquidations(block: LiquidationBlock): LiquidationBlock;
}
