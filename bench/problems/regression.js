/**
 * Problems of symbolic regression: columns drawn at random, and a target that is a known function of them. The first
 * seven are those of the specification; the others of the same families keep a search honest that was tuned on them.
 */

import { normal, uniform } from '../suite/random.js';

const { PI, sin, cos, exp, log, sqrt, atan } = Math;
const friedman = [0, 1];
const many = (n, range) => new Array(n).fill(range);

/** Name → ranges of the columns x1 …, the target's function, and the deviation of normal noise on it. */
export const problems = {
  'Friedman-1': {
    ranges: many(10, friedman),
    noise: 1,
    f: (x) => 10 * sin(PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4],
  },
  'Nguyen-7': { ranges: [[0, 2]], f: ([x]) => log(x + 1) + log(x * x + 1) },
  'Pagie-1': { ranges: many(2, [-5, 5]), f: ([x, y]) => 1 / (1 + x ** -4) + 1 / (1 + y ** -4) },
  'Poly-10': {
    ranges: many(10, [-1, 1]),
    f: (x) => x[0] * x[1] + x[2] * x[3] + x[4] * x[5] + x[0] * x[6] * x[8] + x[2] * x[5] * x[9],
  },
  'I.6.2a': { ranges: [[1, 3]], f: ([t]) => exp((-t * t) / 2) / sqrt(2 * PI) },
  'I.34.8': { ranges: many(4, [1, 5]), f: ([q, v, b, p]) => (q * v * b) / p },
  'I.27.6': { ranges: many(3, [1, 5]), f: ([d1, d2, n]) => 1 / (1 / d1 + n / d2) },
  'Friedman-2': {
    ranges: [
      [0, 100],
      [40 * PI, 560 * PI],
      [0, 1],
      [1, 11],
    ],
    noise: 125,
    f: ([a, b, c, d]) => sqrt(a * a + (b * c - 1 / (b * d)) ** 2),
  },
  'Friedman-3': {
    ranges: [
      [0, 100],
      [40 * PI, 560 * PI],
      [0, 1],
      [1, 11],
    ],
    noise: 0.1,
    f: ([a, b, c, d]) => atan((b * c - 1 / (b * d)) / a),
  },
  'Nguyen-5': { ranges: [[-1, 1]], f: ([x]) => sin(x * x) * cos(x) - 1 },
  'Nguyen-10': { ranges: many(2, [0, 1]), f: ([x, y]) => 2 * sin(x) * cos(y) },
  'Nguyen-12': { ranges: many(2, [0, 1]), f: ([x, y]) => x ** 4 - x ** 3 + (y * y) / 2 - y },
  'Keijzer-4': {
    ranges: [[0, 10]],
    f: ([x]) => x ** 3 * exp(-x) * cos(x) * sin(x) * (sin(x) ** 2 * cos(x) - 1),
  },
  'Vladislavleva-1': {
    ranges: many(2, [0.3, 4]),
    f: ([x, y]) => exp(-((x - 1) ** 2)) / (1.2 + (y - 2.5) ** 2),
  },
  'Vladislavleva-4': {
    ranges: many(5, [0.05, 6.05]),
    f: (x) => 10 / (5 + x.reduce((sum, v) => sum + (v - 3) ** 2, 0)),
  },
  'Vladislavleva-6': { ranges: many(2, [0.1, 5.9]), f: ([x, y]) => 6 * sin(x) * cos(y) },
  'Vladislavleva-8': {
    ranges: many(2, [0.05, 6.05]),
    f: ([x, y]) => ((x - 3) ** 4 + (y - 3) ** 3 - (y - 3)) / ((y - 2) ** 4 + 10),
  },
  'I.9.18': {
    ranges: [
      [1, 2],
      [1, 2],
      [1, 2],
      [3, 4],
      [1, 2],
      [3, 4],
      [1, 2],
      [3, 4],
    ],
    f: ([m1, m2, x1, x2, y1, y2, z1, z2]) => (m1 * m2) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 + (z2 - z1) ** 2),
  },
  'I.12.11': {
    ranges: many(5, [1, 5]),
    f: ([q, e, b, v, t]) => q * (e + b * v * sin(t)),
  },
  'I.15.3x': {
    ranges: [
      [5, 10],
      [1, 2],
      [3, 20],
      [1, 2],
    ],
    f: ([x, u, c, t]) => (x - u * t) / sqrt(1 - (u * u) / (c * c)),
  },
  'I.29.16': {
    ranges: many(4, [1, 5]),
    f: ([a, b, s, t]) => sqrt(a * a + b * b - 2 * a * b * cos(s - t)),
  },
  'I.50.26': { ranges: many(4, [1, 3]), f: ([a, w, t, k]) => a * (cos(w * t) + k * cos(w * t) ** 2) },
  'II.6.15a': {
    ranges: many(6, [1, 3]),
    f: ([e, p, r, x, y, z]) => ((p / (4 * PI * e)) * 3 * z * sqrt(x * x + y * y)) / r ** 5,
  },
  'II.11.27': {
    ranges: [
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 2],
    ],
    f: ([n, a, e, f]) => ((n * a) / (1 - (n * a) / 3)) * e * f,
  },
  'III.10.19': { ranges: many(4, [1, 5]), f: ([m, x, y, z]) => m * sqrt(x * x + y * y + z * z) },
  Offsets: {
    ranges: [
      [1e9, 1e9 + 10],
      [-3, 3],
    ],
    f: ([a, b]) => (a - 1e9) ** 2 + 40 * b,
  },
};

/** The seven of the specification, and what Operon reached there: the median R² of 5 seeds. */
export const seven = {
  'Friedman-1': 0.8681,
  'Nguyen-7': 1,
  'Pagie-1': 0.9978,
  'Poly-10': 0.8033,
  'I.6.2a': 1,
  'I.34.8': 1,
  'I.27.6': 0.9997,
};

/**
 * A market's share of signal: a product of two of sixteen columns, 1 % of the variance, the rest is noise. What can be
 * reached on fresh rows is an R² of 0.01; rows for training.
 */
export const planted = { 'Planted product, 1 %': 20_000 };
problems['Planted product, 1 %'] = {
  ranges: many(16, [-1, 1]),
  noise: sqrt(99) / 3,
  f: (x) => x[2] * x[11],
};

/** `rows` rows of a problem: columns x1 … and the target y. */
export function draw(name, rows, seed) {
  const { ranges, f, noise = 0 } = problems[name];
  const random = uniform(seed);
  const columns = ranges.map(() => new Float64Array(rows));
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const row = ranges.map(([low, high]) => low + (high - low) * random());
    row.forEach((x, k) => {
      columns[k][i] = x;
    });
    y[i] = f(row) + noise * normal(random);
  }
  return { ...Object.fromEntries(columns.map((c, k) => [`x${k + 1}`, c])), y };
}
