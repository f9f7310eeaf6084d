/** Training data with a known relation: steps, a wave and a null that means something. */
import { Draw } from '../../ts/statistics/random.js';

export function numbered(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

export interface Waves {
  names: string[];
  columns: Float64Array[];
  target: Float64Array;
}

/** Five columns, the second null in one row of eight; `noise` has next to no relation. */
export function waves(rows: number, kind: 'l2' | 'binary' | 'multiclass' | 'noise', seed = 1): Waves {
  const draw = new Draw(seed, 9);
  const names = ['step', 'slope', 'wave', 'count', 'noise'];
  const columns = names.map(() => new Float64Array(rows));
  const target = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const x = names.map(() => draw.unit());
    const isNull = draw.below(8) === 0;
    const noise = draw.unit() - 0.5;
    x[3] = Math.floor(x[3]! * 6);
    const y = (x[0]! > 0.3 ? 1 : 0) + (isNull ? 1.5 : x[1]!) + Math.sin(6 * x[2]!) + 0.1 * x[3] + noise;
    columns.forEach((column, c) => {
      column[i] = c === 1 && isNull ? Number.NaN : x[c]!;
    });
    if (kind === 'l2') target[i] = y;
    else if (kind === 'noise') target[i] = 0.05 * y + 10 * noise;
    else target[i] = Math.max(0, Math.min(kind === 'binary' ? 1 : 2, Math.floor(y)));
  }
  return { names, columns, target };
}
