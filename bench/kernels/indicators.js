/**
 * Indicators of minute bars, one core: 200,000 closes of a random walk, M bars a second of processor time. The engine
 * makes all its columns of every bar; TA-Lib (talib-web, f64) and trading-signals make the named indicator alone, or
 * all of the named ones. Checked: every indicator of every library, within what is printed beside it.
 */
import { BollingerBands, EMA, RSI } from 'trading-signals';
import { loadTalib } from '../peers/talib.js';
import { loadKernels } from '../suite/kernel.js';
import { uniform } from '../suite/random.js';
import { cpuSeconds } from '../suite/statistics.js';
import { runEngine } from './rows.js';

const speed = { unit: 'M bars/s', better: 'more' };
const minuteUs = 60_000_000;
/** Other seeds of the moving averages are forgotten after so many bars. */
const settled = 400;

/** Closes in ticks of a cent. */
function randomWalk(length) {
  const random = uniform(11);
  let cents = 100_000;
  return Array.from({ length }, () => {
    cents += Math.floor(random() * 41) - 20;
    return cents;
  });
}

/** A trade a minute, and one more that closes the last bar. */
function tradesOf(closes) {
  const rows = [...closes, closes.at(-1)];
  const stamps = BigInt64Array.from(rows, (_, i) => BigInt(i * minuteUs));
  const [ids, px] = [BigInt64Array.from(rows, (_, i) => BigInt(i)), BigInt64Array.from(rows, BigInt)];
  const columns = [
    stamps,
    ids,
    px,
    new BigInt64Array(rows.length).fill(1n),
    new Int8Array(rows.length).fill(1),
  ];
  return { tick: '0.01', lot: '1', bucket: 1n, columns: [columns] };
}

/** Each indicator: our column, and the libraries' value for every bar, NaN where there is none. */
const indicators = {
  'EMA 9': {
    column: 'ema9',
    talib: (talib, inReal) => talib.EMA({ inReal, timePeriod: 9 }).output,
    lookBack: 8,
    signals: () => new EMA(9),
  },
  'EMA 21': {
    column: 'ema21',
    talib: (talib, inReal) => talib.EMA({ inReal, timePeriod: 21 }).output,
    lookBack: 20,
    signals: () => new EMA(21),
  },
  'RSI 7': {
    column: 'rsi7',
    talib: (talib, inReal) => talib.RSI({ inReal, timePeriod: 7 }).output,
    lookBack: 7,
    signals: () => new RSI(7),
  },
  'Bollinger bands 20': {
    column: 'bb_mid',
    talib: (talib, inReal) => talib.BBANDS({ inReal, timePeriod: 20, nbDevUp: 2, nbDevDn: 2 }).middleBand,
    lookBack: 19,
    signals: () => new BollingerBands(20, 2),
    pick: (bands) => bands.middle,
  },
};

/** The named columns of all rows behind the first bar. */
function ownColumns(kernels, market) {
  const places = JSON.parse(kernels.columnsJson()).map((column) => column.name);
  const parts = Object.fromEntries(Object.values(indicators).map(({ column }) => [column, []]));
  const take = (engine) => {
    for (const [name, list] of Object.entries(parts)) list.push(...engine.column(places.indexOf(name)));
  };
  runEngine(kernels, market, [], 65_536, take);
  return Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, values.slice(1)]));
}

function updateAll(indicator, closes, take = () => {}) {
  for (let i = 0; i < closes.length; i++) take(i, indicator.update(closes[i], false));
}

/** RSI is a float; the others agree to nine digits. */
function checkIndicator(bench, talib, name, own, closes) {
  const { talib: theirs, lookBack, signals, pick = (value) => value } = indicators[name];
  const output = theirs(talib, closes);
  const expectNear = (who, i, value) => {
    const near = Math.abs(value - own[i]) <= 1e-6 * Math.max(1, Math.abs(value));
    bench.expect(near, `${name} of ${who}, bar ${i}: expected ${value}, got ${own[i]}`);
  };
  for (let i = settled; i < own.length; i++) expectNear('TA-Lib', i, output[i - lookBack]);
  updateAll(signals(), closes, (i, value) => {
    if (i >= settled) expectNear('trading-signals', i, pick(value));
  });
}

async function measure(bench, kernels, talib, subject, names, market, closes) {
  const bars = closes.length;
  const rate = (work) => () => bars / cpuSeconds(work) / 1e6;
  const columns = JSON.parse(kernels.columnsJson()).length;
  await bench.contest(subject, speed, [
    {
      who: `hybrid, all ${columns} columns`,
      run: rate(() => runEngine(kernels, market, [], 65_536, () => {})),
    },
    {
      who: 'TA-Lib (talib-web)',
      run: rate(() => {
        for (const name of names) indicators[name].talib(talib, closes);
      }),
    },
    {
      who: 'trading-signals',
      run: rate(() => {
        for (const name of names) updateAll(indicators[name].signals(), closes);
      }),
    },
  ]);
}

export async function indicatorsBench(bench) {
  const [kernels, talib] = [await loadKernels(), await loadTalib()];
  const cents = randomWalk(bench.size(200_000, 2000));
  const [market, closes] = [tradesOf(cents), cents.map((c) => c / 100)];
  const own = ownColumns(kernels, market);
  const names = Object.keys(indicators);
  for (const name of names) checkIndicator(bench, talib, name, own[indicators[name].column], closes);
  for (const name of names)
    await measure(bench, kernels, talib, `${name} of minute bars`, [name], market, closes);
  await measure(
    bench,
    kernels,
    talib,
    `these ${names.length} indicators of minute bars`,
    names,
    market,
    closes,
  );
}
