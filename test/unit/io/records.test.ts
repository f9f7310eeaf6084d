/** Records of CSV text: as csv-parse reads them, wherever the text is cut. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { records } from '../../../ts/io/records.js';

async function read(text: string, piece: number): Promise<string[][]> {
  const bytes = Buffer.from(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const found: string[][] = [];
  for await (const some of records('a.csv', pieces())) found.push(...some);
  return found;
}

const options = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true };

describe('records', () => {
  it.each([
    ['plain', 'a,b\n1,2\n\n3,\n,4'],
    ['of a byte order mark and carriage returns', '\ufeffa,b\r\n1,2\r\n'],
    ['with quotes, commas and newlines in fields', 'a,b\n"x,y","1\n2"\n"he said ""no""",\n"",""\n'],
    ['with a quote within a field', 'a,b\n5",6\n7,8"9\n1,"2"\n'],
    ['of arrays', 'ts,bids\n1,"{1,2}"\n2,"[[1,2],[3,4]]"\n'],
    ['of letters of several bytes', 'Ä,ペ\n1,2\n'],
  ])('%s', async (_, text) => {
    for (const piece of [1, 2, 3, 7, 1000])
      expect(await read(text, piece)).toEqual(parse(text.replaceAll('\r\n', '\n'), options));
  });

  it('are those of csv-parse, whatever fields hold', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '1', ' ', '"', ',', '\n', '.', 'é'), maxLength: 6 });
    const written = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 20 }), async (rows, piece) => {
        const text = rows.map((row) => row.map(written).join(',')).join('\n');
        expect(await read(text, piece)).toEqual(parse(text, options));
      }),
      { numRuns: 300 },
    );
  });

  it('that are none are an error with the line', async () => {
    await expect(read('a,b\n1,2\n3,"x\n', 4)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/^a\.csv:3: expected CSV, got text that does not parse/),
    });
  });
});
