/** The commands of hybrid, in the order in which people use them. */
import type { CommandDefinition } from './command.js';

export const definitions: readonly CommandDefinition[] = [];
