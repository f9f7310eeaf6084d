/** `hybrid doctor`: what is fit for an export and what is not. */
import { HybridError } from '../error.js';
import type { DoctorSummary } from '../stages/doctor.js';
import type { CommandDefinition } from './command.js';

export const doctorCommand: CommandDefinition = {
  name: 'doctor',
  summary: 'check machine, database, mapping and disk, and say what to mend',
  examples: ['hybrid doctor', 'hybrid doctor --symbols BTCUSDT --from 2024-01-01', 'hybrid doctor --json'],
  run: async (settings, ports) => (await import('../stages/doctor.js')).doctor(settings, ports),
  print: (result) => print(result as DoctorSummary),
  exitCode: (result) => exitCode(result as DoctorSummary),
};

function print({ checks, fit }: DoctorSummary): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, message, hint }) => [
    `${status.padEnd(4)}  ${name.padEnd(width)}  ${message}`,
    ...(hint === undefined ? [] : [`${' '.repeat(width + 8)}→ ${hint}`]),
  ]);
  const warned = checks.some(({ status }) => status === 'warn');
  const verdict = fit ? `Fit for an export${warned ? ', with warnings' : ''}.` : 'Not fit for an export yet.';
  return [...lines, '', verdict].join('\n');
}

/** That of the first failure, as if it had been thrown. */
function exitCode({ checks }: DoctorSummary): number {
  const failed = checks.find(({ status }) => status === 'fail');
  return failed === undefined ? 0 : new HybridError(failed.code!, failed.message).exitCode;
}
