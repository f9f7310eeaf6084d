/** The report of an evolution: what was found and whether to believe it on top, everything else behind it. */
import { type FormulaTable, formulaTable, type Program, parseFormulas } from '../../kernels/formulas.js';
import type { Kernels } from '../../kernels/load.js';
import type { EvolutionResult } from '../evolution.js';
import { count } from '../table.js';
import { percent as percentOf, signed } from '../training.js';
import {
  blockFigure,
  correlationFigure,
  frontFigure,
  generationFigure,
  nullFigure,
  type ShownGeneration,
  worthFigure,
} from './evolution-figures.js';
import { type Canvas, openCanvas } from './figure.js';
import { html, type Markup, shown } from './markup.js';
import { notationOf, notationOfOperator, operatorsIn } from './notation.js';
import { page, tableOf, tiles } from './page.js';

/** What was asked, for the sentences around the numbers. */
export interface EvolutionQuestion {
  target: string;
  baseline: string;
  /** R² of the baseline, out of sample. */
  baselineGain: { search: number; selection: number };
  population: number;
  seed: number;
  maxCorrelation: number;
  /** Names that formulas may use. */
  columns: readonly string[];
  /** Whether rows are moments of a time line, or independent of each other. */
  rows: 'time' | 'iid';
  symbols: number;
}

type Formula = EvolutionResult['portfolio'][number];

interface Story {
  result: EvolutionResult;
  question: EvolutionQuestion;
  generations: readonly ShownGeneration[];
  canvas: Canvas;
  table: FormulaTable;
  programs: readonly Program[];
}

export async function evolutionReport(
  result: EvolutionResult,
  question: EvolutionQuestion,
  generations: readonly ShownGeneration[],
  kernels: Kernels,
): Promise<string> {
  const texts = result.portfolio.map((p) => p.formula);
  const story: Story = {
    result,
    question,
    generations,
    canvas: await openCanvas(),
    table: formulaTable(kernels),
    programs: texts.length === 0 ? [] : parseFormulas(kernels, texts, question.columns),
  };
  return page({
    kind: 'evolution',
    title: question.target,
    about: aboutText(story),
    body: [
      verdict(story),
      summary(story),
      ...formulaSection(story),
      ...tableSection(story),
      ...correlationSection(story),
      ...worthSection(story),
      ...searchSection(story),
      ...luckSection(story),
      ...refusedSection(story),
      dataSection(story),
      methodSection(story),
      ...notationSection(story),
    ],
    notes: [
      `Seed ${question.seed}: the same dataset and settings give the same formulas, on any number of threads. ` +
        `Searched and judged in ${result.seconds.toFixed(1)} s.`,
    ],
  });
}

function aboutText({ result, question }: Story): string {
  const { rows, scoredRows, effectiveRows, trials, generations } = result;
  const labels = question.rows === 'iid' ? '' : `, ${count(Math.round(effectiveRows))} independent labels`;
  return (
    `${count(rows)} rows, ${count(scoredRows)} of them scored${labels}; ` +
    `${count(trials)} formulas tried in ${count(generations)} generations, on top of ${baselineName(question)}.`
  );
}

function baselineName({ baseline }: EvolutionQuestion): string {
  const names: Record<string, string> = {
    none: 'a constant (there is no baseline)',
    ridge: 'a ridge model of the existing columns',
    trees: 'a model of the existing columns (ridge, and boosted trees on what it leaves)',
  };
  return names[baseline] ?? `the baseline ${baseline}`;
}

/** A share in per cent, with a minus that is one. */
function percent(share: number, digits = 3): string {
  return percentOf(share, digits).replace('-', '−');
}

/** The correlation that a signed share of the variance stands for. */
function correlationOf(gain: number): number {
  return Math.sign(gain) * Math.sqrt(Math.abs(gain));
}

/** Whether there was a selection part to test on: formulas of rows without an order are kept without one. */
function isTested({ portfolio }: EvolutionResult): boolean {
  return portfolio.every((f) => f.test !== null);
}

