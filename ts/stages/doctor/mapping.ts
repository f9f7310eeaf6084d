/** A stream: does its query stand, do its rows make sense, does an index give them. */
import { HybridError } from '../../error.js';
import type { Session } from '../../io/postgres/session.js';
import { inRange, rowsOf, type Source, sampleRows, selectRows } from '../../io/postgres/source.js';
import { sourceOf } from '../../io/postgres/sources.js';
import type { Stream } from '../../io/raw.js';
import { type Check, type DoctorConfig, failure, ok, warning } from './check.js';

/** A stream that can be exported. */
export interface Found {
  source: Source;
  /** A few rows as the CSV will have them, by column. */
  sample: Row[];
}

type Row = Record<string, string | null>;

export async function checkStream(
  session: Session,
  stream: Stream,
  config: DoctorConfig,
): Promise<{ checks: Check[]; found?: Found }> {
  const source = await trying(session, stream, () => sourceOf(session, stream, config[stream]));
  if (isCheck(source)) return { checks: [source] };
  if (source === undefined) return { checks: [absent(stream, config)] };
  const mapped = ok(stream, `table ${source.table}, ${source.columns.map(({ name }) => name).join(', ')}`);
  const sample = await trying(session, `${stream} rows`, () =>
    session.query<Row>(`${stream} rows`, sampleRows(source, 100)),
  );
  if (isCheck(sample)) return { checks: [mapped, sample] };
  const indexed = await trying(session, `${stream} index`, () => checkIndex(session, source, config));
  return { checks: [mapped, sane(stream, sample), indexed], found: { source, sample } };
}

/** The result, or the failure as a check; the transaction stays usable. */
async function trying<T>(session: Session, name: string, work: () => Promise<T>): Promise<T | Check> {
  await session.query('savepoint', 'SAVEPOINT doctor');
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HybridError)) throw error;
    await session.query('savepoint', 'ROLLBACK TO doctor');
    return failure(name, error);
  }
}

function isCheck(value: unknown): value is Check {
  return typeof value === 'object' && value !== null && 'status' in value;
}

function absent(stream: Stream, { streams: asked }: DoctorConfig): Check {
  const hint = `Run \`hybrid init\`, or name its "table" under "${stream}" in hybrid.config.json.`;
  if (stream !== 'trades' && !asked?.includes(stream))
    return warning(stream, 'no such table: the stream counts as absent', hint);
  const message = `expected a table ${stream}, got none`;
  return failure(stream, new HybridError('E_DATABASE', message, { hint }));
}

/** Whether values are what they are said to be: a wrong unit or column shows here. */
function sane(stream: Stream, rows: readonly Row[]): Check {
  const name = `${stream} rows`;
  if (rows.length === 0) return warning(name, 'the table is empty', 'Load data into it first.');
  for (const row of rows) {
    const wrong = problemOf(stream, row);
    if (wrong === undefined) continue;
    const hint = `Correct "${stream}" in hybrid.config.json: the row is exported as ${JSON.stringify(row)}.`;
    return failure(name, new HybridError('E_INPUT', wrong, { hint }));
  }
  return ok(name, `${rows.length} looked at; first ${Object.values(rows[0]!).join(',').slice(0, 100)}`);
}

function problemOf(stream: Stream, row: Row): string | undefined {
  const ts = Number(row.ts);
  const [earliest, latest] = [Date.UTC(1990, 0) * 1000, (Date.now() + 86_400_000) * 1000];
  if (row.ts === null || !(ts > earliest && ts < latest))
    return `ts: expected µs between 1990 and tomorrow, got ${row.ts}`;
  if (stream === 'depth') return bookProblem(row);
  for (const name of ['price', 'qty'])
    if (!(Number(row[name]) > 0)) return `${name}: expected a number above 0, got ${row[name]}`;
  const [name, signs] = stream === 'trades' ? ['side', ['-1', '0', '1']] : ['pos', ['-1', '1']];
  if (signs.includes(String(row[name as string]))) return undefined;
  return `${name}: expected ${signs.join(', ')}, got ${row[name as string]}`;
}

