/** EMA, RSI and Bollinger of the built command against public libraries and published series (indicators.md A, 5). */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as talib from 'talib-web';
import * as technical from 'technicalindicators';
import { BollingerBands, EMA, RSI } from 'trading-signals';
import { beforeAll, describe, expect, it } from 'vitest';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { seeded, writeMarket } from '../support/market.js';
import { shared } from '../support/shared.js';
import { readTable } from '../support/table.js';

type Series = (number | null)[];

interface Indicators {
  ema9: Series;
  ema21: Series;
  rsi7: Series;
  bb_mid: Series;
  bb_up: Series;
  bb_low: Series;
}

interface Periods {
  fast: number;
  slow: number;
  rsi: number;
}

const defaults: Periods = { fast: 9, slow: 21, rsi: 7 };

/** The bar columns that prepare gives for closes of successive minutes: one trade a minute, one more to see the last bar. */
async function ours(closes: readonly number[], { fast, slow, rsi }: Periods = defaults): Promise<Indicators> {
  const folder = freshFolder();
  const rows = [...closes, closes.at(-1)!].map((close, k) => `${k * 60_000_000},${k},${close},1,1`);
  writeMarket(join(folder, 'raw_data'), 'TEST', {
    trades: `ts,trade_id,price,qty,side\n${rows.join('\n')}\n`,
  });
  const params = [`ema_fast_n=${fast}`, `ema_slow_n=${slow}`, `rsi_n=${rsi}`].flatMap((p) => ['--param', p]);
  const run = await hybrid(['prepare', ...params], folder);
  expect(run.stderr).not.toMatch(/^E_/m);
  const table = readTable(join(folder, 'features.parquet'));
  const of = (name: keyof Indicators) => table[name]!.slice(1) as Series;
  return {
    ema9: of('ema9'),
    ema21: of('ema21'),
    rsi7: of('rsi7'),
    bb_mid: of('bb_mid'),
    bb_up: of('bb_up'),
    bb_low: of('bb_low'),
  };
}

/** Every place of `expected` that has a value is near ours; where `nulls` holds, ours is null where it has none. */
function expectNear(
  got: Series,
  expected: readonly (number | null | undefined)[],
  tolerance: number,
  nulls = true,
): void {
  expect(got).toHaveLength(expected.length);
  const wrong = expected.flatMap((want, i) => {
    if (want === null || want === undefined)
      return nulls && got[i] !== null ? [`${i}: expected null, got ${got[i]}`] : [];
    const near = got[i] !== null && Math.abs(got[i]! - want) <= tolerance * Math.max(1, Math.abs(want));
    return near ? [] : [`${i}: expected ${want}, got ${got[i]}`];
  });
  expect(wrong).toEqual([]);
}

/** Our doubles against theirs; rsi7 is a FLOAT. */
const exact = 1e-9;
const single = 1e-6;

/** `values` at the end of `length` places. */
function atEnd<T>(values: readonly T[], length: number): (T | null)[] {
  return [...Array<null>(length - values.length).fill(null), ...values];
}

const walk = randomWalk(400);

function randomWalk(length: number): number[] {
  const next = seeded(11);
  let cents = 10_000;
  return Array.from({ length }, () => {
    cents += Math.floor(next() * 41) - 20;
    return cents / 100;
  });
}