function verdict({ result, question }: Story): Markup {
  const { portfolio } = result;
  if (!isTested(result)) return untestedVerdict(result);
  if (portfolio.length === 0)
    return html`<p class="lead">Nothing was found that is better than luck. ${emptyReason(result)}</p>`;
  const formulas = portfolio.length === 1 ? 'One formula adds' : `${portfolio.length} formulas add`;
  const beside =
    question.baseline === 'none'
      ? `something to the prediction of ${question.target}`
      : `to what the existing columns already say about ${question.target}`;
  return html`<p class="lead">${formulas} ${beside}, on rows that the search never saw. ${holdoutVerdict(result)}</p>`;
}

/** What was found by a search that no selection part was left for. */
function untestedVerdict({ portfolio, parts }: EvolutionResult): Markup {
  const found = portfolio.length === 1 ? 'One formula was' : `${portfolio.length} formulas were`;
  const why = parts.selection.rows === 0 ? 'there is no selection part' : 'the selection part is too short';
  const open = portfolio.filter((f) => typeof f.prediction?.r2.holdout === 'number');
  const beside =
    open.length === 0
      ? 'Nothing here tells it from luck on other rows.'
      : `On the ${count(parts.holdout.rows)} rows of the hold-out, which the search never saw, ${open.length === 1 ? 'it explains' : 'the first one explains'} R² ${close(open[0]!.prediction!.r2.holdout!)}.`;
  return html`<p class="lead">${found} found on the search part, and not tested: ${why}. ${beside}</p>`;
}

function holdoutVerdict({ portfolio }: EvolutionResult): string {
  const opened = portfolio.filter((p) => p.holdout !== null);
  if (opened.length === 0) return 'There is no hold-out to confirm it.';
  const agree = opened.filter((p) => (p.holdoutTest?.p ?? 1) < 0.05).length;
  const same = opened.filter((p) => p.holdout! > 0).length;
  const all = opened.length;
  if (agree === all)
    return `The hold-out, which decided nothing, bears ${all === 1 ? 'it' : 'all of them'} out.`;
  if (agree > 0)
    return `The hold-out, which decided nothing, bears ${agree} of the ${all} out; ${same} point the same way there.`;
  if (same === 0)
    return `The hold-out, which decided nothing, contradicts ${all === 1 ? 'it' : 'all of them'}.`;
  return `The hold-out, which decided nothing, is too short or too noisy to confirm it: ${same} of ${all} point the same way there.`;
}

function emptyReason({ detectableGain, parts, refused, noiseFloor }: EvolutionResult): Markup {
  const labels = count(Math.round(parts.selection.effectiveRows));
  if (detectableGain === null)
    return html`The selection part is too short for a test: choose a shorter horizon or more data.`;
  const power = html`A gain below R² ${shown('detectableGain', detectableGain, percent(detectableGain), 100)} would not show in the ${labels} independent labels of the selection part`;
  const [best] = refused;
  if (best === undefined)
    return html`${power}, and no formula came above what luck alone reaches (a correlation of ${noiseFloor.toFixed(4)}).`;
  return html`${power}. What came nearest is <code>${best.formula}</code> (${best.reason}).`;
}

function summary({ result }: Story): Markup {
  const { portfolio, noiseFloor, halfSpreadBps, trials } = result;
  const [best] = portfolio;
  const all = best === undefined ? [] : bestTiles(result, best);
  all.push({
    name: 'Luck alone, search',
    value: shown('noiseFloor', noiseFloor, noiseFloor.toFixed(4)),
    beside: html`correlation that the best of ${shown('trials', trials, count(trials))} formulas of noise reaches, at least`,
  });
  if (best?.breakEvenBps !== null && best !== undefined)
    all.push({
      name: 'Break-even cost',
      value: html`${shown('portfolio.0.breakEvenBps', best.breakEvenBps, best.breakEvenBps.toFixed(2))} bps`,
      beside:
        halfSpreadBps === null
          ? html`of a change of position, best formula`
          : html`half-spread: ${shown('halfSpreadBps', halfSpreadBps, halfSpreadBps.toFixed(2))} bps`,
    });
  return tiles(all);
}

