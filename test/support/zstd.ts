/** zstd frames for tests, written from RFC 8878: blocks that are not compressed, or one byte repeated. */

const mask = (1n << 64n) - 1n;
const primes = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const [p1, p2, p3, p4, p5] = primes;

const turned = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & mask;
const round = (lane: bigint, word: bigint) => (turned((lane + word * p2) & mask, 31n) * p1) & mask;

/** XXH64 by its description, slow. */
export function xxh64(bytes: Buffer): bigint {
  const lanes = [(p1 + p2) & mask, p2, 0n, (0n - p1) & mask];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32)
    for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, bytes.readBigUInt64LE(at + 8 * i));
  let hash: bigint = p5;
  if (bytes.length >= 32) {
    hash = lanes.reduce((sum, lane, i) => sum + turned(lane, [1n, 7n, 12n, 18n][i]!), 0n) & mask;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask;
  }
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (turned(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  if (at + 4 <= bytes.length) {
    hash = (turned(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = (turned(hash ^ ((BigInt(bytes[at]!) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

/** A frame of the text; `checksum: 'none' | 'wrong'` leaves it out or spoils it. */
export function zstdOf(
  text: string,
  checksum: 'right' | 'none' | 'wrong' = 'right',
  blockBytes = 1000,
): Uint8Array {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(13);
  header.writeUInt32LE(0xfd2fb528, 0);
  // One segment, its size in eight bytes.
  header[4] = 0b11100000 | (checksum === 'none' ? 0 : 0b100);
  header.writeBigUInt64LE(BigInt(bytes.length), 5);
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += blockBytes) {
    const part = bytes.subarray(at, at + blockBytes);
    const last = at + blockBytes >= bytes.length ? 1 : 0;
    const head = Buffer.alloc(3);
    head.writeUIntLE((part.length << 3) | last, 0, 3);
    blocks.push(head, part);
  }
  const sum = Buffer.alloc(checksum === 'none' ? 0 : 4);
  if (checksum !== 'none') sum.writeUInt32LE(Number(xxh64(bytes) & 0xffffffffn), 0);
  if (checksum === 'wrong') sum[0]! ^= 1;
  return new Uint8Array(Buffer.concat([header, ...blocks, sum]));
}

/** A frame that readers pass over. */
export function skippable(bytes: number): Uint8Array {
  const frame = Buffer.alloc(8 + bytes, 0x28);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(bytes, 4);
  return new Uint8Array(frame);
}
