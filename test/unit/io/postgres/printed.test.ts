import { describe, expect, it } from 'vitest';
import { BinaryRows } from '../../../../ts/io/postgres/binary.js';
import { doubleText, printers } from '../../../../ts/io/postgres/printed.js';

const printInteger = printers.get(20)!;
const printText = printers.get(25)!;

function int(bytes: 2 | 4 | 8, value: number | bigint): Buffer {
  const out = Buffer.alloc(bytes);
  if (bytes === 8) out.writeBigInt64BE(BigInt(value));
  else out.writeIntBE(Number(value), 0, bytes);
  return out;
}

const head = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int(4, 0), int(4, 0)]);
const trailer = int(2, -1);

function row(...fields: (Buffer | null)[]): Buffer {
  const parts = fields.map((f) => (f === null ? int(4, -1) : Buffer.concat([int(4, f.length), f])));
  return Buffer.concat([int(2, fields.length), ...parts]);
}

/** The CSV when the content comes in these pieces, each in the one buffer that the next overwrites. */
function printed(content: Buffer, cuts: readonly number[], header?: string): string {
  const rows = new BinaryRows([printInteger, printText], header);
  const shared = Buffer.alloc(content.length);
  let text = '';
  for (const [i, from] of [0, ...cuts].entries()) {
    const length = content.copy(shared, 0, from, cuts[i] ?? content.length);
    if (length > 0) text += rows.next(shared.subarray(0, length)).toString();
  }
  rows.end();
  return text;
}

describe('rows in binary', () => {
  const content = Buffer.concat([
    head,
    row(int(8, 7), Buffer.from('a"b,c')),
    row(null, Buffer.from('')),
    row(int(2, -3), null),
    row(int(4, 123_456_789), Buffer.from('x'.repeat(40))),
    trailer,
  ]);
  const csv = `ts,id\n7,"a""b,c"\n,""\n-3,\n123456789,${'x'.repeat(40)}\n`;

  it('are the same CSV wherever the bytes are cut', () => {
    for (let one = 0; one <= content.length; one++)
      for (const two of [one, one + 1, one + 5].filter((at) => at <= content.length))
        expect(printed(content, [one, two], 'ts,id')).toBe(csv);
    expect(
      printed(
        content,
        Array.from({ length: content.length }, (_, at) => at),
      ),
    ).toBe(csv.slice(6));
  });

  it('that end too early, or are none, are an error', () => {
    expect(() => printed(content.subarray(0, -2), [])).toThrow('COPY: expected an end');
    expect(() => printed(content.subarray(0, 30), [])).toThrow('COPY: expected an end');
    expect(() => printed(Buffer.concat([content, row(null, null)]), [])).toThrow('COPY: expected an end');
    expect(() => printed(Buffer.from('ts,id\n'.repeat(9)), [])).toThrow('expected rows in binary');
    expect(() => printed(Buffer.concat([head, row(null), trailer]), [])).toThrow('a row of 2 fields, got 1');
    expect(() => printed(Buffer.concat([head, row(Buffer.alloc(3), null)]), [])).toThrow('2 bytes, got 3');
  });
});

describe('integers', () => {
  it('of every size are printed like BigInt does', () => {
    const powers = Array.from({ length: 63 }, (_, i) => 1n << BigInt(i));
    const tens = Array.from({ length: 19 }, (_, i) => 10n ** BigInt(i));
    const near = [...powers, ...tens].flatMap((v) => [v - 1n, v, v + 1n]);
    const all = [...near, ...near.map((v) => -v), -(1n << 63n), (1n << 63n) - 1n];
    for (const value of all.filter((v) => BigInt.asIntN(64, v) === v)) {
      const content = Buffer.concat([head, row(int(8, value), null), trailer]);
      expect(printed(content, [])).toBe(`${value},\n`);
    }
  });
});

describe('doubles', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [9.9e-5, '9.9e-05'],
    [-1.5e-7, '-1.5e-07'],
    [5e-324, '5e-324'],
    [999_999_999_999_999.9, '999999999999999.9'],
    [1e15, '1e+15'],
    [1_234_567_890_123_456, '1.234567890123456e+15'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d is %s', (value, text) => {
    expect(doubleText(value)).toBe(text);
  });
});
