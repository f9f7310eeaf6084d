import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../support/folder.js';

const built = (file: string) => import(pathToFileURL(resolve('dist', file)).href);
const { createCrew } = (await built('pool/crew.js')) as typeof import('../../../ts/pool/crew.js');
const { compileKernels, instantiateKernels } = (await built(
  'kernels/load.js',
)) as typeof import('../../../ts/kernels/load.js');
const kernels = instantiateKernels(await compileKernels());

/** A worker of this text. */
function workerOf(text: string): URL {
  const path = join(freshFolder(), 'worker.mjs');
  writeFileSync(path, text);
  return pathToFileURL(path);
}

describe('a crew', () => {
  it('of one thread does what is waited for before the digests that were laid out earlier', async () => {
    const path = join(freshFolder(), 'file');
    writeFileSync(path, 'content');
    const crew = await createCrew(1, kernels);
    const done: string[] = [];
    const digest = crew.run('digest', { path }).then(({ sha256 }) => done.push(sha256));
    const echo = crew.run('echo', 'answer').then((answer) => done.push(String(answer)));
    await crew.wait(echo);
    await crew.wait(digest);
    await crew.close();
    expect(done).toEqual(['answer', createHash('sha256').update('content').digest('hex')]);
  });

  it('does itself what is waited for while its workers are on their way, and ends without them', async () => {
    const never = workerOf('await new Promise(() => setInterval(() => {}, 1000));');
    const crew = await createCrew(3, kernels, never);
    expect(await crew.wait(crew.run('echo', 'answer'))).toBe('answer');
    expect(crew.idle).toBe(false);
    await crew.close();
  });

  it('hands work to every worker that has come up', async () => {
    const worker = resolve('test/support/trapping-worker.js');
    const crew = await createCrew(3, kernels, pathToFileURL(worker));
    const threads = new Set<unknown>();
    // Nobody waits here: what is laid out goes to workers alone.
    while (threads.size < 2) {
      const three = Array.from({ length: 3 }, () => crew.run('echo', 'thread'));
      for (const thread of await Promise.all(three)) threads.add(thread);
    }
    await crew.close();
    expect(threads.size).toBe(2);
  });

  it('of which a worker cannot come up says why, and goes on with nothing', async () => {
    const crew = await createCrew(2, kernels, workerOf("throw new Error('no way');"));
    await expect(crew.run('echo', 'laid out')).rejects.toThrow('no way');
    await expect(crew.run('echo', 'too late')).rejects.toThrow('no way');
    await crew.close();
  });
});
