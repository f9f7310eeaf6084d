/** The report of an evolution in a real browser: it stands alone, draws what it says, and says what --json says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formulaTable, parseFormulas } from '../../ts/kernels/formulas.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import type { EvolutionResult } from '../../ts/report/evolution.js';
import { type EvolutionQuestion, evolutionReport } from '../../ts/report/html/evolution.js';
import { notationOf } from '../../ts/report/html/notation.js';
import { openBrowser } from '../support/browser.js';
import { normals } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';

const folder = process.env.HYBRID_KEEP_REPORTS ?? freshFolder();
mkdirSync(folder, { recursive: true });
const browser: Browser | undefined = await openBrowser();
const kernels = instantiateKernels(await compileKernels());
const columns = ['ofd', 'obi', 'obi1', 'rsi7_c', 'vwap_dist', 'absorption', 'fpi_skew', 'cascade_exhaustion'];
const texts = [
  '(absorption / rsi7_c) * vwap_dist',
  'zscore(ofd, 200) - lag(obi, 5)',
  '(obi1 * fpi_skew) - ema(cascade_exhaustion, 50)',
  'if_greater(ofd, obi, square(obi1), -cube(fpi_skew / 3e-7)) - -2.5',
  'log1p_abs(corr(ofd, obi1, 64)) / sqrt(abs(rank(vwap_dist, 100) - 0.5)) + delta(min(ofd, obi), 10) * ts_max(std(absorption * fpi_skew, 20), 500)',
];

function formula(i: number, size: number): EvolutionResult['portfolio'][number] {
  const draws = normals(100, 100 + i);
  const gain = 0.0031 / (i + 1);
  return {
    formula: texts[i % texts.length]!.replace('ofd', columns[i % columns.length]!),
    gain,
    gainInterval: [gain - 0.0021, gain + 0.0024],
    search: 0.0042 / (i + 1),
    holdout: i === 2 ? -0.0004 : 0.8 * gain,
    coverage: 0.973,
    complexity: 5 + 3 * i,
    breakEvenBps: 0.42 / (i + 1),
    turnover: 12.4,
    quintileSpreadBps: 0.61,
    deflatedSharpe: 0.9731,
    deflatedSharpeByAll: 0.6112,
    origin: i === 1 ? 'crossover in generation 7, from ofd * obi' : 'template in generation 0',
    sign: i % 2 === 0 ? 1 : -1,
    test: { t: 4.31 - 0.2 * i, p: 0.00007 * (i + 1) },
    holdoutTest: { t: 2.31, p: i === 2 ? 0.7 : 0.013 },
    searchBlockCorrelations: [...draws.slice(0, 32)].map((x) => 0.05 + 0.05 * x),
    blockCorrelations: [...draws.slice(32, 64)].map((x) => 0.04 + 0.06 * x),
    holdoutBlockCorrelations: [...draws.slice(64, 88)].map((x) => 0.03 + 0.06 * x),
    correlations: Array.from({ length: size }, (_, j) => (i === j ? 1 : 0.28 * Math.cos(3 * (i + j)))),
    prediction: null,
  };
}

function resultOf(size: number): EvolutionResult {
  const found = size > 0;
  return {
    out: 'evolved/portfolio.json',
    rows: 1_893_004,
    scoredRows: 1_880_112,
    effectiveRows: 23_004.2,
    detectableGain: 0.00412,
    generations: 40,
    trials: 187_344,
    noiseFloor: 0.0297,
    seconds: 187.3,
    portfolio: Array.from({ length: size }, (_, i) => formula(i, size)),
    refused: texts.slice(0, found ? 2 : 5).map((text, i) => ({
      formula: text,
      reason: 'selection: t 1.92, p 0.032, not below Benjamini–Yekutieli at 0.05 over 36',
      gain: 0.0004,
      search: 0.0021 / (i + 1),
    })),
    front: [...normals(20, 5)].map((x, i) => {
      const distance = Math.abs(Math.sin(x));
      return { formula: texts[0]!, gain: 0.0002 * (i + 1), complexity: i + 3, distance };
    }),
    halfSpreadBps: 0.21,
    overfitting: { probability: 0.043, strategies: 5061 },
    deflatedSharpe: found
      ? { formula: texts[0]!, probability: 0.981, trials: 17.3, byAll: { probability: 0.7, trials: 9000 } }
      : null,
    nullRuns: {
      runs: [0.0011, 0.0013, 0.0009, 0.0017].map((gain, i) => ({
        best: { gain },
        borneOut: i === 3 ? 1 : 0,
        overfitting: 0.4 + 0.1 * i,
        deflatedSharpe: 0.3,
      })),
      gains: { least: 0.0009, median: 0.0013, greatest: 0.0017 },
      borneOut: 1,
      runsBorneOut: 1,
      p: 0.2,
    },
    holdoutOpened: found ? 3 : null,
  };
}

const question: EvolutionQuestion = {
  target: 'ret_60s',
  baseline: 'trees',
  baselineGain: { search: 0.0123, selection: 0.0101 },
  population: 5000,
  seed: 42,
  maxCorrelation: 0.3,
  columns,
  parts: {
    search: {
      from: 1_700_000_000_000_000,
      to: 1_700_400_000_000_000,
      rows: 1_100_000,
      effectiveRows: 13_800,
    },
    selection: {
      from: 1_700_400_000_000_000,
      to: 1_700_500_000_000_000,
      rows: 370_000,
      effectiveRows: 4_600,
    },
    holdout: { from: 1_700_500_000_000_000, to: 1_700_600_000_000_000, rows: 371_000, effectiveRows: 4_604 },
  },
};
const generations = Array.from({ length: 40 }, (_, g) => ({
  generation: g,
  best: 0.04 + 0.03 * Math.sin(g / 9) - (g > 2 ? 0.02 : 0),
  floor: Math.sqrt((2 * Math.log(4700 * (g + 1))) / 13_800),
  portfolio: Math.min(12, Math.max(0, g - 2)),
}));
/** By name: the result, and how many figures it has. */
const cases: Record<string, [result: EvolutionResult, figures: number]> = {
  nothing: [resultOf(0), 3],
  one: [{ ...resultOf(1), nullRuns: null, halfSpreadBps: null }, 4],
  twelve: [resultOf(12), 12 + 5],
};