function bestTiles(result: EvolutionResult, best: Formula): Parameters<typeof tiles>[0][number][] {
  const { search, gain, holdout, prediction } = best;
  const r2 = (name: 'search' | 'gain' | 'holdout', value: number) =>
    html`R² ${shown(`portfolio.0.${name}`, value, percent(value), 100)}`;
  const first =
    gain === null
      ? {
          name: 'Best IC, search',
          value: html`${signed(correlationOf(search))}`,
          beside: html`${r2('search', search)}, on the rows it was fitted to; not tested`,
        }
      : {
          name: 'Best IC, selection',
          value: html`${signed(correlationOf(gain))}`,
          beside: html`${r2('gain', gain)}, 95 % ${intervalOf('portfolio.0', best)}`,
        };
  // Where the hold-out is too short for blocks, there still is how well it is predicted.
  const predicted = holdout === null ? (prediction?.r2.holdout ?? null) : null;
  const second = {
    name: predicted === null ? 'The same on the hold-out' : 'R² on the hold-out',
    value:
      predicted !== null
        ? shown('portfolio.0.prediction.r2.holdout', predicted, close(predicted))
        : html`${holdout === null ? '–' : signed(correlationOf(holdout))}`,
    beside:
      predicted !== null
        ? html`of the scaled formula; ${openedText(result)}`
        : holdout === null
          ? html`not opened`
          : html`${r2('holdout', holdout)}; ${openedText(result)}`,
  };
  return [first, second];
}

function openedText({ holdoutOpened }: EvolutionResult): string {
  if (holdoutOpened === null) return 'not opened';
  return holdoutOpened === 1 ? 'opened for the first time' : `opened ${count(holdoutOpened)} times`;
}

/** Nothing where nothing was tested. */
function intervalOf(key: string, { gainInterval }: Formula): Markup {
  if (gainInterval === null) return html``;
  const [low, high] = gainInterval;
  const side = (i: 0 | 1, value: number) => shown(`${key}.gainInterval.${i}`, value, percent(value), 100);
  return html`${side(0, low)} … ${side(1, high)}`;
}

const nameOf = (i: number) => `F${i + 1}`;

function formulaSection(story: Story): Markup[] {
  const { result, programs, table, question, canvas } = story;
  if (result.portfolio.length === 0) return [];
  const article = (formula: Formula, i: number) => html`<article class="formula">
<h3><span class="number">${nameOf(i)}</span>${directionText(formula, question.target)}</h3>
<div class="scroll" tabindex="0">${notationOf(programs[i]!, question.columns, table)}</div>
<p><code>${formula.formula}</code></p>
${facts(formula, i, result.holdoutOpened !== null)}
${predictionOf(formula, i, question.target)}
${lineageOf(formula)}
${canvas.figure(blockFigure(formula, nameOf(i)))}
</article>`;
  const blocks =
    question.rows === 'iid'
      ? 'Blocks are drawn at random and hold equally many rows of their part.'
      : 'Blocks follow each other in time and hold equally many independent labels of their part.';
  const order = isTested(result)
    ? 'Best first, by the gain on the selection part.'
    : 'In the order of the search.';
  return [
    html`<h2>The formulas</h2>
<p>${order} Every number is on the residual: on what ${baselineName(question)} leaves unexplained. ${blocks}</p>`,
    ...result.portfolio.map(article),
  ];
}

/** The formula with offset and scale, as `hybrid formula eval` takes it, and its R² on every part. */
function predictionOf({ prediction }: Formula, i: number, target: string): Markup {
  if (prediction === null) return html``;
  const r2 = (part: 'search' | 'selection' | 'holdout') => {
    const value = prediction.r2[part];
    if (value === null) return html`not done`;
    return shown(`portfolio.${i}.prediction.r2.${part}`, value, close(value));
  };
  return html`<p>As a prediction of ${target}, offset and scale fitted on the search part:</p>
<p><code>${prediction.scaledFormula}</code></p>
<dl class="facts"><div><dt>R², search</dt><dd>${r2('search')}</dd></div><div><dt>R², selection</dt><dd>${r2('selection')}</dd></div><div><dt>R², hold-out</dt><dd>${r2('holdout')}</dd></div></dl>`;
}

