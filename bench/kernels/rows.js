/** Rows of the feature engine: columns of trades and blocks of books in, rows out. */

const NEED_TRADES = 0;
const NEED_BOOKS = 1;
const ROWS_READY = 3;
const DONE = 4;

/**
 * Feeds what the engine asks for (`market.features` is its set, core where it is not given) and hands the waiting rows to `take`, `slice` at a time; `exchange` may give another
 * engine in its place.
 */
export function runEngine(kernels, market, books, slice, take, exchange = (engine) => engine) {
  const { tick, lot, bucket, columns, features } = market;
  const hasBooks = books.length > 0;
  let engine = new kernels.Engine(new kernels.Params(), tick, lot, bucket, hasBooks, false, features);
  const [trades, depth] = [columns.values(), books.values()];
  const flush = () => {
    take(engine);
    engine.clearRows();
  };
  const feed = {
    [NEED_TRADES]: ({ done, value }) => (done ? engine.endTrades() : engine.pushTrades(...value)),
    [NEED_BOOKS]: ({ done, value }) => (done ? engine.endBooks() : engine.pushBookColumns(value)),
  };
  for (;;) {
    const status = engine.run(slice);
    if (status === ROWS_READY || status === DONE) {
      flush();
      engine = exchange(engine);
    }
    if (status === DONE) break;
    if (status !== ROWS_READY) feed[status]((status === NEED_TRADES ? trades : depth).next());
  }
  engine.free();
}
