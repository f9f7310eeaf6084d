/** A formula in words, a line for each operator over a window and for what occurs more than once. */
import { Names } from './names.js';
import { columnsIn, type Expression } from './tree.js';
import { call, infix, type Language, negation, type Piece, type Rule, tight, Writer } from './writer.js';

/** Says what an operator makes of its operands over n rows. */
function said(text: (n: string, a: string, b: string) => string): Rule {
  return (args, n, writer) => {
    const [a, b = ''] = args.map((arg) => simple(arg, writer));
    const line = text(`${n} row${n === 1 ? '' : 's'}`, a!, b);
    return { text: writer.define('step', line), tight: tight.primary };
  };
}

/** Words take names and numbers; whatever is longer gets a line of its own. */
function simple(piece: Piece, writer: Writer): string {
  return piece.tight === tight.primary && !piece.text.includes('(')
    ? piece.text
    : writer.named(piece, 'step').text;
}

const rules: Record<string, Rule> = {
  add: infix('+', tight.sum),
  sub: infix('-', tight.sum),
  mul: infix('*', tight.product),
  div: infix('/', tight.product),
  neg: negation,
  ...Object.fromEntries(
    'abs sqrt log1p_abs sign square cube tanh min max if_greater sin cos exp log'
      .split(' ')
      .map((name) => [name, call(name)]),
  ),
  lag: said((n, a) => `${a} as it was ${n} before`),
  delta: said((n, a) => `the change of ${a} since ${n} before`),
  sum: said((n, a) => `the sum of ${a} over the last ${n}`),
  sma: said((n, a) => `the mean of ${a} over the last ${n}`),
  ema: said((n, a) => `the exponentially weighted mean of ${a}, of a span of ${n}`),
  wma: said((n, a) => `the mean of ${a} over the last ${n}, the newer the heavier, linearly`),
  std: said((n, a) => `the standard deviation of ${a} over the last ${n}`),
  zscore: said((n, a) => `how many standard deviations ${a} is above its mean of the last ${n}`),
  skew: said((n, a) => `the skewness of ${a} over the last ${n}`),
  kurt: said((n, a) => `the excess kurtosis of ${a} over the last ${n}`),
  ts_min: said((n, a) => `the smallest ${a} of the last ${n}`),
  ts_max: said((n, a) => `the greatest ${a} of the last ${n}`),
  argmin: said((n, a) => `rows since the smallest ${a} of the last ${n}`),
  argmax: said((n, a) => `rows since the greatest ${a} of the last ${n}`),
  rank: said((n, a) => `the share of the last ${n} in which ${a} was lower than now`),
  slope: said((n, a) => `the slope of ${a} over the last ${n}, a row`),
  corr: said((n, a, b) => `the correlation of ${a} and ${b} over the last ${n}`),
  cov: said((n, a, b) => `the covariance of ${a} and ${b} over the last ${n}`),
};

const words: Language = {
  rules,
  carries: {},
  strays: new Set(),
  column: (name) => name,
  constant: String,
  finite: (piece) => piece,
  define: (name, text) => `${name}: ${text}`,
  refer: (name) => name,
};

/** The lines, the value last. */
export function formulaInWords(root: Expression): string[] {
  const writer = new Writer(words, new Names(columnsIn(root)));
  const value = writer.root(root).text;
  return [...writer.statements, `value: ${value}`];
}
