/** Runs go to the disk and come back, and leave nothing there. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Spill } from '../../../ts/io/spill.js';
import { freshFolder } from '../../support/folder.js';

async function whole(spill: Spill, run: number): Promise<number[]> {
  const bytes: number[] = [];
  for (;;) {
    const read = await spill.read(run);
    bytes.push(...read.bytes);
    if (read.last) return bytes;
  }
}

describe('a spill', () => {
  const long = Uint8Array.from({ length: 50_000 }, (_, i) => i % 251);

  it.each([1, 2, 3])('gives %i runs back as they were, again and again', async (count) => {
    const folder = freshFolder();
    const spill = new Spill(join(folder, 'out.parquet'));
    const runs = [long, Uint8Array.of(), Uint8Array.of(7, 8)].slice(0, count);
    for (const run of runs) await spill.add(run);
    expect(spill.count).toBe(count);
    for (let time = 0; time < 2; time++) {
      spill.rewind();
      for (const [i, run] of runs.entries()) expect(await whole(spill, i)).toEqual([...run]);
    }
    expect(readdirSync(folder)).toEqual([]);
    await spill.close();
  });
});
