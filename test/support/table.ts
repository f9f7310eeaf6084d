/** Parquet files as plain values, read by a library that is not ours. */
import { readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';

export type Cell = number | bigint | null;
export type Table = Record<string, Cell[]>;

/** All columns, or those that are named. */
export function readTable(path: string, columns?: readonly string[]): Table {
  const options = columns === undefined ? {} : { columns: [...columns] };
  const stream = readParquet(new Uint8Array(readFileSync(path)), options).intoIPCStream();
  const table = tableFromIPC(stream);
  return Object.fromEntries(
    table.schema.fields.map(({ name }) => [name, Array.from(table.getChild(name)!) as Cell[]]),
  );
}

/** The columns that are stored as FLOAT. */
const floats = new Set(
  [
    'rsi7 ofd ofd_ratio absorption cpi cpi_ret cpi_flow cpi_liq cpi_gate obi obi1 wall_bid_bps wall_ask_bps fpi',
    'fpi_skew cascade_activity cascade_exhaustion rsi7_c depth_imb_5bps depth_imb_10bps depth_imb_25bps',
    'depth_imb_50bps vpin sign_acf large_share large_ofd jump_ratio semivar_imb liq_imb liq_recency tod_sin tod_cos',
  ].flatMap((names) => names.split(' ')),
);
const integers = new Set(['ts', 'trade_id', 'side', 'bar_ts', 'depth_age_ms', 'sweep', 'liq_age_ms']);

/** The first cells that differ from the text of a CSV table, by the specification's tolerances; none when equal. */
export function differences(table: Table, csv: string): string[] {
  const [header, ...rows] = csv.trimEnd().split('\n');
  const names = header!.trim().split(',');
  if (names.join() !== Object.keys(table).join()) return [`columns: ${Object.keys(table).join()}`];
  if (rows.length !== table.ts!.length) return [`rows: expected ${rows.length}, got ${table.ts!.length}`];
  const found = rows.flatMap((row, i) => {
    const texts = row.trim().split(',');
    const text = (name: string) => texts[names.indexOf(name)]!;
    return names.flatMap((name, j) => {
      const cell = table[name]![i]!;
      const equal = agrees(name, texts[j]!, cell, name === 'bb_pos' ? bandRounding(text) : 0);
      return equal ? [] : [`${name} in row ${i}: expected ${texts[j] || 'null'}, got ${cell}`];
    });
  });
  return found.slice(0, 5);
}

/**
 * What rounding alone can make of `bb_pos`: price and `bb_mid` are f64, and where the bands are as narrow as their
 * last bits (a price of a million ticks, a deviation below one) their difference has no nine digits.
 */
function bandRounding(text: (name: string) => string): number {
  const width = Number(text('bb_up')) - Number(text('bb_mid'));
  return width > 0 ? (4 * 2 ** -52 * Number(text('price'))) / width : 0;
}

function agrees(name: string, text: string, cell: Cell, allowance: number): boolean {
  if (text === '' || cell === null) return text === '' && cell === null;
  if (integers.has(name)) return BigInt(text) === BigInt(cell);
  const [a, b] = [Number(text), Number(cell)];
  const tolerance = (floats.has(name) ? 1e-6 : 1e-9) * Math.max(1, Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= tolerance + allowance && !Object.is(b, -0);
}
