/** Measurements as a table for the terminal: contenders of a subject beside each other. */
import { median, spread } from './statistics.js';

/** Measurements of one subject and unit: ours first. */
export function contests(measurements) {
  const groups = Map.groupBy?.(measurements, keyOf) ?? groupBy(measurements, keyOf);
  return [...groups.values()].map((group) => group.toSorted((a, b) => isOurs(b) - isOurs(a)));
}

const keyOf = ({ subject, unit }) => `${subject}\0${unit}`;
export const isOurs = ({ who }) => Number(who.startsWith('hybrid'));

function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** How many times better `a` is than `b`. */
export function advantage(a, b) {
  const ratio = median(a.values) / median(b.values);
  return a.better === 'more' ? ratio : 1 / ratio;
}

export function number(value) {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return Math.round(value).toLocaleString('en-US');
  return magnitude >= 0.01 ? value.toPrecision(3) : value.toExponential(1);
}

/** Lines: who, median, spread, and beside a peer how many times better each of ours is. */
export function tableOf(measurements) {
  return contests(measurements).flatMap((group) => {
    const ours = group.filter(isOurs);
    const ratios = (other) => ours.map((own) => `${number(advantage(own, other))} ×`).join(' / ');
    const [{ subject, unit }] = group;
    return [`  ${subject} [${unit}]`, ...group.map((one) => row(one, isOurs(one) ? '' : ratios(one)))];
  });
}

function row({ who, values }, ratios) {
  const deviation = values.length > 1 ? `± ${(100 * spread(values)).toFixed(0)} %` : '';
  return `    ${who.padEnd(44)} ${number(median(values)).padStart(9)} ${deviation.padStart(8)} ${ratios.padStart(9)}`;
}
