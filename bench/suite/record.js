/** Records of runs: JSON files that a README can rest on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @typedef {object} Record
 * @property {string} date
 * @property {string} commit
 * @property {object} machine
 * @property {{ one: number, two: number }} probe seconds of one busy process, and of the slower of two
 * @property {Record<string, { measurements: import('./bench.js').Measurement[], skipped: import('./bench.js').Skipped[], seconds: number, load: number, error?: string }>} cases
 */

const significant = (value) => Number(value.toPrecision(5));

/** Rounded, so that a change of a record can be read. */
export function writeRecord(path, record) {
  const rounded = (_, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? significant(value) : value;
  mkdirSync(dirname(path), { recursive: true });
  // One value a line would hide the shape: repeats stay together.
  const text = JSON.stringify(record, rounded, 1).replace(
    /\[\s+([-\d.e,\s]+?)\s+\]/g,
    (_, inner) => `[${inner.replace(/\s+/g, ' ')}]`,
  );
  writeFileSync(path, `${text}\n`);
}

/** Errors: a file that is no record. */
export function readRecord(path) {
  const record = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof record.cases !== 'object')
    throw new Error(`${path}: expected a record of the bench, got something else`);
  return record;
}

/** Every measurement with the case that it belongs to. */
export function* measurementsOf(record) {
  for (const [name, { measurements }] of Object.entries(record.cases))
    for (const measurement of measurements) yield { case: name, ...measurement };
}
