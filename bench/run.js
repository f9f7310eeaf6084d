/**
 * hybrid beside what a person would use instead; every case knows its answer, and a wrong one fails the run.
 *
 *   npm run bench                             every case; a table
 *   npm run bench -- --only PATTERN           those whose name contains it
 *   npm run bench -- --smoke                  small sizes: whether everything runs and is right; --peers with Python's
 *   npm run bench -- --json FILE              the measurements as JSON
 *   npm run bench -- --record                 into bench/record/<date>-<machine>.json and .svg, for the README
 *   npm run bench -- --compare A.json B.json  what became worse from A to B, beyond the noise
 *
 * Compare ratios within one run: absolute times say more about the machine's mood than about the code.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases } from './cases.js';
import { runCases } from './suite/cases.js';
import { comparison } from './suite/compare.js';
import { describeMachine, machineName, probe } from './suite/machine.js';
import { pictureOf } from './suite/picture.js';
import { recordFolder } from './suite/readme.js';
import { readRecord, writeRecord } from './suite/record.js';

const options = {
  only: { type: 'string', default: '' },
  smoke: { type: 'boolean', default: false },
  peers: { type: 'boolean', default: false },
  repeats: { type: 'string', default: '5' },
  json: { type: 'string' },
  record: { type: 'boolean', default: false },
  compare: { type: 'boolean', default: false },
};

const exitCodes = { worse: 1, usage: 2 };

async function main() {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.compare) return compare(positionals);
  const chosen = Object.entries(cases).filter(([name]) => name.includes(values.only));
  const repeats = Number(values.repeats);
  if (positionals.length > 0) return usage(`expected no arguments, got ${positionals.join(' ')}`);
  if (!(Number.isInteger(repeats) && repeats > 0))
    return usage(`--repeats: expected a number above 0, got "${values.repeats}"`);
  if (values.record && (values.smoke || values.only !== ''))
    return usage('--record: expected the whole bench, got a part of it (--smoke or --only)');
  if (chosen.length === 0)
    return usage(`--only: expected a part of ${Object.keys(cases).join(', ')}, got "${values.only}"`);
  const { smoke } = values;
  const settings = { smoke, repeats, peers: !smoke || values.peers };
  const record = {
    ...circumstances(),
    probe: await probes(settings),
    cases: await runCases(chosen, settings),
  };
  if (failures(record).length > 0) process.exitCode = exitCodes.worse;
  if (values.json !== undefined) writeRecord(values.json, record);
  if (values.record) keep(record);
}

function usage(message) {
  console.error(message);
  process.exitCode = exitCodes.usage;
}

function compare(paths) {
  if (paths.length !== 2) return usage(`--compare: expected two records, got ${paths.length}`);
  const { worse, lines } = comparison(...paths.map(readRecord));
  console.log(lines.join('\n'));
  if (worse > 0) process.exitCode = exitCodes.worse;
}

const probes = async ({ smoke }) =>
  smoke ? { one: 1, two: 1 } : { one: await probe(1), two: await probe(2) };

function circumstances() {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  return { date: new Date().toISOString().slice(0, 10), commit, machine: describeMachine() };
}

const failures = ({ cases }) => Object.keys(cases).filter((name) => cases[name].error !== undefined);

function keep(record) {
  const failed = failures(record);
  if (failed.length > 0)
    return usage(`--record: expected every case to be right, got a failure of ${failed}`);
  const path = join(recordFolder, `${record.date}-${machineName(record.machine)}`);
  writeRecord(`${path}.json`, record);
  writeFileSync(`${path}.svg`, pictureOf(record));
  console.log(`\n${path}.json`);
}

await main();
