import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codingNamed, hasZstd } from '../../../ts/io/coding.js';
import { generator } from '../../support/dataset.js';

const { below } = generator(8);
/** Blocks of many sizes, which shrink more and less. */
const blocks = [0, 1, 70_000, 1 << 20, 3, 1 << 20, 200_000].map((length, i) =>
  Buffer.from(Array.from({ length }, () => below(2 ** (i + 1)))),
);

describe.each([
  ['gzip', true],
  ['zstd', hasZstd],
] as const)('%s', (name, there) => {
  it.skipIf(!there)('makes the same of a block whatever came before it or comes beside it', async () => {
    const { encode } = codingNamed(name);
    const beside = await Promise.all(blocks.map(encode));
    const after: Buffer[] = [];
    for (const block of blocks.toReversed()) after.unshift(await encode(block));
    expect(beside.map((stored) => stored.toString('base64'))).toEqual(
      after.map((stored) => stored.toString('base64')),
    );
  });

  it.skipIf(!there)('gives back the beginning of a block, cut off or followed by others', async () => {
    const { encode, decode } = codingNamed(name);
    const block = blocks[3]!;
    const stored = await encode(block);
    expect((await decode(Buffer.concat([stored, stored]), block.length)).equals(block)).toBe(true);
    const cut = stored.subarray(0, stored.length - 1000);
    expect((await decode(cut, 70_001)).equals(block.subarray(0, 70_001))).toBe(true);
  });
});

it.skipIf(!hasZstd)('zstd has the frames that Node’s own call gives', async () => {
  const { encode } = codingNamed('zstd');
  const { zstdCompressSync, constants } = zlib as unknown as {
    zstdCompressSync: (block: Buffer, options: object) => Buffer;
    constants: Record<string, number>;
  };
  const params = { [constants.ZSTD_c_checksumFlag!]: 1 };
  for (const block of blocks)
    expect((await encode(block)).equals(zstdCompressSync(block, { params }))).toBe(true);
});
