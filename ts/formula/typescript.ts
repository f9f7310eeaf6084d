/** A formula as a TypeScript module that needs nothing else. */
import { type Exported, heading } from './exported.js';
import { calledFunctions } from './library.js';
import { Names } from './names.js';
import { columnsIn } from './tree.js';
import { typescriptLibrary } from './typescript-library.js';
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

const words = (
  'abstract any as async await boolean break case catch class const continue debugger declare default delete do ' +
  'else enum export extends false finally for from function get if implements import in instanceof interface ' +
  'let new null number of package private protected public return set static string super switch symbol this ' +
  'throw true try type typeof undefined unknown var void while with yield arguments eval ' +
  'i n rows columns value values places Column Columns Math Number Float64Array Object Array'
).split(' ');

/** Written for a row: `ofd[i]!`; a window takes the column itself, and gives one. */
const ofRow = '[i]!';

function over(name: string): Rule {
  return (args, window, writer) => {
    const columns = args.map((arg) => asColumn(arg, writer));
    const text = writer.define(name, `${name}(${[...columns, window].join(', ')})`);
    return { text, tight: tight.primary };
  };
}

function asColumn(piece: Piece, writer: Writer): string {
  const isColumn = /^[A-Za-z_]\w*\[i\]!$/.test(piece.text);
  const reference = isColumn ? piece.text : writer.define('of_rows', rowByRow(piece.text));
  return reference.slice(0, -ofRow.length);
}

function rowByRow(text: string): string {
  return `each(rows, (i) => ${text})`;
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
    abs: call('Math.abs'),
    sqrt: call('Math.sqrt'),
    log1p_abs: ([a]) => ({ text: `Math.log1p(Math.abs(${a!.text}))`, tight: tight.primary }),
    sign: call('Math.sign'),
    square: call('square'),
    cube: call('cube'),
    tanh: call('Math.tanh'),
    min: call('Math.min'),
    max: call('Math.max'),
    if_greater: call('if_greater'),
    sin: call('Math.sin'),
    cos: call('Math.cos'),
    exp: call('Math.exp'),
    log: call('Math.log'),
    ...Object.fromEntries(windows.map((name) => [name, over(name)])),
  },
  carries: arithmeticCarries,
  strays: new Set(arithmeticStrays),
  column: (name) => name,
  constant: (value) => (Object.is(value, -0) ? '-0' : String(value)),
  finite: (piece) => ({ text: `finite(${piece.text})`, tight: tight.primary }),
  define: (name, text) => `const ${name} = ${text};`,
  whole: rowByRow,
  refer: (name) => `${name}${ofRow}`,
};

/** A module with a function `value` of the columns of one symbol. */
export function writeTypescript(formula: Exported): string {
  const used = columnsIn(formula.root);
  const names = new Names([...words, ...Object.keys(typescriptLibrary)]);
  const variables = new Map(used.map((name) => [name, names.take(name)]));
  const writer = new Writer({ ...language, column: (name) => `${variables.get(name)!}${ofRow}` }, names);
  const root = writer.root(formula.root);
  const result = rowByRow(root.text);
  const keys = used.map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)));
  const body = [
    ...used.map((name, k) => {
      const key = keys[k] === name ? `.${name}` : `[${keys[k]}]`;
      return `const ${variables.get(name)} = column(columns${key});`;
    }),
    `const rows = ${used.length > 0 ? `${variables.get(used[0]!)}.length` : 'Object.values(columns)[0]?.length ?? 0'};`,
    ...writer.statements,
    `return ${result};`,
  ];
  const functions = calledFunctions(typescriptLibrary, body.join('\n'));
  return `${[
    '/**',
    ...heading(formula).map((line) => (line === '' ? ' *' : ` * ${line.replaceAll('*/', '* /')}`)),
    ' *',
    ` *   value({ ${keys.join(', ')} })  // columns of one symbol, the oldest row first; NaN or null where there is no value`,
    ' */',
    '',
    'type Column = ArrayLike<number | null>;',
    '',
    'export interface Columns {',
    ...(used.length > 0 ? keys.map((key) => `  ${key}: Column;`) : ['  [name: string]: Column;']),
    '}',
    '',
    '/** The formula in each row, NaN where it has no value. */',
    'export function value(columns: Columns): Float64Array {',
    ...body.map((line) => `  ${line}`),
    '}',
    '',
    functions,
  ].join('\n')}\n`;
}
