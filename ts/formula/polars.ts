/** A formula as a Polars expression. */
import { type Exported, heading } from './exported.js';
import { calledFunctions, type Library } from './library.js';
import { Names } from './names.js';
import { numpyLibrary } from './numpy.js';
import { docText, pythonConstant, pythonWords } from './python.js';
import { columnsIn } from './tree.js';
import {
  arithmeticCarries,
  arithmeticStrays,
  call,
  infix,
  type Language,
  negation,
  type Piece,
  type Rule,
  tight,
  Writer,
} from './writer.js';

/** Expressions in place of arrays, where Polars has its own; null for null. */
const polarsLibrary: Library = {
  finite_or_null: `
def finite_or_null(x):
    return pl.when(x.is_finite()).then(x)
`,
  column: `
def column(name):
    """A column as numbers, null where it has none."""
    return finite_or_null(pl.col(name).cast(pl.Float64))
`,
  repeated: `
def repeated(x):
    """A number in every row."""
    return pl.repeat(0.0, pl.len(), dtype=pl.Float64) + x
`,
  quotient: `
def quotient(a, b):
    """a / b, null where |b| < 1e-12."""
    return pl.when(b.abs() >= 1e-12).then(a / b)
`,
  power3: `
def power3(a):
    return a * a * a
`,
  smaller: `
def smaller(a, b):
    """Null where either is."""
    return pl.when(a <= b).then(a).when(b < a).then(b)
`,
  greater: `
def greater(a, b):
    """Null where either is."""
    return pl.when(a >= b).then(a).when(b > a).then(b)
`,
  choose: `
def choose(a, b, c, d):
    """c where a > b, else d; null where any of them is null."""
    chosen = pl.when(a > b).then(c).when(a <= b).then(d)
    return pl.when(c.is_not_null() & d.is_not_null()).then(chosen)
`,
  change: `
def change(x, n):
    """x less x of n rows before."""
    return finite_or_null(x - x.shift(n))
`,
  rolling: `
def rolling(operator, *operands, n):
    """An operator over the last n rows, on arrays: Polars' own rolling functions leave traces of older rows."""
    def over(columns):
        arrays = [column.cast(pl.Float64).fill_null(np.nan).to_numpy() for column in columns]
        with np.errstate(all="ignore"):
            return pl.Series(operator(*arrays, n), nan_to_null=True)
    return pl.map_batches(list(operands), over, return_dtype=pl.Float64)
`,
};

function asColumn(piece: Piece): Piece {
  return piece.scalar ? { ...piece, text: `repeated(${piece.text})`, tight: tight.primary } : piece;
}

/** Methods and functions need an expression; beside one, a number is one already. */
function asExpression(piece: Piece): Piece {
  return /^-?\d[\w.+-]*$/.test(piece.text)
    ? { ...piece, text: `pl.lit(${piece.text})`, tight: tight.primary }
    : piece;
}

function method(name: string): Rule {
  return ([a]) => {
    const { text, tight: t } = asExpression(a!);
    return { text: `${t >= tight.primary ? text : `(${text})`}.${name}`, tight: tight.primary };
  };
}

function called(name: string): Rule {
  const plain = call(name);
  return (args, window, writer) => plain(args.map(asExpression), window, writer);
}

/** Between numbers alone, Python would do the arithmetic and raise its own errors. */
function arithmetic(sign: string, own: number): Rule {
  const plain = infix(sign, own);
  return (args, window, writer) => {
    const scalar = args.every((a) => a.scalar);
    return plain(scalar ? args.map(asExpression) : args, window, writer);
  };
}

function rolling(name: string): Rule {
  return (args, window) => {
    const operands = args.map((a) => asColumn(a).text).join(', ');
    return { text: `rolling(${name}, ${operands}, n=${window})`, tight: tight.primary };
  };
}

const windows = 'sma ema wma std zscore skew kurt ts_min ts_max argmin argmax rank slope corr cov'.split(' ');

const polars: Language = {
  rules: {
    add: arithmetic('+', tight.sum),
    sub: arithmetic('-', tight.sum),
    mul: arithmetic('*', tight.product),
    div: called('quotient'),
    neg: (args, window, writer) => negation(args.map(asExpression), window, writer),
    abs: method('abs()'),
    sqrt: method('sqrt()'),
    log1p_abs: method('abs().log1p()'),
    sign: method('sign()'),
    square: method('pow(2)'),
    cube: called('power3'),
    tanh: method('tanh()'),
    min: called('smaller'),
    max: called('greater'),
    if_greater: called('choose'),
    sin: method('sin()'),
    cos: method('cos()'),
    exp: method('exp()'),
    log: method('log()'),
    lag: ([a], window, writer) => method(`shift(${window})`)([asColumn(a!)], 0, writer),
    delta: (args, window, writer) => call('change')(args.map(asColumn), window, writer),
    sum: rolling('sum_of'),
    ...Object.fromEntries(windows.map((name) => [name, rolling(name)])),
  },
  carries: arithmeticCarries,
  // NaN is a number to Polars: what is no null yet must not reach a comparison.
  strays: new Set([...arithmeticStrays, 'sqrt']),
  column: (name) => name,
  constant: pythonConstant,
  finite: (piece) => ({ text: `finite_or_null(${asExpression(piece).text})`, tight: tight.primary }),
  define: (name, text) => `${name} = ${text}`,
  refer: (name) => name,
};

/** A module with a function `value` that gives the expression. */
export function writePolars(formula: Exported): string {
  const { dataset } = formula;
  const used = columnsIn(formula.root);
  const library = { ...polarsLibrary, ...numpyLibrary };
  const names = new Names([...pythonWords, ...Object.keys(library), 'symbol', 'over', 'expression']);
  const variables = new Map(used.map((name) => [name, names.take(name)]));
  const writer = new Writer({ ...polars, column: (name) => variables.get(name)! }, names);
  const result = asColumn(writer.root(formula.root)).text;
  const body = [
    ...used.map((name) => `${variables.get(name)} = column(${JSON.stringify(name)})`),
    ...writer.statements,
    `expression = ${result}`,
    'return expression if symbol is None else expression.over(symbol)',
  ];
  // A window function is passed by name.
  const passed = [...body.join('\n').matchAll(/rolling\((\w+), /g)].map(([, name]) => `${name}()`);
  const functions = calledFunctions(library, [...body, ...passed].join('\n'));
  const scan = dataset.bySymbol
    ? `pl.scan_parquet(${JSON.stringify(`${dataset.path}/**/*.parquet`)}, hive_partitioning=True)`
    : `pl.scan_parquet(${JSON.stringify(dataset.path)})`;
  const argument = dataset.bySymbol ? '"symbol"' : '';
  return `${[
    `"""${docText(heading(formula).join('\n'))} Needs polars and numpy.`,
    '',
    `    frame = ${docText(scan)}`,
    `    frame.select(value(${docText(argument)}).alias("value")).collect()  # rows in the order of the frame`,
    '',
    'Name the column of symbols where a frame has several: windows never cross from one to the next.',
    '"""',
    '',
    ...(/\bnp\./.test(functions) ? ['import numpy as np'] : []),
    'import polars as pl',
    '',
    '',
    ...(functions === '' ? [] : [functions.replaceAll('\n\n', '\n\n\n'), '', '']),
    'def value(symbol=None):',
    '    """The formula as an expression."""',
    ...body.map((line) => `    ${line}`),
  ].join('\n')}\n`;
}