/** R², with more digits the nearer it is to 1. */
function close(r2: number): string {
  return r2.toFixed(r2 > 0.9999 ? 12 : 6).replace('-', '−');
}

/** Steps of a lineage that are shown, from the formula and from its beginning. */
const shownSteps = { last: 6, first: 2 } as const;

/** What the formula was made of, the latest step first, down to a seed, a column or chance. */
function lineageOf({ lineage }: Formula): Markup {
  if (lineage.length < 2) return html``;
  const hidden = Math.max(0, lineage.length - shownSteps.last - shownSteps.first);
  const item = ({ formula, made, generation, other }: Formula['lineage'][number], i: number) => {
    const beside = other === null ? html`` : html` with <code>${other}</code>`;
    const how =
      made === 'seed' || made === 'column'
        ? html`${made}`
        : html`${made}${beside}, generation ${generation + 1}`;
    const skipped =
      hidden > 0 && i === shownSteps.last ? html`<li>… ${count(hidden)} more steps</li>` : html``;
    return html`${skipped}<li><code>${formula}</code> <small>${how}</small></li>`;
  };
  const steps = lineage.filter((_, i) => i < shownSteps.last || i >= shownSteps.last + hidden);
  return html`<details class="lineage"><summary>Lineage: ${count(lineage.length - 1)} ${lineage.length === 2 ? 'step' : 'steps'} from ${originOf(lineage.at(-1)!)}</summary>
<ol>${steps.map(item)}</ol></details>`;
}

function originOf({ made, formula }: Formula['lineage'][number]): Markup {
  return made === 'seed' || made === 'column'
    ? html`the ${made} <code>${formula}</code>`
    : html`a ${made} formula`;
}

function directionText({ sign }: Formula, target: string): string {
  return sign > 0 ? `the higher, the higher ${target}` : `the higher, the lower ${target}`;
}

