/** Boosting: binning and growing on the pool, the same model for any number of threads. */
import type { TreesModel, TreesOptions } from '../kernels/trees.js';

/** Rows by column; row i of all arrays belongs together. */
export interface TreesData {
  names: readonly string[];
  /** Values by column, NaN for null; infinite values are greater (less) than all others. */
  columns: readonly (Float32Array | Float64Array)[];
  /** l2: any number; binary: 0 or 1; multiclass: 0 … classes − 1. Finite on every training and validation row. */
  target: Float64Array;
  /** Weight of each row, ≥ 0; without it 1. Rows of weight 0 do not count at all. */
  weight?: Float64Array;
  /** Numbers of the rows to learn from, in any order (the order decides nothing but the sampling). */
  train: Uint32Array;
  /** Numbers of the rows that decide when to stop; none without early stop. */
  validation?: Uint32Array;
}

/** Mean loss after a round: squared error for l2, log-loss (nats) for the others; weighted. */
export interface Round {
  /** From 1. */
  round: number;
  train: number;
  /** NaN without validation rows. */
  validation: number;
}

export interface TreesHooks {
  /** Called in order, once for each round. */
  onRound?: (round: Round) => void;
  signal?: AbortSignal;
}

export interface TrainedTrees {
  /** The trees up to `bestRound`. */
  model: TreesModel;
  /** All rounds that ran. */
  history: Round[];
  /** The round with the least validation loss, or the last one without early stop; from 1. */
  bestRound: number;
  /** By column: the sum of the gains, and the number, of its splits in the model. */
  gainImportance: Float64Array;
  splitImportance: Float64Array;
}

/** What training asks of the pool (a `Pool` is one). */
export interface TreesPort {
  readonly threads: number;
}

/**
 * Learns trees. Wrong options are E_USAGE, targets and weights that cannot be are E_INPUT, an aborted signal is
 * E_INTERRUPTED. Trainings on one pool run one after the other.
 */
export type TrainTrees = (
  port: TreesPort,
  data: TreesData,
  options: Partial<TreesOptions>,
  hooks?: TreesHooks,
) => Promise<TrainedTrees>;

/**
 * Answers by row, `outputs` numbers each: with `raw` the scores, else l2: the prediction; binary: the probability
 * of 1; multiclass: the probability of each class. `rows` are those to answer for, all without it.
 */
export type PredictTrees = (
  port: TreesPort,
  model: TreesModel,
  columns: readonly (Float32Array | Float64Array)[],
  options?: { raw?: boolean; rows?: Uint32Array },
) => Promise<Float64Array>;

/** The model in the text format of LightGBM (v4), which `lightgbm.Booster(model_str=…)` loads. */
export type WriteLightGbm = (model: TreesModel) => string;
