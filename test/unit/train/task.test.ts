import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../ts/problem/target.js';
import { encodeLabels, outputsOf, scoresOf, taskOf } from '../../../ts/train/task.js';

function labels(...value: number[]) {
  const weight = Float64Array.from(value, (v) => (Number.isNaN(v) ? 0 : 1));
  return { value: Float64Array.from(value), weight, endRow: new Uint32Array(value.length) };
}

describe('the task of a target', () => {
  it('is regression for returns and columns of numbers', () => {
    expect(taskOf(parseTarget('ret_60s'), labels(0, 1, 0))).toMatchObject({ loss: 'l2', centred: true });
    expect(taskOf(parseTarget('column:y'), labels(0, 1, 2))).toMatchObject({ loss: 'l2', centred: false });
  });

  it('is classes for directions and barriers, those that occur', () => {
    const three = taskOf(parseTarget('up_down:60s:2bps'), labels(1, -1, 0, Number.NaN));
    expect(three).toMatchObject({
      loss: 'multiclass',
      classes: [-1, 0, 1],
      classNames: ['down', 'flat', 'up'],
    });
    expect([...encodeLabels(three, labels(1, -1, 0, Number.NaN).value)]).toEqual([2, 0, 1, Number.NaN]);
    const two = taskOf(parseTarget('triple_barrier:1bps:1bps:60s'), labels(1, -1));
    expect(two).toMatchObject({ loss: 'binary', classes: [-1, 1], classNames: ['down', 'up'] });
    expect([...encodeLabels(two, labels(1, -1).value)]).toEqual([1, 0]);
  });

  it('is two classes for a column of 0 and 1', () => {
    expect(taskOf(parseTarget('column:y'), labels(0, 1, 1))).toMatchObject({
      loss: 'binary',
      classNames: ['0', '1'],
    });
  });

  it('makes one score of the probabilities of several classes', () => {
    const task = taskOf(parseTarget('up_down:60s:2bps'), labels(1, -1, 0));
    expect(outputsOf(task)).toBe(3);
    expect([...scoresOf(task, Float64Array.of(0.25, 0.25, 0.5, 1, 0, 0))]).toEqual([0.25, -1]);
  });
});
