/** The report of an evolution in a real browser: it stands alone, draws what it says, and says what --json says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { expectNumbersOf, expectToStandAlone, figuresOf, opener, type Width } from '../support/report.js';

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

const part = (from: number, to: number, rows: number, effectiveRows: number) => {
  return { from: 1e9 * from, to: 1e9 * to, rows, effectiveRows, pooledRows: 1.8 * effectiveRows };
};
const parts: EvolutionResult['parts'] = {
  search: part(1_700_000, 1_700_400, 1_100_000, 13_800),
  selection: part(1_700_400, 1_700_500, 370_000, 4_600),
  holdout: part(1_700_500, 1_700_600, 371_000, 4_604),
};

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
    lineage: Array.from({ length: i === 1 ? 12 : 1 }, (_, step) => ({
      formula: texts[(i + step) % texts.length]!,
      made: step === 11 ? 'seed' : step === 0 ? 'crossover' : 'point',
      generation: 11 - step,
      other: step === 0 ? 'ofd - obi' : null,
    })),
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
    pooledRows: 41_200.7,
    parts,
    columns: columns.map((column, i) => ({ column, observations: i === 3 ? null : 2300.4 * (i + 1) ** 3 })),
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
  rows: 'time',
  symbols: 2,
};
const generations = Array.from({ length: 40 }, (_, g) => ({
  generation: g,
  strongest: 0.04 + 0.03 * Math.sin(g / 9) - (g > 2 ? 0.02 : 0),
  together: 0.08,
  floor: Math.sqrt((2 * Math.log(4700 * (g + 1))) / 13_800),
  portfolio: Math.min(12, Math.max(0, g - 2)),
}));
/** Rows without an order, all but a few of them searched: no selection part, and a hold-out of too few rows for blocks. */
function untested(): EvolutionResult {
  const prediction = {
    scaledFormula: `0.5 + -2 * (${texts[0]})`,
    r2: { search: 0.999999999987, selection: null, holdout: 0.98712345 },
  };
  const nothing = {
    gain: 0,
    holdout: null,
    test: null,
    holdoutTest: null,
    breakEvenBps: null,
    turnover: null,
  };
  const one: Formula = {
    ...{ ...formula(0, 1), ...nothing, gainInterval: [0, 0], quintileSpreadBps: null, prediction },
    ...{ blockCorrelations: [], holdoutBlockCorrelations: [] },
  };
  const rows = { ...resultOf(1), nullRuns: null, halfSpreadBps: null, detectableGain: null, columns: [] };
  const own = {
    search: part(0, 8e-7, 800, 800),
    selection: part(8e-7, 8e-7, 0, 0),
    holdout: part(8e-7, 9e-7, 30, 30),
  };
  return { ...rows, portfolio: [one], refused: [], parts: own };
}

type Formula = EvolutionResult['portfolio'][number];
const questionOf = (name: string): EvolutionQuestion =>
  name === 'untested'
    ? { ...question, target: 'column:y', baseline: 'none', rows: 'iid', symbols: 1 }
    : question;
/** By name: the result, and how many figures it has. */
const cases: Record<string, [result: EvolutionResult, figures: number]> = {
  nothing: [resultOf(0), 3],
  untested: [untested(), 3],
  one: [{ ...resultOf(1), nullRuns: null, halfSpreadBps: null }, 4],
  twelve: [resultOf(12), 12 + 5],
};

beforeAll(async () => {
  for (const [name, [result]] of Object.entries(cases))
    writeFileSync(
      join(folder, `${name}.html`),
      await evolutionReport(
        result,
        questionOf(name),
        name === 'one' ? generations.slice(0, 1) : generations,
        kernels,
      ),
    );
});
afterAll(() => browser?.close());