describe('a random walk of 400 minutes', () => {
  let mine: Indicators;
  beforeAll(async () => {
    mine = await ours(walk);
  });

  describe('talib-web', () => {
    beforeAll(async () => {
      const wasm = readFileSync(
        join(createRequire(import.meta.url).resolve('talib-web'), '..', 'talib.wasm'),
      );
      const original = globalThis.fetch;
      globalThis.fetch = async () => new Response(wasm, { headers: { 'Content-Type': 'application/wasm' } });
      await talib.init('talib.wasm').finally(() => {
        globalThis.fetch = original;
      });
    });

    // Its output has the input's length with the values in front and zeros behind.
    const valid = (output: number[], lookback: number) =>
      atEnd(output.slice(0, walk.length - lookback), walk.length);

    it.each([
      ['ema9', 9],
      ['ema21', 21],
    ] as const)('%s', (name, timePeriod) => {
      expectNear(mine[name], valid(talib.EMA({ inReal: walk, timePeriod }).output, timePeriod - 1), exact);
    });

    it('rsi7', () => {
      expectNear(mine.rsi7, valid(talib.RSI({ inReal: walk, timePeriod: 7 }).output, 7), single);
    });

    // Of a longer series this build fills only the first 19 values of the outer bands: asked piece by piece.
    it('Bollinger', () => {
      const pieces = Array.from({ length: Math.ceil((walk.length - 19) / 19) }, (_, i) => {
        const inReal = walk.slice(i * 19, i * 19 + 38);
        const bands = talib.BBANDS({ inReal, timePeriod: 20, nbDevUp: 2, nbDevDn: 2 });
        const piece = (band: number[]) => band.slice(0, inReal.length - 19);
        return { mid: piece(bands.middleBand), up: piece(bands.upperBand), low: piece(bands.lowerBand) };
      });
      const joined = (pick: (piece: (typeof pieces)[number]) => number[]) =>
        atEnd(pieces.flatMap(pick), walk.length);
      expectNear(
        mine.bb_mid,
        joined((p) => p.mid),
        exact,
      );
      expectNear(
        mine.bb_up,
        joined((p) => p.up),
        exact,
      );
      expectNear(
        mine.bb_low,
        joined((p) => p.low),
        exact,
      );
    });
  });

  describe('technicalindicators', () => {
    it.each([
      ['ema9', 9],
      ['ema21', 21],
    ] as const)('%s', (name, period) => {
      expectNear(mine[name], atEnd(technical.EMA.calculate({ period, values: walk }), walk.length), exact);
    });

    it('rsi7, which it rounds to two decimals', () => {
      const theirs = atEnd(technical.RSI.calculate({ period: 7, values: walk }), walk.length);
      const off = theirs.map((r, i) => (r === null ? 0 : Math.abs(r - mine.rsi7[i]!)));
      expect(Math.max(...off)).toBeLessThan(0.00501);
    });

    it('Bollinger', () => {
      const bands = technical.BollingerBands.calculate({ period: 20, stdDev: 2, values: walk });
      const of = (pick: (band: (typeof bands)[number]) => number) => atEnd(bands.map(pick), walk.length);
      expectNear(
        mine.bb_mid,
        of((b) => b.middle),
        exact,
      );
      expectNear(
        mine.bb_up,
        of((b) => b.upper),
        exact,
      );
      expectNear(
        mine.bb_low,
        of((b) => b.lower),
        exact,
      );
    });
  });

  describe('trading-signals', () => {
    it('ema9, once its other seed is forgotten', () => {
      const ema = new EMA(9);
      const theirs = walk.map((price, i) => {
        const value = ema.update(price, false);
        return i < 150 ? null : value;
      });
      expectNear(mine.ema9, theirs, exact, false);
    });

    it('rsi7', () => {
      const rsi = new RSI(7);
      expectNear(
        mine.rsi7,
        walk.map((price) => rsi.update(price, false)),
        single,
      );
    });

    it('Bollinger', () => {
      const bands = new BollingerBands(20, 2);
      const theirs = walk.map((price) => bands.update(price, false));
      expectNear(
        mine.bb_mid,
        theirs.map((b) => b?.middle),
        exact,
      );
      expectNear(
        mine.bb_up,
        theirs.map((b) => b?.upper),
        exact,
      );
      expectNear(
        mine.bb_low,
        theirs.map((b) => b?.lower),
        exact,
      );
    });
  });
});

describe('published series', () => {
  const unpack = (path: string) => gunzipSync(readFileSync(path)).toString();
  const stock = shared('data', 'oracles', 'stock-indicators');
  const charts = shared('data', 'oracles', 'stockcharts');

  it.skipIf(stock === undefined)('Stock.Indicators: EMA 20, RSI 14, Bollinger 20', async () => {
    const lines = unpack(join(stock!, 'default.csv.gz')).trimEnd().split('\n').slice(1);
    const mine = await ours(
      lines.map((line) => Number(line.split(',')[4])),
      { fast: 20, slow: 20, rsi: 14 },
    );
    const series = (name: string, key: string) => {
      const rows = JSON.parse(unpack(join(stock!, `${name}.standard.json.gz`))) as Record<
        string,
        number | null
      >[];
      return rows.map((row) => row[key]);
    };
    expectNear(mine.ema9, series('ema', 'ema'), exact);
    expectNear(mine.rsi7, series('rsi', 'rsi'), single);
    expectNear(mine.bb_mid, series('bb', 'sma'), exact);
    expectNear(mine.bb_up, series('bb', 'upperBand'), exact);
    expectNear(mine.bb_low, series('bb', 'lowerBand'), exact);
  });

  it.skipIf(charts === undefined)('StockCharts: Bollinger, printed with six decimals', async () => {
    const lines = unpack(join(charts!, 'cs-bbands.csv.gz')).trimEnd().split('\n').slice(1);
    const rows = lines.map((line) => line.trim().split(','));
    const mine = await ours(rows.map((row) => Number(row[1])));
    const column = (j: number) => rows.map((row) => (row[j] === '' ? null : Number(row[j])));
    expectNear(mine.bb_mid, column(2), 1e-7);
    expectNear(mine.bb_up, column(4), 1e-7);
    expectNear(mine.bb_low, column(5), 1e-7);
  });
});
