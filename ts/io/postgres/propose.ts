/** What a table may be, judged by its names and types: the mapping that `hybrid init` proposes. Pure. */
import type { Role } from '../../config/mapping.js';
import type { Stream } from '../raw.js';
import { nameOfTable, type Relation, type RelationColumn, type TypeKind } from './relation.js';

/** A mapping as it stands in hybrid.config.json. */
export interface MappingJson {
  table: string;
  where?: string;
  symbol?: string | { value: string };
  columns: Record<string, string | null | { sql: string }>;
  side_map?: Record<string, number>;
}

export interface Proposal {
  stream: Stream;
  relation: Relation;
  mapping: MappingJson;
  /** The more, the likelier; comparable within a stream. */
  score: number;
  notes: string[];
}

const number: readonly TypeKind[] = ['integer', 'decimal', 'double', 'text'];
const instant: readonly TypeKind[] = ['timestamptz', 'timestamp', 'integer', 'decimal', 'double'];
const json: readonly TypeKind[] = ['json'];
const side: readonly TypeKind[] = ['text', 'boolean', 'integer', 'decimal'];

/** Names that people give to columns, the likeliest first; compared without case and underscores. */
const names: Readonly<Record<Role | 'symbol' | 'venue', readonly [kinds: readonly TypeKind[], ...string[]]>> =
  {
    ts: [
      instant,
      ...[
        'ts',
        'exchangets',
        'exchangetimestamp',
        'eventtime',
        'tradetime',
        'transacttime',
        'transactiontime',
      ],
      ...[
        'timestamp',
        'time',
        'datetime',
        'executedat',
        'tradets',
        'timestampms',
        'timestampus',
        'tsms',
        'tsus',
        'tsns',
      ],
      ...['createdat', 'receivedat', 'localts', 'date', 't'],
    ],
    symbol: [
      ['text'],
      ...['symbol', 'instrument', 'instrumentname', 'instid', 'instrumentid', 'pair', 'market', 'ticker'],
      ...['productid', 'contract', 'sym', 'coin', 's'],
    ],
    venue: [['text'], 'exchange', 'venue', 'source', 'feed'],
    id: [number, 'tradeid', 'aggtradeid', 'trdmatchid', 'execid', 'tid', 'id'],
    seq: [
      ['integer', 'decimal'],
      'seq',
      'sequence',
      'seqnum',
      'updateid',
      'lastupdateid',
      'nonce',
      'u',
      'id',
    ],
    price: [number, 'averageprice', 'avgprice', 'price', 'px', 'tradeprice', 'rate', 'p'],
    qty: [
      number,
      ...[
        'accumulatedfillquantity',
        'qty',
        'quantity',
        'amount',
        'size',
        'volume',
        'vol',
        'sz',
        'tradeqty',
        'q',
        'v',
      ],
    ],
    side: [
      side,
      'side',
      'takerside',
      'aggressorside',
      'aggressor',
      'isbuyermaker',
      'buyermaker',
      'isbuy',
      'isbid',
      'direction',
    ],
    pos: [side, 'pos', 'posside', 'positionside', 'position'],
    bid_px: [['array'], 'bidpx', 'bidprices', 'bidprice', 'bidspx', 'bidsprice', 'bidsprices'],
    bid_qty: [
      ['array'],
      'bidqty',
      'bidsizes',
      'bidsize',
      'bidqtys',
      'bidquantities',
      'bidamounts',
      'bidvolumes',
      'bidsqty',
      'bidssize',
    ],
    ask_px: [['array'], 'askpx', 'askprices', 'askprice', 'askspx', 'asksprice', 'asksprices'],
    ask_qty: [
      ['array'],
      'askqty',
      'asksizes',
      'asksize',
      'askqtys',
      'askquantities',
      'askamounts',
      'askvolumes',
      'asksqty',
      'askssize',
    ],
    bids: [json, 'bids', 'bid', 'b'],
    asks: [json, 'asks', 'ask', 'a'],
    is_snapshot: [['boolean']],
    percentage: [number],
    depth: [number],
    notional: [number],
  };

/** Words in a table's name. */
const hints: Readonly<Record<Stream, RegExp>> = {
  liquidations: /liq|force_?order/i,
  depth: /depth|book|l2|level|quote|ladder/i,
  trades: /trade|tick|fill|print|transaction|match|deal/i,
};

/** The proposals for a table: none, or one for the stream that it looks like. */
export function propose(relation: Relation): Proposal | undefined {
  if (
    ['open', 'high', 'low', 'close'].every((name) => relation.columns.some((one) => plain(one.name) === name))
  )
    return undefined;
  const hinted = (Object.keys(hints) as Stream[]).find((stream) => hints[stream].test(relation.name));
  if (hinted === 'liquidations') return liquidations(relation);
  return (
    depth(relation, hinted === 'depth') ??
    (hinted === 'depth' ? undefined : trades(relation, hinted === 'trades'))
  );
}

function trades(relation: Relation, hinted: boolean): Proposal | undefined {
  const found = find(relation, ['ts', 'price', 'qty']);
  if (found === undefined) return undefined;
  const columns = {
    ...found,
    id: columnFor(relation, 'id') ?? null,
    side: columnFor(relation, 'side') ?? null,
  };
  const notes = columns.side === null ? ['no column says the side: prepare decides by the prices'] : [];
  const known = [columns.id, columns.side].filter((name) => name !== null).length;
  return proposal(
    'trades',
    relation,
    order(columns, 'ts', 'id', 'price', 'qty', 'side'),
    (hinted ? 4 : 0) + known,
    notes,
  );
}

