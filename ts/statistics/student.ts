/** Means of few values and how sure they are: Student's t. */

export interface BlockTest {
  mean: number;
  standardError: number;
  t: number;
  /** One-sided: the chance of such a t or a greater one where the mean is 0. */
  p: number;
}

/** One-sided t of values that should be independent: one a block. */
export function testBlocks(values: ArrayLike<number>): BlockTest {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const standardError = Math.sqrt(squares / (n - 1) / n);
  if (!(standardError > 0)) return { mean, standardError: 0, t: 0, p: 1 };
  const t = mean / standardError;
  return { mean, standardError, t, p: 1 - studentDistribution(t, n - 1) };
}

/** Student's t: P(T ≤ t) with `freedom` degrees of freedom, by the incomplete beta function. */
export function studentDistribution(t: number, freedom: number): number {
  const tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** The t below which the share `probability` lies, by bisection. */
export function studentQuantile(probability: number, freedom: number): number {
  let [low, high] = [-1e3, 1e3];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b) by its continued fraction (Lentz's method). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return (front * betaFraction(x, a, b)) / a;
}

function betaFraction(x: number, a: number, b: number): number {
  const away = (v: number) => (Math.abs(v) < 1e-300 ? 1e-300 : v);
  let [c, d] = [1, 1 / away(1 - ((a + b) * x) / (a + 1))];
  let h = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    h *= d * c;
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return h;
}

/** ln Γ(x), x > 0: Stirling's series after shifting x above 10. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 10; z++) shift -= Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
