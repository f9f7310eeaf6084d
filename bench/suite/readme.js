/** The README's figures, all of them out of one committed record. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rivalries } from './picture.js';
import { readRecord } from './record.js';
import { median } from './statistics.js';
import { number } from './table.js';

export const recordFolder = 'bench/record';

/** The newest record by its name, which begins with the date; none where there is none. */
export function newestRecord(folder = recordFolder) {
  const names = readdirSync(folder, { withFileTypes: true })
    .map((entry) => entry.name)
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  return names.length === 0 ? undefined : join(folder, names.at(-1));
}

export function performanceSection(path) {
  const record = readRecord(path);
  const { machine, date, commit, probe } = record;
  const rows = rivalries(record).map(({ case: name, ours, peer, ratio }) => {
    const figure = (m) => `${number(median(m.values))} ${m.unit}`;
    return `| ${ours.subject} | ${ours.who}: ${figure(ours)} | ${peer.who}: ${figure(peer)} | ${number(ratio)} × | \`npm run bench -- --only ${name}\` |`;
  });
  return [
    `All figures are those of [${path}](${path}): ${date}, commit ${commit}, ${machine.processor}, ${machine.cores} cores, Node ${machine.node};` +
      ` two busy processes got ${number((2 * probe.one) / probe.two)} times done what one does. Medians of the repeats; above 1 × hybrid is ahead, below it is behind.`,
    '',
    `![hybrid beside its peers](${path.replace(/\.json$/, '.svg')})`,
    '',
    '| what | hybrid | peer | ahead | again |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
