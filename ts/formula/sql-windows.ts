/**
 * What the operators over windows mean in SQL. A window is a list, the oldest row first, and its sums are made
 * from the list: DuckDB's own aggregates over frames add up in an order that depends on the row, which ranks,
 * ties and divisions by nearly nothing bring to light.
 */

/** Names given one after the other, each from those before; `v` is the value. */
interface Window {
  /** Named from the operands (x, y) before any window is looked at. */
  before?: Readonly<Record<string, string>>;
  /** Rows of the list, where they are not the n of the window. */
  rows?: (n: number) => number;
  stages: readonly (readonly [name: string, text: string])[];
  value: string;
}

const first = ['f', 'list_any_value(w)'] as const;
const mean = ['m', 'f + list_avg([e - f for e in w])'] as const;
const deviation = ['s', 'sqrt(list_avg([(e - m) * (e - m) for e in w]))'] as const;
const moments = [first, mean, deviation];

/** Of pairs: w and u are their lists. */
const both = {
  p: 'case when {y} is not null then {x} end',
  q: 'case when {x} is not null then {y} end',
};
const pairMeans = [
  first,
  ['g', 'list_any_value(u)'],
  mean,
  ['t', 'g + list_avg([e - g for e in u])'],
] as const;
const covariance = 'list_avg([(e[1] - m) * (e[2] - t) for e in list_zip(w, u)])';

const windows: Readonly<Record<string, (n: number) => Window>> = {
  sum: () => ({ stages: [], value: 'list_sum(w)' }),
  sma: () => ({ stages: [first, mean], value: 'm' }),
  wma: () => ({
    stages: [first, ['t', 'list_sum([case when e is not null then i end for e, i in w])']],
    value: 'f + list_sum([(e - f) * i for e, i in w]) / t',
  }),
  ema: (n) => {
    // Ages count from the newest value: a row without one changes nothing.
    const weight = `power(${1 - 2 / (n + 1)}e0, k - i)`;
    return {
      rows: (n) => 8 * n,
      stages: [
        ['k', 'list_max([case when e is not null then i end for e, i in w])'],
        ['f', 'w[k]'],
        ['t', `list_sum([case when e is not null then ${weight} end for e, i in w])`],
      ],
      value: `f + list_sum([(e - f) * ${weight} for e, i in w]) / t`,
    };
  },
  std: () => ({ stages: moments, value: 's' }),
  zscore: () => ({ stages: moments, value: 'case when s >= 1e-12 then ({x} - m) / s end' }),
  skew: () => ({
    stages: [...moments, ['z', 'case when s >= 1e-12 then [(e - m) / s for e in w] end']],
    value: 'list_avg([e * e * e for e in z])',
  }),
  kurt: () => ({
    stages: [...moments, ['z', 'case when s >= 1e-12 then [(e - m) / s for e in w] end']],
    value: 'list_avg([(e * e) * (e * e) for e in z]) - 3',
  }),
  ts_min: () => ({ stages: [], value: 'list_min(w)' }),
  ts_max: () => ({ stages: [], value: 'list_max(w)' }),
  argmin: () => ({
    stages: [['f', 'list_min(w)']],
    value: 'cast(len(w) - list_max([case when e = f then i end for e, i in w]) as double)',
  }),
  argmax: () => ({
    stages: [['f', 'list_max(w)']],
    value: 'cast(len(w) - list_max([case when e = f then i end for e, i in w]) as double)',
  }),
  rank: () => ({
    stages: [],
    value:
      'case when {x} is not null then list_avg([case when e is null then null when e < {x} then 1e0 ' +
      'when e = {x} then 0.5e0 else 0e0 end for e in w]) end',
  }),
  slope: () => ({
    stages: [
      ['u', '[case when e is not null then cast(i - 1 as double) end for e, i in w]'],
      ...pairMeans,
      ['s', 'list_avg([(e - t) * (e - t) for e in u])'],
    ],
    value: `case when s > 0 then ${covariance} / s end`,
  }),
  cov: () => ({ before: both, stages: pairMeans, value: covariance }),
  corr: () => ({
    before: both,
    stages: [...pairMeans, deviation, ['h', 'sqrt(list_avg([(e - t) * (e - t) for e in u]))']],
    value: `case when s >= 1e-12 and h >= 1e-12 then greatest(-1e0, least(1e0, ${covariance} / (s * h))) end`,
  }),
};

export function isWindow(operator: string): boolean {
  return operator === 'lag' || operator === 'delta' || operator in windows;
}

/** The query that adds a column `name`: the operator over the operands, which are columns or numbers. */
export function windowQuery(
  operator: string,
  operands: readonly string[],
  n: number,
  partition: string,
  from: string,
  name: string,
): string {
  const x = operands[0]!;
  const order = `${partition}order by row_number`;
  if (operator === 'lag' || operator === 'delta') {
    const before = `lag(${x}, ${n}) over (${order})`;
    if (operator === 'lag') return `select *, ${before} as ${name}\nfrom ${from}`;
    const change = nested([[`${x} - ${before}`, 'v']], from);
    return `select * exclude (v), case when isfinite(v) then v end as ${name}\nfrom ${change}`;
  }
  const { before = {}, rows = (n) => n, stages, value } = windows[operator]!(n);
  const own = (text: string) => text.replaceAll('{x}', x).replaceAll('{y}', operands[1] ?? x);
  const frame = (rows: number) => `over (${order} rows between ${rows - 1} preceding and current row)`;
  const lists = 'q' in before ? [['p', 'w'] as const, ['q', 'u'] as const] : [[x, 'w'] as const];
  const counted = 'q' in before ? 'p' : x;
  const levels: Level[][] = [
    Object.entries(before).map(([name, text]): Level => [own(text), name]),
    [
      ...lists.map(([of, as]): Level => [`list(${of}) ${frame(rows(n))}`, as]),
      [`count(${counted}) ${frame(n)}`, 'enough'],
    ],
    ...stages.map(([as, text]): Level[] => [[own(text), as]]),
    [[own(value), 'v']],
  ];
  const made = levels.flat().map(([, as]) => as);
  const full = `row_number >= ${n} and 2 * enough >= ${n} and isfinite(v)`;
  const query = levels.filter((level) => level.length > 0).reduce((from, level) => nested(level, from), from);
  return `select * exclude (${made.join(', ')}), case when ${full} then v end as ${name}\nfrom ${query}`;
}

type Level = readonly [text: string, as: string];

function nested(level: readonly Level[], from: string): string {
  return `(select *, ${level.map(([text, as]) => `${text} as ${as}`).join(', ')}\n  from ${from})`;
}
