/** The nearest known name to a misspelt one. */

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

/** The candidate with the fewest edits, if it is near enough to be what was meant; case does not count. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Two edits of a name of three letters leave nothing of it.
  let fewest = Math.max(Math.min(2, Math.ceil(name.length / 3)), Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** The hint for an unknown name: the nearest one, or all of them when none is near. */
export function suggest(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  return near === undefined ? `Use one of: ${candidates.join(', ')}.` : `Did you mean "${near}"?`;
}
