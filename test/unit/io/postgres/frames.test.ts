import { describe, expect, it } from 'vitest';
import { Frames } from '../../../../ts/io/postgres/frames.js';

function message(kind: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.byteLength(content));
  return Buffer.concat([Buffer.from(kind), length, Buffer.from(content)]);
}

const messages = [
  message('H', '\0\0\0'),
  message('d', 'ts,price\n'),
  message('d', `1,${'9'.repeat(300)}\n`),
  message('N', 'SNOTICE\0Mdata\0\0'),
  message('d', ''),
  message('d', '2,'),
  message('d', '3\n4,5\n'),
  message('c', ''),
  message('C', 'COPY 3\0'),
  message('Z', 'T'),
];
const content = `ts,price\n1,${'9'.repeat(300)}\n2,3\n4,5\n`;
const others = Buffer.concat(messages.filter((bytes) => bytes[0] !== 'd'.charCodeAt(0)));

/** What comes of the stream when it arrives in these pieces, each in the one buffer that the next overwrites. */
function splitAt(cuts: readonly number[], bytes = Buffer.concat(messages)) {
  const frames = new Frames();
  const shared = Buffer.alloc(bytes.length);
  const [contents, rests]: [Buffer[], Buffer[]] = [[], []];
  for (const [i, from] of [0, ...cuts].entries()) {
    const piece = shared.subarray(0, bytes.copy(shared, 0, from, cuts[i] ?? bytes.length));
    const split = frames.split(piece);
    contents.push(Buffer.from(split.content));
    rests.push(split.rest);
  }
  return { content: Buffer.concat(contents).toString(), rest: Buffer.concat(rests), frames };
}

describe('messages of a COPY', () => {
  it('take the content out and leave all else, wherever the bytes are cut', () => {
    const { length } = Buffer.concat(messages);
    for (let one = 0; one <= length; one++)
      for (const two of [one, one + 1, one + 3, one + 7].filter((at) => at <= length)) {
        const { content: got, rest } = splitAt([one, two]);
        expect(got).toBe(content);
        expect(rest.equals(others)).toBe(true);
      }
  });

  it('come byte by byte', () => {
    const { length } = Buffer.concat(messages);
    const { content: got, rest } = splitAt(Array.from({ length }, (_, at) => at));
    expect([got, rest.equals(others)]).toEqual([content, true]);
  });

  it('keep a header that is not whole', () => {
    const { rest, frames } = splitAt([], Buffer.concat([message('Z', 'T'), Buffer.from('N\0\0')]));
    expect([rest, frames.unfinished]).toEqual([message('Z', 'T'), Buffer.from('N\0\0')]);
  });

  it('have a length of at least their own four bytes', () => {
    expect(() => splitAt([], Buffer.from('d\0\0\0\x03'))).toThrow('expected the length of a message, got 3');
  });
});