beforeAll(async () => {
  for (const [name, [result]] of Object.entries(cases))
    writeFileSync(
      join(folder, `${name}.html`),
      await evolutionReport(
        result,
        question,
        name === 'one' ? generations.slice(0, 1) : generations,
        kernels,
      ),
    );
});
afterAll(() => browser?.close());

/** The value of the result at `a.0.b`. */
function valueAt(result: unknown, key: string): unknown {
  return key.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], result);
}

describe.skipIf(browser === undefined).each(Object.keys(cases))(
  'the report of an evolution that found %s',
  (name) => {
    const [result, figureCount] = cases[name]!;
    const open = async (width: number, colorScheme: 'light' | 'dark') => {
      const page = await browser!.newPage({ viewport: { width, height: 900 }, colorScheme });
      const said: string[] = [];
      const fetched: string[] = [];
      page.on('console', (message) => said.push(message.text()));
      page.on('pageerror', (error) => said.push(error.message));
      page.on('request', (request) => fetched.push(request.url()));
      const url = pathToFileURL(join(folder, `${name}.html`)).href;
      await page.goto(url);
      return { page, said, fetched, url };
    };

    it.each([
      [1200, 'light'],
      [720, 'dark'],
      [380, 'dark'],
    ] as const)('stands alone and fits into %s pixels, %s', async (width, scheme) => {
      const { page, said, fetched, url } = await open(width, scheme);
      expect([said, fetched]).toEqual([[], [url]]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      if (process.env.HYBRID_KEEP_REPORTS !== undefined)
        await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
      await page.close();
    });

    it('has a drawing with marks and nothing outside it in every figure', async () => {
      for (const width of [1200, 380]) {
        const { page } = await open(width, 'light');
        const figures = await page.locator('figure').evaluateAll((all) =>
          all.map((figure) => {
            const drawn = [...figure.querySelectorAll('svg')].filter(
              (s) => s.getBoundingClientRect().width > 0,
            );
            const svg = drawn[0]!;
            const marks = svg.querySelectorAll(
              '[aria-label="dot"] circle, [aria-label="bar"] rect, [aria-label="rect"] rect, [aria-label="cell"] rect',
            );
            const around = svg.getBoundingClientRect();
            const outside = [...svg.querySelectorAll('text')].filter((text) => {
              const own = text.getBoundingClientRect();
              return (
                own.left < around.left - 2 || own.right > around.right + 2 || own.bottom > around.bottom + 2
              );
            });
            return {
              name: svg.getAttribute('aria-label'),
              drawings: drawn.length,
              marks: [...marks].filter((mark) => mark.getBoundingClientRect().width > 0).length,
              outside: outside.map((text) => text.textContent),
              broken: /NaN|undefined|Infinity/.test(svg.outerHTML),
            };
          }),
        );
        expect(figures).toHaveLength(figureCount);
        for (const figure of figures) {
          expect(figure).toMatchObject({ drawings: 1, outside: [], broken: false });
          expect(figure.marks, figure.name!).toBeGreaterThan(0);
        }
        await page.close();
      }
    });

    it('draws every formula as mathematics, not higher than the page and wider only where it can be scrolled', async () => {
      const { page } = await open(380, 'light');
      const formulas = await page.locator('article.formula').evaluateAll((all) =>
        all.map((article) => {
          const math = article.querySelector('math')!;
          const { height, width } = math.getBoundingClientRect();
          const fraction = math.querySelector('mfrac');
          const [above, below] = fraction === null ? [] : [...fraction.children];
          const stacked =
            above === undefined ||
            above.getBoundingClientRect().bottom <= below!.getBoundingClientRect().top + 1;
          return { height, width, stacked, text: article.querySelector('code')!.textContent };
        }),
      );
      expect(formulas.map((f) => f.text)).toEqual(result.portfolio.map((f) => f.formula));
      for (const { height, width, stacked } of formulas) {
        expect(height).toBeGreaterThan(10);
        expect(height).toBeLessThan(300);
        expect(width).toBeGreaterThan(40);
        expect(stacked).toBe(true);
      }
      await page.close();
    });

    it('says the numbers of --json', async () => {
      const { page } = await open(1200, 'light');
      const told = await page.locator('[data-key]').evaluateAll((all) =>
        all.map((e) => ({
          key: e.getAttribute('data-key')!,
          value: e.getAttribute('data-value')!,
          scale: Number(e.getAttribute('data-scale')),
          text: e.textContent!,
        })),
      );
      expect(told.length).toBeGreaterThan(4);
      for (const { key, value, scale, text } of told) {
        const wanted = valueAt(result, key) as number;
        expect(value, key).toBe(String(wanted));
        const number = Number(text.replaceAll(',', '').replace('−', '-').replace(/ %$/, ''));
        const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').length;
        expect(Math.abs(number - scale * wanted), `${key}: ${text}`).toBeLessThanOrEqual(
          0.51 * 10 ** -digits,
        );
      }
      await page.close();
    });

    it('is one file without a script, a frame or an address', () => {
      const text = readFileSync(join(folder, `${name}.html`), 'utf8');
      expect(text).not.toMatch(/<script|<iframe|<link[^>]+stylesheet|@import|url\(/i);
      expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
      expect(text.length).toBeLessThan(1_000_000);
    });

    it('says first what was found, and never more than that', () => {
      const text = readFileSync(join(folder, `${name}.html`), 'utf8');
      const lead = /<p class="lead">(.*?)<\/p>/s.exec(text)![1]!.replace(/<[^>]*>/g, '');
      const expected: Record<string, RegExp> = {
        nothing: /^Nothing was found that is better than luck\. A gain below R² 0\.412 % would not show/,
        one: /^One formula adds .* that the search never saw\. The hold-out, which decided nothing, bears it out\.$/,
        twelve: /^12 formulas add .*bears 11 of the 12 out; 11 point the same way there\.$/,
      };
      expect(lead).toMatch(expected[name]!);
    });
  },
);

describe('the notation', () => {
  const table = formulaTable(kernels);
  const notation = (text: string) =>
    notationOf(parseFormulas(kernels, [text], ['a', 'b', 'c_d'])[0]!, ['a', 'b', 'c_d'], table).text;
  /** What one reads: the text, with fractions, powers and indices written out. */
  const read = (text: string) => {
    const open: Record<string, string> = { mfrac: '[', msup: '', msub: '', msqrt: '√(' };
    let out = '';
    const walk = (xml: string): void => {
      for (const piece of xml.match(/<[^>]+>|[^<]+/g)!) {
        const tag = /^<(\/?)(\w+)/.exec(piece);
        if (tag === null)
          out += piece.replaceAll('&gt;', '>').replaceAll('&#160;', ' ').replaceAll('&#x2061;', '');
        else if (tag[2]! in open)
          out += tag[1] === '' ? open[tag[2]!] : tag[2] === 'msqrt' ? ')' : tag[2] === 'mfrac' ? ']' : '';
      }
    };
    walk(text);
    return out;
  };

  it.each([
    ['a - (b - c_d)', 'a−(b−c_d)'],
    ['a - b - c_d', 'a−b−c_d'],
    ['(a + b) * c_d', '(a+b)⋅c_d'],
    ['a / b * c_d', '[ab]⋅c_d'],
    ['square(a / b)', '([ab])2'],
    ['square(a + b) - cube(a)', '(a+b)2−a3'],
    ['-(a + b) * -c_d', '−(a+b)⋅(−c_d)'],
    ['a - -b', 'a−(−b)'],
    ['-(-a)', '−(−a)'],
    ['lag(a, 5) + lag(a * b, 2)', 'at−5+(a⋅b)t−2'],
    ['delta(a, 3) / abs(b)', '[Δ3a|b|]'],
    ['zscore(a, 200) * ema(b, 50)', 'z200(a)⋅ema50(b)'],
    ['sqrt(log1p_abs(a))', '√(ln(1+|a|))'],
    ['ts_min(a, 9) + min(a, b)', 'min9(a)+min(a,b)'],
    ['a * 3e-7 + 0.000012345', 'a⋅3⋅10−7+1.2345⋅10−5'],
    ['2 * if_greater(a, b, 1, a)', '2⋅({1if a>baotherwise)'],
  ])('of %s', (text, wanted) => {
    expect(read(notation(text))).toBe(wanted);
  });

  it('is well-formed for every operator', () => {
    for (const { name, arity, minWindow } of table.operators) {
      const operands = Array.from({ length: arity }, (_, i) => ['a', 'b', 'c_d', 'a'][i]);
      const signs: Record<string, string> = { add: '+', sub: '-', mul: '*', div: '/' };
      const text =
        name in signs
          ? `a ${signs[name]} b`
          : name === 'neg'
            ? '-a'
            : `${name}(${[...operands, ...(minWindow > 0 ? [7] : [])].join(', ')})`;
      const open: string[] = [];
      for (const [, close, tag] of notation(text).matchAll(/<(\/?)(\w+)[^>]*>/g)) {
        if (close === '') open.push(tag!);
        else expect(open.pop(), text).toBe(tag);
      }
      expect(open).toEqual([]);
    }
  });
});
