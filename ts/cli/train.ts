/** `hybrid train`: boosted trees on indicators and formulas. */
import { trainingText } from '../report/training.js';
import type { TrainSummary } from '../stages/train.js';
import type { CommandDefinition } from './command.js';

export const trainCommand: CommandDefinition = {
  name: 'train',
  summary: 'train gradient-boosted trees walk-forward, with the evolved formulas and without them',
  examples: [
    'hybrid train',
    'hybrid train --formulas evolved/portfolio.json',
    'hybrid train --target up_down:60s:2bps --hours 13:30-20:00 --rounds 1000 --rate 0.02',
    'hybrid train --target triple_barrier:10bps:10bps:300s --folds 8 --no-early-stop --rounds 200',
    'hybrid train --columns obi,ofd,rsi7 --monotone obi:+1,ofd:+1',
  ],
  run: async (settings, ports) => (await import('../stages/train.js')).train(settings, ports),
  print: (result) => trainingText(result as TrainSummary),
};
