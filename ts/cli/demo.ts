import { count, table } from '../report/table.js';
import type { DemoSummary } from '../stages/demo.js';
import type { CommandDefinition } from './command.js';

export const demoCommand: CommandDefinition = {
  name: 'demo',
  summary: 'show the whole way on a simulated market, with a PostgreSQL of its own',
  examples: ['hybrid demo', 'hybrid demo --seed 7 --threads 2'],
  run: async (settings, ports) => (await import('../stages/demo.js')).demo(settings, ports),
  print: (result) => print(result as DemoSummary),
};

function print(result: DemoSummary): string {
  const { planted, found, files, rows } = result;
  return [
    '',
    `planted  ${planted.formula}`,
    `         ${planted.words}`,
    '',
    found.length === 0 ? 'found    nothing that stood the test' : foundTable(found),
    '',
    verdict(result),
    '',
    `${count(rows.prepared)} trades through every step in ${result.seconds.toFixed(0)} s`,
    `  ${files.raw}/  the CSV files out of PostgreSQL`,
    `  ${files.dataset}  the indicators, a row for each trade`,
    `  ${files.portfolio}  the evolved formulas`,
    '',
    'Next, with these data:',
    `  npx hybrid formula explain "${found[0]?.formula ?? planted.formula}" --dataset ${files.dataset}`,
    `  npx hybrid evolve --dataset ${files.dataset} --target ret_100t`,
    `  npx hybrid train --dataset ${files.dataset} --formulas ${files.portfolio} --out ${result.folder}/model`,
    'and with your own: fill in .env (see .env.example), then',
    '  npx hybrid export && npx hybrid prepare && npx hybrid evolve',
  ].join('\n');
}

function foundTable(found: DemoSummary['found']): string {
  const rows = found.map(({ formula, gain, holdout, correlation }) => [
    formula,
    gain === null ? 'not tested' : gain.toFixed(3),
    holdout === null ? '–' : holdout.toFixed(3),
    correlation.toFixed(3),
  ]);
  return table(['found', 'gain (selection)', 'gain (hold-out)', 'correlation with planted'], rows);
}

function verdict({ recovered, found }: DemoSummary): string {
  if (!recovered) return 'The planted relation was not found again: try another --seed.';
  const best = found.reduce((a, b) => (Math.abs(b.correlation) > Math.abs(a.correlation) ? b : a));
  return `The planted relation was found again: ${best.formula}`;
}
