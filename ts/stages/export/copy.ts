/** Tasks for whichever connection is free: each file is planned when its turn comes, each part copied by one COPY. */
import { streamCopy } from '../../io/postgres/copy.js';
import { databaseError } from '../../io/postgres/fault.js';
import type { Session } from '../../io/postgres/session.js';
import { Tally } from '../../io/postgres/tally.js';
import type { Task } from './file.js';
import type { Run } from './run.js';

/** Plans the next file on the session; undefined when there is none. */
export type PlanNext = (session: Session) => Promise<readonly Task[] | undefined>;

export class Tasks {
  private readonly ready: Task[] = [];
  private planning: Promise<void> | undefined;
  private exhausted = false;

  constructor(private readonly planNext: PlanNext) {}

  /** The next task in order; undefined at the end. Who finds none left plans the next file for all. */
  async next(session: Session): Promise<Task | undefined> {
    for (;;) {
      const task = this.ready.shift();
      if (task !== undefined || this.exhausted) return task;
      this.planning ??= this.plan(session).finally(() => {
        this.planning = undefined;
      });
      await this.planning;
    }
  }

  private async plan(session: Session): Promise<void> {
    const tasks = await this.planNext(session);
    if (tasks === undefined) this.exhausted = true;
    else this.ready.push(...tasks);
  }
}

/** One connection's work until there is none left. */
export async function copyAll(run: Run, session: Session, tasks: Tasks): Promise<void> {
  for (let task = await tasks.next(session); task !== undefined; task = await tasks.next(session))
    await copyPart(run, session, task);
}

/** The row count of the server's command tag must be that of the bytes. */
async function copyPart(run: Run, session: Session, task: Task): Promise<void> {
  const { file, part, where, sql, header } = task;
  const [tally, rows] = [new Tally(header ? 1 : 0), task.rows?.()];
  let counted = 0;
  const take = (chunk: Buffer) => {
    const csv = rows === undefined ? chunk : rows.next(chunk);
    tally.add(csv);
    run.meter.advance(tally.rows - counted, csv.length);
    counted = tally.rows;
    return file.write(part, csv);
  };
  const sent = await streamCopy(session, where, sql, take, run.signal);
  rows?.end();
  if (sent !== tally.rows)
    throw databaseError(`${where}: expected ${sent} rows as the server says, got ${tally.rows}`, undefined, {
      hint: 'Run the same command again.',
    });
  await file.endPart(part, tally);
}
