/** A formula in mathematical notation; t is the row. */
import type { Exported } from './exported.js';
import { Names } from './names.js';
import { type Language, negation, type Rule, tight, Writer, within } from './writer.js';

function infix(sign: string, own: number): Rule {
  return ([a, b]) => ({ text: `${within(a!, own)} ${sign} ${within(b!, own + 1)}`, tight: own });
}

/** `name(a)` with a window below the name. */
function operator(name: string, window = (n: number) => `_{${n}}`): Rule {
  return (args, n) => ({
    text: `\\operatorname{${name}}${n > 0 ? window(n) : ''}\\!\\left(${args.map((a) => a.text).join(', ')}\\right)`,
    tight: tight.primary,
  });
}

function power(exponent: number): Rule {
  return ([a]) => {
    const simple = /^\\mathrm\{[^{}]*\}$|^\d+$/.test(a!.text);
    const base = simple ? a!.text : `\\left(${a!.text}\\right)`;
    return { text: `${base}^{${exponent}}`, tight: tight.primary };
  };
}

function fenced(open: string, close: string, text: string): string {
  return `\\left${open} ${text} \\right${close}`;
}

const rules: Record<string, Rule> = {
  add: infix('+', tight.sum),
  sub: infix('-', tight.sum),
  mul: infix('\\cdot', tight.product),
  div: ([a, b]) => ({ text: `\\frac{${a!.text}}{${b!.text}}`, tight: tight.primary }),
  neg: negation,
  abs: ([a]) => ({ text: fenced('|', '|', a!.text), tight: tight.primary }),
  sqrt: ([a]) => ({ text: `\\sqrt{${a!.text}}`, tight: tight.primary }),
  log1p_abs: ([a]) => ({
    text: `\\ln\\!\\left(1 + ${fenced('|', '|', a!.text)}\\right)`,
    tight: tight.primary,
  }),
  sign: operator('sgn'),
  square: power(2),
  cube: power(3),
  tanh: ([a]) => ({ text: `\\tanh\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  min: ([a, b]) => ({ text: `\\min\\!\\left(${a!.text}, ${b!.text}\\right)`, tight: tight.primary }),
  max: ([a, b]) => ({ text: `\\max\\!\\left(${a!.text}, ${b!.text}\\right)`, tight: tight.primary }),
  if_greater: ([a, b, c, d]) => ({
    text: `\\begin{cases} ${c!.text} & ${a!.text} > ${b!.text} \\\\ ${d!.text} & \\text{else} \\end{cases}`,
    tight: tight.product,
  }),
  sin: ([a]) => ({ text: `\\sin\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  cos: ([a]) => ({ text: `\\cos\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  exp: ([a]) => ({ text: `\\exp\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  log: ([a]) => ({ text: `\\ln\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  lag: operator('lag'),
  delta: ([a], n) => ({ text: `\\Delta_{${n}} ${within(a!, tight.primary)}`, tight: tight.product }),
  sum: operator('sum'),
  sma: operator('mean'),
  ema: operator('ema'),
  wma: operator('wma'),
  std: operator('sd'),
  zscore: operator('z'),
  skew: operator('skew'),
  kurt: operator('kurt'),
  ts_min: ([a], n) => ({ text: `\\min_{${n}}\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  ts_max: ([a], n) => ({ text: `\\max_{${n}}\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  argmin: ([a], n) => ({ text: `\\arg\\min_{${n}}\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  argmax: ([a], n) => ({ text: `\\arg\\max_{${n}}\\!\\left(${a!.text}\\right)`, tight: tight.primary }),
  rank: operator('rank'),
  slope: operator('slope'),
  corr: operator('corr'),
  cov: operator('cov'),
};

const language: Language = {
  rules,
  carries: {},
  strays: new Set(),
  column: (name) => `\\mathrm{${escaped(name)}}`,
  constant: latexNumber,
  finite: (piece) => piece,
  define: (name, text) => `${name} &= ${text}`,
  refer: (name) => name,
};

/** The formula as an `align*` environment; parts that occur more than once are defined first, as u with a number. */
export function writeLatex(formula: Exported): string {
  const names = new Names([]);
  const symbols = {
    ...language,
    define: (name: string, text: string) => `${symbolOf(name)} &= ${text} \\\\`,
    refer: symbolOf,
  };
  const writer = new Writer(symbols, { number: () => names.number('u') });
  const value = writer.root(formula.root).text;
  return `${[
    `% ${formula.text}`,
    `% Written by hybrid ${formula.version} (hybrid formula export); subscripts are windows in rows. Needs amsmath.`,
    '\\begin{align*}',
    ...writer.statements.map((line) => `  ${line}`),
    `  f &= ${value}`,
    '\\end{align*}',
  ].join('\n')}\n`;
}

/** u_3 → u_{3} */
function symbolOf(name: string): string {
  return name.replace(/_(\d+)$/, '_{$1}');
}

function latexNumber(value: number): string {
  const [mantissa, exponent] = (Object.is(value, -0) ? '-0' : String(value)).split('e');
  return exponent === undefined ? mantissa! : `${mantissa} \\cdot 10^{${Number(exponent)}}`;
}

function escaped(name: string): string {
  const symbols: Record<string, string> = { '\\': '\\backslash{}', '^': '\\hat{}', '~': '\\sim{}' };
  return name.replace(/[\\^~]/g, (c) => symbols[c]!).replace(/[_%$#&{}](?!\})/g, '\\$&');
}
