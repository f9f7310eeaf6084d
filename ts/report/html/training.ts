/** The report of a training: what a quant asks first on top, everything else behind it. */
import { count } from '../table.js';
import {
  type Comparison,
  percent,
  type ReportedFold,
  type ReportedQuality,
  signed,
  type TrainingResult,
} from '../training.js';
import { type Canvas, type Figure, openCanvas } from './figure.js';
import { html, type Markup, shown } from './markup.js';
import { page, tableOf, tiles } from './page.js';

export async function trainingReport(result: TrainingResult): Promise<string> {
  const canvas = await openCanvas();
  const { target, rows, scoredRows, effectiveRows, columns, formulas, folds } = result;
  const [first, last] = [folds[0]!, folds.at(-1)!];
  const more = formulas.length === 0 ? '' : `, ${formulas.length} of them formulas`;
  return page({
    kind: 'training',
    title: target,
    about:
      `${count(rows)} rows, ${count(scoredRows)} of them with a label, ${count(Math.round(effectiveRows))} independent labels; ` +
      `${columns.length} columns${more}; tested from ${day(first.from)} to ${day(last.to)}, ` +
      `${result.rounds} rounds in the final model.`,
    body: [
      verdict(result),
      summary(result),
      ...comparisonSection(result),
      ...foldSection(result, canvas),
      ...learningSection(result, canvas),
      ...importanceSection(result, canvas),
      ...formulaSection(result),
    ],
    notes: notesOf(result),
  });
}

/** Small stamps are row numbers of a table without times. */
function day(instant: number): string {
  if (instant < 1e14) return `row ${count(Math.round(instant))}`;
  return new Date(instant / 1000).toISOString().slice(0, 16).replace('T', ' ');
}

function verdict(result: TrainingResult): Markup {
  const { overall, comparison, formulas } = result;
  const model = judged(
    overall.icInterval,
    'The model predicts the target out of sample',
    'The model predicts the wrong way round out of sample',
    'Out of sample the model cannot be told from chance',
  );
  if (formulas.length === 0) return html`<p class="lead">${model}.</p>`;
  const added =
    comparison === null
      ? 'what the formulas add cannot be told, since evolution has seen every fold'
      : judged(
          comparison.gainDifferenceInterval,
          'on the hold-out the formulas add to it',
          'on the hold-out it is better without the formulas',
          'what the formulas add on the hold-out cannot be told from nothing',
        );
  return html`<p class="lead">${model}; ${added}.</p>`;
}

function judged(interval: readonly [number, number] | null, above: string, below: string, neither: string) {
  if (interval === null) return `${neither} (too few blocks of time)`;
  if (interval[0] > 0) return above;
  return interval[1] < 0 ? below : neither;
}

function summary({ overall, comparison, lossName, ...result }: TrainingResult): Markup {
  const o = (key: keyof ReportedQuality, text: string) =>
    shown(`overall.${key}`, overall[key] as number | null, text);
  const unit = unitOf({ lossName, ...result });
  const all = [
    {
      name: 'Rank IC, all folds',
      value: o('ic', signed(overall.ic)),
      beside: html`${intervalText('overall.icInterval', overall.icInterval, signed)}`,
    },
    {
      name: 'Gain over a constant',
      value: o('gain', percent(overall.gain)),
      beside: html`${lossName} ${o('loss', unit.show(overall.loss))} beside ${o('constantLoss', unit.show(overall.constantLoss))}`,
    },
    {
      name: 'Hit rate',
      value: o('hitRate', percent(overall.hitRate, 1)),
      beside: html`${o('constantHitRate', percent(overall.constantHitRate, 1))} by a constant`,
    },
  ];
  if (comparison !== null)
    all.unshift({
      name: 'Formulas add, hold-out',
      value: shown(
        'comparison.gainDifference',
        comparison.gainDifference,
        percent(comparison.gainDifference),
      ),
      beside: html`${intervalText('comparison.gainDifferenceInterval', comparison.gainDifferenceInterval, percent)}`,
    });
  return tiles(all);
}

function intervalText(
  key: string,
  interval: readonly [number, number] | null,
  show: (x: number) => string,
): Markup {
  if (interval === null) return html`too few blocks for an interval`;
  return html`95 % ${shown(`${key}.0`, interval[0], show(interval[0]))} … ${shown(`${key}.1`, interval[1], show(interval[1]))}`;
}

