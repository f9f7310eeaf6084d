/**
 * A formula as an indicator in Pine Script v6, as far as a chart can have it: its rows are bars, not trades, and
 * it knows prices, volume and what follows from them, no order flow and no book.
 */
import { type Exported, heading } from './exported.js';
import { calledFunctions, type Library } from './library.js';
import { Names } from './names.js';
import { columnsIn } from './tree.js';
import {
  arithmeticCarries,
  arithmeticStrays,
  call,
  infix,
  type Language,
  negation,
  type Rule,
  tight,
  Writer,
} from './writer.js';

/** Columns that follow from the bars of a chart. */
const onChart: Readonly<Record<string, string>> = {
  ts: 'float(time) * 1000',
  bar_ts: 'float(time) * 1000',
  price: 'close',
  bar_close: 'close',
  qty: 'volume',
  bid: 'bid',
  ask: 'ask',
  ema9: 'ta.ema(close, 9)',
  ema21: 'ta.ema(close, 21)',
  rsi7: 'ta.rsi(close, 7)',
  rsi7_c: '(ta.rsi(close, 7) - 50) / 50',
  vwap: 'ta.vwap(hlc3)',
  bb_mid: 'ta.sma(close, 20)',
  bb_up: 'ta.sma(close, 20) + 2 * ta.stdev(close, 20)',
  bb_low: 'ta.sma(close, 20) - 2 * ta.stdev(close, 20)',
  ema9_dist: 'close / ta.ema(close, 9) - 1',
  ema21_dist: 'close / ta.ema(close, 21) - 1',
  ema_cross: 'ta.ema(close, 9) / ta.ema(close, 21) - 1',
  vwap_dist: 'close / ta.vwap(hlc3) - 1',
  bb_pos: '(close - ta.sma(close, 20)) / (2 * ta.stdev(close, 20))',
  bb_width: '2 * ta.stdev(close, 20) / ta.sma(close, 20)',
};

const words = (
  'and as break by const continue else enum export false for if import in input int float bool string color line ' +
  'label box table method na not or simple series switch to true type var varip while strategy indicator plot ' +
  'open high low close volume time hl2 hlc3 ohlc4 bid ask bar_index math ta str array matrix map request runtime ' +
  'barstate syminfo timeframe value'
).split(' ');

const library: Library = {
  finite: `
// Pine has no infinity of its own: what is too large for a number is na already.
finite(float x) => math.abs(x) < 1.7e308 ? x : na
`,
  divide: `
divide(float a, float b) => math.abs(b) < 1e-12 ? na : a / b
`,
  square: `
square(float a) => a * a
`,
  cube: `
cube(float a) => a * a * a
`,
  square_root: `
square_root(float a) => a < 0 ? na : math.sqrt(a)
`,
  logarithm: `
logarithm(float a) => a <= 0 ? na : math.log(a)
`,
  tanh: `
tanh(float a) =>
    float e = math.exp(-2 * math.abs(a))
    math.sign(a) * (1 - e) / (1 + e)
`,
  smaller: `
smaller(float a, float b) => na(a) or na(b) ? na : math.min(a, b)
`,
  greater: `
greater(float a, float b) => na(a) or na(b) ? na : math.max(a, b)
`,
  if_greater: `
if_greater(float a, float b, float c, float d) =>
    na(a) or na(b) or na(c) or na(d) ? na : a > b ? c : d
`,
  lag: `
lag(float x, int n) => x[n]
`,
  delta: `
delta(float x, int n) => x - x[n]
`,
  window: `
// The values of the last n bars, the oldest first; empty unless there are n bars and half of them have a value.
window(float x, int n) =>
    array<float> values = array.new<float>()
    for age = n - 1 to 0
        if not na(x[age])
            array.push(values, x[age])
    if bar_index + 1 < n or 2 * array.size(values) < n
        array.clear(values)
    values
`,
  deviation: `
deviation(float x, int n) =>
    array<float> values = window(x, n)
    array.size(values) == 0 ? na : array.stdev(values, true)
`,
  sum: `
sum(float x, int n) =>
    array<float> values = window(x, n)
    array.size(values) == 0 ? na : array.sum(values)
`,
  sma: `
sma(float x, int n) =>
    array<float> values = window(x, n)
    array.size(values) == 0 ? na : array.avg(values)
`,
  std: `
std(float x, int n) => deviation(x, n)
`,
  zscore: `
zscore(float x, int n) =>
    float s = deviation(x, n)
    s < 1e-12 ? na : (x - sma(x, n)) / s
`,
  weighted: `
// The mean of the last \`bars\` bars, weighted keep ** age, or n - age where keep is 0; null as a window of n.
weighted(float x, int n, int bars, float keep) =>
    float total = 0.0
    float weights = 0.0
    for age = 0 to math.min(bars - 1, bar_index)
        if not na(x[age])
            float weight = keep > 0 ? math.pow(keep, age) : n - age
            total += weight * x[age]
            weights += weight
    array.size(window(x, n)) == 0 ? na : total / weights
`,
  ema: `
ema(float x, int n) => n == 1 ? sma(x, 1) : weighted(x, n, 8 * n, 1 - 2.0 / (n + 1))
`,
  wma: `
wma(float x, int n) => weighted(x, n, n, 0)
`,
  moment: `
// The mean of a power of the standard scores.
moment(float x, int n, int power) =>
    array<float> values = window(x, n)
    float s = deviation(x, n)
    float m = sma(x, n)
    float total = 0.0
    for v in values
        total += math.pow((v - m) / s, power)
    s < 1e-12 ? na : total / array.size(values)
`,
  skew: `
skew(float x, int n) => moment(x, n, 3)
`,
  kurt: `
kurt(float x, int n) => moment(x, n, 4) - 3
`,
  ts_min: `
ts_min(float x, int n) =>
    array<float> values = window(x, n)
    array.size(values) == 0 ? na : array.min(values)
`,
  ts_max: `
ts_max(float x, int n) =>
    array<float> values = window(x, n)
    array.size(values) == 0 ? na : array.max(values)
`,
  since: `
// Bars since a value of the last n, the latest of equal ones.
since(float x, int n, float wanted) =>
    int found = na
    for age = n - 1 to 0
        if x[age] == wanted
            found := age
    found
`,
  argmin: `
argmin(float x, int n) => since(x, n, ts_min(x, n))
`,
  argmax: `
argmax(float x, int n) => since(x, n, ts_max(x, n))
`,
  rank: `
rank(float x, int n) =>
    array<float> values = window(x, n)
    float score = 0.0
    for v in values
        score += v < x ? 1 : v == x ? 0.5 : 0
    na(x) or array.size(values) == 0 ? na : score / array.size(values)
`,
  cov: `
cov(float a, float b, int n) =>
    float x = na(b) ? na : a
    float y = na(a) ? na : b
    array<float> xs = window(x, n)
    array<float> ys = window(y, n)
    array.size(xs) == 0 ? na : array.covariance(xs, ys, true)
`,
  corr: `
corr(float a, float b, int n) =>
    float sx = deviation(na(b) ? na : a, n)
    float sy = deviation(na(a) ? na : b, n)
    sx < 1e-12 or sy < 1e-12 ? na : math.max(-1, math.min(1, cov(a, b, n) / (sx * sy)))
`,
  slope: `
slope(float x, int n) =>
    float row = na(x) ? na : float(bar_index)
    float spread = cov(row, row, n)
    spread > 0 ? cov(row, x, n) / spread : na
`,
};

