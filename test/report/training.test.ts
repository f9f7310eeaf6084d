/** report.html in a real browser: it stands alone, draws what it says, and says what --json says. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainSummary } from '../../ts/stages/train.js';
import { openBrowser } from '../support/browser.js';
import { writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';
import { expectNumbersOf, expectToStandAlone, figuresOf, opener, type Width } from '../support/report.js';
import { hidden, plantedMarket, runTraining, writePortfolio } from '../support/training.js';

const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const rows = 6000;
const first = 1_700_000_000_000_000;
const browser: Browser | undefined = await openBrowser();
const results: Record<string, TrainSummary> = {};

const trainings: Record<string, Record<string, string>> = {
  formulas: { target: 'ret_5s', formulas: file('portfolio.json') },
  classes: { target: 'up_down:5s:1bps', earlyStop: '0', rounds: '15' },
  'a single fold': { target: 'mid_5s', folds: '1' },
};

beforeAll(async () => {
  if (browser === undefined) return;
  const market = plantedMarket(rows, 3);
  const price = market.price as Float64Array;
  writeDataset(file('market.parquet'), {
    ...market,
    bid: price.map((p) => p * 0.9999),
    ask: price.map((p) => p * 1.0001),
  });
  const wide = [hidden, '(x1 - x3) / (abs(x2) + 1) * zscore(x1, 50) - tanh(x3)'];
  writePortfolio(file('portfolio.json'), file('market.parquet'), wide, {
    from: first,
    to: first + rows * 1e6,
  });
  const base = { dataset: file('market.parquet'), rounds: '30', rate: '0.1', leaves: '7', folds: '4' };
  for (const [name, flags] of Object.entries(trainings)) {
    results[name] = await runTraining({ ...base, ...flags, model: file(name) });
    // For a person to look at.
    const keep = process.env.HYBRID_KEEP_REPORTS;
    if (keep === undefined) continue;
    mkdirSync(keep, { recursive: true });
    copyFileSync(file(name, 'report.html'), join(keep, `${name}.html`));
  }
});
afterAll(() => browser?.close());

describe.skipIf(browser === undefined).each(Object.keys(trainings))('the report of %s', (name) => {
  const report = file(name, 'report.html');
  const open = opener(browser, report);

  it.each<Width>([1200, 380])('stands alone and fits into %s pixels', async (width) => {
    const { page, said, fetched, url, scheme } = await open(width);
    expect(said).toEqual([]);
    expect(fetched).toEqual([url]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const cut = await page
      .locator('.scroll')
      .evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent));
    if (width === 1200) expect(cut).toEqual([]);
    const [paper, ink] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color];
    });
    const light = (color: string) => Number(/\d+/.exec(color)![0]) > 128;
    expect([light(paper!), light(ink!)]).toEqual(scheme === 'light' ? [true, false] : [false, true]);
  });

  it('has a drawing with marks, a name and axes with titles in every figure', async () => {
    for (const width of [1200, 380] as const) {
      const { page } = await open(width);
      const figures = await figuresOf(page);
      expect(figures).toHaveLength(6);
      for (const figure of figures) {
        expect(figure).toMatchObject({ drawings: 1, outside: [], broken: false });
        expect(figure.marks, figure.name!).toBeGreaterThan(0);
        expect(figure.labels, figure.name!).toBeGreaterThan(0);
        expect(figure.name).toMatch(/\w/);
      }
    }
  });

  it('says the numbers of --json', async () => {
    const { page } = await open(1200);
    const keys = await expectNumbersOf(page, results[name]);
    expect(keys.size).toBeGreaterThan(30);
    for (const key of [
      'overall.ic',
      'overall.gain',
      'folds.0.loss',
      'folds.0.constantLoss',
      'folds.0.hitRate',
      'folds.0.constantHitRate',
      'importance.0.permutation',
    ])
      expect(keys).toContain(key);
    if (name === 'formulas')
      for (const key of ['comparison.gainDifference', 'folds.0.baselineHitRate', 'overall.baselineHitRate'])
        expect(keys).toContain(key);
    expect(await page.locator('body').innerText()).not.toMatch(/-\d+\.\d+ %/);
  });

  it('is one file without a script, a frame or an address', () => {
    expectToStandAlone(report, 400_000);
  });
});
