/** A formula as one query in the dialect of DuckDB. */
import { type Exported, heading } from './exported.js';
import { Names } from './names.js';
import { sqlDouble } from './sql-double.js';
import { log1pAbs } from './sql-logarithm.js';
import { isWindow, windowQuery } from './sql-windows.js';
import { columnsIn } from './tree.js';
import {
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
  'all and any as asc between both case cast check collate column constraint create cross default desc distinct ' +
  'do else end except exclude false fetch filter for foreign from full grant group having in initially inner ' +
  'intersect into is join lambda lateral leading left like limit natural not null offset on only or order outer ' +
  'over partition placing pivot primary qualify references returning right row rows select semi similar some ' +
  'source summarize symbol table then to trailing true union unique unpivot using value values variadic when ' +
  'where window with row_number e i z w u v p q f g h k m s t enough'
).split(' ');

/** Whether a text can be repeated without being computed again. */
function isAtom({ text }: Piece): boolean {
  return /^[A-Za-z_]\w*$/.test(text) || /^-?\d+(\.\d+)?e[+-]?\d+$/.test(text);
}

function atom(piece: Piece, writer: Writer): string {
  return isAtom(piece) ? piece.text : writer.named(piece, 'part').text;
}

/** An expression that repeats its operands, which are therefore columns or numbers. */
function repeating(text: (...args: string[]) => string, own: number = tight.primary): Rule {
  return (args, _, writer) => ({ text: text(...args.map((a) => atom(a, writer))), tight: own });
}

const rules: Record<string, Rule> = {
  add: infix('+', tight.sum),
  sub: infix('-', tight.sum),
  mul: infix('*', tight.product),
  div: ([a, b], window, writer) => {
    const divisor = atom(b!, writer);
    const text = `case when abs(${divisor}) >= 1e-12 then ${divisor} end`;
    return infix('/', tight.product)([a!, { ...b!, text, tight: tight.primary }], window, writer);
  },
  neg: negation,
  abs: call('abs'),
  sqrt: repeating((a) => `case when ${a} >= 0 then sqrt(${a}) end`),
  log1p_abs: ([a], _, writer) => ({ text: log1pAbs(atom(a!, writer), writer), tight: tight.primary }),
  sign: ([a]) => ({ text: `cast(sign(${a!.text}) as double)`, tight: tight.primary }),
  square: repeating((a) => `${a} * ${a}`, tight.product),
  cube: repeating((a) => `${a} * ${a} * ${a}`, tight.product),
  tanh: call('tanh'),
  min: repeating((a, b) => `case when ${a} <= ${b} then ${a} when ${b} < ${a} then ${b} end`),
  max: repeating((a, b) => `case when ${a} >= ${b} then ${a} when ${b} > ${a} then ${b} end`),
  if_greater: repeating(
    (a, b, c, d) =>
      `case when ${c} is null or ${d} is null then null when ${a} > ${b} then ${c} when ${a} <= ${b} then ${d} end`,
  ),
  sin: call('sin'),
  cos: call('cos'),
  exp: call('exp'),
  log: repeating((a) => `case when ${a} > 0 then ln(${a}) end`),
};

/** The folder of a symbol as it is called, not the symbol that this name encodes: the dataset is in that order. */
const symbolFolder = `regexp_extract(filename, '([^/\\\\]+)[/\\\\][^/\\\\]+$', 1)`;

/** A query with one column `value`, a row for each row of the dataset, in its order. */
export function writeSql(formula: Exported): string {
  const { dataset } = formula;
  const used = columnsIn(formula.root);
  const names = new Names(words);
  const variables = new Map(used.map((name) => [name, names.take(name)]));
  const chain = { last: 'source' };
  const partition = dataset.bySymbol ? `partition by ${symbolFolder} ` : '';
  const writer = new Writer(
    sqlLanguage(variables, chain, dataset.bySymbol ? 'partition by symbol ' : ''),
    names,
  );
  const result = writer.root(formula.root).text;
  const source = [
    'source as (',
    `  select ${[
      ...(dataset.bySymbol ? [`${symbolFolder} as symbol`] : []),
      `cast(row_number() over (${partition}order by filename, file_row_number) as double) as row_number`,
      ...used.map((name) => `${numberColumn(name)} as ${variables.get(name)}`),
    ].join(',\n    ')}`,
    `  from ${tableText(formula)}`,
    ')',
  ].join('\n');
  return `${[
    ...heading(formula).map((line) => `-- ${line}`.trimEnd()),
    '-- For DuckDB (tested with 2.0): duckdb < formula.sql; rows in the order of the dataset.',
    '',
    `with ${[source, ...writer.statements].join(', ')}`,
    `select ${result} as value`,
    `from ${chain.last}`,
    `order by ${dataset.bySymbol ? 'symbol, ' : ''}row_number;`,
  ].join('\n')}\n`;
}

function sqlLanguage(
  variables: ReadonlyMap<string, string>,
  chain: { last: string },
  partition: string,
): Language {
  const step = (name: string, body: string) => {
    const text = `with_${name} as (\n${body.replaceAll(/^/gm, '  ')}\n)`;
    chain.last = `with_${name}`;
    return text;
  };
  const over =
    (operator: string): Rule =>
    (args, n, writer) => {
      const operands = args.map((a) => atom(a, writer));
      const query = (name: string) =>
        step(name, windowQuery(operator, operands, n, partition, chain.last, name));
      return { text: writer.state(operator, query), tight: tight.primary };
    };
  return {
    rules: new Proxy(rules, {
      get: (table, name: string) => (isWindow(name) ? over(name) : table[name]),
    }),
    carries: { add: [0, 1], sub: [0, 1], mul: [0, 1], div: [0], neg: [0], abs: [0] },
    strays: new Set(arithmeticStrays),
    column: (name) => variables.get(name)!,
    constant: sqlDouble,
    finite: (piece, writer) => {
      const raw = isAtom(piece) ? piece.text : writer.define('part', piece.text);
      return { text: `case when isfinite(${raw}) then ${raw} end`, tight: tight.primary };
    },
    define: (name, text) => step(name, `select *, ${text} as ${name}\nfrom ${chain.last}`),
    refer: (name) => name,
  };
}

function numberColumn(name: string): string {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const double = `cast(${quoted} as double)`;
  return `case when isfinite(${double}) then ${double} end`;
}

function tableText({ dataset }: Exported): string {
  const text = (path: string) => `'${path.replaceAll("'", "''")}'`;
  if (!dataset.bySymbol)
    return `read_parquet(${text(dataset.path)}, filename = true, file_row_number = true)`;
  const options = 'filename = true, file_row_number = true, hive_partitioning = false';
  return `read_parquet(${text(`${dataset.path}/symbol=*/*.parquet`)}, ${options})`;
}
