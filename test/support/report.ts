/** A report in a real browser: how it is opened, what it draws, and whether it says the numbers of the result. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface OpenReport {
  page: Page;
  /** What the page wrote to the console or threw. */
  said: string[];
  /** Addresses that it asked for, its own first. */
  fetched: string[];
  url: string;
  scheme: 'light' | 'dark';
}

/** Widths at which reports are looked at, and whether it is dark there. */
const schemes = { 1200: 'light', 720: 'dark', 380: 'dark' } as const;
export type Width = keyof typeof schemes;

/** Opens a report at a width, once. */
export function opener(browser: Browser | undefined, file: string): (width: Width) => Promise<OpenReport> {
  const opened = new Map<Width, Promise<OpenReport>>();
  return (width) => {
    const page = opened.get(width) ?? openReport(browser!, file, width);
    opened.set(width, page);
    return page;
  };
}

async function openReport(browser: Browser, file: string, width: Width): Promise<OpenReport> {
  const scheme = schemes[width];
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
  const [said, fetched]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => fetched.push(request.url()));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  return { page, said, fetched, url, scheme };
}

/** One figure as it is drawn at the page's width. */
export interface DrawnFigure {
  name: string | null;
  /** Drawings that show: one of the two that a figure has. */
  drawings: number;
  /** Marks that show. */
  marks: number;
  /** Axes with a title. */
  labels: number;
  /** Texts that reach out of the drawing. */
  outside: (string | null)[];
  /** Whether the drawing has numbers that are none. */
  broken: boolean;
}

export function figuresOf(page: Page): Promise<DrawnFigure[]> {
  return page.locator('figure').evaluateAll((all) =>
    all.map((figure) => {
      const drawn = [...figure.querySelectorAll('svg')].filter((s) => s.getBoundingClientRect().width > 0);
      const svg = drawn[0]!;
      const kinds = ['dot circle', 'bar rect', 'rect rect', 'cell rect', 'line path'].map((kind) => {
        const [mark, element] = kind.split(' ');
        return `[aria-label="${mark}"] ${element}`;
      });
      const visible = [...svg.querySelectorAll(kinds.join())].filter((mark) => {
        const { width, height } = mark.getBoundingClientRect();
        return width + height > 0 && getComputedStyle(mark).display !== 'none';
      });
      const around = svg.getBoundingClientRect();
      const outside = [...svg.querySelectorAll('text')].filter((text) => {
        const own = text.getBoundingClientRect();
        return own.left < around.left - 2 || own.right > around.right + 2 || own.bottom > around.bottom + 2;
      });
      return {
        name: svg.getAttribute('aria-label'),
        drawings: drawn.length,
        marks: visible.length,
        labels: svg.querySelectorAll('[aria-label$="axis label"] text, [aria-label$="-axis label"]').length,
        outside: outside.map((text) => text.textContent),
        broken: /NaN|undefined|Infinity/.test(svg.outerHTML),
      };
    }),
  );
}

/** Every number that the page shows is that of the result, to its last shown digit. Answers the keys of all of them. */
export async function expectNumbersOf(page: Page, result: unknown): Promise<Set<string>> {
  const told = await page.locator('[data-key]').evaluateAll((all) =>
    all.map((e) => ({
      key: e.getAttribute('data-key')!,
      value: e.getAttribute('data-value')!,
      scale: Number(e.getAttribute('data-scale')),
      text: e.textContent!,
    })),
  );
  for (const { key, value, scale, text } of told) {
    const wanted = valueAt(result, key) as number | null;
    expect(value, key).toBe(String(wanted));
    if (wanted === null) {
      expect(text, key).toBe('–');
      continue;
    }
    const shown = Number(text.replaceAll(',', '').replace('−', '-').replace(/ %$/, ''));
    const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').length;
    expect(Math.abs(shown - scale * wanted), `${key}: ${text}`).toBeLessThanOrEqual(0.51 * 10 ** -digits);
  }
  return new Set(told.map(({ key }) => key));
}

/** The value of the result at `a.0.b`. */
function valueAt(result: unknown, key: string): unknown {
  return key.split('.').reduce((at, step) => (at as Record<string, unknown>)[step], result);
}

/** One file without a script, a frame or an address, of at most so many characters. */
export function expectToStandAlone(file: string, mostCharacters: number): void {
  const text = readFileSync(file, 'utf8');
  expect(text).not.toMatch(/<script|<iframe|<link[^>]+stylesheet|@import|url\(/i);
  expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
  expect(text.length).toBeLessThan(mostCharacters);
}