/** Losses of returns read best in basis points. */
function unitOf({ target, lossName }: Pick<TrainingResult, 'target' | 'lossName'>) {
  if (lossName === 'log-loss') return { name: 'nats', show: (x: number) => x.toFixed(5), scale: 1 };
  if (/^(ret|mid)_/.test(target))
    return { name: 'bps', show: (x: number) => `${(1e4 * x).toPrecision(5)} bps`, scale: 1e4 };
  return { name: '', show: (x: number) => x.toPrecision(5), scale: 1 };
}

function comparisonSection({ comparison, formulas, holdoutOpened, ...result }: TrainingResult): Markup[] {
  if (formulas.length === 0) return [];
  if (comparison === null)
    return [
      html`<h2>With and without the formulas</h2><p>There is no hold-out: evolution has seen every fold.</p>`,
    ];
  const c = (key: keyof Comparison, text: (x: number | null) => string) =>
    shown(`comparison.${key}`, comparison[key] as number | null, text(comparison[key] as number | null));
  const unit = unitOf(result);
  const loss = (x: number | null) => (x === null ? '–' : unit.show(x));
  const rate = (x: number | null) => percent(x, 1);
  const rows = [
    {
      cells: ['with the formulas', c('loss', loss), c('gain', percent), c('ic', signed), c('hitRate', rate)],
    },
    {
      cells: [
        'without them',
        c('baselineLoss', loss),
        c('baselineGain', percent),
        c('baselineIc', signed),
        c('baselineHitRate', rate),
      ],
    },
    { cells: ['a constant', c('constantLoss', loss), '', '', c('constantHitRate', rate)] },
    {
      cells: ['difference', '', c('gainDifference', percent), c('icDifference', signed), ''],
      all: true,
    },
    {
      cells: [
        '± standard error',
        '',
        c('gainDifferenceError', percent),
        c('icDifferenceError', (x) => (x === null ? '–' : x.toFixed(4))),
        '',
      ],
    },
  ];
  const opened = holdoutOpened === 1 ? 'for the first time' : `for the ${count(holdoutOpened ?? 0)}. time`;
  return [
    html`<h2>With and without the formulas, on the hold-out</h2>
<p>Fold ${comparison.folds.join(', ')} alone: evolution has not seen its rows, so nothing flatters the formulas there.
This hold-out was opened ${opened}; each look makes it less of a test.</p>`,
    tableOf(['model', result.lossName, 'gain over a constant', 'rank IC', 'hit rate'], rows),
  ];
}

function foldSection(result: TrainingResult, canvas: Canvas): Markup[] {
  const { folds, formulas } = result;
  const keys =
    formulas.length === 0
      ? ''
      : html`<p class="note"><span class="key"></span>with the formulas<span class="key two"></span>without them</p>`;
  return [
    html`<h2>Fold by fold</h2>
<p>Each fold is predicted by a model of what lies before it; training labels end before the fold and its embargo begin.</p>${keys}`,
    canvas.figure(icFigure(folds)),
    canvas.figure(gainFigure(folds)),
    foldTable(result),
  ];
}

const foldName = ({ fold, seen }: ReportedFold) => (seen ? `${fold} seen` : String(fold));
const whole = { fill: 'var(--series-1)', r: 5 };
const hollow = { stroke: 'var(--series-2)', strokeWidth: 2, r: 4.5 };

function icFigure(folds: readonly ReportedFold[]): Figure {
  return {
    title: 'Rank IC by fold',
    caption: "Spearman's correlation of prediction and label; bars: 95 % interval over blocks of time.",
    draw: (plot, width) => ({
      height: 260,
      x: {
        type: 'point',
        label: 'fold',
        domain: folds.map(foldName),
        padding: 0.6,
        ticks: everyNth(folds, width),
      },
      y: { label: 'rank IC', grid: true, nice: true },
      marks: [
        plot.ruleY([0], { stroke: 'var(--muted)' }),
        plot.ruleX(
          folds.filter((f) => f.icInterval !== null),
          {
            x: foldName,
            y1: (f: ReportedFold) => f.icInterval![0],
            y2: (f: ReportedFold) => f.icInterval![1],
            stroke: 'var(--series-1)',
            strokeWidth: 1.5,
          },
        ),
        plot.dot(folds, { x: foldName, y: 'ic', ...whole, title: foldTitle }),
        plot.dot(
          folds.filter((f) => f.baselineIc !== null),
          { x: foldName, y: 'baselineIc', dx: 12, ...hollow, title: () => 'without the formulas' },
        ),
      ],
    }),
  };
}

