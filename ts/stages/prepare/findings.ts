/** What the counters of quality mean, in a line each; counters that are no finding (bars, rows seen) have none. */
const meanings: Readonly<Record<string, string>> = {
  bad: 'rows of trades that could not be read: left out',
  dropped: 'trades with a price or quantity not above 0: left out',
  off_grid: 'trades off the steps of price or quantity: left out',
  duplicates: 'trades with an id that had come before: left out',
  out_of_order: 'trades stamped before the row above them: sorted',
  id_stalls: 'trades whose id does not rise: see duplicates',
  id_gaps: 'places where ids are missing: trades may be lost',
  clock_skew: 'trades whose two stamps are more than a minute apart',
  cut_stamps: 'stamps finer than a microsecond: cut',
  unknown_sides: 'trades without a side in the file',
  replaced_sides: 'of these, signed by side_fallback',
  dropped_sides: 'of these, left out (side_fallback=drop)',
  missing_ids: 'trades without an id: no id column, no duplicates found',
  gaps: 'stretches of whole minutes without a trade',
  gap_resets: 'of these, longer than gap_reset_min: indicators start afresh',
  rows_without_book: 'rows before the first book: columns of the book are null',
  rows_with_stale_book: 'rows whose book is older than max_depth_age_ms: null',
  rows_with_invalid_book: 'rows whose book is crossed, locked or one-sided: null',
  depth_bad: 'rows of depth that could not be read: left out',
  depth_malformed: 'books with more prices than sizes, or fewer: left out',
  depth_out_of_order: 'books stamped before the row above them: sorted',
  depth_clock_skew: 'books whose two stamps are more than a minute apart',
  depth_unfounded: 'changes before the first whole book: left out',
  depth_missing_updates: 'places where updates of the book are missing',
  depth_outdated: 'whole books older than the one they would replace: left out',
  depth_overrun: 'rows that go on with a message that had ended',
  depth_unreadable: 'books with numbers too long: left out',
  depth_replaced: 'books of one stamp but the last: left out',
  depth_crossed: 'books whose best bid is above the best ask',
  depth_locked: 'books whose best bid is the best ask',
  depth_one_sided: 'books without bids or without asks',
  liquidations_bad: 'rows of liquidations that could not be read: left out',
  liquidations_dropped: 'liquidations with a price or quantity not above 0: left out',
  liquidations_clock_skew: 'liquidations whose two stamps are more than a minute apart',
  liquidations_duplicates: 'liquidations equal to an earlier one: left out',
};

/** One line of the report that ends a run. */
export interface Finding {
  counter: string;
  count: number;
  meaning: string;
}

/**
 * What a person should know of a symbol's data: the counters that are not 0, in the order of the counters. Without
 * a file of depth it is no finding that rows have no book.
 */
export function findingsOf(counters: Readonly<Record<string, number>>): Finding[] {
  const hasDepth = counters.depth_snapshots !== undefined;
  return Object.entries(counters)
    .filter(([counter, count]) => count > 0 && meanings[counter] !== undefined)
    .filter(([counter]) => hasDepth || counter !== 'rows_without_book')
    .map(([counter, count]) => ({ counter, count, meaning: meanings[counter]! }));
}