/** A history is kept of every operand of a window: it gets a name of its own. */
function over(name: string): Rule {
  return (args, n, writer) => {
    const operands = args.map((a) => (/^\w+$/.test(a.text) && !a.scalar ? a : writer.named(a, 'part')));
    const text = writer.define(name, call(name)(operands, n, writer).text);
    return { text, tight: tight.primary };
  };
}

const windows = [
  'lag delta sum sma ema wma std zscore skew kurt ts_min ts_max argmin argmax rank slope corr cov',
].flatMap((names) => names.split(' '));

const language: Language = {
  rules: {
    add: infix('+', tight.sum),
    sub: infix('-', tight.sum),
    mul: infix('*', tight.product),
    div: call('divide'),
    neg: negation,
    abs: call('math.abs'),
    sqrt: call('square_root'),
    log1p_abs: ([a]) => ({ text: `math.log(1 + math.abs(${a!.text}))`, tight: tight.primary }),
    sign: call('math.sign'),
    square: call('square'),
    cube: call('cube'),
    tanh: call('tanh'),
    min: call('smaller'),
    max: call('greater'),
    if_greater: call('if_greater'),
    sin: call('math.sin'),
    cos: call('math.cos'),
    exp: call('math.exp'),
    log: call('logarithm'),
    ...Object.fromEntries(windows.map((name) => [name, over(name)])),
  },
  carries: arithmeticCarries,
  strays: new Set(arithmeticStrays),
  column: (name) => name,
  constant: (value) => {
    const text = Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
    return /[.e]/.test(text) ? text : `${text}.0`;
  },
  finite: (piece) => ({ text: `finite(${piece.text})`, tight: tight.primary }),
  define: (name, text) => `float ${name} = ${text}`,
  refer: (name) => name,
};

/** An indicator; a column that no chart has is na, and the script says so until a series is put in its place. */
export function writePine(formula: Exported): string {
  const used = columnsIn(formula.root);
  const missing = used.filter((name) => onChart[name] === undefined);
  const names = new Names([...words, ...Object.keys(library)]);
  const variables = new Map(used.map((name) => [name, names.take(name)]));
  const writer = new Writer({ ...language, column: (name) => variables.get(name)! }, names);
  const result = writer.root(formula.root).text;
  const columns = used.flatMap((name) => {
    const series = onChart[name];
    if (series !== undefined) return [`float ${variables.get(name)} = ${series}`];
    return [
      `// A chart has no ${name}: put a series of yours in the place of na.`,
      `float ${variables.get(name)} = na`,
    ];
  });
  const body = [...columns, ...writer.statements, `float value = ${result}`];
  const complaint = `A chart has no ${missing.join(', ')}: edit the lines where they are na, then remove this one.`;
  const functions = calledFunctions(library, body.join('\n'));
  return `${[
    '//@version=6',
    ...heading(formula).map((line) => `// ${line}`.trimEnd()),
    '// Rows are the bars of the chart; hybrid counts trades, so that windows span other times. Paste into the Pine editor.',
    `indicator("hybrid", overlay = false, max_bars_back = ${Math.min(5000, Math.max(formula.lookBack + 1, 100))})`,
    '',
    ...(functions === '' ? [] : [functions, '']),
    ...body,
    ...(missing.length === 0
      ? []
      : ['if barstate.islast', `    runtime.error(${JSON.stringify(complaint)})`]),
    'plot(value)',
  ].join('\n')}\n`;
}
