/** The commands of hybrid, in the order in which people use them. */
import type { CommandDefinition } from './command.js';
import { exportCommand } from './export.js';
import { simulateCommand } from './simulate.js';

export const definitions: readonly CommandDefinition[] = [exportCommand, simulateCommand];