function foldTitle(f: ReportedFold): string {
  return `fold ${f.fold}: IC ${signed(f.ic)}, gain ${percent(f.gain)}\n${day(f.from)} to ${day(f.to)}`;
}

function everyNth(folds: readonly ReportedFold[], width: number): string[] {
  const step = Math.max(1, Math.ceil((folds.length * 45) / width));
  return folds.filter((_, i) => i % step === 0).map(foldName);
}

function gainFigure(folds: readonly ReportedFold[]): Figure {
  return {
    title: 'Gain over a constant by fold',
    caption:
      'Share of the constant answer’s loss that the model takes away on the test rows, in per cent; 0: no use.',
    draw: (plot, width) => ({
      height: 220,
      x: {
        type: 'point',
        label: 'fold',
        domain: folds.map(foldName),
        padding: 0.6,
        ticks: everyNth(folds, width),
      },
      y: { label: 'gain (%)', grid: true, nice: true, percent: true },
      marks: [
        plot.ruleY([0], { stroke: 'var(--muted)' }),
        plot.ruleX(folds, { x: foldName, y1: 0, y2: 'gain', stroke: 'var(--series-1)', strokeWidth: 1.5 }),
        plot.dot(folds, { x: foldName, y: 'gain', ...whole, title: foldTitle }),
        plot.dot(
          folds.filter((f) => f.baselineGain !== null),
          { x: foldName, y: 'baselineGain', dx: 12, ...hollow, title: () => 'without the formulas' },
        ),
      ],
    }),
  };
}

function foldTable(result: TrainingResult): Markup {
  const { folds, overall, lossName, formulas } = result;
  const unit = unitOf(result);
  const header = [
    'fold',
    'from',
    'trained on',
    'tested on',
    'rounds',
    lossName,
    'constant',
    'gain',
    'rank IC',
    '± se',
    'hit rate',
  ];
  const without = formulas.length > 0;
  if (without) header.push(`${lossName} without formulas`, 'IC without');
  const cells = (key: string, q: ReportedQuality) => {
    const one = (name: keyof ReportedQuality, text: (x: number) => string) => {
      const value = q[name] as number | null;
      return shown(`${key}.${name}`, value, value === null ? '–' : text(value));
    };
    const own = [
      one('loss', unit.show),
      one('constantLoss', unit.show),
      one('gain', percent),
      one('ic', signed),
      one('icError', (x) => x.toFixed(4)),
      one('hitRate', (x) => percent(x, 1)),
    ];
    return without ? [...own, one('baselineLoss', unit.show), one('baselineIc', signed)] : own;
  };
  const rows = folds.map((f, i) => {
    const number = (name: 'trainRows' | 'testRows' | 'rounds') =>
      shown(`folds.${i}.${name}`, f[name], count(f[name]));
    const name = f.seen ? html`${f.fold}<span class="tag">seen</span>` : html`${f.fold}`;
    const own = [name, day(f.from), number('trainRows'), number('testRows'), number('rounds')];
    return { cells: [...own, ...cells(`folds.${i}`, f)] };
  });
  const tested = shown('overall.testRows', overall.testRows, count(overall.testRows));
  const all = { cells: ['all', '', '', tested, '', ...cells('overall', overall)], all: true };
  return tableOf(header, [...rows, all]);
}

function learningSection(result: TrainingResult, canvas: Canvas): Markup[] {
  const { calibration } = result;
  const slopes = calibration.map((c, i) => {
    const error = c.slope.error === null ? '' : ` ± ${c.slope.error.toFixed(3)}`;
    const name = c.name === undefined ? '' : ` of ${c.name}`;
    return html`Slope${name} ${shown(`calibration.${i}.slope.value`, c.slope.value, c.slope.value.toFixed(3))}${error}. `;
  });
  return [
    html`<h2>Calibration and learning</h2>
<p>${slopes}A slope of 1 means that a prediction twice as large is followed by labels twice as large; below 1 it promises too much.</p>`,
    canvas.pair(calibrationFigure(result), learningFigure(result)),
  ];
}

