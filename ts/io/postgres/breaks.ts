/** Values with a line break in them: canonical CSV has a line a row, so that it can be cut and counted anywhere. */
import pg from 'pg';
import { HybridError } from '../../error.js';
import type { Session } from './session.js';
import { type Range, type Source, selectRows } from './source.js';

/** The error that names the column of the rows which has such values; undefined where none has. */
export async function lineBreakIn(
  session: Session,
  source: Source,
  symbol: string,
  range: Range,
): Promise<HybridError | undefined> {
  const names = source.columns.slice(1).map(({ name }) => pg.escapeIdentifier(name));
  const breaks = names.map((name) => `bool_or(strpos(q.${name}::text, chr(10)) > 0) AS ${name}`);
  const [found] = await session.query<Record<string, boolean | null>>(
    `line breaks of ${source.stream}`,
    `SELECT ${breaks.join(', ')} FROM (${selectRows(source, symbol, range)}) AS q`,
  );
  const broken = source.columns.find(({ name }) => found?.[name] === true);
  if (broken === undefined) return undefined;
  const role = broken.name === 'trade_id' ? 'id' : broken.name;
  const place = `${source.stream}.columns.${role}`;
  return new HybridError(
    'E_INPUT',
    `${symbol} ${source.stream}: expected a line a row, got line breaks in ${broken.name}`,
    {
      hint: `Take them out with the mapping, as ${place} in hybrid.config.json: {"sql": "translate(…, chr(10), ' ')"}.`,
    },
  );
}
