/** What workers can do: the input and output of every task, by name. */

import type { EvaluateInput } from './evaluate.js';

export interface Task<Input, Output> {
  input: Input;
  output: Output;
}

export interface Tasks {
  /** Answers with its input; proves that workers, transfer and errors work. */
  echo: Task<unknown, unknown>;
  /** Block sums of formulas over one shard. */
  evaluate: Task<EvaluateInput, Float64Array>;
}

export type TaskName = keyof Tasks;