const inks = ['var(--series-1)', 'var(--series-2)', 'var(--good)', 'var(--muted)'];

function calibrationFigure(result: TrainingResult): Figure {
  const unit = unitOf(result);
  const classes = result.calibration.some((c) => c.name !== undefined);
  const scale = classes ? 100 : unit.scale;
  const units = classes ? '%' : unit.name;
  const bins = result.calibration.flatMap(({ name, bins }, c) =>
    bins.map((b) => ({
      x: scale * b.predicted,
      y: scale * b.observed,
      low: scale * (b.observed - 2 * b.error),
      high: scale * (b.observed + 2 * b.error),
      ink: inks[c % inks.length]!,
      title: `${name === undefined ? '' : `${name}: `}predicted ${(scale * b.predicted).toPrecision(4)}, observed ${(scale * b.observed).toPrecision(4)} ${units}, ${count(b.rows)} rows`,
    })),
  );
  const named = result.calibration.map((c, i) => `${c.name} ${['blue', 'orange', 'green'][i] ?? 'grey'}`);
  const label = (of: string) => (units === '' ? of : `${of} (${units})`);
  return {
    title: 'Calibration',
    caption: `Mean label by tenths of the prediction, ± 2 standard errors; on the dashed line they agree.${classes ? ` ${named.join(', ')}.` : ''}`,
    draw: (plot) => ({
      height: 280,
      x: { label: label('predicted'), nice: true, ticks: 5 },
      y: { label: label('observed'), grid: true, nice: true },
      marks: [
        plot.line(diagonal(bins), { x: '0', y: '0', stroke: 'var(--muted)', strokeDasharray: '4 3' }),
        plot.ruleX(bins, { x: 'x', y1: 'low', y2: 'high', stroke: 'ink' }),
        plot.dot(bins, { x: 'x', y: 'y', fill: 'ink', r: 4, title: 'title' }),
      ],
      color: { type: 'identity' },
    }),
  };
}

function diagonal(bins: readonly { x: number }[]): { 0: number }[] {
  const xs = bins.map((b) => b.x);
  return [{ 0: Math.min(...xs) }, { 0: Math.max(...xs) }];
}

function learningFigure({ learning }: TrainingResult): Figure {
  const points = learning.flatMap(({ fold, rounds, training, tail }) =>
    rounds.map((round, i) => ({
      fold,
      round,
      training: training[i]!,
      tail: tail[i]!,
      ink: foldInk(fold, learning.length),
    })),
  );
  const stopped = learning.flatMap(({ fold, bestRound, rounds, training, tail }) => {
    const at = rounds.findIndex((r) => r >= bestRound);
    const y = tail[at] ?? training[at];
    return y === undefined || y === null
      ? []
      : [{ fold, round: bestRound, y, ink: foldInk(fold, learning.length) }];
  });
  const tailed = points.filter((p) => p.tail !== null);
  return {
    title: 'Learning curve',
    caption:
      tailed.length === 0
        ? 'Gain over a constant on the training rows by round, in per cent; a line for each fold, the last one darkest.'
        : 'Gain over a constant by round, in per cent: on the tail that stops it (lines) and the training rows (dots); the last fold is darkest, its number at the best round.',
    draw: (plot) => ({
      height: 280,
      x: { label: 'round', ticks: 5 },
      y: { label: 'gain (%)', grid: true, percent: true, nice: true },
      color: { type: 'identity' },
      marks: [
        plot.ruleY([0], { stroke: 'var(--muted)' }),
        plot.line(points, {
          x: 'round',
          y: 'training',
          z: 'fold',
          stroke: 'ink',
          strokeWidth: tailed.length === 0 ? 1.5 : 1,
          ...(tailed.length === 0 ? {} : { strokeDasharray: '1 3' }),
        }),
        plot.line(tailed, { x: 'round', y: 'tail', z: 'fold', stroke: 'ink', strokeWidth: 1.5 }),
        plot.dot(stopped, { x: 'round', y: 'y', fill: 'ink', r: 3 }),
        plot.text(stopped, {
          x: 'round',
          y: 'y',
          text: (d: { fold: number }) => String(d.fold),
          dx: 7,
          textAnchor: 'start',
          fill: 'var(--ink)',
        }),
      ],
    }),
  };
}

