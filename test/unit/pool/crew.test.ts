import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { createCrew } from '../../../ts/pool/crew.js';
import { freshFolder } from '../../support/folder.js';

const kernels = instantiateKernels(await compileKernels());

test('a thread alone does what is waited for before the digests that were laid out earlier', async () => {
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

test('workers that are on their way hold nothing up: what is waited for gets done, and the end does not wait', async () => {
  const crew = await createCrew(3, kernels);
  expect(await crew.wait(crew.run('echo', 'answer'))).toBe('answer');
  await crew.close();
  expect(crew.idle).toBe(false);
});
