/** What workers can do: the input and output of every task, by name. */
import type { EncodedGroup, Encoding, PackedRows } from '../kernels/parquet.js';
import type { Refinement } from '../kernels/regression.js';
import type {
  BlockSurvey,
  BlockTask,
  DepthBlock,
  DepthFormat,
  DepthTimes,
  TradeBlock,
  TradeFormat,
} from '../kernels/ticks.js';
import type { BinInput, ColumnBins, ForestInput, GrowInput, Grown } from '../kernels/trees.js';

import type { EvaluateInput, EvaluateOutput } from './evaluate.js';
import type { RefineInput } from './refine.js';

export interface Task<Input, Output> {
  input: Input;
  output: Output;
}

/** How long the worker was busy with a task, in seconds. */
export interface Timed {
  seconds: number;
}

export interface Tasks {
  /** Answers with its input; proves that workers, transfer and errors work. */
  echo: Task<unknown, unknown>;
  surveyTrades: Task<BlockTask & { hold: boolean }, BlockSurvey & Timed>;
  scanTrades: Task<BlockTask & { format: TradeFormat }, TradeBlock & Timed>;
  surveyDepth: Task<BlockTask, DepthTimes & Timed>;
  scanDepth: Task<BlockTask & { format: DepthFormat }, DepthBlock & Timed>;
  encodeGroup: Task<{ rows: PackedRows; encoding: Encoding }, EncodedGroup & Timed>;
  /** SHA-256 of a file as it is on the disk, hexadecimal. */
  digest: Task<{ path: string }, { sha256: string; bytes: number } & Timed>;
  /** Block sums of formulas over one shard. */
  evaluate: Task<EvaluateInput, EvaluateOutput>;
  /** Formulas refined over a table of rows without an order. */
  refine: Task<RefineInput, Refinement>;
  /** Bins of one column; writes the codes of its rows. */
  binColumn: Task<BinInput, ColumnBins>;
  /** Trains on one shard of the rows; all shards of a training must run at the same time. */
  growShard: Task<GrowInput, Grown | undefined>;
  /** What trees answer for a block of rows. */
  predictBlock: Task<ForestInput, Float64Array>;
}

export type TaskName = keyof Tasks;
