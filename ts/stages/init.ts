/** A first configuration for a database: what its tables are, tried, and written down. */
import type { Settings } from '../config/fields.js';
import { readMapping } from '../config/mapping.js';
import { HybridError, interrupted, messageOf } from '../error.js';
import { addressOf, type ConnectionSettings, describe } from '../io/postgres/address.js';
import { databaseError } from '../io/postgres/fault.js';
import { type MappingJson, type Proposal, propose, venueOf } from '../io/postgres/propose.js';
import { allRelations, nameOfTable, quotedTable, type Relation } from '../io/postgres/relation.js';
import { Session } from '../io/postgres/session.js';
import { column, defaultSources, type Source, sampleRows, selectRows } from '../io/postgres/source.js';
import { sourceOf } from '../io/postgres/sources.js';
import { type Stream, streams } from '../io/raw.js';
import type { Progress } from '../report/progress.js';
import { type FileOutcome, writeConfig, writeEnvironment } from './init/files.js';

export type InitConfig = ConnectionSettings & Pick<Settings, 'force'>;

export interface InitPorts {
  progress: Progress;
  signal?: AbortSignal;
}

export interface ProposedStream {
  stream: Stream;
  table: string;
  /** The planner's count; null where it has none. */
  rows: number | null;
  /** The first row as it stands in the table: column, type, value. */
  sample: { column: string; type: string; value: string }[];
  /** The first row as the export gives it, by column; null where the table is empty. */
  exported: Record<string, string> | null;
  /** null: the table has the default form and needs none. */
  mapping: MappingJson | null;
  notes: string[];
}

export interface InitSummary {
  database: string;
  server: string;
  streams: ProposedStream[];
  /** Streams that no table looks like. */
  absent: Stream[];
  files: FileOutcome[];
}

/**
 * Reads the catalogue, proposes a mapping for each stream, tries it on a row, and writes `.env` and
 * `hybrid.config.json` into the working folder; files that are there stay as they are without `force`. Errors:
 * E_DATABASE (not reachable, no table that looks like trades), E_RESOURCE, E_INTERRUPTED.
 */
export async function init(config: InitConfig, ports: InitPorts): Promise<InitSummary> {
  const address = addressOf(config);
  const session = await Session.open(address, ports.signal);
  try {
    const begin = "BEGIN READ ONLY; SET LOCAL timezone = 'UTC'; SET LOCAL statement_timeout = '60s'";
    const found = await session.transaction(begin, () => explore(session, ports.progress));
    await session.close();
    const mappings = Object.fromEntries(
      found.streams.flatMap(({ stream, mapping }) => (mapping === null ? [] : [[stream, mapping]])),
    );
    const files = [await writeEnvironment(address, config), await writeConfig(mappings, config.force)];
    return { database: describe(address), ...found, files };
  } catch (error) {
    await session.destroy();
    throw ports.signal?.aborted ? interrupted() : error;
  }
}

async function explore(
  session: Session,
  progress: Progress,
): Promise<Pick<InitSummary, 'server' | 'streams' | 'absent'>> {
  const [row] = await session.query<{ server: string }>(
    'server',
    "SELECT current_setting('server_version') AS server",
  );
  const relations = await allRelations(session);
  const proposals = relations.flatMap((relation) => propose(relation) ?? []);
  const found: ProposedStream[] = [];
  for (const stream of streams) {
    const tried = await firstThatWorks(session, rank(proposals, stream), progress);
    if (tried !== undefined) found.push(tried);
  }
  if (!found.some(({ stream }) => stream === 'trades')) throw noTrades(session, relations);
  const absent = streams.filter((stream) => !found.some((one) => one.stream === stream));
  return { server: row!.server, streams: found, absent };
}

function rank(proposals: readonly Proposal[], stream: Stream): Proposal[] {
  const own = proposals.filter((one) => one.stream === stream);
  return own.sort((a, b) => b.score - a.score || b.relation.rows - a.relation.rows);
}

function noTrades(session: Session, relations: readonly Relation[]): HybridError {
  const names = relations.slice(0, 20).map((relation) => nameOfTable(relation));
  const got = names.length === 0 ? 'no tables that this user may read' : names.join(', ');
  const { database } = session.address;
  return databaseError(
    `database ${database}: expected a table that looks like trades, got ${got}`,
    undefined,
    {
      hint: 'Correct PGDATABASE, or write the mapping of "trades" into hybrid.config.json by hand.',
    },
  );
}

