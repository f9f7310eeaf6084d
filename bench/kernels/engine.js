/**
 * The feature engine alone, one core: the weeks of SPY (trades) and BAC (trades and books) as columns in, all columns of
 * rows out, those of the extended set too where there are trades alone. M rows a second of processor time, rows made in
 * slices as prepare does; the second figure includes copying the columns out of the kernel. Checked: one row a trade;
 * `ofd`, `cvd` and `bar_close` against a plain JavaScript window, day and minute; every column by its bits against the
 * same events cut into other slices, with the state saved and restored on the way.
 */
import { createHash } from 'node:crypto';
import { loadKernels } from '../suite/kernel.js';
import { cpuSeconds } from '../suite/statistics.js';
import { blockRoom, missingData, readBlocks, readBooks, readTrades, smokeBytes, weeks } from './market.js';
import { runEngine } from './rows.js';

const speed = { unit: 'M rows/s', better: 'more' };
const WINDOW_US = 60_000_000n;
const DAY_US = 86_400_000_000n;
/** A longer hole ends the segment; a shorter one is filled with flat bars. */
const GAP_MINUTES = 61n;

/** A digest of each column's bits, and the three columns that are checked by value. */
function gather(kernels, market, books, slice, exchange) {
  const table = JSON.parse(kernels.columnsJson());
  const hashes = table.map(() => createHash('sha256'));
  const kept = { ofd: [], cvd: [], bar_close: [] };
  const take = (engine) => {
    for (const [i, { name }] of table.entries()) {
      const values = engine.column(i);
      hashes[i].update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      kept[name]?.push(values);
    }
  };
  runEngine(kernels, market, books, slice, take, exchange);
  const flat = Object.fromEntries(
    Object.entries(kept).map(([name, parts]) => [name, parts.flatMap((p) => [...p])]),
  );
  return { digests: hashes.map((hash) => hash.digest('hex')), ...flat };
}

/** `ofd`, `cvd` and `bar_close` of trades of known side, or of the tick test where no book decides. */
function plain({ columns, tick, lot }, sideOf) {
  const [ts, , px, qty] = [0, 1, 2, 3].map((c) => columns.flatMap((block) => Array.from(block[c])));
  const out = { ofd: [], cvd: [], bar_close: [] };
  let [front, buys, sells, cvd, day, minute, close] = [0, 0, 0, 0, undefined, undefined, Number.NaN];
  for (let i = 0; i < ts.length; i++) {
    for (; ts[front] <= ts[i] - WINDOW_US; front++) {
      if (sideOf[front] > 0) buys -= Number(qty[front]);
      if (sideOf[front] < 0) sells -= Number(qty[front]);
    }
    const lots = Number(qty[i]);
    if (sideOf[i] > 0) buys += lots;
    if (sideOf[i] < 0) sells += lots;
    if (ts[i] / DAY_US !== day) [day, cvd] = [ts[i] / DAY_US, 0];
    cvd += sideOf[i] * lots;
    const now = ts[i] / WINDOW_US;
    if (minute !== undefined && now !== minute)
      close = now - minute > GAP_MINUTES ? Number.NaN : Number(px[i - 1]) * Number(tick);
    minute = now;
    out.ofd.push((buys - sells) / (buys + sells));
    out.cvd.push(cvd * Number(lot));
    out.bar_close.push(close);
  }
  return out;
}

/** Throws at the first value that differs; a null of the engine's window that is not full yet is no difference. */
function compare(name, got, want) {
  if (got.length !== want.length) throw new Error(`${name}: expected ${want.length} rows, got ${got.length}`);
  for (const [row, value] of got.entries()) {
    const near = Math.abs(value - want[row]) <= 1e-6 * Math.max(1, Math.abs(want[row]));
    if (!near && !Number.isNaN(value))
      throw new Error(`${name}: row ${row}: expected ${want[row]}, got ${value}`);
  }
}

/** The side column is an input of the plain computation: its rule is checked elsewhere. */
function sides(kernels, market, books) {
  const place = JSON.parse(kernels.columnsJson()).findIndex((column) => column.name === 'side');
  const all = [];
  runEngine(kernels, market, books, 65_536, (engine) => all.push(...engine.column(place)));
  return all;
}

function check(bench, kernels, week, market, books) {
  const whole = gather(kernels, market, books(), 65_536);
  const params = new kernels.Params();
  const cut = gather(kernels, market, books(), 10_007, (engine) =>
    kernels.Engine.restore(params, engine.save()),
  );
  const same = whole.digests.every((digest, i) => digest === cut.digests[i]);
  bench.expect(same, `${week.name}: another cut gave other bits`);
  const want = plain(market, sides(kernels, market, books()));
  for (const name of Object.keys(want)) compare(`${week.name} ${name}`, whole[name], want[name]);
  const rows = whole.ofd.length;
  bench.expect(bench.smoke || rows === week.rows, `${week.name}: expected ${week.rows} rows, got ${rows}`);
  return rows;
}

async function measure(bench, kernels, room, week) {
  const most = bench.size(Number.POSITIVE_INFINITY, smokeBytes);
  const market = readTrades(kernels, room, await readBlocks(week.trades, most));
  const depth = week.depth && (await readBlocks(week.depth, most));
  const books = () => (depth ? readBooks(kernels, room, depth, market) : []);
  const rows = check(bench, kernels, week, market, books);
  const columns = JSON.parse(kernels.columnsJson()).length;
  const copy = (engine) => {
    for (let i = 0; i < columns; i++) engine.column(i);
  };
  const rate = (take) => () => {
    const fed = books();
    return rows / cpuSeconds(() => runEngine(kernels, market, fed, 65_536, take)) / 1e6;
  };
  const subject = `${week.name}, rows of columns`;
  await bench.contest(subject, speed, [
    { who: `hybrid, ${columns} columns`, run: rate(() => {}) },
    { who: `hybrid, ${columns} columns, copied out`, run: rate(copy) },
    ...(depth ? [] : [extended(kernels, market, rows)]),
  ]);
}

/** The larger set of features, as far as trades alone give them. */
function extended(kernels, market, rows) {
  const features = 'extended';
  const columns = JSON.parse(kernels.columnsJson(features)).length;
  const run = () => runEngine(kernels, { ...market, features }, [], 65_536, () => {});
  return { who: `hybrid, ${columns} columns`, run: () => rows / cpuSeconds(run) / 1e6 };
}

export async function engineBench(bench) {
  const missing = missingData();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const kernels = await loadKernels();
  const room = blockRoom(kernels);
  for (const week of weeks) await measure(bench, kernels, room, week);
}