function foldInk(fold: number, folds: number): string {
  const share = Math.round(35 + (65 * fold) / folds);
  return `color-mix(in srgb, var(--series-1) ${share}%, var(--paper))`;
}

const mostBars = 20;

function importanceSection({ importance, formulas }: TrainingResult, canvas: Canvas): Markup[] {
  const nameOf = (i: (typeof importance)[number]) => i.column;
  const top = importance.slice(0, mostBars);
  const marginLeft = 20 + 7 * Math.max(...top.map((i) => nameOf(i).length));
  const height = 60 + 20 * top.length;
  const y = { label: null, domain: top.map(nameOf) };
  const ink = (i: (typeof importance)[number]) =>
    i.formula === null ? 'var(--series-1)' : 'var(--series-2)';
  const shuffled: Figure = {
    title: 'Worth on test rows',
    caption:
      'Loss gained when the column is shuffled, as a share of the constant’s loss in per cent, ± 2 standard errors over shuffles.',
    draw: (plot) => ({
      height,
      marginLeft,
      x: { label: 'worth (%)', grid: true, percent: true, ticks: 4 },
      y,
      color: { type: 'identity' },
      marks: [
        plot.barX(top, {
          x: 'permutation',
          y: 'column',
          fill: ink,
          title: (i) => `${i.formula ?? i.column}: ${percent(i.permutation)}`,
        }),
        plot.ruleY(top, {
          y: 'column',
          x1: (i) => i.permutation - 2 * i.permutationError,
          x2: (i) => i.permutation + 2 * i.permutationError,
          stroke: 'var(--ink)',
        }),
        plot.ruleX([0], { stroke: 'var(--muted)' }),
      ],
    }),
  };
  const gains: Figure = {
    title: 'Share of the gains in training',
    caption:
      'Of all splits of the final model, in per cent. Also noise gains in training: the left figure decides.',
    draw: (plot) => ({
      height,
      marginLeft,
      x: { label: 'share (%)', grid: true, percent: true, ticks: 4 },
      y,
      color: { type: 'identity' },
      marks: [
        plot.barX(top, { x: 'gain', y: 'column', fill: ink }),
        plot.ruleX([0], { stroke: 'var(--muted)' }),
      ],
    }),
  };
  const rows = importance.map((i, at) => ({
    cells: [
      i.formula === null ? i.column : html`<code>${i.formula}</code>`,
      shown(`importance.${at}.permutation`, i.permutation, percent(i.permutation)),
      shown(`importance.${at}.permutationError`, i.permutationError, percent(i.permutationError)),
      shown(`importance.${at}.gain`, i.gain, percent(i.gain, 1)),
    ],
  }));
  const told = formulas.length === 0 ? '' : ' Formulas are orange.';
  return [
    html`<h2>What the columns are worth</h2>
<p>Columns that measure the same stand in for each other: each of them alone then looks worth little.${told}</p>`,
    canvas.pair(shuffled, gains),
    html`<details><summary>All ${count(importance.length)} columns</summary>${tableOf(['column', 'worth', '± se', 'share of gains'], rows, [0])}</details>`,
  ];
}

function formulaSection({ formulas }: TrainingResult): Markup[] {
  if (formulas.length === 0) return [];
  const rows = formulas.map(({ name, formula }) => ({ cells: [name, html`<code>${formula}</code>`] }));
  return [html`<h2>The formulas</h2>`, tableOf(['column', 'formula'], rows, [1])];
}

function notesOf({ lossName, seconds }: TrainingResult): string[] {
  const loss =
    lossName === 'RMSE'
      ? 'RMSE is the root of the mean squared error; gain is the share of the squared error of a constant (the mean label of the training rows) that the model takes away: R² out of sample.'
      : 'Log-loss is in nats; gain is the share of the log-loss of a constant (the shares of the classes in the training rows) that the model takes away.';
  return [
    loss,
    'Standard errors and intervals are over up to 32 blocks of time a fold, each of at least five independent labels: overlapping labels do not count twice. Rank IC is over all test rows alike; losses and hit rates weigh a row as training does.',
    `Trained and tested in ${seconds.toFixed(1)} s.`,
  ];
}
