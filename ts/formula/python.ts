/** A formula as a Python module over numpy arrays. */
import { type Exported, heading } from './exported.js';
import { calledFunctions } from './library.js';
import { Names } from './names.js';
import { numpyLibrary } from './numpy.js';
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
  windowOperators,
  within,
} from './writer.js';

/** Words of the language, and names that generated modules use themselves. */
export const pythonWords = (
  'False None True and as assert async await break class continue def del elif else except finally for from ' +
  'global if import in is lambda nonlocal not or pass raise return try while with yield match case type ' +
  'math np pl value values columns symbols name abs min max sum len range zip enumerate print rows float'
).split(' ');

/** A window looks at a column, also where its operand is a number. */
function over(name: string): Rule {
  const called = call(name);
  return (args, window, writer) => called(args.map(asColumn), window, writer);
}

function asColumn(piece: Piece): Piece {
  return piece.scalar ? { ...piece, text: `np.full(rows, ${piece.text})`, tight: tight.primary } : piece;
}

const square: Rule = ([a]) => ({ text: `np.square(${a!.text})`, tight: tight.primary });

const numpy: Language = {
  rules: {
    add: infix('+', tight.sum),
    sub: infix('-', tight.sum),
    mul: infix('*', tight.product),
    div: call('divide'),
    neg: negation,
    abs: call('np.abs'),
    sqrt: call('np.sqrt'),
    log1p_abs: ([a]) => ({ text: `np.log1p(np.abs(${a!.text}))`, tight: tight.primary }),
    sign: call('np.sign'),
    square,
    cube: call('cube'),
    tanh: call('tanh_of'),
    min: call('np.minimum'),
    max: call('np.maximum'),
    if_greater: call('if_greater'),
    sin: call('np.sin'),
    cos: call('np.cos'),
    exp: call('np.exp'),
    log: call('np.log'),
    ...Object.fromEntries(windowOperators.map((name) => [name, over(name)])),
    sum: over('sum_of'),
  },
  carries: arithmeticCarries,
  strays: new Set(arithmeticStrays),
  column: (name) => name,
  constant: pythonConstant,
  finite: (piece) => ({ text: `finite(${piece.text})`, tight: tight.primary }),
  define: (name, text) => `${name} = ${text}`,
  refer: (name) => name,
};

export function pythonConstant(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** A module with a function `value` of the columns of one symbol, and `values` of several. */
export function writePython(formula: Exported): string {
  const used = columnsIn(formula.root);
  const names = new Names([...pythonWords, ...Object.keys(numpyLibrary)]);
  const variables = new Map(used.map((name) => [name, names.take(name)]));
  const writer = new Writer({ ...numpy, column: (name) => variables.get(name)! }, names);
  const root = writer.root(formula.root);
  const result = within(asColumn(root), tight.sum);
  const body = [...writer.statements, `return ${result}`].map((line) => `        ${line}`);
  const read = used.map(
    (name) =>
      `        ${variables.get(name)} = finite(np.asarray(columns[${JSON.stringify(name)}], dtype=float))`,
  );
  const counted = body.some((line) => line.includes('np.full(rows,'))
    ? ['        rows = len(next(iter(columns.values())))']
    : [];
  const functions = calledFunctions(numpyLibrary, [...read, ...body].join('\n'));
  const list = used.map((name) => JSON.stringify(name)).join(', ');
  return `${[
    `"""${docText(heading(formula).join('\n'))} Needs numpy; null is NaN.`,
    '',
    `    value({${used.map((n) => `${JSON.stringify(n)}: …`).join(', ')}})  # arrays of one symbol, the oldest row first`,
    '    values(columns, symbols)  # of several, with the symbol of each row',
    '"""',
    '',
    ...(functions.includes('math.') ? ['import math', ''] : []),
    'import numpy as np',
    '',
    '',
    functions.replaceAll('\n\n', '\n\n\n'),
    '',
    '',
    'def value(columns):',
    `    """The formula in each row of one symbol; columns has an array of each of ${list || 'its columns'}."""`,
    '    with np.errstate(all="ignore"):',
    ...read,
    ...counted,
    ...body,
    '',
    '',
    valuesOfSymbols,
  ].join('\n')}\n`;
}

const valuesOfSymbols = `def values(columns, symbols):
    """The formula in each row; windows never cross from one symbol to the next."""
    columns = {name: np.asarray(column, dtype=float) for name, column in columns.items()}
    symbols = np.asarray(symbols)
    result = np.full(len(symbols), np.nan)
    for symbol in np.unique(symbols):
        rows = symbols == symbol
        result[rows] = value({name: column[rows] for name, column in columns.items()})
    return result`;

/** Text that may stand in a docstring. */
export function docText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"');
}