function liquidations(relation: Relation): Proposal | undefined {
  const found = find(relation, ['ts', 'price', 'qty']);
  const [pos, taker] = [columnFor(relation, 'pos'), columnFor(relation, 'side')];
  if (found === undefined || (pos ?? taker) === undefined) return undefined;
  const which = pos === undefined ? { side: taker! } : { pos };
  const columns = {
    ts: found.ts!,
    seq: columnFor(relation, 'seq') ?? null,
    ...which,
    price: found.price!,
    qty: found.qty!,
  };
  const notes =
    pos === undefined
      ? ['the side is taken for that of the order that closes the position: else add "liq_side": "position"']
      : [];
  return proposal('liquidations', relation, columns, 4, notes);
}

function depth(relation: Relation, hinted: boolean): Proposal | undefined {
  const ts = columnFor(relation, 'ts');
  const levels = bookColumns(relation, hinted);
  if (ts === undefined || levels === undefined) return undefined;
  const columns = { ts, seq: columnFor(relation, 'seq') ?? null, ...levels };
  const found = proposal('depth', relation, columns, (hinted ? 4 : 2) + ('side' in levels ? 0 : 1), []);
  // Rows between the snapshots hold changes only: without levels they would be empty books.
  if (typeof levels.bids === 'object' && levels.bids !== null)
    found.mapping.where = `${levels.bids.sql} IS NOT NULL`;
  return found;
}

/** Arrays, JSON sides, JSON of both sides in one column, or a row per level. */
function bookColumns(relation: Relation, hinted: boolean): MappingJson['columns'] | undefined {
  const found =
    find(relation, ['bid_px', 'bid_qty', 'ask_px', 'ask_qty']) ??
    find(relation, ['bids', 'asks']) ??
    (hinted ? wholeBook(relation) : undefined);
  return found ?? (hinted ? find(relation, ['side', 'price', 'qty']) : undefined);
}

/** As cryptofeed writes it: {"snapshot": {"bid": {price: size}, "ask": …}}. */
function wholeBook(relation: Relation): MappingJson['columns'] | undefined {
  const data = relation.columns.find(
    ({ name, type }) => type.kind === 'json' && /^(data|book|snapshot|payload)$/i.test(name),
  );
  if (data === undefined) return undefined;
  const quoted = `"${data.name.replaceAll('"', '""')}"::jsonb`;
  const levels = (...keys: string[]) => {
    const paths = keys.flatMap((key) => [`${quoted}->'snapshot'->'${key}'`, `${quoted}->'${key}'`]);
    return { sql: `coalesce(${paths.join(', ')})` };
  };
  return { bids: levels('bid', 'bids'), asks: levels('ask', 'asks') };
}

function proposal(
  stream: Stream,
  relation: Relation,
  columns: MappingJson['columns'],
  score: number,
  notes: string[],
): Proposal {
  const symbol = columnFor(relation, 'symbol') ?? { value: symbolIn(relation.name) };
  if (typeof symbol !== 'string')
    notes.push(`no column says the symbol: it is taken from the name of the table`);
  const mapping = { table: tableText(relation), symbol, columns };
  return { stream, relation, mapping, score: score + (typeof symbol === 'string' ? 1 : 0), notes };
}

/** A column that says the venue, where rows of several may be in one table. */
export function venueOf(relation: Relation): string | undefined {
  return columnFor(relation, 'venue');
}

/** `btcusdt_trades` → BTCUSDT */
function symbolIn(table: string): string {
  const rest = table.replace(
    /(agg)?trades?|ticks?|depth|order_?books?|books?|liquidations?|l2|snapshots?/gi,
    '',
  );
  const word = rest.replace(/^[_\W]+|[_\W]+$/g, '');
  return word === '' ? 'SYMBOL' : word.toUpperCase();
}

/** As {@link readMapping} reads it: parts with a dot or a quote in double quotes. */
function tableText({ schema, name }: Relation): string {
  const part = (text: string) => (/[."]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return schema === 'public' ? part(name) : nameOfTable({ schema: part(schema), name: part(name) });
}

function find(relation: Relation, roles: readonly Role[]): Record<string, string> | undefined {
  const found = roles.map((role) => [role, columnFor(relation, role)] as const);
  if (found.some(([, name]) => name === undefined)) return undefined;
  return Object.fromEntries(found) as Record<string, string>;
}

function columnFor(relation: Relation, role: Role | 'symbol' | 'venue'): string | undefined {
  const [kinds, ...known] = names[role];
  const fitting = relation.columns.filter(({ type }) => kinds.includes(type.kind));
  const byName = new Map<string, RelationColumn>(fitting.map((one) => [plain(one.name), one]));
  const name = known.find((one) => byName.has(one));
  return name === undefined ? undefined : byName.get(name)!.name;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '');
}

function order(columns: MappingJson['columns'], ...roles: string[]): MappingJson['columns'] {
  return Object.fromEntries(roles.map((role) => [role, columns[role]!]));
}
