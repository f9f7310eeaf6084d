/** Gradient-boosted trees: the model as plain data, and what it takes to grow one. */

/** What is minimised: squared error, log-loss of two classes, log-loss of several (softmax). */
export type TreesLoss = 'l2' | 'binary' | 'multiclass';

/** Every setting of training; see {@link defaultTreesOptions}. */
export interface TreesOptions {
  loss: TreesLoss;
  /** Classes of a multiclass target (≥ 2); 1 for the other losses. */
  classes: number;
  /** Rounds at most; a round grows one tree a class. */
  rounds: number;
  /** Leaves of a tree at most, from 2 to 4096. */
  leaves: number;
  /** What each tree's answer is multiplied by. */
  rate: number;
  /** Training rows of a leaf at least. */
  minRows: number;
  /** Sum of second derivatives in a leaf at least (for l2: sum of weights). */
  minHessian: number;
  /** A split must lower the loss by more than this. */
  minGain: number;
  /** Rounds without a better validation loss after which training ends; 0: never. Needs validation rows. */
  earlyStop: number;
  /** Share of the training rows that each round draws, in (0, 1]. */
  rowSample: number;
  /** Share of the columns that each tree draws, in (0, 1]. */
  columnSample: number;
  /** Added to the sum of second derivatives in every leaf. */
  l2: number;
  /** For each column 1: the answer rises with it, -1: falls, 0: free. */
  monotone: readonly number[] | undefined;
  seed: number;
  /** Bins of a column's numbers at most, from 2 to 255; nulls have one of their own. */
  maxBins: number;
}

/** The defaults of LightGBM, except for what determinism decides. */
export const defaultTreesOptions: TreesOptions = {
  loss: 'l2',
  classes: 1,
  rounds: 100,
  leaves: 31,
  rate: 0.1,
  minRows: 20,
  minHessian: 1e-3,
  minGain: 0,
  earlyStop: 0,
  rowSample: 1,
  columnSample: 1,
  l2: 0,
  monotone: undefined,
  seed: 42,
  maxBins: 255,
};

/**
 * One tree. Node i sends a row left where `value <= threshold[i]`, and where the value is null (NaN) and
 * `nullLeft[i]` is 1; else right. A child c ≥ 0 is node c, a child c < 0 is leaf ~c. A tree of one leaf has
 * no nodes.
 */
export interface Tree {
  column: number[];
  threshold: number[];
  nullLeft: number[];
  left: number[];
  right: number[];
  /** By how much the split lowers the (second-order) loss, summed over rows. */
  gain: number[];
  /** What a node would answer if it were a leaf; training rows that reach it, and their second derivatives. */
  nodeValue: number[];
  nodeRows: number[];
  nodeHessian: number[];
  /** What a leaf adds to the score, the rate included. */
  leafValue: number[];
  leafRows: number[];
  leafHessian: number[];
}

/** Plain data: `JSON.stringify` keeps it to the bit. */
export interface TreesModel {
  format: 'hybrid-trees';
  version: 1;
  loss: TreesLoss;
  /** Scores of a row: the number of classes, or 1. */
  outputs: number;
  columns: string[];
  /** Least and greatest training value of each column that is not infinite; null where there is none. */
  ranges: ([number, number] | null)[];
  /** Score before the first tree, by output. */
  bias: number[];
  rate: number;
  /** Tree of output k in round r at `r * outputs + k`. */
  trees: Tree[];
}
