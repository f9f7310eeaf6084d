/** A table or view as the catalogue has it: what the SQL of a mapping is made for. */
import pg from 'pg';
import { configError } from '../../config/entry.js';
import { queryFault } from './fault.js';
import type { Session } from './session.js';

/** What can be done with a type; everything else is `other`. */
export type TypeKind =
  | ('integer' | 'decimal' | 'double' | 'text' | 'boolean' | 'json')
  | ('timestamptz' | 'timestamp' | 'date' | 'array' | 'other');

export interface ColumnType {
  kind: TypeKind;
  /** As SQL writes it, for messages. */
  name: string;
  /** Of an array. */
  element?: TypeKind;
  /** Of an enumeration, whose comparison with any other text is an error. */
  labels?: readonly string[];
}

export interface RelationColumn {
  name: string;
  type: ColumnType;
  notNull: boolean;
  /** Whether an index begins with it. */
  leads: boolean;
}

export interface Relation {
  oid: number;
  schema: string;
  name: string;
  /** r table, p partitioned table, v view, m materialised view, f foreign table. */
  kind: 'r' | 'p' | 'v' | 'm' | 'f';
  columns: readonly RelationColumn[];
  /** Columns of each unique index that holds for all rows, the primary key first. */
  keys: readonly (readonly string[])[];
  /** Whether others inherit from it without being its partitions, as chunks do: a key holds within each of them only. */
  hasHeirs: boolean;
  /** The planner's count of rows, those of partitions and heirs among them; -1 when never analysed, and for views. */
  rows: number;
}

/** The relation of that exact name: in the schema, or the one that the search path finds; undefined if there is none. */
export async function relationOf(
  session: Session,
  table: { schema?: string; name: string },
): Promise<Relation | undefined> {
  // Compared as text: the type `name` would cut a longer name off, and find another table.
  const found = await session.query<Omit<Relation, 'columns' | 'keys'>>(
    `table ${nameOfTable(table)}`,
    `SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
            c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS "hasHeirs",
            (WITH RECURSIVE tree(oid) AS (
               SELECT c.oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid)
             SELECT coalesce(sum(m.reltuples) FILTER (WHERE m.reltuples >= 0), -1)::float8
             FROM tree JOIN pg_class m ON m.oid = tree.oid WHERE m.relkind <> 'p') AS rows
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname::text = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname::text = $2 END`,
    [table.name, table.schema ?? null],
  );
  if (found[0] === undefined) return undefined;
  const { oid } = found[0];
  return { ...found[0], columns: await columnsOf(session, oid), keys: await keysOf(session, oid) };
}

/**
 * All tables and views that hold data of their own: nothing of the system, no partitions and no chunks, which are
 * tables without a column that a readable parent does not have.
 */
