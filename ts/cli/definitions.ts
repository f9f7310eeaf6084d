/** The commands of hybrid, in the order in which people use them. */
import type { CommandDefinition } from './command.js';
import { exportCommand } from './export.js';

export const definitions: readonly CommandDefinition[] = [exportCommand];
