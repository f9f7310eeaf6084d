/**
 * Minute bars of the SPY week out of columns of trades, one core, M trades a second of processor time. The engine has no
 * bars by themselves: its figure is that of all its columns for every trade, beside bars alone (open, high, low, close,
 * volume, volume-weighted price) in plain JavaScript and Polars. Checked: closes of the minutes of all three.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFolder } from '../suite/folder.js';
import { loadKernels } from '../suite/kernel.js';
import { openPeer } from '../suite/peer.js';
import { cpuSeconds } from '../suite/statistics.js';
import { blockRoom, missingData, readBlocks, readTrades, smokeBytes, weeks } from './market.js';
import { runEngine } from './rows.js';

const [{ name, trades }] = weeks;
const subject = `${name} trades to minute bars`;
const speed = { unit: 'M trades/s', better: 'more' };
const minuteUs = 60_000_000n;

/** Columns of all blocks as typed arrays of their own: µs, price and size as doubles. */
function columnsOf({ columns, tick, lot }) {
  const rows = columns.reduce((n, [ts]) => n + ts.length, 0);
  const [ts, price, qty] = [new BigInt64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  let at = 0;
  for (const [stamps, , ticks, lots] of columns) {
    for (let i = 0; i < stamps.length; i++, at++) {
      ts[at] = stamps[i];
      price[at] = Number(ticks[i]) * Number(tick);
      qty[at] = Number(lots[i]) * Number(lot);
    }
  }
  return { ts, price, qty };
}

function plainBars({ ts, price, qty }) {
  const bars = [];
  let bar;
  for (let i = 0; i < ts.length; i++) {
    const minute = ts[i] / minuteUs;
    if (bar?.minute !== minute) {
      bar = { minute, open: price[i], high: price[i], low: price[i], volume: 0, value: 0 };
      bars.push(bar);
    }
    bar.high = Math.max(bar.high, price[i]);
    bar.low = Math.min(bar.low, price[i]);
    bar.close = price[i];
    bar.volume += qty[i];
    bar.value += price[i] * qty[i];
  }
  for (const one of bars) one.vwap = one.value / one.volume;
  return bars;
}

/** The close of the last closed minute is that of the minute before, where the engine has one. */
function checkEngine(bench, kernels, market, { ts }, bars) {
  const places = JSON.parse(kernels.columnsJson()).map((column) => column.name);
  const closes = new Map(bars.map(({ minute, close }) => [minute, close]));
  let [row, compared] = [0, 0];
  runEngine(kernels, market, [], 65_536, (engine) => {
    for (const got of engine.column(places.indexOf('bar_close'))) {
      const want = closes.get(ts[row++] / minuteUs - 1n);
      if (want === undefined || Number.isNaN(got)) continue;
      bench.expect(Math.abs(got - want) < 1e-9, `bar_close, row ${row}: expected ${want}, got ${got}`);
      compared += 1;
    }
  });
  bench.expect(row === ts.length && compared > 0, `expected ${ts.length} rows of the engine, got ${row}`);
}

async function polars(bench, columns, bars, folder) {
  const files = {};
  for (const [column, values] of Object.entries(columns)) {
    files[column] = join(folder, column);
    writeFileSync(files[column], values);
  }
  const env = { POLARS_MAX_THREADS: '1' };
  const peer = await openPeer(bench, { subject, who: 'Polars', script: 'bars.py', task: files, env });
  if (peer === undefined) return [];
  const closes = bars.reduce((sum, { close }) => sum + close, 0);
  const run = async () => {
    const got = await peer.ask('run');
    const right = got.bars === bars.length && Math.abs(got.closes - closes) < 1e-9 * closes;
    bench.expect(right, `Polars: expected ${bars.length} bars, got ${got.bars}, or other closes`);
    return columns.ts.length / got.seconds / 1e6;
  };
  return [{ who: 'Polars, bars alone, one thread', run }];
}

async function measure(bench, folder) {
  const kernels = await loadKernels();
  const file = await readBlocks(trades, bench.size(Number.POSITIVE_INFINITY, smokeBytes));
  const market = readTrades(kernels, blockRoom(kernels), file);
  const columns = columnsOf(market);
  const bars = plainBars(columns);
  checkEngine(bench, kernels, market, columns, bars);
  const rate = (work) => () => columns.ts.length / cpuSeconds(work) / 1e6;
  const engine = () => runEngine(kernels, market, [], 65_536, () => {});
  await bench.contest(subject, speed, [
    { who: 'hybrid, with all its columns', run: rate(engine) },
    { who: 'plain JavaScript, bars alone', run: rate(() => plainBars(columns)) },
    ...(await polars(bench, columns, bars, folder)),
  ]);
}

export async function barsBench(bench) {
  const missing = missingData();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder((folder) => measure(bench, folder));
}
