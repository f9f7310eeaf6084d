/** The commands of hybrid, in the order in which people use them. */

import { auditCommand } from './audit.js';
import type { CommandDefinition } from './command.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { evolveCommand } from './evolve.js';
import { exportCommand } from './export.js';
import { formulaCommand } from './formula.js';
import { initCommand } from './init.js';
import { inspectCommand } from './inspect.js';
import { predictCommand } from './predict.js';
import { prepareCommand } from './prepare.js';
import { simulateCommand } from './simulate.js';
import { trainCommand } from './train.js';
import { transformCommand } from './transform.js';

export const definitions: readonly CommandDefinition[] = [
  initCommand,
  doctorCommand,
  exportCommand,
  prepareCommand,
  evolveCommand,
  transformCommand,
  trainCommand,
  predictCommand,
  formulaCommand,
  inspectCommand,
  auditCommand,
  demoCommand,
  simulateCommand,
];
