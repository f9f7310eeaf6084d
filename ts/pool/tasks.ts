/** What workers can do: the input and output of every task, by name. */

export interface Task<Input, Output> {
  input: Input;
  output: Output;
}

export interface Tasks {
  /** Answers with its input; proves that workers, transfer and errors work. */
  echo: Task<unknown, unknown>;
}

export type TaskName = keyof Tasks;
