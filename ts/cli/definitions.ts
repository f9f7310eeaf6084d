/** The commands of hybrid, in the order in which people use them. */
import type { CommandDefinition } from './command.js';
import { exportCommand } from './export.js';
import { prepareCommand } from './prepare.js';
import { simulateCommand } from './simulate.js';

export const definitions: readonly CommandDefinition[] = [exportCommand, prepareCommand, simulateCommand];