/** The likeliest proposal whose query the server runs; what was wrong with the likelier ones is said. */
async function firstThatWorks(
  session: Session,
  ranked: readonly Proposal[],
  progress: Progress,
): Promise<ProposedStream | undefined> {
  for (const proposal of ranked) {
    const others = ranked.filter((one) => one !== proposal).map(({ mapping }) => mapping.table);
    await session.query('savepoint', 'SAVEPOINT proposal');
    try {
      const tried = await attempt(session, proposal);
      if (others.length > 0)
        tried.notes.push(`other tables that look like ${tried.stream}: ${others.join(', ')}`);
      return tried;
    } catch (error) {
      if (!(error instanceof HybridError)) throw error;
      await session.query('savepoint', 'ROLLBACK TO proposal');
      progress.note(
        `note: ${proposal.mapping.table} is not taken for ${proposal.stream}: ${messageOf(error)}`,
      );
    }
  }
  return undefined;
}

async function attempt(
  session: Session,
  { stream, relation, mapping, notes }: Proposal,
): Promise<ProposedStream> {
  const venue = await venueCondition(session, relation);
  const conditions = [mapping.where, venue.where].filter((one) => one !== undefined);
  const whole: MappingJson = {
    ...mapping,
    ...(conditions.length === 0 ? {} : { where: conditions.join(' AND ') }),
  };
  const source = (await sourceOf(session, stream, readMapping(stream, whole, stream)))!;
  const sample = await sampleRow(session, relation);
  const first = sample === undefined ? { row: null, notes: [] } : await firstExported(session, source);
  // The order is that of the table's own key, with a mapping or without.
  const usual = { ...defaultSources[stream], order: source.order };
  const fits = selectRows(source, 'A', {}) === selectRows(usual, 'A', {});
  return {
    ...{ stream, table: whole.table, rows: relation.rows < 0 ? null : relation.rows },
    sample: sample ?? [],
    exported: first.row,
    mapping: fits ? null : whole,
    notes: [...notes, ...venue.notes, ...first.notes],
  };
}

/** The first row as the export gives it; what keeps it from being exported is a note, for the user to mend. */
async function firstExported(
  session: Session,
  source: Source,
): Promise<{ row: Record<string, string> | null; notes: string[] }> {
  await session.query('savepoint', 'SAVEPOINT row');
  try {
    const rows = await session.query<Record<string, string>>(
      `first row of ${source.stream}`,
      sampleRows(source, 1),
    );
    return { row: rows[0] ?? null, notes: [] };
  } catch (error) {
    if (!(error instanceof HybridError)) throw error;
    await session.query('savepoint', 'ROLLBACK TO row');
    return { row: null, notes: [`${error.message} — ${error.hint ?? ''}`] };
  }
}

/** Rows of several venues in one table would be taken for one market: the first is chosen, and said. */
async function venueCondition(
  session: Session,
  relation: Relation,
): Promise<{ where?: string; notes: string[] }> {
  const name = venueOf(relation);
  if (name === undefined) return { notes: [] };
  const rows = await session.query<{ venue: string }>(
    'venues',
    `SELECT DISTINCT v::text AS venue FROM (SELECT ${column(name)} AS v FROM ${quotedTable(relation)} AS t LIMIT 100000) AS q
     WHERE v IS NOT NULL ORDER BY 1`,
  );
  if (rows.length < 2) return { notes: [] };
  const venues = rows.map(({ venue }) => venue);
  // E'…' is needed only for a backslash, which the mapping does not take otherwise.
  const literal = `${venues[0]!.includes('\\') ? 'E' : ''}'${venues[0]!.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const where = `"${name.replaceAll('"', '""')}" = ${literal}`;
  return {
    where,
    notes: [`rows of ${venues.join(', ')} in one table: only those of ${venues[0]} are taken ("where")`],
  };
}

async function sampleRow(
  session: Session,
  relation: Relation,
): Promise<ProposedStream['sample'] | undefined> {
  const values = relation.columns.map(({ name }) => `left(${column(name)}::text, 60)`);
  const rows = await session.query<{ row: (string | null)[] }>(
    'sample',
    `SELECT ARRAY[${values.join(', ')}] AS row FROM ${quotedTable(relation)} AS t LIMIT 1`,
  );
  return rows[0]?.row.map((value, i) => ({
    column: relation.columns[i]!.name,
    type: relation.columns[i]!.type.name,
    value: value ?? 'null',
  }));
}
