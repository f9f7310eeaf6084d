/** The standard normal distribution. */

/** P(Z ≤ x), by its Taylor series near 0 and by Laplace's continued fraction in the tails (Marsaglia 2004). */
export function normalDistribution(x: number): number {
  if (Math.abs(x) > 5) return x > 0 ? 1 - tail(x) : tail(-x);
  let [term, sum] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * density(x);
}

/** The x below which the share `probability` lies, by bisection; ∓∞ for 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [-40, 40];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function density(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** P(Z > x) for x > 5: φ(x) / (x + 1/(x + 2/(x + 3/(x + …)))). */
function tail(x: number): number {
  let below = x;
  for (let k = 60; k > 0; k--) below = x + k / below;
  return density(x) / below;
}