function bookProblem(row: Row): string | undefined {
  const [bidPx, bidQty, askPx, askQty] = ['bid_px', 'bid_qty', 'ask_px', 'ask_qty'].map((name) =>
    arrayOf(row[name] ?? '{}'),
  ) as [number[], number[], number[], number[]];
  if (bidPx.length !== bidQty.length || askPx.length !== askQty.length)
    return 'levels: expected as many prices as quantities, got different numbers';
  const sorted = (prices: number[], sign: number) =>
    prices.every((p, i) => i === 0 || sign * (p - prices[i - 1]!) >= 0);
  if (!sorted(bidPx, -1) || !sorted(askPx, 1)) return 'levels: expected the best first, got another order';
  return undefined;
}

function arrayOf(text: string): number[] {
  const inner = text.slice(1, -1);
  return inner === '' ? [] : inner.split(',').map(Number);
}

/** Whether an index gives the rows in their order: asked with the other ways forbidden, so that a small table shows it too. */
async function checkIndex(session: Session, source: Source, config: DoctorConfig): Promise<Check> {
  const name = `${source.stream} index`;
  await session.query(
    'planner',
    'SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off',
  );
  const symbol = config.symbols?.find((name) => !isPattern(name)) ?? (await oneSymbol(session, source));
  const plan = await explain(session, selectRows(source, symbol, { from: config.from ?? 0, to: config.to }));
  await session.query('planner', 'RESET enable_seqscan; RESET enable_sort; RESET enable_bitmapscan');
  const nodes = nodesOf(plan).map((node) => node['Node Type']);
  const columns = [...('sql' in source.symbol ? [source.symbol.sql] : []), ...source.order];
  const index = columns
    .filter((sql) => !/^\d+$/.test(sql))
    .map((sql) => sql.replace(/^t\./, ''))
    .join(', ');
  const hint = `CREATE INDEX ON ${source.table} (${index}), or export a short period.`;
  if (nodes.includes('Seq Scan'))
    return warning(name, 'none finds the symbol and the period: the whole table is read', hint);
  if (nodes.includes('Sort'))
    return warning(name, 'none gives the order: the rows are sorted on the server', hint);
  return ok(name, 'gives the rows in order');
}

/** `BTC*` stands for many: then all are counted. */
function isPattern(symbol: string): boolean {
  return /[*?]/.test(symbol);
}

async function oneSymbol(session: Session, { symbol, table }: Source): Promise<string> {
  if ('value' in symbol) return symbol.value;
  const { sql } = symbol;
  const rows = await session.query<{ symbol: string }>(
    'symbol',
    `SELECT ${sql}::text AS symbol FROM ${table} AS t WHERE ${sql} IS NOT NULL LIMIT 1`,
  );
  return rows[0]?.symbol ?? '';
}

interface PlanNode {
  'Node Type': string;
  'Plan Rows': number;
  Plans?: PlanNode[];
}

async function explain(session: Session, query: string): Promise<PlanNode> {
  const rows = await session.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    'plan',
    `EXPLAIN (FORMAT JSON) ${query}`,
  );
  return rows[0]!['QUERY PLAN'][0].Plan;
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** The planner's count of the rows that an export would take. */
export async function expectedRows(session: Session, source: Source, config: DoctorConfig): Promise<number> {
  const range = { from: config.from, to: config.to };
  const kept = [...inRange(source.time, range), ...(source.where === undefined ? [] : [`(${source.where})`])];
  const conditions =
    config.symbols === undefined || config.symbols.some(isPattern)
      ? [kept.join(' AND ') || 'true']
      : config.symbols.map((symbol) => rowsOf(source, symbol, range));
  let rows = 0;
  for (const condition of conditions) {
    const group = source.group === undefined ? '' : ` GROUP BY ${source.group.join(', ')}`;
    const query = `SELECT 1 FROM ${source.table} AS t WHERE ${condition}${group}`;
    rows += (await explain(session, query))['Plan Rows'];
  }
  return rows;
}
