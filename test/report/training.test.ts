/** report.html in a real browser: it stands alone, draws what it says, and says what --json says. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainSummary } from '../../ts/stages/train.js';
import { openBrowser } from '../support/browser.js';
import { writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';
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

/** The value of the result at `a.0.b`. */
function valueAt(result: unknown, key: string): unknown {
  return key.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], result);
}

describe.skipIf(browser === undefined).each(Object.keys(trainings))('the report of %s', (name) => {
  const open = async (width: number, colorScheme: 'light' | 'dark') => {
    const page = await browser!.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    const fetched: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => fetched.push(request.url()));
    const url = pathToFileURL(file(name, 'report.html')).href;
    await page.goto(url);
    return { page, said, fetched, url };
  };

  it.each([
    [1200, 'light'],
    [380, 'dark'],
  ] as const)('stands alone and fits into %s pixels, %s', async (width, scheme) => {
    const { page, said, fetched, url } = await open(width, scheme);
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
    await page.close();
  });

  it('has a drawing with marks, a name and axes with titles in every figure', async () => {
    for (const width of [1200, 380]) {
      const { page } = await open(width, 'light');
      const figures = await page.locator('figure').evaluateAll((all) =>
        all.map((figure) => {
          const drawn = [...figure.querySelectorAll('svg')].filter(
            (svg) => svg.getBoundingClientRect().width > 0,
          );
          const svg = drawn[0]!;
          const marks = svg.querySelectorAll(
            '[aria-label="dot"] circle, [aria-label="bar"] rect, [aria-label="line"] path',
          );
          const visible = [...marks].filter((mark) => {
            const { width, height } = mark.getBoundingClientRect();
            return width + height > 0 && getComputedStyle(mark).display !== 'none';
          });
          const outside = [...svg.querySelectorAll('text')].filter((text) => {
            const [own, around] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
            return (
              own.left < around.left - 2 || own.right > around.right + 2 || own.bottom > around.bottom + 2
            );
          });
          return {
            drawings: drawn.length,
            marks: visible.length,
            name: svg.getAttribute('aria-label'),
            labels: svg.querySelectorAll('[aria-label$="axis label"] text, [aria-label$="-axis label"]')
              .length,
            outside: outside.map((text) => text.textContent),
            broken: /NaN|undefined|Infinity/.test(svg.outerHTML),
          };
        }),
      );
      expect(figures).toHaveLength(6);
      for (const figure of figures) {
        expect(figure).toMatchObject({ drawings: 1, outside: [], broken: false });
        expect(figure.marks, figure.name!).toBeGreaterThan(0);
        expect(figure.labels, figure.name!).toBeGreaterThan(0);
        expect(figure.name).toMatch(/\w/);
      }
      await page.close();
    }
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
    expect(told.length).toBeGreaterThan(30);
    for (const { key, value, scale, text } of told) {
      const wanted = valueAt(results[name], key) as number | null;
      expect(value, key).toBe(String(wanted));
      if (wanted === null) {
        expect(text, key).toBe('–');
        continue;
      }
      const shown = Number(text.replaceAll(',', '').replace('−', '-').replace(/ %$/, ''));
      const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').length;
      expect(Math.abs(shown - scale * wanted), `${key}: ${text}`).toBeLessThanOrEqual(0.51 * 10 ** -digits);
    }
    const keys = new Set(told.map((t) => t.key));
    for (const key of [
      'overall.ic',
      'overall.gain',
      'folds.0.loss',
      'folds.0.constantLoss',
      'importance.0.permutation',
    ])
      expect(keys).toContain(key);
    if (name === 'formulas') expect(keys).toContain('comparison.gainDifference');
    await page.close();
  });

  it('is one file without a script, a frame or an address', () => {
    const text = readFileSync(file(name, 'report.html'), 'utf8');
    expect(text).not.toMatch(/<script|<iframe|<link[^>]+stylesheet|@import|url\(/i);
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(text.length).toBeLessThan(400_000);
  });
});
