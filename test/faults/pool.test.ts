/** What the pool does when a worker's kernels trap, and when they only refuse. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pool } from '../../ts/pool/pool.js';

type CreatePool = typeof import('../../ts/pool/pool.js').createPool;

let pool: Pool;
beforeEach(async () => {
  const { createPool } = (await import(pathToFileURL(resolve('dist/pool/pool.js')).href)) as {
    createPool: CreatePool;
  };
  pool = await createPool(1, { worker: pathToFileURL(resolve('test/support/trapping-worker.js')) });
});
afterEach(() => pool.close());

describe('a worker', () => {
  it('that refuses its input says why and goes on', async () => {
    const before = await pool.run('echo', 'thread');
    await expect(pool.run('echo', 'refuse')).rejects.toMatchObject({
      code: 'E_INPUT',
      message: 'here: expected this, got that',
      hint: 'Do this.',
    });
    expect(await pool.run('echo', 'thread')).toBe(before);
  });

  it('whose kernels trap fails the task with E_KERNEL and is replaced', async () => {
    const before = await pool.run('echo', 'thread');
    await expect(pool.run('echo', 'trap')).rejects.toMatchObject({
      code: 'E_KERNEL',
      message: 'kernel: unreachable',
    });
    const after = await pool.run('echo', 'thread');
    expect(after).not.toBe(before);
    expect(await pool.run('echo', 'thread')).toBe(after);
  });

  it('whose kernels trap takes no waiting task with it', async () => {
    const tasks = ['thread', 'trap', 'thread', 'trap', 'thread'].map((what) => pool.run('echo', what));
    const ends = await Promise.allSettled(tasks);
    expect(ends.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
  });
});
