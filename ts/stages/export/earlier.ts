/** What an earlier run left of a file, as far as it may stand: checked against the database, never just believed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { HybridError } from '../../error.js';
import { type Basis, type Kept, keptOf } from '../../io/postgres/kept.js';
import type { Session } from '../../io/postgres/session.js';
import type { Stream } from '../../io/raw.js';
import { type Evidence, readJournal } from '../../io/resumable.js';
import { type EarlierFile, type PartRows, readFinished } from './manifest.js';
import type { Run } from './run.js';
import { instantText } from './scope.js';

export interface Earlier {
  evidence: Evidence<PartRows, Basis>;
  /** So many of its parts are as they were. */
  keep: number;
  /** The published file itself, where its bytes are those of its manifest. */
  whole: EarlierFile | undefined;
}

/**
 * The unfinished file, else the published one, if it is of the same query, with the parts that the database still
 * shows as they were. Errors: with --since-last E_INPUT when rows of the past changed.
 */
export async function earlierOf(
  run: Run,
  session: Session,
  symbol: string,
  stream: Stream,
  path: string,
  now: Basis,
): Promise<Earlier | undefined> {
  const unfinished = await readJournal<PartRows, Basis>(path);
  const published = await readFinished(run.config.raw, symbol, path);
  const evidence = [unfinished, published].find((one) => one !== undefined && isSameQuery(run, one, now));
  if (evidence === undefined) return undefined;
  const kept = await keptOf(
    session,
    run.sources[stream]!,
    symbol,
    { before: evidence.basis, now },
    evidence.marks,
    run.config.sinceLast,
  );
  if (run.config.sinceLast) requireAll(`${symbol} ${stream}`, evidence, kept);
  if (kept.by === 'count')
    run.note(`${symbol} ${stream}: only the number of earlier rows could be checked, not changes in them`);
  if (kept.ranges === 0) return undefined;
  const whole = evidence === published ? await intact(published) : undefined;
  return { evidence, keep: kept.ranges, whole };
}

/** With --since-last the end of the period moves on; everything else has to be as it was. */
function isSameQuery(run: Run, { basis, coding, marks }: Evidence<PartRows, Basis>, now: Basis): boolean {
  const sameRows = basis.sql === now.sql && basis.from === now.from && coding === run.coding.name;
  const last = marks.at(-1);
  if (!sameRows || last === undefined) return false;
  return run.config.sinceLast ? now.to === null || last.to <= now.to : basis.to === now.to;
}

function requireAll(where: string, { basis, marks }: Evidence<PartRows, Basis>, kept: Kept): void {
  const changed = marks[kept.ranges];
  if (changed === undefined) return;
  const from = changed.from === null ? 'the beginning' : instantText(changed.from);
  const period = `from ${from} to ${instantText(changed.to)}`;
  throw new HybridError(
    'E_INPUT',
    `${where}: expected the rows ${period} as they were exported on ${basis.snapshot.taken}, got late, changed or removed ones`,
    { hint: 'Run `hybrid export` without --since-last, then `hybrid prepare` whole.' },
  );
}

async function intact(file: EarlierFile): Promise<EarlierFile | undefined> {
  const size = (await stat(file.file).catch(() => undefined))?.size;
  if (size !== file.finished.bytes) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file.file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex') === file.finished.sha256 ? file : undefined;
}