/** `opened`: whether the hold-out was; a short one has no blocks to measure on. */
function facts(formula: Formula, i: number, opened: boolean): Markup {
  const key = `portfolio.${i}`;
  const share = (name: 'gain' | 'search' | 'holdout') => {
    const value = formula[name];
    if (value === null) return html`${opened ? 'too short for blocks' : 'not opened'}`;
    return html`${signed(correlationOf(value))} <small>R² ${shown(`${key}.${name}`, value, percent(value), 100)}</small>`;
  };
  const all: [string, Markup][] = [
    ['IC, search', share('search')],
    [
      'IC, selection',
      formula.test === null
        ? html`not tested`
        : html`${share('gain')}<small>95 %: ${intervalOf(key, formula)}</small>`,
    ],
    ['IC, hold-out', share('holdout')],
  ];
  if (formula.test !== null)
    all.push([
      'Test, selection',
      html`t ${shown(`${key}.test.t`, formula.test.t, formula.test.t.toFixed(2))}, p ${formula.test.p.toPrecision(2)}`,
    ]);
  if (formula.breakEvenBps !== null)
    all.push([
      'Break-even cost',
      html`${shown(`${key}.breakEvenBps`, formula.breakEvenBps, formula.breakEvenBps.toFixed(2))} bps <small>at ${(formula.turnover ?? 0).toFixed(1)} changes an hour; quintiles ${(formula.quintileSpreadBps ?? 0).toFixed(2)} bps apart</small>`,
    ]);
  const { deflatedSharpe, deflatedSharpeByAll } = formula;
  if (deflatedSharpe !== null && deflatedSharpeByAll !== null)
    all.push([
      'Deflated Sharpe',
      html`${shown(`${key}.deflatedSharpe`, deflatedSharpe, deflatedSharpe.toFixed(3))}<small>by all formulas: ${shown(`${key}.deflatedSharpeByAll`, deflatedSharpeByAll, deflatedSharpeByAll.toFixed(3))}</small>`,
    ]);
  all.push([
    'Made of',
    html`${shown(`${key}.complexity`, formula.complexity, count(formula.complexity))} nodes, a value in ${shown(`${key}.coverage`, formula.coverage, percent(formula.coverage, 1), 100)} of the rows`,
  ]);
  all.push(['Where from', html`${formula.origin}`]);
  return html`<dl class="facts">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function tableSection({ result }: Story): Markup[] {
  if (result.portfolio.length < 2) return [];
  const rows = result.portfolio.map((f, i) => {
    const gain = (value: number | null) => (value === null ? '–' : signed(correlationOf(value)));
    const number = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
    return {
      cells: [
        nameOf(i),
        gain(f.search),
        gain(f.gain),
        gain(f.holdout),
        f.test === null ? '–' : f.test.t.toFixed(2),
        number(f.deflatedSharpe, 3),
        number(f.breakEvenBps, 2),
        number(f.turnover, 1),
        percent(f.coverage, 0),
        count(f.complexity),
      ],
    };
  });
  const header = [
    'formula',
    'IC search',
    'IC selection',
    'IC hold-out',
    't selection',
    'deflated Sharpe',
    'break-even (bps)',
    'turnover an hour',
    'values',
    'nodes',
  ];
  return [html`<h2>Side by side</h2>`, tableOf(header, rows)];
}

function correlationSection({ result, question, canvas }: Story): Markup[] {
  if (result.portfolio.length < 2) return [];
  return [
    html`<h2>How alike they are</h2>
<p>No two formulas may correlate by more than ${question.maxCorrelation} in absolute value, on the rows of the search.</p>`,
    canvas.figure(correlationFigure(result.portfolio)),
  ];
}

function worthSection({ result, canvas }: Story): Markup[] {
  if (result.portfolio.every((f) => f.breakEvenBps === null)) return [];
  return [
    html`<h2>Worth after costs</h2>
<p>Decided afresh every horizon on the selection part: long in the top fifth of the formula's values, short in the bottom fifth, flat between. A formula earns nothing where its break-even cost lies below what a trade costs.</p>`,
    canvas.figure(worthFigure(result)),
  ];
}

function searchSection({ result, generations, canvas }: Story): Markup[] {
  return [
    html`<h2>The search</h2>
<p>${shown('trials', result.trials, count(result.trials))} distinct formulas were evaluated. The more one tries, the more the best of them owes to luck: the dashed line rises.</p>`,
    canvas.figure(generationFigure(generations)),
    ...(result.front.length === 0 ? [] : [canvas.figure(frontFigure(result))]),
  ];
}

function luckSection({ result, canvas }: Story): Markup[] {
  const { overfitting, deflatedSharpe, nullRuns } = result;
  const all: Markup[] = [];
  if (nullRuns !== null) {
    const { runs, borneOut, runsBorneOut, p } = nullRuns;
    const real =
      p === null
        ? 'The search itself had no finalist.'
        : html`The search itself: p ${shown('nullRuns.p', p, p.toFixed(3))} (one more than the runs that reached its best, over one more than the runs).`;
    all.push(
      html`<p>The whole search was repeated ${count(runs.length)} times on targets moved on in a circle, where there is nothing to find. Formulas of theirs that were borne out: ${shown('nullRuns.borneOut', borneOut, count(borneOut))}, in ${shown('nullRuns.runsBorneOut', runsBorneOut, count(runsBorneOut))} of the runs. ${real}</p>`,
      canvas.figure(nullFigure(result)),
    );
  }
  const cells: { name: string; value: Markup; beside: Markup }[] = [];
  if (overfitting !== null)
    cells.push({
      name: 'Probability of backtest overfitting',
      value: shown('overfitting.probability', overfitting.probability, overfitting.probability.toFixed(3)),
      beside: html`how often the best of ${count(overfitting.strategies)} formulas on one half of the search part is below their median on the other half`,
    });
  if (deflatedSharpe !== null)
    cells.push({
      name: 'Deflated Sharpe of the best',
      value: shown(
        'deflatedSharpe.probability',
        deflatedSharpe.probability,
        deflatedSharpe.probability.toFixed(3),
      ),
      beside: html`chance that it is better than the best of ${deflatedSharpe.trials.toFixed(1)} independent trials worth nothing; ${shown('deflatedSharpe.byAll.probability', deflatedSharpe.byAll.probability, deflatedSharpe.byAll.probability.toFixed(3))} if all ${count(deflatedSharpe.byAll.trials)} formulas were independent`,
    });
  if (cells.length > 0) all.push(tiles(cells));
  if (all.length === 0) return [];
  return [
    html`<h2>What luck would do</h2><p class="note">Reported; none of it decided which formulas stay.</p>`,
    ...all,
  ];
}

