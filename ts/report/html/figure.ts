/**
 * Figures: SVG drawn by Observable Plot on a document without a browser. Colours are names of the page's style, so
 * that a figure follows light and dark. Each is drawn twice, for wide and for narrow pages: shrunk text is not read.
 */
import type { PlotOptions } from '@observablehq/plot';
import { html, Markup } from './markup.js';

export type Plot = typeof import('@observablehq/plot');

export interface Figure {
  title: string;
  /** What is drawn, its units, and how to read it. */
  caption: string;
  /** The marks and scales at a width in pixels. */
  draw: (plot: Plot, width: number) => PlotOptions;
}

/** Pixels: the page's column, half of it, and a telephone's. */
const widths = { wide: 900, half: 440, narrow: 340 } as const;

export interface Canvas {
  figure(figure: Figure): Markup;
  /** Two figures beside each other where there is room. */
  pair(first: Figure, second: Figure): Markup;
}

/** Loads the library: a third of a second, and only where a report is drawn. The document comes in one file: faster. */
export async function openCanvas(): Promise<Canvas> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom/worker')]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = ({ title, caption, draw }: Figure, name: string, width: number) => {
    const options = {
      document,
      ariaLabel: title,
      ariaDescription: caption,
      style: plain,
      ...margins,
      ...draw(plot, width),
    };
    const drawn = plot.plot({ ...options, width }) as unknown as { outerHTML: string };
    return html`<div class="${name}">${new Markup(withRole(drawn.outerHTML))}</div>`;
  };
  const figureOf = (figure: Figure, wide: number) =>
    html`<figure><figcaption><b>${figure.title}</b><span>${figure.caption}</span></figcaption>
${svg(figure, 'wide', wide)}${svg(figure, 'narrow', widths.narrow)}</figure>`;
  return {
    figure: (figure) => figureOf(figure, widths.wide),
    pair: (first, second) =>
      html`<div class="pair">${figureOf(first, widths.half)}${figureOf(second, widths.half)}</div>`,
  };
}

/** Room for axis labels in the page's letters. */
const margins = { marginTop: 30, marginRight: 28, marginBottom: 46 };

/** The library writes colours of its own page otherwise. */
const plain = { background: 'none', color: 'var(--ink)', fontSize: '12px' };

function withRole(svg: string): string {
  return svg.replace('<svg ', '<svg role="img" ');
}
