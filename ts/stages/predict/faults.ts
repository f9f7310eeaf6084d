/** What is wrong with a model.json: a file that somebody has edited or cut must not answer. */
import type { Tree } from '../../kernels/trees.js';
import { parseHours } from '../../problem/hours.js';
import { outputsOf } from '../../train/task.js';
import type { ModelFile } from '../train/output.js';

type Check = (model: ModelFile) => boolean;

/** By part, in the order in which they rest on each other; a check that throws has found what is not there. */
const checks: readonly (readonly [part: string, holds: Check])[] = [
  ['its format', (m) => m.format === 'hybrid-model' && m.version === 1],
  ['its columns', (m) => areNames(m.columns) && m.columns.join('\n') === m.trees.columns.join('\n')],
  ['its formulas', ({ formulas, columns }) => areFormulas(formulas, columns)],
  [
    'its task',
    ({ task, trees }) => isTask(task) && trees.loss === task.loss && trees.outputs === outputsOf(task),
  ],
  ['its hours', ({ hours }) => hours === null || parseHours(hours) !== undefined],
  ['what it was trained on', ({ trainedOn }) => typeof trainedOn.datasetSha256 === 'string'],
  ['its bias', ({ trees }) => areNumbers(trees.bias, trees.outputs)],
  ['its trees', ({ trees }) => trees.trees.length % trees.outputs === 0 && trees.trees.every(isTree)],
];

/** The first part that cannot be; undefined for a model that is whole. Children and columns the kernel checks. */
export function faultOf(model: object): string | undefined {
  return checks.find(([, holds]) => {
    try {
      return !holds(model as ModelFile);
    } catch {
      return true;
    }
  })?.[0];
}

function areNames(names: readonly unknown[]): boolean {
  return (
    names.length > 0 && new Set(names).size === names.length && names.every((n) => typeof n === 'string')
  );
}

function areFormulas(formulas: ModelFile['formulas'], columns: readonly string[]): boolean {
  const names = formulas.map(({ name }) => name);
  const known = names.every((name) => columns.includes(name)) && new Set(names).size === names.length;
  return known && formulas.every(({ formula }) => typeof formula === 'string');
}

function isTask({ loss, classes, classNames }: ModelFile['task']): boolean {
  const ascending = classes.every((c, i) => Number.isFinite(c) && (i === 0 || c > classes[i - 1]!));
  const named = classNames.length === classes.length && (classes.length === 0 || areNames(classNames));
  const count = { l2: classes.length === 0, binary: classes.length === 2, multiclass: classes.length > 1 };
  return ascending && named && count[loss];
}

function isTree({ column, threshold, nullLeft, left, right, leafValue }: Tree): boolean {
  const nodes = column.length;
  return (
    [column, threshold, nullLeft, left, right].every((values) => areNumbers(values, nodes)) &&
    areNumbers(leafValue, nodes + 1)
  );
}

function areNumbers(values: readonly unknown[], count: number): boolean {
  return Array.isArray(values) && values.length === count && values.every(Number.isFinite);
}
