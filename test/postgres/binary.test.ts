/** What is printed here is what the server prints, to the byte: for every type, on values at its edges. */
import { beforeAll, describe, expect, it } from 'vitest';
import { BinaryRows, binaryOf, copyBinary } from '../../ts/io/postgres/binary.js';
import { streamCopy } from '../../ts/io/postgres/copy.js';
import { copyOut } from '../../ts/io/postgres/plan.js';
import type { Session } from '../../ts/io/postgres/session.js';
import { column, microsOf, type Source, selectRows, type TimeType } from '../../ts/io/postgres/source.js';
import { generator } from '../support/dataset.js';
import { usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
let session: Session;
beforeAll(async () => {
  session = await postgres.open();
  for (const setting of ["timezone = 'UTC'", 'extra_float_digits = 1', "datestyle = 'ISO, MDY'"])
    await session.query('set', `SET ${setting}`);
});

let made = 0;
/** A table of one value a row, and the source that exports ts, its number and the value. */
async function sourceOf(
  type: string,
  values: readonly string[],
  time: TimeType = 'timestamptz',
): Promise<Source> {
  const name = `b${++made}`;
  await session.query('table', `CREATE TABLE ${name} (symbol text, ts ${time}, n int, v ${type})`);
  const rows = values.map((value, i) => `('A', '2024-01-01', ${i}, ${value})`);
  await session.query('rows', `INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  const ts = { sql: column('ts'), type: time };
  return {
    ...{ stream: 'trades', table: name, symbol: { sql: column('symbol'), leads: false }, time: ts },
    columns: [
      { name: 'ts', sql: microsOf(ts) },
      { name: 'n', sql: column('n') },
      { name: 'v', sql: column('v') },
    ],
    order: [column('n')],
  };
}

async function copied(
  own: Session,
  sql: string,
  through: (chunk: Buffer) => Buffer = (chunk) => chunk,
): Promise<string[]> {
  const chunks: Buffer[] = [];
  await streamCopy(own, 'copy', sql, (chunk) => {
    chunks.push(Buffer.from(through(chunk)));
    return undefined;
  });
  return Buffer.concat(chunks).toString().split('\n');
}

async function both(source: Source): Promise<{ ours: string[] | undefined; server: string[] }> {
  const server = await copied(session, copyOut(selectRows(source, 'A', {})));
  const binary = await binaryOf(session, source);
  if (binary === undefined) return { ours: undefined, server };
  const rows = new BinaryRows(binary.columns, 'ts,n,v');
  const ours = await copied(session, copyBinary(binary, 'A', {}), (chunk) => rows.next(chunk));
  rows.end();
  return { ours, server };
}

const { unit, below } = generator(11);
const many = <T>(count: number, one: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => one(i));
const digits = (count: number) => many(count, () => below(10)).join('');
const decimal = () => `${below(2) ? '-' : ''}${digits(1 + below(22))}.${digits(below(30))}`;
const largeDouble = () => 2 ** 53 * (1 + unit()) * 2 ** below(70);
const anyDouble = () => (2 * unit() - 1) * 10 ** (below(640) - 320);
const roundDouble = () => Math.round(unit() * 10 ** below(17)) / 10 ** below(9);
const numbers = (of: () => string) => many(200, () => `{${many(below(5), of).join(',')}}`);
const quoted = (values: readonly (string | number)[]) => values.map((v) => `'${v}'`);

const cases: [type: string, values: string[]][] = [
  ['smallint', quoted([0, 1, -1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 32_767, -32_768])],
  [
    'integer',
    quoted([0, 2_147_483_647, -2_147_483_648, 99_999_999, 100_000_000, ...many(200, () => below(2 ** 31))]),
  ],
  [
    'bigint',
    quoted(['9223372036854775807', '-9223372036854775808', ...many(300, () => digits(1 + below(18)))]),
  ],
  [
    'numeric',
    quoted(['0', '0.00', '-0.000001', '1e-30', '1e40', '-1e40', 'NaN', 'Infinity', '-Infinity', '10000']),
  ],
  ['numeric', quoted(many(500, decimal))],
  ['numeric(20,8)', quoted(['0', '1', '42000.1', '0.00000001', '99999999.99999999'])],
  [
    'numeric',
    quoted(['0.0001', '0.00010000', '0.00001', '12345678.000000', '1e1000', `0.${'0'.repeat(999)}1`]),
  ],
  [
    'double precision',
    quoted(['NaN', 'Infinity', '-Infinity', '-0', '1e15', '1e-4', '1e-5', ...many(500, anyDouble)]),
  ],
  ['double precision', quoted(many(3000, roundDouble))],
  ['double precision', quoted(many(500, (i) => (i - 250) / 10_000))],
  ['double precision', quoted(many(2000, largeDouble))],
  ['double precision', quoted(many(900, (i) => 2 ** (i - 450)))],
  [
    'text',
    [
      "''",
      "'a'",
      "'a,b'",
      '\'say "so"\'',
      "E'\\r'",
      "'ü€😀'",
      "'\\.'",
      "' x '",
      "'NULL'",
      `'${'y'.repeat(9e5)}'`,
    ],
  ],
  ['varchar(9)', quoted(['abc', ''])],
  ['char(4)', quoted(['ab', ''])],
  [
    'numeric[]',
    [
      ...quoted(numbers(decimal)),
      "'{NULL,1}'",
      "'[0:1]={1,2}'",
      "'{{1,2},{3,NULL}}'",
      "'[2:2][-1:0]={{1,2}}'",
    ],
  ],
  ['double precision[]', [...quoted(numbers(() => String(anyDouble()))), "'{NaN,-Infinity}'", "'{{1},{2}}'"]],
  ['bigint[]', quoted(['{}', '{1}', '{1,-2}', '{NULL}'])],
  ['integer[]', quoted(['{}', '{1}', '{1,-2}'])],
  ['smallint[]', quoted(['{}', '{1}', '{1,-2}'])],
];

describe('the same text as the server’s, of', () => {
  it.each(cases)('%s', async (type, values) => {
    const { ours, server } = await both(await sourceOf(type, ['NULL', ...values]));
    expect(server.length).toBe(values.length + 3);
    expect(ours).toEqual(server);
  });

  it.each(['timestamptz', 'timestamp', 'date'] as const)('%s as µs', async (time) => {
    const source = await sourceOf('int', ['1'], time);
    const instants = [
      ...[
        "'4713-01-01 BC'",
        "'1969-12-31'",
        "'epoch'",
        "'1999-12-31'",
        "'2000-01-01'",
        "'2255-07-01'",
        'NULL',
      ],
      ...[
        "'294246-12-31'",
        ...(time === 'date' ? [] : ["'1970-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"]),
      ],
      ...many(
        100,
        () => `timestamp 'epoch' + ${below(4e9) - 1e9} * interval '1 s' + ${below(1e6)} * interval '1 us'`,
      ),
    ];
    const rows = instants.map((instant, i) => `('A', (${instant})::${time}, ${i}, 1)`);
    await session.query('rows', `INSERT INTO ${source.table} VALUES ${rows.join(', ')}`);
    const { ours, server } = await both(source);
    expect(server.length).toBe(instants.length + 3);
    expect(ours).toEqual(server);
  });
});

describe('left to the server', () => {
  it.each([
    ['real', "'0.1'"],
    ['boolean', 'true'],
    ['jsonb', "'{}'"],
    ['text[]', `'{"a b"}'`],
  ])('%s', async (type, value) => {
    expect((await both(await sourceOf(type, [value]))).ours).toBeUndefined();
  });
});

it('an instant that is infinite is an error in both forms', async () => {
  const source = await sourceOf('int', ['1']);
  await session.query('rows', `INSERT INTO ${source.table} VALUES ('A', 'infinity', 2, 1)`);
  const own = await postgres.connect();
  const binary = (await binaryOf(own, source))!;
  const rows = new BinaryRows(binary.columns, undefined);
  const take = (chunk: Buffer) => void rows.next(chunk);
  await expect(streamCopy(own, 'A', copyBinary(binary, 'A', {}), take)).rejects.toThrow('or infinity');
  const other = await postgres.connect();
  const text = copyOut(selectRows(source, 'A', {}));
  await expect(streamCopy(other, 'A', text, () => undefined)).rejects.toThrow('infinity');
});
