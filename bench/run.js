/**
 * hybrid beside what a person would use instead; every case knows its answer, and a wrong one fails the run.
 *
 *   npm run bench                             every case; a table
 *   npm run bench -- --only PATTERN           those whose name contains it
 *   npm run bench -- --smoke                  small sizes: whether everything runs and is right
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
import { Bench } from './suite/bench.js';
import { comparison } from './suite/compare.js';
import { describeMachine, load, machineName, probe } from './suite/machine.js';
import { closePeers } from './suite/peer.js';
import { pictureOf } from './suite/picture.js';
import { recordFolder } from './suite/readme.js';
import { readRecord, writeRecord } from './suite/record.js';
import { tableOf } from './suite/table.js';

const options = {
  only: { type: 'string', default: '' },
  smoke: { type: 'boolean', default: false },
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
  if (chosen.length === 0)
    return usage(`--only: expected a part of ${Object.keys(cases).join(', ')}, got "${values.only}"`);
  const record = await runAll(chosen, { smoke: values.smoke, repeats });
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

async function runAll(chosen, settings) {
  const record = { ...circumstances(), probe: { one: await probe(1), two: await probe(2) }, cases: {} };
  for (const [name, run] of chosen) {
    console.log(`\n== ${name}`);
    record.cases[name] = await runCase(run, settings);
  }
  return record;
}

/** A case that fails does not take the others with it; the run fails in the end. */
async function runCase(run, settings) {
  const bench = new Bench(settings);
  const start = performance.now();
  const before = load();
  const { measurements, skipped } = bench;
  const failure = await run(bench)
    .then(
      () => ({}),
      (error) => ({ error: error.message }),
    )
    .finally(closePeers);
  console.log(tableOf(measurements).join('\n'));
  if (failure.error !== undefined) {
    console.error(`  failed: ${failure.error}`);
    process.exitCode = exitCodes.worse;
  }
  return { seconds: (performance.now() - start) / 1000, load: before, measurements, skipped, ...failure };
}

function circumstances() {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  return { date: new Date().toISOString().slice(0, 10), commit, machine: describeMachine() };
}

function keep(record) {
  const failed = Object.entries(record.cases).filter(([, { error }]) => error !== undefined);
  if (failed.length > 0)
    return usage(
      `--record: expected every case to be right, got a failure of ${failed.map(([name]) => name)}`,
    );
  const path = join(recordFolder, `${record.date}-${machineName(record.machine)}`);
  writeRecord(`${path}.json`, record);
  writeFileSync(`${path}.svg`, pictureOf(record));
  console.log(`\n${path}.json`);
}

await main();
