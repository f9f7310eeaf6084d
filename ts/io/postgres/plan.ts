/** What an export will do: symbols × streams × range → the SQL of each part. Pure. */
import { rawFile, type Stream } from '../raw.js';
import { type Range, type Source, selectRows } from './source.js';

export interface Part {
  symbol: string;
  stream: Stream;
  path: string;
  /** The rows, in order: the query whose `psql \copy` gives the same bytes. */
  query: string;
}

/** The parts in the order in which they run: a symbol's streams together. */
export function planExport(request: {
  symbols: readonly string[];
  streams: readonly Stream[];
  range: Range;
  folder: string;
  sources: Readonly<Record<Stream, Source>>;
}): Part[] {
  return request.symbols.flatMap((symbol) =>
    request.streams.map((stream) => ({
      symbol,
      stream,
      path: rawFile(request.folder, symbol, stream),
      query: selectRows(request.sources[stream], symbol, request.range),
    })),
  );
}

/** COPY takes no parameters. */
export function copyOut(query: string): string {
  return `COPY (${query}) TO STDOUT (FORMAT csv, HEADER)`;
}
