/** The report of a training: what a quant asks first on top, everything else behind it. */
import { count } from '../table.js';
import {
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

function summary(result: TrainingResult): Markup {
  const { overall, comparison, lossName } = result;
  const unit = unitOf(result);
  const o = numbersOf('overall', overall, unit);
  const all = [
    {
      name: 'Rank IC, all folds',
      value: o.correlation('ic'),
      beside: intervalText('overall.icInterval', overall.icInterval, signed, 1),
    },
    {
      name: 'Gain over a constant',
      value: o.share('gain'),
      beside: html`${lossName} ${o.loss('loss')} beside ${o.loss('constantLoss')} ${unit.name}`,
    },
    {
      name: 'Hit rate',
      value: o.share('hitRate', 1),
      beside: html`${o.share('constantHitRate', 1)} by a constant`,
    },
  ];
  if (comparison !== null)
    all.unshift({
      name: 'Formulas add, hold-out',
      value: numbersOf('comparison', comparison, unit).share('gainDifference'),
      beside: intervalText(
        'comparison.gainDifferenceInterval',
        comparison.gainDifferenceInterval,
        percent,
        100,
      ),
    });
  return tiles(all);
}

function intervalText(
  key: string,
  interval: readonly [number, number] | null,
  show: (x: number) => string,
  scale: number,
): Markup {
  if (interval === null) return html`too few blocks for an interval`;
  const side = (i: 0 | 1) => shown(`${key}.${i}`, interval[i], show(interval[i]), scale);
  return html`95 % ${side(0)} … ${side(1)}`;
}

/** Losses of returns read best in basis points. */
function unitOf({ target, lossName }: Pick<TrainingResult, 'target' | 'lossName'>) {
  const plain = { name: '', scale: 1, title: lossName as string, show: (x: number) => x.toPrecision(5) };
  if (lossName === 'log-loss')
    return { ...plain, title: 'log-loss (nats)', show: (x: number) => x.toFixed(5) };
  if (!/^(ret|mid)_/.test(target)) return plain;
  return {
    name: 'bps',
    scale: 1e4,
    title: `${lossName} (bps)`,
    show: (x: number) => (1e4 * x).toPrecision(5),
  };
}

/** A number of the result; what is a loss is shown in its unit. */
function numbersOf<T extends object>(key: string, of: T, unit: ReturnType<typeof unitOf>) {
  const at = (name: keyof T & string) => of[name] as number | null;
  const one = (name: keyof T & string, show: (x: number) => string, scale: number) => {
    const value = at(name);
    return shown(`${key}.${name}`, value, value === null ? '–' : show(value), scale);
  };
  return {
    loss: (name: keyof T & string) => one(name, unit.show, unit.scale),
    share: (name: keyof T & string, digits = 3) => one(name, (x) => percent(x, digits), 100),
    correlation: (name: keyof T & string) => one(name, signed, 1),
    error: (name: keyof T & string) => one(name, (x) => x.toFixed(4), 1),
    count: (name: keyof T & string) => one(name, count, 1),
  };
}

function comparisonSection(result: TrainingResult): Markup[] {
  const { comparison, formulas, holdoutOpened } = result;
  if (formulas.length === 0) return [];
  if (comparison === null)
    return [
      html`<h2>With and without the formulas</h2><p>There is no hold-out: evolution has seen every fold.</p>`,
    ];
  const unit = unitOf(result);
  const c = numbersOf('comparison', comparison, unit);
  const rows = [
    {
      cells: [
        'with the formulas',
        c.loss('loss'),
        c.share('gain'),
        c.correlation('ic'),
        c.share('hitRate', 1),
      ],
    },
    {
      cells: [
        'without them',
        c.loss('baselineLoss'),
        c.share('baselineGain'),
        c.correlation('baselineIc'),
        c.share('baselineHitRate', 1),
      ],
    },
    { cells: ['a constant', c.loss('constantLoss'), '', '', c.share('constantHitRate', 1)] },
    { cells: ['difference', '', c.share('gainDifference'), c.correlation('icDifference'), ''], all: true },
    { cells: ['± standard error', '', c.share('gainDifferenceError'), c.error('icDifferenceError'), ''] },
  ];
  const opened = holdoutOpened === 1 ? 'for the first time' : `for the ${count(holdoutOpened ?? 0)}. time`;
  return [
    html`<h2>With and without the formulas, on the hold-out</h2>
<p>Fold ${comparison.folds.join(', ')} alone: evolution has not seen its rows, so nothing flatters the formulas there.
This hold-out was opened ${opened}; each look makes it less of a test.</p>`,
    tableOf(['model', unit.title, 'gain over a constant', 'rank IC', 'hit rate'], rows),
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
    hitTable(result),
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
  const { folds, overall, formulas } = result;
  const unit = unitOf(result);
  const without = formulas.length > 0;
  const beside = (header: string) => (without ? [header] : []);
  const header = [
    ...[
      'fold',
      'from',
      'trained on',
      'tested on',
      'rounds',
      unit.title,
      ...beside('without formulas'),
      'constant',
    ],
    ...['gain', 'rank IC', '± se', ...beside('IC without formulas')],
  ];
  const cells = (key: string, q: ReportedQuality) => {
    const n = numbersOf(key, q, unit);
    return [
      n.loss('loss'),
      ...(without ? [n.loss('baselineLoss')] : []),
      n.loss('constantLoss'),
      n.share('gain'),
      n.correlation('ic'),
      n.error('icError'),
      ...(without ? [n.correlation('baselineIc')] : []),
    ];
  };
  const rows = folds.map((f, i) => {
    const n = numbersOf(`folds.${i}`, f, unit);
    const [date, clock] = day(f.from).split(/ (?=\d\d:)/);
    const from = clock === undefined ? html`${date!}` : html`${date!}<br>${clock}`;
    const own = [foldCell(f), from, n.count('trainRows'), n.count('testRows'), n.count('rounds')];
    return { cells: [...own, ...cells(`folds.${i}`, f)] };
  });
  const tested = numbersOf('overall', overall, unit).count('testRows');
  return tableOf(header, [
    ...rows,
    { cells: ['all', '', '', tested, '', ...cells('overall', overall)], all: true },
  ]);
}

const foldCell = ({ fold, seen }: ReportedFold) =>
  seen ? html`${fold}<span class="tag">seen</span>` : html`${fold}`;

/** How often the direction or the class is right, beside who knows nothing and who knows no formulas. */
function hitTable(result: TrainingResult): Markup {
  const { folds, overall, formulas } = result;
  const without = formulas.length > 0;
  const cells = (key: string, q: ReportedQuality) => {
    const n = numbersOf(key, q, unitOf(result));
    return [
      n.share('hitRate', 1),
      n.share('hitRateError', 1),
      ...(without ? [n.share('baselineHitRate', 1)] : []),
      n.share('constantHitRate', 1),
    ];
  };
  const header = ['fold', 'hit rate', '± se', ...(without ? ['without formulas'] : []), 'a constant'];
  return tableOf(header, [
    ...folds.map((f, i) => ({ cells: [foldCell(f), ...cells(`folds.${i}`, f)] })),
    { cells: ['all', ...cells('overall', overall)], all: true },
  ]);
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
        ? 'Gain over a constant on the training rows by round, in per cent; a line for each fold, the last one strongest.'
        : 'Gain over a constant by round, in per cent: on the tail that stops it (lines) and the training rows (dots); the last fold is strongest, its number at the best round.',
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
  const rows = importance.map((i, at) => {
    const n = numbersOf(`importance.${at}`, i, { name: '', scale: 1, title: '', show: String });
    const name = i.formula === null ? i.column : html`<code>${i.formula}</code>`;
    return { cells: [name, n.share('permutation'), n.share('permutationError'), n.share('gain', 1)] };
  });
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
    'Standard errors and intervals are over up to 32 blocks of time a fold, each of at least five independent labels: overlapping labels do not count twice. Rank IC is over all test rows of a fold alike, that of several folds is the mean of theirs; losses and hit rates weigh a row as training does.',
    `Trained and tested in ${seconds.toFixed(1)} s.`,
  ];
}
