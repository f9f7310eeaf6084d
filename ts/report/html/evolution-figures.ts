/** The figures of an evolution's report. */
import type { EvolutionResult } from '../evolution.js';
import { count } from '../table.js';
import { percent, signed } from '../training.js';
import type { Figure } from './figure.js';

type Formula = EvolutionResult['portfolio'][number];

/** A generation as the report draws it. */
export interface ShownGeneration {
  generation: number;
  /** Root of what the best formula adds to the portfolio of its generation, in R². */
  best: number;
  /** The |correlation| that luck alone reaches by now, at least. */
  floor: number;
  /** Formulas in the portfolio after it. */
  portfolio: number;
}

const nameOf = (i: number) => `F${i + 1}`;
const muted = 'var(--muted)';
const [first, second] = ['var(--series-1)', 'var(--series-2)'];

/** A colour of the page at a share of its strength, 0 to 1. */
function tint(ink: string, share: number): string {
  return `color-mix(in srgb, ${ink} ${Math.round(100 * share)}%, var(--paper))`;
}

/** Correlations of a formula block by block, through the three parts. */
export function blockFigure(formula: Formula, name: string): Figure {
  const parts = [
    { part: 'search', blocks: formula.searchBlockCorrelations, ink: muted },
    { part: 'selection', blocks: formula.blockCorrelations, ink: first },
    { part: 'hold-out', blocks: formula.holdoutBlockCorrelations, ink: second },
  ].filter((p) => p.blocks.length > 0);
  let at = 0;
  const spans = parts.map(({ part, blocks, ink }) => {
    const from = at;
    at += blocks.length + 2;
    const mean = blocks.reduce((sum, x) => sum + x, 0) / blocks.length;
    return { part, ink, from, to: from + blocks.length, mean, blocks };
  });
  const bars = spans.flatMap(({ part, ink, from, blocks }) =>
    blocks.map((ic, b) => ({ from: from + b + 0.12, to: from + b + 0.88, ic, ink, part, block: b + 1 })),
  );
  return {
    title: `IC of ${name} block by block`,
    caption: 'Up: in the direction that the search had fixed. Lines: the mean of each part.',
    draw: (plot) => ({
      height: 190,
      marginLeft: 52,
      marginBottom: 38,
      x: { axis: null, domain: [-0.5, at - 1.5] },
      y: { label: 'IC', grid: true, nice: true, ticks: 5 },
      color: { type: 'identity' },
      marks: [
        plot.rectY(bars, {
          x1: 'from',
          x2: 'to',
          y: 'ic',
          fill: 'ink',
          fillOpacity: 0.75,
          title: (b: (typeof bars)[number]) => `${b.part}, block ${b.block}: ${signed(b.ic)}`,
        }),
        plot.ruleY([0], { stroke: muted }),
        plot.ruleY(spans, { x1: 'from', x2: 'to', y: 'mean', stroke: 'ink', strokeWidth: 2 }),
        plot.text(spans, {
          x: (s: (typeof spans)[number]) => (s.from + s.to) / 2,
          frameAnchor: 'bottom',
          lineAnchor: 'top',
          dy: 8,
          text: (s: (typeof spans)[number]) => `${s.part}\n${signed(s.mean)}`,
          fill: 'var(--ink)',
        }),
      ],
    }),
  };
}

/** +.27 for 0.2713. */
function twoDigits(rho: number): string {
  const digits = Math.abs(rho).toFixed(2);
  return digits === '0.00' ? '0' : `${rho < 0 ? '−' : '+'}${digits.replace(/^0/, '')}`;
}