const mostRefused = 12;

function refusedSection({ result: { refused } }: Story): Markup[] {
  if (refused.length === 0) return [];
  const rows = refused.slice(0, mostRefused).map(({ formula, reason, gain, search }) => ({
    cells: [
      html`<code>${formula}</code>`,
      signed(correlationOf(search)),
      gain === null ? '–' : signed(correlationOf(gain)),
      reason,
    ],
  }));
  const more = refused.length - rows.length;
  return [
    html`<h2>Refused</h2><p>Finalists that the selection part did not bear out, or that add nothing to better ones.${more > 0 ? ` ${count(more)} more are in portfolio.json.` : ''}</p>`,
    tableOf(['formula', 'IC search', 'IC selection', 'why'], rows, [0, 3]),
  ];
}

/** Small stamps are row numbers of a table without times. */
function day(instant: number): string {
  if (instant < 1e14) return `row ${count(Math.round(instant))}`;
  return new Date(instant / 1000).toISOString().slice(0, 16).replace('T', ' ');
}

function dataSection({ result, question }: Story): Markup {
  const { parts, pooledRows, effectiveRows, detectableGain } = result;
  const uses: Record<string, string> = {
    search: 'formulas are bred and scored on it',
    selection:
      detectableGain === null ? 'too short for a test: none was made' : 'decides, once, which finalists stay',
    holdout: `is reported and decides nothing; ${openedText(result)}, by any run`,
  };
  const names: Record<string, string> = { search: 'search', selection: 'selection', holdout: 'hold-out' };
  const iid = question.rows === 'iid';
  const rows = Object.entries(parts).map(([part, { from, to, rows, effectiveRows }]) => ({
    cells: [
      names[part]!,
      ...(iid ? [] : [day(from), day(to)]),
      count(rows),
      ...(iid ? [] : [count(Math.round(effectiveRows))]),
      rows === 0 ? 'no rows: not done' : uses[part]!,
    ],
  }));
  const { search, selection } = question.baselineGain;
  const baseline =
    question.baseline === 'none'
      ? 'There is no baseline: formulas explain the target itself.'
      : `The baseline, ${baselineName(question)}, explains R² ${percent(search)} of the target on the search part (purged folds within it)${parts.selection.rows === 0 ? '' : ` and ${percent(selection)} on the selection part`}, out of sample; formulas explain what it leaves.`;
  const between = iid
    ? 'Rows have no order: the parts are drawn at random.'
    : 'Between the parts lie the spans of the labels that cross a border, and an embargo as long as the horizon and the longest window.';
  const several =
    question.symbols > 1
      ? html` The ${count(question.symbols)} symbols are taken to move together, so that the labels of the one that has most count: ${count(Math.round(effectiveRows))}, where ${shown('pooledRows', pooledRows, count(Math.round(pooledRows)))} would be independent if each moved by itself.`
      : html``;
  const header = iid
    ? ['part', 'rows', 'what for']
    : ['part', 'from', 'to', 'rows', 'independent labels', 'what for'];
  return html`<h2>Data</h2>
<p>${baseline} ${between}${several}</p>
${tableOf(header, rows, [header.length - 1])}
${columnSizes(result)}`;
}

