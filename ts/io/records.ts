/** The records of any CSV text, fast where they are plain: split here; what is odd goes to csv-parse, record by record. */
import { StringDecoder } from 'node:string_decoder';
import { type CsvError, parse } from 'csv-parse/sync';
import { HybridError } from '../error.js';

/** A record beyond this is none of a table. */
const longestRecord = 16 * 1024 * 1024;

/** Blank lines are passed over; a byte order mark too. Errors: E_INPUT for text that is no CSV, with the line. */
export async function* records(
  path: string,
  text: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[][]> {
  const reader = new RecordReader(path);
  const decoder = new StringDecoder('utf8');
  for await (const chunk of text) yield reader.take(decoder.write(chunk as Buffer));
  yield reader.take(decoder.end(), true);
}

class RecordReader {
  private rest = '';
  private line = 1;
  private begun = false;

  constructor(private readonly path: string) {}

  /** The records that the text completes; all that is left when it is the last. */
  take(text: string, last = false): string[][] {
    const all = this.rest + (this.begun ? text : text.replace(/^\ufeff/, ''));
    this.begun ||= text !== '';
    const found: string[][] = [];
    let at = 0;
    while (at < all.length) {
      const end = recordEnd(all, at);
      if (end === undefined && !last) break;
      const stop = end ?? all.length;
      found.push(...this.record(all.slice(at, stop)));
      at = stop + 1;
    }
    this.rest = all.slice(at);
    if (this.rest.length > longestRecord) throw this.refused('a record of more than 16 MiB', this.line);
    return found;
  }

  private record(text: string): string[][] {
    const first = this.line;
    this.line += 1 + (text.includes('"') ? newlinesIn(text) : 0);
    const record = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (record === '') return [];
    if (!record.includes('"')) return [record.split(',')];
    const fields = quotedFields(record);
    return fields === undefined ? this.odd(record, first) : [fields];
  }

  /** Quotes in places where they should not be. */
  private odd(record: string, line: number): string[][] {
    try {
      const options = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true };
      return parse(record, options) as string[][];
    } catch (error) {
      throw this.refused((error as CsvError).message, line, error);
    }
  }

  private refused(said: string, line: number, cause?: unknown): HybridError {
    const message = `${this.path}:${line}: expected CSV, got text that does not parse: ${said}`;
    return new HybridError('E_INPUT', message, {
      hint: 'Check that the file is text with one row a line.',
      cause,
    });
  }
}

/** Where the newline behind the record is: the first one outside of quotes, which open where a field begins. */
function recordEnd(text: string, from: number): number | undefined {
  for (let at = from; ; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return undefined;
    const quote = openingQuote(text, at, from);
    if (quote < 0 || quote > end) return end;
    const closed = quoteEnd(text, quote);
    if (closed < 0) return undefined;
    at = closed;
  }
}

function openingQuote(text: string, at: number, from: number): number {
  const opens = (quote: number) => quote === from || text[quote - 1] === ',' || text[quote - 1] === '\n';
  let quote = text.indexOf('"', at);
  while (quote >= 0 && !opens(quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The fields of a record in which quotes are only around whole fields; undefined for another one. */
function quotedFields(record: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const quoted = record[at] === '"';
    const end = quoted ? quoteEnd(record, at) : record.indexOf(',', at);
    const stop = end < 0 ? record.length : end;
    if (quoted && record[stop - 1] !== '"') return undefined;
    const field = quoted ? record.slice(at + 1, stop - 1) : record.slice(at, stop);
    if (!quoted && field.includes('"')) return undefined;
    fields.push(quoted && field.includes('"') ? field.replaceAll('""', '"') : field);
    if (stop === record.length) return fields;
    if (record[stop] !== ',') return undefined;
    at = stop + 1;
  }
}

/** Behind the closing quote of the field that begins at `from`; -1 for none. */
function quoteEnd(record: string, from: number): number {
  for (let at = record.indexOf('"', from + 1); at >= 0; at = record.indexOf('"', at + 2))
    if (record[at + 1] !== '"') return at + 1;
  return -1;
}