describe.skipIf(browser === undefined).each(Object.keys(cases))(
  'the report of an evolution that found %s',
  (name) => {
    const [result, figureCount] = cases[name]!;
    const file = join(folder, `${name}.html`);
    const open = opener(browser, file);

    it.each<Width>([1200, 720, 380])('stands alone and fits into %s pixels', async (width) => {
      const { page, said, fetched, url, scheme } = await open(width);
      expect([said, fetched]).toEqual([[], [url]]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      if (process.env.HYBRID_KEEP_REPORTS !== undefined)
        await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
    });

    it('has a drawing with marks and nothing outside it in every figure', async () => {
      for (const width of [1200, 380] as const) {
        const { page } = await open(width);
        const figures = await figuresOf(page);
        expect(figures).toHaveLength(figureCount);
        for (const figure of figures) {
          expect(figure).toMatchObject({ drawings: 1, outside: [], broken: false });
          expect(figure.marks, figure.name!).toBeGreaterThan(0);
        }
      }
    });

    it('draws every formula as mathematics, not higher than the page and wider only where it can be scrolled', async () => {
      const { page } = await open(380);
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
    });

    it('says the numbers of --json', async () => {
      const { page } = await open(1200);
      expect((await expectNumbersOf(page, result)).size).toBeGreaterThan(4);
    });

    it('is one file without a script, a frame or an address', () => {
      expectToStandAlone(file, 1_000_000);
    });

    it('says first what was found, and never more than that', () => {
      const text = readFileSync(file, 'utf8');
      const lead = /<p class="lead">(.*?)<\/p>/s.exec(text)![1]!.replace(/<[^>]*>/g, '');
      const expected: Record<string, RegExp> = {
        nothing:
          /^Nothing was found that is better than luck\. A gain below R² 0\.412 % would not show in the 4,600 independent labels of the selection part\./,
        untested:
          /^One formula was found on the search part, and not tested: there is no selection part\. On the 30 rows of the hold-out, which the search never saw, it explains R² 0\.987123\.$/,
        one: /^One formula adds .* that the search never saw\. The hold-out, which decided nothing, bears it out\.$/,
        twelve: /^12 formulas add .*bears 11 of the 12 out; 11 point the same way there\.$/,
      };
      expect(lead).toMatch(expected[name]!);
    });
  },
);

describe('the report of a search without a selection part', () => {
  const read = () =>
    readFileSync(join(folder, 'untested.html'), 'utf8')
      .replace(/<style>.*?<\/style>/s, '')
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ');

  it('claims no test, no interval and nothing of rows that there are not', () => {
    const text = read();
    expect(text).toMatch(/IC, selection not tested/);
    expect(text).not.toMatch(
      /on rows that the search never saw|95 %: |Test, selection|independent labels of/,
    );
    expect(text).not.toContain('[object');
    expect(text).toMatch(/selection 0 no rows: not done/);
    expect(text).toMatch(/IC, hold-out too short for blocks/);
    expect(text).toContain('Rows have no order: the parts are drawn at random.');
    expect(text).toContain('Not done here: there are too few rows for it.');
  });

  it('has the scaled formula, and its R² by part', () => {
    const text = read();
    expect(text).toContain(
      `As a prediction of column:y, offset and scale fitted on the search part: 0.5 + -2 * (${texts[0]})`,
    );
    expect(text).toMatch(/R², search 0\.999999999987 R², selection not done R², hold-out 0\.987123/);
  });
});

describe('the report of an evolution of several symbols', () => {
  const text = () => readFileSync(join(folder, 'twelve.html'), 'utf8');

  it('says how its independent labels were counted, and how many there are of each column', () => {
    expect(text()).toMatch(/2 symbols are taken to move together.*count: 23,004, where .*41,201/);
    const order = [...text().matchAll(/<code>(\w+)<\/code><\/td><td><span data-key="columns/g)].map(
      (m) => m[1],
    );
    expect(order).toEqual(columns.filter((_, i) => i !== 3));
    expect(text()).toContain('21.9 times');
  });

  it('leads a formula back to its seed, the other parents beside it', () => {
    const [lineage, ...others] = [...text().matchAll(/<details class="lineage">(.*?)<\/details>/gs)].map(
      (m) => m[1]!,
    );
    expect(others).toEqual([]);
    expect(lineage).toMatch(/11 steps from the seed <code>/);
    expect(lineage).toMatch(/crossover with <code>ofd - obi<\/code>, generation 12/);
    expect(lineage!.match(/<li>/g)).toHaveLength(6 + 1 + 2);
    expect(lineage).toContain('… 4 more steps');
  });
});

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