/** Correlations of the members with each other. */
export function correlationFigure(portfolio: readonly Formula[]): Figure {
  const cells = portfolio.flatMap((formula, i) =>
    formula.correlations.map((rho, j) => ({
      row: nameOf(i),
      column: nameOf(j),
      rho,
      own: i === j,
      fill: i === j ? 'var(--panel)' : tint(rho < 0 ? second : first, Math.min(1, Math.abs(rho))),
      text: i === j ? '' : twoDigits(rho),
    })),
  );
  const names = portfolio.map((_, i) => nameOf(i));
  return {
    title: 'Correlations of the formulas',
    caption: 'On the search part; blue for positive, orange for negative, the stronger the more alike.',
    draw: (plot, width) => {
      const side = Math.min(width - 60, 46 * names.length + 20);
      return {
        width,
        height: Math.min(side, 36 * names.length + 40) + 30,
        marginLeft: 40,
        marginRight: Math.max(20, width - 60 - side),
        marginTop: 34,
        marginBottom: 10,
        x: { domain: names, label: 'formula', axis: 'top', tickSize: 0 },
        y: { domain: names, label: null, tickSize: 0 },
        color: { type: 'identity' },
        marks: [
          plot.cell(cells, {
            x: 'column',
            y: 'row',
            fill: 'fill',
            inset: 0.5,
            title: (c: (typeof cells)[number]) => `${c.row} and ${c.column}: ${signed(c.rho)}`,
          }),
          plot.text(side / names.length < 30 ? [] : cells, {
            x: 'column',
            y: 'row',
            text: 'text',
            fill: (c: (typeof cells)[number]) => (Math.abs(c.rho) > 0.6 ? 'var(--paper)' : 'var(--ink)'),
          }),
        ],
      };
    },
  };
}

/** What a trade may cost, beside what it does. */
export function worthFigure({ portfolio, halfSpreadBps }: EvolutionResult): Figure {
  const bars = portfolio.flatMap(({ breakEvenBps, turnover }, i) =>
    breakEvenBps === null ? [] : [{ name: nameOf(i), cost: breakEvenBps, turnover }],
  );
  const spread = halfSpreadBps === null ? [] : [halfSpreadBps];
  const beside =
    halfSpreadBps === null ? '' : ` Dashed: the median half-spread, ${halfSpreadBps.toFixed(2)} bps.`;
  return {
    title: 'Break-even cost',
    caption: `Basis points that a change of position by one may cost, on the selection part.${beside}`,
    draw: (plot) => ({
      height: 70 + 24 * bars.length,
      marginLeft: 40,
      x: { label: 'break-even cost (bps)', grid: true, nice: true, ticks: 5 },
      y: { label: null, domain: bars.map((b) => b.name), tickSize: 0 },
      color: { type: 'identity' },
      marks: [
        plot.barX(bars, {
          x: 'cost',
          y: 'name',
          fill: (b: (typeof bars)[number]) =>
            halfSpreadBps !== null && b.cost < halfSpreadBps ? tint(first, 0.45) : first,
          insetTop: 3,
          insetBottom: 3,
          title: (b: (typeof bars)[number]) =>
            `${b.name}: ${b.cost.toFixed(3)} bps at ${b.turnover?.toFixed(1)} changes an hour`,
        }),
        plot.ruleX([0], { stroke: muted }),
        plot.ruleX(spread, { stroke: second, strokeWidth: 2, strokeDasharray: '5 3' }),
      ],
    }),
  };
}

/** The best of each generation beside what luck alone reaches. */
export function generationFigure(generations: readonly ShownGeneration[]): Figure {
  const grown = generations.filter((g, i) => g.portfolio !== (generations[i - 1]?.portfolio ?? 0));
  const one = generations.length === 1;
  return {
    title: 'Best formula and noise floor by generation',
    caption:
      'Line: the correlation that the best formula of a generation adds to the portfolio in the making; it falls where that takes the best in (numbers: its size). Dashed: what luck alone reaches by then, at least.',
    draw: (plot) => ({
      height: 260,
      marginLeft: 52,
      x: {
        label: 'generation',
        ticks: Math.min(8, generations.length),
        tickFormat: (g: number) => (Number.isInteger(g) ? String(g) : ''),
        ...(one ? { domain: [0, 2] } : {}),
      },
      y: { label: 'correlation', grid: true, nice: true, zero: true },
      marks: [
        plot.ruleY([0], { stroke: muted }),
        plot.line(generations, {
          x: number,
          y: 'floor',
          stroke: second,
          strokeWidth: 1.5,
          strokeDasharray: '5 3',
        }),
        plot.line(generations, { x: number, y: 'best', stroke: first, strokeWidth: 2 }),
        plot.dot(one ? generations : [], { x: number, y: 'floor', fill: second, r: 3 }),
        plot.dot(one ? generations : grown, {
          x: number,
          y: 'best',
          fill: first,
          r: 3,
          title: (g: ShownGeneration) =>
            `generation ${number(g)}: best ${g.best.toFixed(4)}, luck at least ${g.floor.toFixed(4)}, ${g.portfolio} in the portfolio`,
        }),
        plot.text(grown, { x: number, y: 'best', dy: -10, text: 'portfolio', fill: 'var(--ink)' }),
      ],
    }),
  };
}

