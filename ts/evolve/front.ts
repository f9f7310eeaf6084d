/** The Pareto front of formulas: nobody has more gain with fewer nodes and more distance to the portfolio. */

export interface Position {
  text: string;
  /** Higher is better. */
  gain: number;
  /** Nodes: fewer are better. */
  complexity: number;
  /** 1 − the largest |correlation| with a member of the portfolio: more is better. */
  distance: number;
}

/** Those that no other one dominates, by falling gain; of equal ones the first by text. */
export function paretoFront<P extends Position>(all: readonly P[]): P[] {
  const order = [...all].sort(
    (a, b) =>
      b.gain - a.gain ||
      a.complexity - b.complexity ||
      b.distance - a.distance ||
      (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
  );
  const front: P[] = [];
  // Who comes later has no more gain: one that is as good in the two other ways dominates it.
  for (const one of order) {
    const dominated = front.some((f) => f.complexity <= one.complexity && f.distance >= one.distance);
    if (!dominated) front.push(one);
  }
  return front;
}
