/** `hybrid evolve`: a portfolio of new indicators. */
import { evolutionText } from '../report/evolution.js';
import type { EvolveSummary } from '../stages/evolve.js';
import type { CommandDefinition } from './command.js';

export const evolveCommand: CommandDefinition = {
  name: 'evolve',
  summary: 'find formulas over the indicators that improve the prediction of the target',
  examples: [
    'hybrid evolve --population 5000',
    'hybrid evolve --target ret_100t --columns ofd,obi,rsi7_c --generations 20',
    'hybrid evolve --seed-formulas mine.txt --time-limit 10m',
  ],
  run: async (settings, ports) => (await import('../stages/evolve.js')).evolve(settings, ports),
  print: (result) => evolutionText(result as EvolveSummary),
};
