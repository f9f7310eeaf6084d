/** Hours of the day whose rows are scored: the text of --hours. */
import { HybridError } from '../error.js';

/** µs since midnight UTC; `to` is excluded, and before `from` where the hours go on over midnight. */
export interface Hours {
  from: number;
  to: number;
}

const minute = 60_000_000;
const day = 24 * 60 * minute;

/** `13:30-20:00`, UTC; `22:00-02:00` goes over midnight. Errors: E_USAGE. */
export function parseHours(text: string): Hours {
  const [from, to, ...rest] = text.split('-').map((t) => parseClock(t.trim()));
  if (from !== undefined && to !== undefined && rest.length === 0 && from < day && from !== to)
    return { from, to };
  throw new HybridError('E_USAGE', `--hours: expected two times of the day, got "${text}"`, {
    hint: 'Write the hours in UTC, such as --hours 13:30-20:00, or 22:00-02:00 over midnight.',
  });
}

function parseClock(text: string): number | undefined {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(text);
  if (match === null) return undefined;
  const clock = (Number(match[1]) * 60 + Number(match[2])) * minute;
  return clock <= day ? clock : undefined;
}

/** Whether an instant (µs since the epoch) lies within the hours. */
export function withinHours(ts: number, { from, to }: Hours): boolean {
  const clock = ts - Math.floor(ts / day) * day;
  return from < to ? clock >= from && clock < to : clock >= from || clock < to;
}
