/** Two records beside each other: what became slower or larger, beyond the noise of their repeats. */
import { measurementsOf } from './record.js';
import { median, spread } from './statistics.js';
import { number } from './table.js';

/** Changes smaller than this are never called one. */
const least = 0.05;

/**
 * @typedef {object} Change
 * @property {string} name case, subject and who
 * @property {number} ratio of the medians; above 1 is worse
 * @property {number} noise what the spreads of both records explain, as a share
 * @property {'worse' | 'better' | 'same'} verdict
 */

const keyOf = (m) => [m.case, m.subject, m.unit, m.who].join(', ');

/**
 * Changes of our measurements from `before` to `after`. Wall and processor times are divided by what the busy process
 * of the same run took, so that a slower machine is not called a slower program.
 */
export function changes(before, after) {
  const drift = after.probe.one / before.probe.one;
  const earlier = new Map([...measurementsOf(before)].map((m) => [keyOf(m), m]));
  return [...measurementsOf(after)]
    .filter((m) => m.who.startsWith('hybrid') && earlier.has(keyOf(m)))
    .map((m) => changeOf(earlier.get(keyOf(m)), m, isOfTime(m) ? drift : 1));
}

const isOfTime = ({ unit }) => unit === 's' || unit.endsWith('/s');

function changeOf(before, after, drift) {
  const plain = median(after.values) / median(before.values);
  const ratio = after.better === 'less' ? plain / drift : 1 / (plain * drift);
  const noise = Math.max(least, spread(before.values) + spread(after.values));
  const verdict = ratio > 1 + noise ? 'worse' : ratio < 1 / (1 + noise) ? 'better' : 'same';
  return { name: keyOf(after), ratio, noise, verdict };
}

/** Lines for a person, the worst first. */
export function comparison(before, after) {
  const all = changes(before, after).toSorted((a, b) => b.ratio - a.ratio);
  const drift = after.probe.one / before.probe.one;
  const of = (verdict) => all.filter((c) => c.verdict === verdict);
  const lines = (verdict) =>
    of(verdict).map(
      (c) => `  ${verdict}: ${number(c.ratio)} × the ${c.name} (noise ${(100 * c.noise).toFixed(0)} %)`,
    );
  return {
    worse: of('worse').length,
    lines: [
      `${all.length} measurements in both; the machine itself was ${number(drift)} times as slow, which is taken out of times`,
      ...lines('worse'),
      ...lines('better'),
      `  same within the noise: ${of('same').length}`,
    ],
  };
}