export async function allRelations(session: Session): Promise<Relation[]> {
  const found = await session.query<{ schema: string; name: string }>(
    'tables',
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND n.nspname !~ '^(pg_|information_schema|_timescaledb|timescaledb_)'
       AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
       AND NOT (EXISTS (SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                        WHERE i.inhrelid = c.oid AND has_table_privilege(p.oid, 'SELECT')
                          AND has_schema_privilege(p.relnamespace, 'USAGE'))
                AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
                                AND NOT a.attisdropped AND a.attinhcount = 0))
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY 1, 2 LIMIT 500`,
  );
  const relations: Relation[] = [];
  for (const table of found) relations.push((await relationOf(session, table))!);
  return relations;
}

/** For messages. */
export function nameOfTable({ schema, name }: { schema?: string; name: string }): string {
  return schema === undefined ? name : `${schema}.${name}`;
}

/** As SQL, quoted. */
export function quotedTable({ schema, name }: { schema?: string; name: string }): string {
  const parts = schema === undefined ? [name] : [schema, name];
  return parts.map((part) => pg.escapeIdentifier(part)).join('.');
}

/** pg_type's row behind a type or, of a domain, its base type; `a.atttypid` and so on are the caller's. */
const typeColumns = `format_type(b.oid, NULL) AS type_name, b.typname AS type, b.typtype AS type_type,
  e.typname AS element_type,
  CASE WHEN b.typtype = 'e' THEN ARRAY(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = b.oid) END AS labels`;
const typeJoins = `JOIN pg_type b ON b.oid = CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END
  LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'`;

interface TypeRow {
  type_name: string;
  type: string;
  type_type: string;
  element_type: string | null;
  labels: string[] | null;
}

async function columnsOf(session: Session, oid: number): Promise<RelationColumn[]> {
  const rows = await session.query<TypeRow & { name: string; not_null: boolean; leads: boolean }>(
    'columns',
    `SELECT a.attname AS name, a.attnotnull AS not_null, ${typeColumns},
            EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum
                    AND i.indisvalid AND i.indpred IS NULL) AS leads
     FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid ${typeJoins}
     WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [oid],
  );
  return rows.map((row) => ({
    ...{ name: row.name, notNull: row.not_null, leads: row.leads },
    type: typeOf(row),
  }));
}

/** Unique indexes over plain columns, without a predicate; those that let nulls be equal to none hold only for rows without. */
async function keysOf(session: Session, oid: number): Promise<string[][]> {
  const rows = await session.query<{ columns: string[] }>(
    'keys',
    `SELECT ARRAY(SELECT a.attname::text FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(n, at)
                  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.at) AS columns
     FROM pg_index i
     WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND 0 <> ALL (i.indkey)
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid
                       AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) AND NOT a.attnotnull)
     ORDER BY i.indisprimary DESC, i.indexrelid`,
    [oid],
  );
  return rows.map((row) => row.columns);
}

const kinds: Readonly<Record<string, TypeKind>> = {
  ...{ int2: 'integer', int4: 'integer', int8: 'integer', numeric: 'decimal' },
  ...{ float4: 'double', float8: 'double', bool: 'boolean', json: 'json', jsonb: 'json' },
  ...{
    text: 'text',
    varchar: 'text',
    bpchar: 'text',
    char: 'text',
    name: 'text',
    citext: 'text',
    uuid: 'text',
  },
  ...{ timestamptz: 'timestamptz', timestamp: 'timestamp', date: 'date' },
};

function typeOf(row: TypeRow): ColumnType {
  const { type_name: name, type, type_type, element_type, labels } = row;
  if (element_type !== null) return { kind: 'array', name, element: kinds[element_type] ?? 'other' };
  if (type_type === 'e') return { kind: 'text', name, labels: labels ?? [] };
  return { kind: kinds[type] ?? 'other', name };
}

/**
 * The types of expressions over the table, without running them: the server takes one statement only, and refuses
 * aggregates, window functions and functions that return sets, since the expressions also stand in a condition.
 * Errors: E_CONFIG with the place of an expression that the server refuses.
 */
export async function typesOf(
  session: Session,
  table: string,
  expressions: readonly { sql: string; where: string }[],
): Promise<ColumnType[]> {
  const types: ColumnType[] = [];
  for (const { sql, where } of expressions) {
    const oid = await describe(
      session,
      `SELECT ${sql} FROM ${table} AS t WHERE false AND ${sql} IS NULL`,
      where,
    );
    const rows = await session.query<TypeRow>(
      'type',
      `SELECT ${typeColumns} FROM pg_type y ${typeJoins} WHERE y.oid = $1::oid`,
      [oid],
    );
    types.push(typeOf(rows[0]!));
  }
  return types;
}

async function describe(session: Session, sql: string, where: string): Promise<number> {
  try {
    const result = await session.client.query({ text: sql, queryMode: 'extended' } as pg.QueryConfig);
    return result.fields[0]!.dataTypeID;
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    // Class 42: syntax, names and types; 0A: a function that returns a set.
    if (!/^(42|0A|22)/.test(code)) throw queryFault(where, error);
    throw configError(where, 'an SQL expression over the table', message, {
      hint: `Correct ${where} in hybrid.config.json.`,
    });
  }
}

/** Refuses functions that may give another value each time, or do something: the export would not be repeatable. */
export async function refuseVolatile(
  session: Session,
  functions: readonly { name: string; where: string }[],
): Promise<void> {
  if (functions.length === 0) return;
  const rows = await session.query<{ name: string }>(
    'functions',
    "SELECT p.proname::text AS name FROM pg_proc p WHERE p.provolatile = 'v' AND p.proname::text = ANY ($1)",
    [functions.map(({ name }) => name)],
  );
  const first = functions.find(({ name }) => rows.some((row) => row.name === name));
  if (first === undefined) return;
  throw configError(first.where, 'functions that give the same value each time', `${first.name}()`, {
    hint: `Use another function, or declare ${first.name} IMMUTABLE or STABLE if it is.`,
  });
}