/** How many independent observations each column has: a t-value that takes rows as independent is too large. */
function columnSizes({ columns, parts }: EvolutionResult): Markup {
  const rows = columns.flatMap(({ column, observations }, i) => {
    if (observations === null) return [];
    const times = Math.max(1, Math.sqrt(parts.search.rows / observations));
    const own = shown(`columns.${i}.observations`, observations, count(Math.round(observations)));
    return [{ observations, cells: [html`<code>${column}</code>`, own, `${times.toFixed(1)} times`] }];
  });
  if (rows.length === 0) return html``;
  rows.sort((a, b) => a.observations - b.observations);
  return html`<details><summary>Independent observations of each column against the target, by its own persistence</summary>
<p>Of the ${count(parts.search.rows)} rows of the search part; how many times a t-value is too large that takes them all as independent.</p>
${tableOf(['column', 'independent observations', 't too large'], rows, [0])}</details>`;
}

function methodSection({ result, question }: Story): Markup {
  const { detectableGain } = result;
  const definitions: [string, string][] = [
    [
      'Gain, R²',
      'The share of the residual’s variance that a formula explains by itself on a part, in the direction that the search had fixed; negative where it goes the other way. Scale and offset of a formula never matter.',
    ],
    ['IC', 'The correlation of the formula with the residual: the root of the gain, with its sign.'],
    [
      'Independent labels',
      'Labels of neighbouring rows look at the same future and say the same thing twice. Rows weigh by how unique their label is; the sum of the weights is how many labels there really are.',
    ],
    [
      'Luck alone',
      'The largest correlation that so many formulas of pure noise reach on the search part, at least: √(2 ln M / N), with M formulas and N independent labels. What stays below it is no evidence at all.',
    ],
    [
      'Selection',
      (isTested(result) ? '' : 'Not done here: there are too few rows for it. ') +
        'The finalists and their directions are frozen, then tested once on rows that the search has not seen: a one-sided t over blocks of time, with Benjamini–Yekutieli at 5 % over all finalists. Each must then still add something to the better ones.' +
        (detectableGain === null
          ? ''
          : ` With 90 % power this shows a gain of R² ${percent(detectableGain)}.`),
    ],
    ['95 %', 'Interval by the stationary bootstrap over blocks of time.'],
    [
      'Hold-out',
      'The last part of the data. It is opened to be reported, never to decide; a ledger beside the dataset counts how often, since each look makes it less of a test.',
    ],
    [
      'Deflated Sharpe',
      'The chance that a formula’s Sharpe ratio over the blocks of the search part exceeds what the best of many trials worth nothing would show (Bailey and López de Prado 2014): by as many independent trials as the last population and the archive amount to, and, too strict, as if all formulas that were evaluated were independent.',
    ],
    [
      'Backtest overfitting',
      'How often the formula that is best on one half of the blocks is no better than the median on the other half, over all ways to halve them (Bailey, Borwein, López de Prado and Zhu 2017). One half means that the ranking says nothing.',
    ],
    [
      'Break-even cost',
      'What a change of position by one may cost, in basis points, before nothing is left of the return of the top fifth less the bottom fifth.',
    ],
    ['Nodes', 'Columns, constants and operators that a formula is made of.'],
  ];
  return html`<h2>What the words mean</h2>
<dl class="words">${definitions.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>
<p class="note">Population ${count(question.population)}; ${count(question.columns.length)} columns that formulas may name.</p>`;
}

function notationSection({ programs, table }: Story): Markup[] {
  const used = operatorsIn(programs, table);
  if (used.length === 0) return [];
  const rows = used.map((o) => ({
    cells: [notationOfOperator(o), html`<code>${o.name}</code>`, o.meaning, o.nulls === '' ? '–' : o.nulls],
  }));
  return [
    html`<h2>How the formulas are written</h2><p>n counts rows, the current one t included; windows never cross from one symbol to the next. A null operand gives null.</p>`,
    tableOf(['written', 'name', 'meaning', 'no value where'], rows, [2, 3]),
  ];
}
