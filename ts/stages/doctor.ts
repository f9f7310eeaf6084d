/** What is fit for an export and what is not: machine, database, mapping, disk; with what to mend. */
import { HybridError, interrupted } from '../error.js';
import { addressOf, describe } from '../io/postgres/address.js';
import { Session } from '../io/postgres/session.js';
import { type Stream, streams } from '../io/raw.js';
import { type Check, type DoctorConfig, failure, ok } from './doctor/check.js';
import { checkDatabase } from './doctor/database.js';
import { checkDisk } from './doctor/disk.js';
import { checkMachine } from './doctor/machine.js';
import { checkStream, type Found } from './doctor/mapping.js';

export type { Check, DoctorConfig } from './doctor/check.js';

export interface DoctorPorts {
  signal?: AbortSignal;
}

export interface DoctorSummary {
  checks: Check[];
  /** Whether no check failed; warnings are allowed. */
  fit: boolean;
}

/** Runs every check that can run; a failure is a line of the report, not an error. Errors: E_INTERRUPTED. */
export async function doctor(config: DoctorConfig, ports: DoctorPorts): Promise<DoctorSummary> {
  const checks = [...checkMachine(config), ...(await checkConnected(config, ports.signal))];
  return { checks, fit: checks.every(({ status }) => status !== 'fail') };
}

async function checkConnected(config: DoctorConfig, signal?: AbortSignal): Promise<Check[]> {
  let session: Session;
  try {
    session = await Session.open(addressOf(config), signal);
  } catch (error) {
    return [failure('connection', refused(error, signal))];
  }
  try {
    const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL timezone = 'UTC'";
    const checks = await session.transaction(begin, () => checkAll(session, config));
    await session.close();
    return checks;
  } catch (error) {
    await session.destroy();
    return [failure('database', refused(error, signal))];
  }
}

function refused(error: unknown, signal: AbortSignal | undefined): HybridError {
  if (signal?.aborted) throw interrupted();
  if (error instanceof HybridError) return error;
  throw error;
}

async function checkAll(session: Session, config: DoctorConfig): Promise<Check[]> {
  const checks = [ok('connection', describe(session.address)), ...(await checkDatabase(session))];
  // The time-outs of the role have been looked at; a check itself may not hang.
  await session.query('timeout', "SET LOCAL statement_timeout = '30s'");
  const found: Partial<Record<Stream, Found>> = {};
  for (const stream of streams.filter((one) => config.streams?.includes(one) ?? true)) {
    const outcome = await checkStream(session, stream, config);
    checks.push(...outcome.checks);
    if (outcome.found !== undefined) found[stream] = outcome.found;
  }
  return [...checks, ...(await checkDisk(session, Object.values(found), config))];
}