const number = (g: ShownGeneration) => g.generation + 1;

/** Gain against complexity, of those that nobody beats in both and in distance to the portfolio. */
export function frontFigure({ front, portfolio }: EvolutionResult): Figure {
  const points = front.map((f) => ({ ...f, ink: tint(first, 0.25 + 0.75 * f.distance) }));
  const members = portfolio.map((f, i) => ({ name: nameOf(i), complexity: f.complexity, gain: f.search }));
  return {
    title: 'Pareto front',
    caption:
      'Formulas of the last population and the archive that no other one beats in gain, simplicity and distance to the portfolio together; R² on the search part, the stronger the ink the less they resemble the portfolio. Orange: the formulas that were kept.',
    draw: (plot) => ({
      height: 300,
      marginLeft: 52,
      x: { label: 'nodes', nice: true, ticks: 8 },
      y: { label: 'R² on search (%)', grid: true, nice: true, percent: true, zero: true },
      color: { type: 'identity' },
      marks: [
        plot.ruleY([0], { stroke: muted }),
        plot.dot(points, {
          x: 'complexity',
          y: 'gain',
          fill: 'ink',
          r: 4,
          title: (f: (typeof points)[number]) =>
            `${f.formula}\nR² ${percent(f.gain)}, ${f.complexity} nodes, distance ${f.distance.toFixed(2)}`,
        }),
        plot.dot(members, { x: 'complexity', y: 'gain', stroke: second, strokeWidth: 2, r: 6 }),
        plot.text(members, {
          x: 'complexity',
          y: 'gain',
          text: 'name',
          dx: 11,
          dy: -4,
          textAnchor: 'start',
          fill: 'var(--ink)',
        }),
      ],
    }),
  };
}

/** The best of each null run beside the best of the search. */
export function nullFigure({ nullRuns, portfolio, refused }: EvolutionResult): Figure {
  const real = Math.max(0, ...[...portfolio, ...refused].map((f) => f.search));
  const rows = ['null runs', 'this search'];
  const runs = (nullRuns?.runs ?? []).map((run, i) => ({
    row: rows[0],
    gain: run.best?.gain ?? 0,
    run: i + 1,
    ink: run.borneOut > 0 ? second : muted,
  }));
  return {
    title: 'What the search finds where there is nothing',
    caption:
      'R² on the search part of the best finalist of each null run (orange: one whose selection part bore something out), and of this search.',
    draw: (plot) => ({
      height: 130,
      marginLeft: 84,
      x: { label: 'R² on search (%)', grid: true, nice: true, percent: true, zero: true, ticks: 5 },
      y: { domain: rows, label: null, tickSize: 0 },
      color: { type: 'identity' },
      marks: [
        plot.dot(runs, {
          x: 'gain',
          y: 'row',
          stroke: 'ink',
          strokeWidth: 2,
          r: 5,
          title: (r: (typeof runs)[number]) => `null run ${count(r.run)}: R² ${percent(r.gain)}`,
        }),
        plot.dot([{ row: rows[1], gain: real }], { x: 'gain', y: 'row', fill: first, r: 6 }),
      ],
    }),
  };
}
