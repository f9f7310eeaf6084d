/** Joint sums of columns without nulls, by their definition. */
import type { Joint } from '../../ts/evolve/statistics.js';

export function jointOfColumns(
  columns: readonly ArrayLike<number>[],
  target: ArrayLike<number>,
  blocks: number,
): Joint {
  const [n, rows] = [columns.length, target.length];
  const z = columns.map(standardised);
  const r = standardised(target);
  const joint: Joint = {
    n,
    blocks,
    weight: new Float64Array(blocks),
    totalWeight: rows,
    targetSquare: new Float64Array(blocks),
    target: new Float64Array(blocks * n),
    gram: new Float64Array(blocks * n * n),
    targetCorrelation: Float64Array.from(z, (own) => mean(own.map((x, i) => x * r[i]!))),
    correlation: Float64Array.from(z.flatMap((a) => z.map((b) => mean(a.map((x, i) => x * b[i]!))))),
  };
  for (let row = 0; row < rows; row++) {
    const b = Math.floor((row * blocks) / rows);
    joint.weight[b]! += 1;
    joint.targetSquare[b]! += r[row]! ** 2;
    for (let i = 0; i < n; i++) {
      joint.target[b * n + i]! += z[i]![row]! * r[row]!;
      for (let j = 0; j < n; j++) joint.gram[(b * n + i) * n + j]! += z[i]![row]! * z[j]![row]!;
    }
  }
  return joint;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}

function standardised(values: ArrayLike<number>): number[] {
  const own = Array.from(values);
  const centre = mean(own);
  const deviation = Math.sqrt(mean(own.map((x) => (x - centre) ** 2)));
  return own.map((x) => (x - centre) / deviation);
}
