/** Compressed files: what was packed comes out, or the error says that the file is damaged. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openRaw, type RawFile, textStream } from '../../../ts/io/csv.js';
import { ZstdFrames } from '../../../ts/io/zstd.js';
import { compileKernels, instantiateKernels } from '../../../ts/kernels/load.js';
import { freshFolder } from '../../support/folder.js';
import { zipOf } from '../../support/zip.js';
import { skippable, xxh64, zstdOf } from '../../support/zstd.js';

const kernels = instantiateKernels(await compileKernels());
const text = `ts,price\n${Array.from({ length: 900 }, (_, i) => `${i},${(i * 7919) % 1000}\n`).join('')}`;

async function textOf(bytes: Uint8Array): Promise<string> {
  const path = join(freshFolder(), 'file');
  writeFileSync(path, bytes);
  const parts: Uint8Array[] = [];
  for await (const part of textStream(path)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Through the decoder in JavaScript, whatever this Node has, in pieces of so many bytes. */
function decoded(bytes: Uint8Array, piece = 5): string {
  const parts: Uint8Array[] = [];
  const frames = new ZstdFrames(kernels, (part) => parts.push(Uint8Array.from(part)));
  for (let at = 0; at < bytes.length; at += piece) frames.push(bytes.subarray(at, at + piece));
  frames.end();
  return Buffer.concat(parts).toString('utf8');
}

/** What `zstd -19 --check` makes of 300 trades. */
const packed = Buffer.from(
  [
    'KLUv/WQBI0UjABpogAsXkKmSDts/5oWH1+66Qvbecu9EEJnpNSfBAKgAsgAtp3ezNbQk1VWoXaabtKWQrsFt0R7cdrfgNrY0',
    't63r3Bakz20l29xGUiK3jazktkont4ls5LaQ0rhtWcdtlD5um2zjthClULEGih4mttAolcRaEb2OrRhEi4OFO9Ub0aWZ1+l9',
    '5G3iUn8t791bA0tSXIXYZTYpKRYHZWMflMd4UG7B8YCk90G5LqEftT2VyFm5dopsjCjFr5OdBzxogI0HOxgRgIECBxYcNGCQ',
    '4MAAgQMKEBwUOCDAQIEBChgcLGAQPCK4iCAdwR7zY+6YxJhlzBlzjEmL2cV8MbcgKUw2TB4mFyapJluT1+Rqkmiy9Dg9jh5p',
    'HjuPz+PmkfrYPt7HrSGUpMIqFLpM2KShFBLWeFuEHm87bPE2htJvW1h/W6j+26q230ZV4tumVr6t1fk2qY1viyrtbde6t7H6',
    '3rba9rZApVC0BqIehrZQKpXQWkG9pq1IJRqtFKZTzUY0pZlZp9NHZpuYUp8F5ZNyivJG+VG+KKfLe/d3725id9k9u8duWnfX',
    '/bq3BlKQwAYJPEjgggRSSWBLAi8JXEkgkQSWpDhJcSRFGil2pPhIcSNFqhRbKV4prkIkEWJFiIsQJ0KkEGJDiIcQF0Kkhdhl',
    '+DLcMiTKsJThlOEoQ5oMOxk+GW5SUoiyIcpDlAtRUkXZivKKchUlUZSlEE4hHIWQJoSdED4h3ISQGsI2hDeEawRJIliJ4BLB',
    'SQQpItiICGESClcovFB4QmEKCjcofFB4QWGawp3qp3pTTaS6pHpSPVJNo7qj+lG9EU1h6IahD0MvDE01dGvoa+jV0ERDl2ae',
    'Zh7NTDNzZ+Zn5s3M1Jnbme/M63SS6ZXpy/TJdIrpjenH9MV0enof+UfeIxNHLkeeI48j00buRn4jbxNTaNzQ+NB4oTFV41bj',
    'q/GqMVHjUn/qj/o0/U7/6W/61H7bv/21nKS8Ur4EgmeoIjDo8qRr7BtSlygFHjIIQGEFIwhCUBL8AeEm80DMBENgnu/XMbpP',
    '+34Z5M+994Zi8999qrjy/47Gbln/TnF+trW3mJ9v62zN5f12RNdz3x+D9Lv33VDc/ltPVS7+u9O4K+v+KZ7Ptv0W4/Pdmi3z',
    'vL+OyH3u92Mof7e9mxTb9+5pxcX9dzp2Zfs/hfO5Lb/0S0nXGW2E6LdCiw4628+hPM/s3EjONjYfpdm2zKNjznp5CMsxKzuS',
    '8q3Jokm+LfJoyDM+DsKxzMaPZqxt8WiKbyU+EnGwKHWbpp9TYLhwtOBHgeGCw4IfBYYXDgt+FBhcuFuLTeQ0cn1pVfd3XU9f',
    'rer9rtPra2eYXl4hRspGC3mFGEkaLeQVxkhptJCXiLt+t/tzDB3jVyr6rqTqs2IFIq6n4VIS1qDgfgLupV8N9q2n7a0Er6oa',
    'VUWwEpoC2MWjAICBnINbhgkY+GYBk5/6sTkAZIONsV/w8sS/gYaZDZvmT3lgx2STuQTYDARqNQ9aAWX1hqc=',
  ].join(''),
  'base64',
);
const trades = Array.from(
  { length: 300 },
  (_, i) => `${1_700_000_000_000_000 + i * 250_000},${i},${100 + (i % 5)}.5,${1 + (i % 3)},1\n`,
);
const unpacked = `ts,trade_id,price,qty,side\n${trades.join('')}`;

