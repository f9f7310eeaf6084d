import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { marketDefaults, type Rows, simulateMarket } from '../../../../ts/io/exchange/simulated.js';

function simulated(hours: number, seed = 42, strength: number = marketDefaults.strength): Rows {
  const all: Rows = { trades: '', depth: '', liquidations: '' };
  for (const rows of simulateMarket({ ...marketDefaults, hours, seed, strength })) {
    all.trades += rows.trades;
    all.depth += rows.depth;
    all.liquidations += rows.liquidations;
  }
  return all;
}

const lines = (rows: string) => rows.trimEnd().split('\n');
const minute = 60_000_000;

interface Series {
  ts: Float64Array;
  price: Float64Array;
  obi: Float64Array;
  ofd: Float64Array;
}

/** obi and ofd of each trade from the rows alone, as indicators.md B4 and B1 define them. */
function columnsOf(rows: Rows): Series {
  const trades = lines(rows.trades).map((line) => line.split(',').map(Number));
  const books = lines(rows.depth).map((line) => {
    const cells = line.split('"').filter((cell) => cell.startsWith('{'));
    const [bid, ask] = [cells[1]!, cells[3]!].map((cell) =>
      cell
        .slice(1, -1)
        .split(',')
        .reduce((sum, size) => sum + Number(size), 0),
    );
    return { ts: Number(line.slice(0, line.indexOf(','))), obi: (bid! - ask!) / (bid! + ask!) };
  });
  const series = Object.fromEntries(
    ['ts', 'price', 'obi', 'ofd'].map((name) => [name, new Float64Array(trades.length)]),
  ) as unknown as Series;
  let [book, front, buys, sells] = [0, 0, 0, 0];
  for (const [i, [ts, , price, qty, side]] of trades.entries()) {
    while (books[book + 1] !== undefined && books[book + 1]!.ts < ts!) book++;
    if (side === 1) buys += qty!;
    else sells += qty!;
    for (; trades[front]![0]! <= ts! - minute; front++)
      if (trades[front]![4] === 1) buys -= trades[front]![3]!;
      else sells -= trades[front]![3]!;
    series.ts[i] = ts!;
    series.price[i] = price!;
    series.obi[i] = books[book]!.obi;
    series.ofd[i] = (buys - sells) / (buys + sells);
  }
  return series;
}

/** ret_60s of every trade that has one. */
function returnsOf({ ts, price }: Series): Float64Array {
  const returns = new Float64Array(ts.findLastIndex((t) => t <= ts.at(-1)! - minute) + 1);
  for (let i = 0, end = 0; i < returns.length; i++) {
    while (ts[end + 1]! <= ts[i]! + minute) end++;
    returns[i] = Math.log(price[end]! / price[i]!);
  }
  return returns;
}

function rSquared(x: ArrayLike<number>, y: Float64Array): number {
  const mean = (v: ArrayLike<number>) => y.reduce((sum, _, i) => sum + v[i]!, 0) / y.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    xx += (x[i]! - mx) ** 2;
    xy += (x[i]! - mx) * (y[i]! - my);
    yy += (y[i]! - my) ** 2;
  }
  return (xy * xy) / (xx * yy);
}

describe('the simulated market', () => {
  const hour = simulated(1);

  it('is the same for the same seed, on every machine', () => {
    const digest = createHash('sha256')
      .update(hour.trades + hour.depth + hour.liquidations)
      .digest('hex');
    expect(digest).toBe('1f0181d7fd1895d9ec1e8f244ab02703758fee178adf9492b6f281d2143d5156');
    expect(simulated(0.1, 43).trades).not.toBe(simulated(0.1, 42).trades);
  });

  it('begins the same whatever its length', () => {
    expect(hour.trades.startsWith(simulated(0.5).trades)).toBe(true);
  });

  it('has trades in the order of time, of both sides, with rising ids', () => {
    const trades = lines(hour.trades).map((line) => line.split(',').map(Number));
    expect(trades.every(([ts, id], i) => id === i + 1 && (i === 0 || ts! >= trades[i - 1]![0]!))).toBe(true);
    expect(new Set(trades.map((trade) => trade[4]))).toEqual(new Set([1, -1]));
  });

  it('quotes ten levels a side every two seconds, best first, never crossed', () => {
    for (const [i, line] of lines(hour.depth).entries()) {
      const [bids, , asks] = [...line.matchAll(/\{([^}]*)\}/g)].map((match) =>
        match[1]!.split(',').map(Number),
      );
      expect(Number(line.split(',')[0])).toBe(marketDefaults.start + i * 2_000_000);
      expect(bids).toHaveLength(10);
      expect(bids).toEqual([...new Set(bids)].sort((a, b) => b - a));
      expect(asks).toEqual([...new Set(asks)].sort((a, b) => a - b));
      expect(bids![0]).toBeLessThan(asks![0]!);
    }
  });
});

describe('the planted relation', () => {
  const columns = columnsOf(simulated(48));
  const returns = returnsOf(columns);
  const product = columns.obi.map((obi, i) => obi * columns.ofd[i]!);

  it('is there for the product, beyond the R² of 0.044 that two days can show', () => {
    expect(rSquared(product, returns)).toBeGreaterThan(0.09);
  });

  it('is not there for either factor alone', () => {
    expect(rSquared(columns.obi, returns)).toBeLessThan(0.01);
    expect(rSquared(columns.ofd, returns)).toBeLessThan(0.01);
  });

  it('is not there when it is not planted', () => {
    const bare = columnsOf(simulated(48, 42, 0));
    const bareProduct = bare.obi.map((obi, i) => obi * bare.ofd[i]!);
    expect(rSquared(bareProduct, returnsOf(bare))).toBeLessThan(0.01);
  });
});
