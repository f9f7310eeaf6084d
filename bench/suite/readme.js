/** The README's figures, all of them out of one committed record. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { measurementsOf, readRecord } from './record.js';
import { rivalries } from './rivalries.js';
import { median } from './statistics.js';
import { contests, isOurs, number } from './table.js';

export const recordFolder = 'bench/record';

/** The newest record by its name, which begins with the date; none where there is none. */
export function newestRecord(folder = recordFolder) {
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.length === 0 ? undefined : join(folder, names.toSorted().at(-1));
}

/** What the README says of a record; every figure is one of its medians, or a ratio of two. */
export function performanceSection(path) {
  const record = readRecord(path);
  const all = rivalries(record);
  const ahead = all.filter(({ ratio }) => ratio >= 1).length;
  return [
    circumstances(path, record),
    '',
    `![hybrid beside its peers](${path.replace(/\.json$/, '.svg')})`,
    '',
    `Of ${all.length} comparisons hybrid is ahead in ${ahead} and behind in ${all.length - ahead}: a dot each above, and all in figures here.`,
    ...Object.keys(record.cases).flatMap((name) => caseLines(record, name, all)),
  ].join('\n');
}

function circumstances(path, { machine, date, commit, probe }) {
  return [
    `\`npm run bench -- --record\` made [${path}](${path}) on ${date} (commit ${commit}, ${machine.processor},`,
    `${machine.cores} cores, Node ${machine.node.replace(/^v/, '')}; two busy processes got ${number((2 * probe.one) / probe.two)} times done what one does).`,
    'Medians of the repeats; above 1 × hybrid is ahead, below it is behind.',
  ].join('\n');
}

/** The figures of a case, folded away: those beside peers, and those that stand alone. */
function caseLines(record, name, all) {
  const own = [...measurementsOf(record)].filter((m) => m.case === name);
  if (own.length === 0) return [];
  const rows = [
    ...all.filter((rivalry) => rivalry.case === name).map(rivalryRow),
    ...contests(own)
      .filter((group) => group.every(isOurs))
      .flat()
      .map(aloneRow),
  ];
  return [
    '',
    `<details><summary><code>npm run bench -- --only ${name}</code>${summary(all, name)}</summary>`,
    '',
    '| what | hybrid | peer | ahead |',
    '|---|---|---|---|',
    ...rows,
    '',
    '</details>',
  ];
}

/** Beside each peer the smallest and the largest ratio. */
function summary(all, name) {
  const own = all.filter((rivalry) => rivalry.case === name);
  const peers = [...new Set(own.map(({ peer }) => peer.who))];
  return peers.map((who) => rangeOf(own, who)).join('');
}

function rangeOf(own, who) {
  const ratios = own.filter(({ peer }) => peer.who === who).map(({ ratio }) => ratio);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map(number);
  return ` · ${who}: ${least === most ? least : `${least} … ${most}`} ×`;
}

const figure = ({ who, values, unit }) => `${who}: ${number(median(values))} ${unit}`;

const rivalryRow = ({ ours, peer, ratio }) =>
  `| ${ours.subject} | ${figure(ours)} | ${figure(peer)} | ${number(ratio)} × |`;

const aloneRow = (ours) => `| ${ours.subject} | ${figure(ours)} | | |`;
