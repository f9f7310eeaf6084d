/**
 * The beginning of real markets through `prepare` and through the oracle in Python, all columns of the extended set, cell
 * by cell. HYBRID_SOAK_ROWS: how many trades of each (3,000); the oracle looks at every window anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { freshFolder } from '../support/folder.js';
import { builtPrepare, compareInput, pythonIsThere } from '../support/oracle.js';
import { shared } from '../support/shared.js';
import { readTable } from '../support/table.js';

const rows = Number(process.env.HYBRID_SOAK_ROWS ?? 3000);

it.each([
  ['nexo-spot-day', 'NEXOUSDT'],
  ['btc-usdm-6min', 'BTCUSDT'],
])('%s', async (name, symbol) => {
  const data = shared('data', name);
  if (data === undefined || !pythonIsThere()) return;
  const folder = freshFolder();
  mkdirSync(join(folder, 'input'));
  const lines = (stream: string) =>
    gunzipSync(readFileSync(join(data, `${symbol}_${stream}.csv.gz`)))
      .toString()
      .trimEnd()
      .split('\n');
  const ts = (line: string) => Number(line.slice(0, line.indexOf(',')));
  const trades = lines('trades').slice(0, rows + 1);
  const last = ts(trades.at(-1)!);
  const depth = lines('depth').filter((line, i) => i === 0 || ts(line) <= last);
  for (const [stream, text] of Object.entries({ trades, depth }))
    writeFileSync(join(folder, 'input', `${symbol}_${stream}.csv`), `${text.join('\n')}\n`);
  expect(await compareInput(await builtPrepare(), folder)).toEqual([]);
  const table = readTable(join(folder, 'out.parquet'));
  const empty = Object.keys(table).filter((column) => table[column]!.every((value) => value === null));
  console.log(`${symbol}: ${trades.length - 1} rows, null everywhere: ${empty.join(', ')}`);
});
