/** The commands of hybrid, in the order in which people use them. */
import type { CommandDefinition } from './command.js';
import { demoCommand } from './demo.js';
import { evolveCommand } from './evolve.js';
import { exportCommand } from './export.js';
import { formulaCommand } from './formula.js';
import { predictCommand } from './predict.js';
import { prepareCommand } from './prepare.js';
import { simulateCommand } from './simulate.js';
import { trainCommand } from './train.js';

export const definitions: readonly CommandDefinition[] = [
  exportCommand,
  prepareCommand,
  evolveCommand,
  trainCommand,
  predictCommand,
  formulaCommand,
  demoCommand,
  simulateCommand,
];
