/** A mapping, the relation it is for and the types of its values → the source. Pure. */
import { configError } from '../../config/entry.js';
import type { Role, SidePlace, StreamMapping } from '../../config/mapping.js';
import type { Stream } from '../raw.js';
import { arraysBook, type Book, jsonBook, longBook, numberSql } from './books.js';
import type { ColumnType, Relation } from './relation.js';
import { plainNumber, sideSql, type Value } from './sides.js';
import {
  column,
  microsOf,
  type Source,
  type SourceColumn,
  type SourceSymbol,
  type SourceTime,
  type TimeUnit,
} from './source.js';

/** What a table says of each role that it has. */
export type Values = Readonly<Partial<Record<Role | 'symbol' | 'where', Value>>>;

interface Target {
  stream: Stream;
  mapping: StreamMapping;
  relation: Relation;
  table: string;
}

/** Errors: E_CONFIG where a column's type does not fit its role. */
export function buildSource(target: Target, values: Values, unit: TimeUnit): Source {
  const { stream, mapping, table } = target;
  const time = timeOf(target, values.ts!, unit);
  const symbol = symbolOf(target, values.symbol);
  const { columns, ...shape } = streamColumns(target, values, time);
  const all = [{ name: 'ts', sql: microsOf(time) }, ...columns];
  return {
    ...{ stream, table, symbol, time, columns: all },
    order: shape.group ?? orderOf(target, time, all),
    ...shape,
    ...(mapping.where === undefined ? {} : { where: mapping.where }),
  };
}

const timeTypes = ['timestamptz', 'timestamp', 'date', 'integer', 'decimal', 'double'] as const;

function timeOf({ stream }: Target, { sql, type }: Value, unit: TimeUnit): SourceTime {
  const known = timeTypes.find((name) => name === type.kind);
  if (known === undefined)
    throw configError(`${stream}.columns.ts`, 'a timestamp or a number since the epoch', type.name, {
      hint: `Write "${stream}": {"columns": {"ts": {"sql": "…::timestamptz"}}}, with its "table".`,
    });
  return { sql, type: known, unit };
}

function symbolOf({ stream, mapping, relation }: Target, value: Value | undefined): SourceSymbol {
  if (mapping.symbol !== undefined && 'value' in mapping.symbol) return { value: mapping.symbol.value };
  const { sql, type, column: name } = value!;
  if (type.kind !== 'text')
    throw configError(`${stream}.symbol`, 'text', type.name, {
      hint: `Write "symbol" as {"sql": …} that gives the symbol's name, or as {"value": …} for a table of one symbol.`,
    });
  // These types cut a longer text off, and would find another symbol.
  if (['"char"', 'name'].includes(type.name)) return { sql: `${sql}::text`, leads: false };
  const leads = relation.columns.some((one) => one.name === name && one.leads);
  const accepts = acceptedBy(type);
  return { sql, leads, ...(accepts === undefined ? {} : { accepts }) };
}

/** As the server prints it, so that a symbol has one name. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function acceptedBy({ name, labels }: ColumnType): ((symbol: string) => boolean) | undefined {
  if (name === 'uuid') return (symbol) => uuid.test(symbol);
  return labels && ((symbol) => labels.includes(symbol));
}

function streamColumns(target: Target, values: Values, time: SourceTime): Book {
  const { stream, mapping } = target;
  const where = (role: Role) => `${stream}.columns.${role}`;
  if (stream === 'depth') return bookColumns(mapping, values, time);
  const price = { name: 'price', sql: numberSql(values.price!, undefined, where('price')) };
  const quantity = {
    name: 'qty',
    sql: numberSql(quantityOf(mapping, values.qty!), mapping.qtyMultiplier, where('qty')),
  };
  if (stream === 'liquidations')
    return {
      columns: [sequence(values.seq), { name: 'pos', sql: positionSql(mapping, values) }, price, quantity],
    };
  const id = { name: 'trade_id', sql: values.id === undefined ? 'NULL' : plainNumber(values.id) };
  const side =
    values.side === undefined ? '0' : sideSql(values.side, 'trade', mapping.sideMap, where('side'));
  return { columns: [id, price, quantity, { name: 'side', sql: side }] };
}

function bookColumns(mapping: StreamMapping, values: Values, time: SourceTime): Book {
  const book = bookOf(mapping, values, time);
  return { ...book, columns: [sequence(values.seq), ...book.columns] };
}

function bookOf(mapping: StreamMapping, values: Values, time: SourceTime): Book {
  if (values.bids !== undefined) return jsonBook(values, mapping);
  if (values.bid_px !== undefined) return arraysBook(values, mapping);
  const seq = values.seq === undefined ? [] : [values.seq.sql];
  return longBook(values, mapping, [time.sql, ...seq]);
}

function sequence(seq: Value | undefined): SourceColumn {
  return { name: 'seq', sql: seq === undefined ? '0' : plainNumber(seq) };
}

/** Where the sign of a quantity is the side, its magnitude is the quantity. */
function quantityOf({ columns }: StreamMapping, qty: Value): Value {
  const side: SidePlace | null | undefined = columns.side;
  const signed = side != null && 'sign' in side && side.sign === qty.column;
  return signed ? { ...qty, sql: `abs(${qty.sql})` } : qty;
}

/** 1: a long was liquidated. The order that closes a long is a sell. */
function positionSql({ sideMap, liqSide = 'order' }: StreamMapping, { pos, side }: Values): string {
  if (pos !== undefined) return sideSql(pos, 'position', sideMap, 'liquidations.columns.pos');
  const of = liqSide === 'order' ? 'order' : 'closed';
  const sign = sideSql(side!, of, sideMap, 'liquidations.columns.side');
  return liqSide === 'order' ? `-(${sign})` : sign;
}

/**
 * The unique key without the symbol, the time first; without a key all exported columns. A key that heirs may break
 * comes before all the others: where it holds, they cost no more than a look.
 */
function orderOf(target: Target, time: SourceTime, columns: readonly SourceColumn[]): string[] {
  const { relation } = target;
  const names = relation.keys.map((key) => key.map(column));
  const key = names.find((one) => one.includes(time.sql)) ?? names[0];
  const fixed = [time.sql, symbolColumn(target)];
  const ofKey = (key ?? []).filter((one) => !fixed.includes(one));
  if (key !== undefined && !relation.hasHeirs) return [time.sql, ...ofKey];
  const places = columns.flatMap(({ sql }, i) => (i === 0 || ofKey.includes(sql) ? [] : [String(i + 1)]));
  return [time.sql, ...ofKey, ...places];
}

function symbolColumn({ mapping }: Target): string | undefined {
  const symbol = mapping.symbol ?? { column: 'symbol' };
  return 'column' in symbol ? column(symbol.column) : undefined;
}
