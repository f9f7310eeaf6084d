import { beforeAll, expect, it } from 'vitest';
import { readMapping } from '../../ts/config/mapping.js';
import { HybridError } from '../../ts/error.js';
import { symbolsOf } from '../../ts/io/postgres/catalogue.js';
import { streamCopy } from '../../ts/io/postgres/copy.js';
import { copyOut } from '../../ts/io/postgres/plan.js';
import type { Session } from '../../ts/io/postgres/session.js';
import { selectRows } from '../../ts/io/postgres/source.js';
import { sourceOf } from '../../ts/io/postgres/sources.js';
import { generator } from '../support/dataset.js';
import { usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
let admin: Session;

/** Pieces of which a name or an expression that wants out is made. */
const pieces = [
  ...[
    "'",
    "''",
    '"',
    '""',
    ';',
    '\\',
    "\\'",
    '--',
    '/*',
    '*/',
    '$$',
    '$a$',
    '(',
    ')',
    '[',
    ']',
    ',',
    '.',
    ' ',
    '\n',
  ],
  ...[
    "E'",
    "U&'",
    'U&"',
    '::',
    'price',
    'qty',
    '1',
    'NULL',
    'é',
    '\u00a0',
    '漢',
    '😀',
    '\u202e',
    '%',
    '{',
    '}',
    '=',
    '+',
  ],
  ...[
    '; DROP TABLE canary; --',
    "'; DROP TABLE canary; --",
    '"; DROP TABLE canary; --',
    '); DROP TABLE canary; --',
  ],
  ...[
    ") TO PROGRAM 'true'; --",
    "; COMMIT; DROP TABLE canary; SELECT '",
    "set_config('hybrid.fired', '1', false)",
  ],
  ...[
    'SELECT',
    'FROM canary',
    'UNION ALL SELECT',
    ' AS t ',
    'ORDER BY 1',
    "'a'",
    'CASE WHEN true THEN 1 END',
  ],
];

const { below } = generator(5);
const soup = (most: number) =>
  Array.from({ length: 1 + below(most) }, () => pieces[below(pieces.length)]!).join('');

/** As PostgreSQL's documentation says, written a second time here. */
const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** At most 63 bytes, which is what a name of PostgreSQL may have. */
function name(prefix: string): string {
  const letters = [...`${prefix}${soup(6)}`];
  while (Buffer.byteLength(letters.join('')) > 63) letters.pop();
  return letters.join('');
}

beforeAll(async () => {
  admin = await postgres.open();
  await admin.query('canary', 'CREATE TABLE canary (alive int)');
  await admin.query('canary', 'INSERT INTO canary VALUES (1)');
});

async function nothingHappened(session: Session): Promise<void> {
  const fired = await session.query<{ fired: string }>(
    'fired',
    "SELECT coalesce(current_setting('hybrid.fired', true), '') AS fired",
  );
  expect(fired[0]!.fired).toBe('');
  expect(await admin.query('canary', 'SELECT alive FROM canary')).toEqual([{ alive: 1 }]);
}

async function exported(session: Session, mapping: unknown, symbol: string): Promise<string> {
  await session.query('begin', 'BEGIN READ ONLY');
  const source = (await sourceOf(session, 'trades', readMapping('trades', mapping, 'trades')))!;
  const chunks: Buffer[] = [];
  await streamCopy(session, 'trades', copyOut(selectRows(source, symbol, {})), async (chunk) => {
    chunks.push(Buffer.from(chunk));
  });
  if (symbol !== '') expect(await symbolsOf(session, source)).toContain(symbol);
  await session.query('rollback', 'ROLLBACK');
  return Buffer.concat(chunks).toString();
}

it('tables, schemas, columns and symbols of any name are exported under it, and run nothing', async () => {
  const session = await postgres.open();
  for (let i = 0; i < 60; i++) {
    const [schema, table, ts, price, side, symbolColumn] = [...'abcdef'].map((at) => name(`${i}${at}`));
    const symbol = i % 10 === 0 ? soup(200).padEnd(1024, "';") : soup(9);
    const quoted = `${identifier(schema!)}.${identifier(table!)}`;
    await admin.query('schema', `CREATE SCHEMA ${identifier(schema!)}`);
    const columns = [`${identifier(symbolColumn!)} text`, `${identifier(ts!)} timestamptz`, 'trade_id int'];
    const more = [`${identifier(price!)} float8`, 'qty float8', `${identifier(side!)} text`];
    await admin.query('table', `CREATE TABLE ${quoted} (${[...columns, ...more].join(', ')})`);
    await admin.query(
      'row',
      `INSERT INTO ${quoted} VALUES (${text(symbol)}, 'epoch', 7, 1, 2, ${text(symbol)})`,
    );
    const mapping = {
      table: quoted,
      symbol: symbolColumn,
      columns: { ts, price, side },
      side_map: { [symbol]: -1, [soup(3)]: 1 },
    };
    if (mapping.side_map[symbol] === 1) continue;
    expect(await exported(session, mapping, symbol)).toBe('ts,trade_id,price,qty,side\n0,7,1,2,-1\n');
    await nothingHappened(session);
  }
});

it('texts that are no expression are refused or are one value, and run nothing', async () => {
  await admin.query(
    'table',
    'CREATE TABLE prints (symbol text, ts timestamptz, trade_id int, price float8, qty float8, side int)',
  );
  await admin.query('row', "INSERT INTO prints VALUES ('A', 'epoch', 7, 1, 2, 1)");
  let session = await postgres.connect();
  let accepted = 0;
  for (let i = 0; i < 150; i++) {
    const sql = soup(7);
    const place = i % 2 === 0 ? { columns: { price: { sql } } } : { where: sql };
    try {
      const csv = await exported(session, { table: 'prints', ...place }, '');
      expect(csv).toMatch(/^ts,trade_id,price,qty,side\n$/);
      accepted++;
    } catch (error) {
      expect(error, sql).toBeInstanceOf(HybridError);
      expect((error as HybridError).code, sql).toMatch(/^E_(CONFIG|DATABASE|INPUT)$/);
      await session.query('rollback', 'ROLLBACK').catch(() => {});
    }
    await nothingHappened(session).catch(async () => {
      // A COPY that failed has destroyed its session: what happened is asked of another.
      session = await postgres.connect();
      await nothingHappened(session);
    });
  }
  await session.close();
  expect(accepted).toBeGreaterThan(0);
});

it.each([
  "1) TO PROGRAM 'touch /tmp/fired' --",
  '1); DROP TABLE canary; SELECT (1',
  "E'\\'' || (SELECT alive::text FROM canary) || '; --'",
  "'a\\'; DROP TABLE canary; --'",
  "E'a'\n'\\'; DROP TABLE canary; --'",
  '$$a$$',
  'price /* ) */',
  "U&'\\0027'",
  'price)',
  '(price',
  '',
  ' ',
])('%j is refused by its letters, or is one expression', async (sql) => {
  const session = await postgres.open();
  await session.query('begin', 'BEGIN READ ONLY');
  const refused = await (async () =>
    sourceOf(
      session,
      'trades',
      readMapping('trades', { table: 'canary', columns: { ts: { sql } } }, 'trades'),
    ))().catch((error: unknown) => error);
  expect((refused as HybridError).code).toMatch(/^E_(CONFIG|DATABASE)$/);
  await session.query('rollback', 'ROLLBACK');
  await nothingHappened(session);
});
