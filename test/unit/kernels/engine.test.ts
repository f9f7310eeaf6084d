import { expect, test } from 'vitest';
import { columnsOf, FeatureEngine, readParams } from '../../../ts/kernels/engine.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import type { TradeColumns } from '../../../ts/kernels/ticks.js';

const kernels = instantiateKernels(await compileKernels());
const columns = columnsOf(kernels, 'core');
const streams = { depth: false, liquidations: false };
const grid = { tick: '0.1', lot: '1', bucketTicks: 1n };

/** A walk with a trade every 0.7 s. */
function trades(from: number, to: number): TradeColumns {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  return {
    ts: BigInt64Array.from(rows, (i) => BigInt(i) * 700_000n),
    id: BigInt64Array.from(rows, BigInt),
    pxTicks: BigInt64Array.from(rows, (i) => 1000n + BigInt((i * 7) % 13)),
    qtyLots: BigInt64Array.from(rows, (i) => 1n + BigInt((i * 5) % 9)),
    side: Int8Array.from(rows, (i) => (i % 3) - 1),
    idText: new Uint8Array(),
    idEnds: new Uint32Array(),
  };
}

const params = (values: Record<string, string>) => readParams(kernels, values, 'core');
const start = () => FeatureEngine.start(kernels, params({}), grid, streams, 'core');

type Values = ArrayLike<number | bigint> & Iterable<number | bigint>;

/** The rows that wait, column by column. */
function take(engine: FeatureEngine): Values[] {
  return engine.useRows((waiting) => columns.map((_, i) => waiting.column(i) as Values));
}

/** The rows of these trades, all that follow from them. */
function rows(engine: FeatureEngine, block: TradeColumns): Values[] {
  engine.pushTrades(block);
  engine.run(1_000_000);
  return take(engine);
}

test('a restored engine goes on as the saved one would have', () => {
  const whole = rows(start(), trades(0, 1000));
  const engine = start();
  const first = rows(engine, trades(0, 600));
  const restored = FeatureEngine.restore(kernels, params({}), engine.save());
  const rest = rows(restored, trades(600, 1000));
  for (const [column, values] of whole.entries())
    expect([...first[column]!, ...rest[column]!]).toEqual([...values]);
});

test('a state that cannot be gone on from says why', () => {
  const engine = start();
  engine.pushTrades(trades(0, 10));
  engine.run(5);
  expect(() => engine.save()).toThrow('expected no waiting rows, got 5');
  take(engine);
  const state = engine.save();
  const restore = (bytes: Uint8Array, values = {}) => FeatureEngine.restore(kernels, params(values), bytes);
  expect(() => restore(state, { W_s: '30' })).toThrow('expected W_s as it was, 60, got 30');
  expect(() => restore(state.subarray(0, 100))).toThrow('expected the bytes as they were saved');
  state[state.length - 1]! ^= 1;
  expect(() => restore(state)).toThrow('expected the bytes as they were saved');
});