describe('zstd', () => {
  it('its checksum is that of the description', () => {
    for (const [bytes, digest] of [
      ['', 0xef46db3751d8e999n],
      ['abc', 0x44bc2cf5ad770999n],
    ] as const)
      expect(xxh64(Buffer.from(bytes))).toBe(digest);
    for (const length of [0, 3, 4, 8, 31, 32, 33, 70, 1000]) {
      const sum = new kernels.Xxh64();
      sum.update(Buffer.from(text.slice(0, length)));
      expect(BigInt(sum.low())).toBe(xxh64(Buffer.from(text.slice(0, length))) & 0xffffffffn);
      sum.free();
    }
  });

  it('what the zstd program packed comes out, in pieces of any size', async () => {
    expect(await textOf(packed)).toBe(unpacked);
    for (const piece of [1, 2, 17, 100, 100_000]) expect(decoded(packed, piece)).toBe(unpacked);
  });

  it.each([
    ['one frame', zstdOf(text)],
    ['without checksum', zstdOf(text, 'none')],
    ['small blocks', zstdOf(text, 'right', 7)],
    [
      'two frames, one to be passed over, and an empty one',
      concat(zstdOf(text.slice(0, 9)), skippable(20), zstdOf(''), zstdOf(text.slice(9))),
    ],
  ])('%s', async (_, bytes) => {
    expect(decoded(bytes)).toBe(text);
    expect(await textOf(bytes)).toBe(text);
  });

  it.each([
    ['another checksum', zstdOf(text, 'wrong'), /checksum/],
    ['a changed byte', changed(zstdOf(text), 500), /checksum/],
    ['a changed byte of what the program packed', changed(packed, packed.length - 40), /./],
    ['a file cut off within a frame', zstdOf(text).subarray(0, 2000), /unexpected end/],
    ['a file cut off within its header', zstdOf(text).subarray(0, 6), /unexpected end/],
    ['a file cut off before its checksum', zstdOf(text).subarray(0, -4), /unexpected end/],
    ['something else behind a frame', concat(zstdOf(text), Buffer.from('what?')), /another beginning/],
    ['a block of no kind', changed(zstdOf(text), 13, 6), /reserved/],
    ['a window beyond memory', Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0, 0, 0]), /window/],
  ])('%s is an error', async (_, bytes, says) => {
    expect(() => decoded(bytes)).toThrow(says);
    await expect(textOf(bytes)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/expected a whole zstd file, got (a damaged one|one that is cut off)/),
    });
  });
});

describe('zip', () => {
  const members = { 'b.csv': text, 'folder/a.csv': 'x,y\n1,2\n', 'c.png': 'no rows' };

  it.each([
    ['deflated', {}],
    ['stored', { stored: true }],
    ['with sizes of 64 bits', { zip64: true }],
  ])('members %s come one by one, by their names', async (_, how) => {
    const path = join(freshFolder(), 'all.zip');
    writeFileSync(path, zipOf(members, how));
    const files: RawFile[] = [];
    for await (const file of openRaw(path)) files.push(file);
    expect(files.map((file) => file.path)).toEqual([`${path}/b.csv`, `${path}/folder/a.csv`]);
    const blocks: Uint8Array[] = [];
    for await (const block of files[0]!.blocks(0, 1000)) if ('bytes' in block) blocks.push(block.bytes);
    expect(Buffer.concat(blocks).toString()).toBe(text);
  });

  it('a member of many is opened without reading the directory for it again', async () => {
    const path = join(freshFolder(), 'all.zip');
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${1000 + i}.csv`, `x\n${i}\n`]));
    writeFileSync(path, zipOf(many));
    const before = process.cpuUsage();
    let sum = 0;
    for await (const file of openRaw(path))
      for await (const block of file.blocks(2, 1000))
        if ('bytes' in block) sum += Number(Buffer.from(block.bytes).toString());
    const { user, system } = process.cpuUsage(before);
    expect(sum).toBe((599 * 600) / 2);
    // Were the directory read for every member, these would be 720,000 entries; 4.5 million of them took minutes.
    expect((user + system) / 1e6).toBeLessThan(6);
  });

  it.each([
    ['another checksum', zipOf(members, { crc: 7 }), /the checksum is another one/],
    [
      'another checksum of a stored member',
      zipOf(members, { crc: 7, stored: true }),
      /the checksum is another one/,
    ],
    ['a changed byte', changed(zipOf(members, { stored: true }), 300), /the checksum is another one/],
    ['an encrypted member', zipOf(members, { encrypted: true }), /encrypted/],
    ['an archive cut off', zipOf(members).subarray(0, 700), /whole zip file/],
    ['an archive cut off within its directory', zipOf(members).subarray(0, -30), /whole zip file/],
  ])('%s is an error', async (_, bytes, says) => {
    await expect(textOf(bytes)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(says),
    });
  });
});

describe('gzip', () => {
  it('members one behind the other are one text', async () => {
    expect(await textOf(concat(gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))))).toBe(text);
  });

  it.each([
    ['cut off', gzipSync(text).subarray(0, -20), /cut off/],
    ['another checksum', changed(gzipSync(text), gzipSync(text).length - 7), /damaged/],
  ])('%s is an error', async (_, bytes, says) => {
    await expect(textOf(bytes)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(says),
    });
  });
});

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The bytes with some bits of one turned. */
function changed(bytes: Uint8Array, at: number, bits = 1): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= bits;
  return copy;
}
