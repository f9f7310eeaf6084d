/** Trees in the text format of LightGBM (v4), so that people can load them elsewhere. */
import { noBorder, type Tree, type TreesModel } from '../kernels/trees.js';

/** Bits of a node's decision: nulls go left, and nulls are NaN (not zeros). */
const [nullsLeft, nullsAreNaN] = [2, 8];

/** The model as text, which `lightgbm.Booster(model_str=…)` loads; the bias is part of the first trees. */
export function writeLightGbm(model: TreesModel): string {
  const trees = treesWithBias(model).map((tree, i) => writeTree(tree, i, model));
  const sizes = trees.map((text) => Buffer.byteLength(text));
  const head = [
    'tree',
    'version=v4',
    `num_class=${model.outputs}`,
    `num_tree_per_iteration=${model.outputs}`,
    'label_index=0',
    `max_feature_idx=${model.columns.length - 1}`,
    `objective=${objective(model)}`,
    `feature_names=${model.columns.map(escapeName).join(' ')}`,
    `feature_infos=${model.ranges.map((r) => (r === null ? 'none' : `[${r[0]}:${r[1]}]`)).join(' ')}`,
    `tree_sizes=${sizes.join(' ')}`,
  ];
  const tail = ['end of trees', '', 'feature_importances:', '', 'parameters:', 'end of parameters', ''];
  return `${head.join('\n')}\n\n${trees.join('')}${tail.join('\n')}\npandas_categorical:null\n`;
}

function objective({ loss, outputs }: TreesModel): string {
  if (loss === 'l2') return 'regression';
  return loss === 'binary' ? 'binary sigmoid:1' : `multiclass num_class:${outputs}`;
}

/** Names end at a space, and LightGBM refuses what JSON uses. */
function escapeName(name: string): string {
  return name.replace(/[\s",:[\]{}]/g, '_');
}

/** LightGBM has no bias: the trees of the first round answer it too; without any, trees of one leaf do. */
function treesWithBias({ trees, outputs, bias }: TreesModel): Tree[] {
  const first = trees.length > 0 ? trees.slice(0, outputs) : bias.map(() => leafOf(0));
  const raised = first.map((tree, k) => ({
    ...tree,
    nodeValue: tree.nodeValue.map((v) => v + bias[k]!),
    leafValue: tree.leafValue.map((v) => v + bias[k]!),
  }));
  return [...raised, ...trees.slice(outputs)];
}

function leafOf(value: number): Tree {
  const none = { column: [], threshold: [], nullLeft: [], left: [], right: [], gain: [] };
  return {
    ...none,
    nodeValue: [],
    nodeRows: [],
    nodeHessian: [],
    leafValue: [value],
    leafRows: [0],
    leafHessian: [0],
  };
}

function writeTree(tree: Tree, number: number, model: TreesModel): string {
  const lines = [`Tree=${number}`, `num_leaves=${tree.leafValue.length}`, 'num_cat=0'];
  if (tree.column.length > 0) {
    const decisions = tree.nullLeft.map((left) => nullsAreNaN + (left === 1 ? nullsLeft : 0));
    lines.push(
      `split_feature=${tree.column.join(' ')}`,
      `split_gain=${tree.gain.join(' ')}`,
      `threshold=${tree.threshold.map((t) => (t === noBorder ? 'inf' : t)).join(' ')}`,
      `decision_type=${decisions.join(' ')}`,
      `left_child=${tree.left.join(' ')}`,
      `right_child=${tree.right.join(' ')}`,
    );
  }
  lines.push(
    `leaf_value=${tree.leafValue.join(' ')}`,
    `leaf_weight=${tree.leafHessian.join(' ')}`,
    `leaf_count=${tree.leafRows.join(' ')}`,
  );
  if (tree.column.length > 0) {
    lines.push(
      `internal_value=${tree.nodeValue.join(' ')}`,
      `internal_weight=${tree.nodeHessian.join(' ')}`,
      `internal_count=${tree.nodeRows.join(' ')}`,
    );
  }
  return `${[...lines, 'is_linear=0', `shrinkage=${model.rate}`].join('\n')}\n\n\n`;
}
