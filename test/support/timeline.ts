/** Random time lines with labels, for properties of splits and folds. */
import { type Labels, noRow, Timeline } from '../../ts/problem/timeline.js';
import { generator } from './dataset.js';

/** Symbols of random lengths and rhythms; labels that see up to a random time ahead, at most `longest`. */
export function randomTimeline(seed: number, longest = 400) {
  const { below, unit } = generator(seed);
  const horizon = 1 + below(longest);
  const ts: number[] = [];
  const symbols = Array.from({ length: 1 + below(3) }, (_, s) => {
    const start = ts.length;
    let now = below(500);
    for (let i = 0; i < 400 + below(800); i++) {
      now += unit() < 0.02 ? below(900) : below(20);
      ts.push(now);
    }
    return { name: `S${s}`, start, end: ts.length };
  });
  const labels: Labels = {
    value: new Float64Array(ts.length),
    endRow: new Uint32Array(ts.length).fill(noRow),
    weight: new Float64Array(ts.length),
  };
  for (const { start, end } of symbols) {
    for (let i = start; i < end; i++) {
      let last = i;
      while (last + 1 < end && ts[last + 1]! <= ts[i]! + horizon) last++;
      if (last + 1 === end || unit() < 0.05) continue;
      labels.endRow[i] = last;
      labels.weight[i] = 0.01 + unit();
    }
  }
  const line = new Timeline(symbols, Float64Array.from(ts), labels.weight);
  return { line, labels, ts, symbols, embargo: { rows: 1 + below(30), time: horizon } };
}
