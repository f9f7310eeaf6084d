/**
 * Whether a text of the mapping is one SQL expression and nothing else, as far as its letters can show: it will stand
 * in parentheses in a query. What they cannot show (a comma, `FROM`, an aggregate), the server refuses when it
 * describes the expression, which it does as a single statement.
 */
import { configError } from '../../config/entry.js';

export interface Expression {
  /** In parentheses. */
  sql: string;
  /** What it calls, by name as PostgreSQL folds it; keywords before a parenthesis are among them. */
  functions: readonly string[];
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']' };
const hint =
  'Write one expression over the columns of the table, without comments, semicolons and dollar quotes.';

/** Errors: E_CONFIG with the place in the file. */
export function checkExpression(sql: string, where: string): Expression {
  const refuse = (expected: string, got: string) =>
    configError(where, `one SQL expression ${expected}`, got, { hint });
  const open: string[] = [];
  const functions = new Set<string>();
  let before: Token | undefined;
  for (const token of tokensOf(sql)) {
    const { text, kind } = token;
    if (kind === 'unclosed') throw refuse('whose quotes are closed', text);
    if (kind === 'forbidden') throw refuse(`without ${text}`, sql);
    // PostgreSQL reads strings that follow one another as one, by the rules of the first.
    if (kind === 'string' && before?.kind === 'string') throw refuse('without adjacent strings', sql);
    if (text in closing && kind === 'sign') open.push(closing[text]!);
    if ((text === ')' || text === ']') && kind === 'sign' && open.pop() !== text)
      throw refuse('whose parentheses match', sql);
    if (text === '(' && before?.kind === 'name') functions.add(nameOf(before.text));
    before = token;
  }
  if (before === undefined) throw refuse('of at least a name', sql);
  if (open.length > 0) throw refuse('whose parentheses match', sql);
  return { sql: `(${sql.trim()})`, functions: [...functions] };
}

interface Token {
  kind: 'name' | 'string' | 'sign' | 'forbidden' | 'unclosed';
  text: string;
}

/** In the order in which they are tried; the first that matches at the place is the token. */
const forms: readonly [kind: Token['kind'], form: RegExp, says?: string][] = [
  ['forbidden', /--|\/\*/y, 'comments'],
  ['forbidden', /;/y, 'a semicolon'],
  ['forbidden', /\$/y, 'parameters and dollar quotes'],
  ['forbidden', /\\/y, 'a backslash outside of quotes'],
  ['forbidden', /\0/y, 'NUL'],
  ['forbidden', /[uU]&(?=['"])/y, 'Unicode escapes'],
  ['string', /[eE]'(?:[^'\\]|\\.|'')*'/sy],
  // A backslash means itself or not by a setting of the server; behind E it always means the same.
  ['string', /[bBxXnN]?'(?:[^'\\]|'')*'/y],
  ['forbidden', /[bBxXnN]?'(?:[^']|'')*'/y, "a backslash in quotes that do not begin with E'"],
  ['unclosed', /[eE]?'.*/sy],
  ['name', /"(?:[^"]|"")+"/y],
  ['unclosed', /".*/sy],
  ['name', /[\p{L}_\u0080-\u{10ffff}][\p{L}\p{N}_$\u0080-\u{10ffff}]*/uy],
  ['sign', /\d+(?:\.\d*)?|./sy],
];

function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length; ) {
    const space = /[ \t\n\r\f\v]*/y;
    space.lastIndex = at;
    at += space.exec(sql)![0].length;
    if (at === sql.length) return;
    const token = tokenAt(sql, at);
    yield token.says === undefined ? token : { kind: token.kind, text: token.says };
    at += token.text.length;
  }
}

function tokenAt(sql: string, at: number): Token & { says?: string | undefined } {
  for (const [kind, form, says] of forms) {
    form.lastIndex = at;
    const match = form.exec(sql);
    if (match !== null) return { kind, text: match[0], says };
  }
  throw new Error('a single character always matches');
}

/** As PostgreSQL folds it: lower case unless quoted. */
function nameOf(written: string): string {
  return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();
}
