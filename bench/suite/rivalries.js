/** Each of our measurements beside each peer's of the same subject. */
import { measurementsOf } from './record.js';
import { advantage, contests, isOurs } from './table.js';

/**
 * @typedef {object} Rivalry
 * @property {string} case
 * @property {import('./bench.js').Measurement} ours
 * @property {import('./bench.js').Measurement} peer
 * @property {number} ratio of the medians: above 1 is ours ahead
 */

/** @returns {Rivalry[]} in the order of the record */
export function rivalries(record) {
  return Object.keys(record.cases).flatMap((name) => {
    const own = [...measurementsOf(record)].filter((m) => m.case === name);
    return contests(own).flatMap((group) => rivalriesOf(name, group));
  });
}

function rivalriesOf(name, group) {
  const peers = group.filter((one) => !isOurs(one));
  return group
    .filter(isOurs)
    .flatMap((ours) => peers.map((peer) => ({ case: name, ours, peer, ratio: advantage(ours, peer) })));
}
