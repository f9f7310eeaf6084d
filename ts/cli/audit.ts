/** `hybrid audit DATASET`: no value knows the future. */
import { auditText } from '../report/audit.js';
import type { AuditSummary } from '../stages/audit.js';
import type { CommandDefinition } from './command.js';

export const auditCommand: CommandDefinition = {
  name: 'audit',
  summary:
    'prove that no value of a dataset depends on its future: recompute with the future cut off and poisoned',
  arguments: '<dataset>',
  examples: [
    'hybrid audit features.parquet --raw raw_data',
    'hybrid audit features.parquet --raw raw_data --formulas evolved/portfolio.json --checks 10',
  ],
  run: async (settings, ports, [path]) => (await import('../stages/audit.js')).audit(path!, settings, ports),
  print: (result) => auditText(result as AuditSummary),
  exitCode: (result) => ((result as AuditSummary).violations.length === 0 ? 0 : 1),
};
