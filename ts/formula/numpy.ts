/**
 * What the operators mean in numpy: arrays of the rows of one symbol, NaN for null. Windows are gone over from
 * their oldest row to their newest, a vector of all rows at each step, so that every row adds up the same
 * numbers in the same order as `formula eval`: a running sum would leave traces of rows outside of its window,
 * which ranks, ties and divisions by nearly nothing bring to light.
 */
import type { Library } from './library.js';

export const numpyLibrary: Library = {
  finite: `
def finite(x):
    """x, null where it is not finite."""
    return np.where(np.isfinite(x), x, np.nan)
`,
  divide: `
def divide(a, b):
    """a / b, null where |b| < 1e-12."""
    return np.where(np.abs(b) < 1e-12, np.nan, np.divide(a, b))
`,
  cube: `
def cube(a):
    return a * a * a
`,
  tanh_of: `
def tanh_of(a):
    """Of each number by itself: np.tanh may differ in the last bit, which splits ties of ranks."""
    return np.vectorize(math.tanh, otypes=[float])(a)
`,
  if_greater: `
def if_greater(a, b, c, d):
    """c where a > b, else d; null where any of them is null."""
    null = np.isnan(a) | np.isnan(b) | np.isnan(c) | np.isnan(d)
    return np.where(null, np.nan, np.where(a > b, c, d))
`,
  lag: `
def lag(x, n):
    """x of n rows before."""
    before = np.full(len(x), np.nan)
    before[n:] = x[: max(len(x) - n, 0)]
    return before
`,
  delta: `
def delta(x, n):
    """x less x of n rows before."""
    return finite(x - lag(x, n))
`,
  window: `
def window(x, n):
    """The rows of each window, the oldest first: an array of all windows at a time."""
    return (lag(x, age) for age in range(n - 1, -1, -1))
`,
  added: `
def added(x, n, term):
    """Of each window, the sum of a term of the values."""
    return sum(np.where(np.isnan(v), 0.0, term(v)) for v in window(x, n))
`,
  count: `
def count(x, n):
    """How many rows of each window have a value."""
    return added(x, n, lambda v: 1.0)
`,
  half_full: `
def half_full(value, x, n):
    """The value, null where a window of x is not full or fewer than half of its rows have a value."""
    enough = (np.arange(len(x)) >= n - 1) & (2 * count(x, n) >= n)
    return np.where(enough, finite(value), np.nan)
`,
  first_value: `
def first_value(x, n):
    """The oldest value of each window."""
    oldest = np.full(len(x), np.nan)
    for v in window(x, n):
        oldest = np.where(np.isnan(oldest), v, oldest)
    return oldest
`,
  mean: `
def mean(x, n):
    """By distances from the first value: the mean of equal values is that value."""
    first = first_value(x, n)
    return first + added(x, n, lambda v: v - first) / count(x, n)
`,
  deviation: `
def deviation(x, n):
    """The population standard deviation of each window."""
    m = mean(x, n)
    return np.sqrt(added(x, n, lambda v: (v - m) * (v - m)) / count(x, n))
`,
  covariance: `
def covariance(x, y, n):
    """The population covariance of each window; x and y have their nulls in the same rows."""
    mx, my = mean(x, n), mean(y, n)
    total = 0.0
    for p, q in zip(window(x, n), window(y, n)):
        total = total + np.where(np.isnan(p), 0.0, (p - mx) * (q - my))
    return total / count(x, n)
`,
  pairs: `
def pairs(a, b):
    """Both, null where either is."""
    null = np.isnan(a) | np.isnan(b)
    return np.where(null, np.nan, a), np.where(null, np.nan, b)
`,
  sum_of: `
def sum_of(x, n):
    """The sum of the values of the last n rows."""
    return half_full(added(x, n, lambda v: v), x, n)
`,
  sma: `
def sma(x, n):
    """The mean of the values of the last n rows."""
    return half_full(mean(x, n), x, n)
`,
  ema: `
def ema(x, n):
    """The mean of the values of the last 8n rows, weighted (1 - 2 / (n + 1)) ** age."""
    newest, weight = np.full(len(x), np.nan), np.ones(len(x))
    total, weights = 0.0, 0.0
    for age in range(8 * n):
        v = lag(x, age)
        newest = np.where(np.isnan(newest), v, newest)
        total = total + np.where(np.isnan(v), 0.0, weight * (v - newest))
        weights = weights + np.where(np.isnan(v), 0.0, weight)
        # From the newest value on: a row without one changes nothing.
        weight = np.where(np.isnan(newest), 1.0, weight * (1 - 2 / (n + 1)))
    return half_full(newest + total / weights, x, n)
`,
  wma: `
def wma(x, n):
    """The mean of the values of the last n rows, weighted n for the current row down to 1 for the oldest."""
    first = first_value(x, n)
    total, weights = 0.0, 0.0
    for weight, v in enumerate(window(x, n), 1):
        total = total + np.where(np.isnan(v), 0.0, weight * (v - first))
        weights = weights + np.where(np.isnan(v), 0.0, weight)
    return half_full(first + total / weights, x, n)
`,
  std: `
def std(x, n):
    """The population standard deviation over the last n rows."""
    return half_full(deviation(x, n), x, n)
`,
  zscore: `
def zscore(x, n):
    """Standard deviations from the mean of the last n rows; null where they are all but equal."""
    s = deviation(x, n)
    return half_full(np.where(s < 1e-12, np.nan, (x - mean(x, n)) / s), x, n)
`,
  standard_moment: `
def standard_moment(x, n, power):
    """The mean of a power of the standard scores; null where the values are all but equal."""
    m, s = mean(x, n), deviation(x, n)
    moment = added(x, n, lambda v: power((v - m) / s)) / count(x, n)
    return np.where(s < 1e-12, np.nan, moment)
`,
  skew: `
def skew(x, n):
    """The skewness over the last n rows."""
    return half_full(standard_moment(x, n, lambda z: z * z * z), x, n)
`,
  kurt: `
def kurt(x, n):
    """The excess kurtosis over the last n rows."""
    return half_full(standard_moment(x, n, lambda z: (z * z) * (z * z)) - 3, x, n)
`,
  ts_min: `
def ts_min(x, n):
    """The smallest value of the last n rows."""
    smallest = np.full(len(x), np.inf)
    for v in window(x, n):
        smallest = np.fmin(smallest, v)
    return half_full(smallest, x, n)
`,
  ts_max: `
def ts_max(x, n):
    """The greatest value of the last n rows."""
    greatest = np.full(len(x), -np.inf)
    for v in window(x, n):
        greatest = np.fmax(greatest, v)
    return half_full(greatest, x, n)
`,
  argmin: `
def argmin(x, n):
    """Rows since the smallest value of the last n rows, the latest of equal ones."""
    smallest, since = np.full(len(x), np.inf), np.full(len(x), np.nan)
    for age, v in zip(range(n - 1, -1, -1), window(x, n)):
        since = np.where(v <= smallest, age, since)
        smallest = np.fmin(smallest, v)
    return half_full(since, x, n)
`,
  argmax: `
def argmax(x, n):
    """Rows since the greatest value of the last n rows, the latest of equal ones."""
    greatest, since = np.full(len(x), -np.inf), np.full(len(x), np.nan)
    for age, v in zip(range(n - 1, -1, -1), window(x, n)):
        since = np.where(v >= greatest, age, since)
        greatest = np.fmax(greatest, v)
    return half_full(since, x, n)
`,
  rank: `
def rank(x, n):
    """The share of the values of the last n rows below x, plus half of the share equal to it."""
    below = added(x, n, lambda v: v < x)
    ties = added(x, n, lambda v: v == x)
    return half_full(np.where(np.isnan(x), np.nan, (below + 0.5 * ties) / count(x, n)), x, n)
`,
  slope: `
def slope(x, n):
    """The slope of the least-squares line through the values of the last n rows, a row."""
    places = [np.where(np.isnan(v), np.nan, place) for place, v in enumerate(window(x, n))]
    have, m, first = count(x, n), mean(x, n), np.full(len(x), np.nan)
    for p in places:
        first = np.where(np.isnan(first), p, first)
    middle = first + sum(np.where(np.isnan(p), 0.0, p - first) for p in places) / have
    above, below = 0.0, 0.0
    for p, v in zip(places, window(x, n)):
        above = above + np.where(np.isnan(p), 0.0, (p - middle) * (v - m))
        below = below + np.where(np.isnan(p), 0.0, (p - middle) * (p - middle))
    return half_full(np.divide(above / have, below / have), x, n)
`,
  cov: `
def cov(a, b, n):
    """The population covariance over those of the last n rows where both have a value."""
    a, b = pairs(a, b)
    return half_full(covariance(a, b, n), a, n)
`,
  corr: `
def corr(a, b, n):
    """Pearson's correlation over those of the last n rows where both have a value."""
    a, b = pairs(a, b)
    sa, sb = deviation(a, n), deviation(b, n)
    value = np.clip(covariance(a, b, n) / (sa * sb), -1, 1)
    return half_full(np.where((sa < 1e-12) | (sb < 1e-12), np.nan, value), a, n)
`,
};
