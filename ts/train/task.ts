/** What kind of problem a target is: a number to predict, or a class. */
import type { TreesLoss } from '../kernels/trees.js';
import type { Target } from '../problem/target.js';
import type { Labels } from '../problem/timeline.js';

export interface Task {
  loss: TreesLoss;
  /** Label values of the classes, ascending; none for regression. */
  classes: readonly number[];
  /** Their names, in the same order. */
  classNames: readonly string[];
  /** The value on whose sides a label and a prediction are when they have a direction: 0 for returns. */
  centred: boolean;
}

/**
 * Directions and barriers are classes; so is a column of nothing but 0 and 1. Of −1, 0 and 1 those count that occur;
 * everything else is regression.
 */
export function taskOf(target: Target, labels: Labels): Task {
  const values = distinctValues(labels, 3);
  const zeroAndOne = values?.length === 2 && values[0] === 0 && values[1] === 1;
  if (target.kind === 'return' || (target.kind === 'column' && !zeroAndOne))
    return { loss: 'l2', classes: [], classNames: [], centred: target.kind === 'return' };
  const classes = values!;
  return {
    loss: classes.length === 2 ? 'binary' : 'multiclass',
    classes,
    classNames: classes.map((v) => (target.kind === 'column' ? String(v) : directionNames[v + 1]!)),
    centred: false,
  };
}

const directionNames = ['down', 'flat', 'up'];

/** The values of all labels, ascending; undefined where there are more than `most`. */
function distinctValues({ value, weight }: Labels, most: number): number[] | undefined {
  const found = new Set<number>();
  for (let i = 0; i < value.length && found.size <= most; i++) if (weight[i]! > 0) found.add(value[i]!);
  return found.size > most ? undefined : [...found].sort((a, b) => a - b);
}

/** Labels as training wants them: class numbers in place of values; NaN stays. */
export function encodeLabels(task: Task, value: Float64Array): Float64Array {
  if (task.loss === 'l2') return value;
  const place = new Map(task.classes.map((v, k) => [v, k]));
  return value.map((v) => place.get(v) ?? Number.NaN);
}

/** Numbers that a model answers for a row: the prediction, the probability of the second class, or one a class. */
export function outputsOf(task: Task): number {
  return task.loss === 'multiclass' ? task.classes.length : 1;
}

/**
 * One number a row that grows with the label: the prediction, the probability of the second class, or the expected
 * value of the class.
 */
export function scoresOf(task: Task, answers: Float64Array): Float64Array {
  const k = outputsOf(task);
  if (k === 1) return answers;
  const scores = new Float64Array(answers.length / k);
  for (let i = 0; i < scores.length; i++)
    for (let c = 0; c < k; c++) scores[i]! += task.classes[c]! * answers[i * k + c]!;
  return scores;
}
