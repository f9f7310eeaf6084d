/** The real weeks of ../shared/data for the kernel benches: bytes of their files, and how a kernel reads them. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';

const BLOCK_BYTES = 4 << 20;
/** Bytes of a file that a smoke run reads. */
export const smokeBytes = 300_000;
/** How the files of both weeks read: the columns of the canonical schema, in order. */
export const DIALECT = 'canonical';

export const data = resolve(process.env.HYBRID_SHARED ?? '../shared', 'data');

export const weeks = [
  { name: 'SPY', trades: 'spy-trades-week/SPY_trades.csv.gz', rows: 1_887_450 },
  {
    name: 'BAC',
    trades: 'bac-equity-week/BAC_trades.csv.gz',
    rows: 573_620,
    depth: 'bac-equity-week/BAC_depth.csv.gz',
  },
];

/** A day of books of twenty levels a side. */
export const deepBooks = {
  name: 'NEXO',
  trades: 'nexo-spot-day/NEXOUSDT_trades.csv.gz',
  depth: 'nexo-spot-day/NEXOUSDT_depth.csv.gz',
};

/** Says why nothing can be measured, or nothing. */
export function missingData() {
  return existsSync(data) ? undefined : 'the shared data are not there (HYBRID_SHARED names their place)';
}

/** The text of a file of the shared data, or no more of it than `most` bytes unpack to. */
export async function unpack(path, most = Number.POSITIVE_INFINITY) {
  const packed = await readFile(join(data, path));
  // A beginning of the file has no end mark.
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const bytes = gunzipSync(packed.subarray(0, most), options).subarray(0, most);
  return bytes.subarray(0, bytes.lastIndexOf(10) + 1);
}

/** Header and body of a file of the shared data, cut into blocks of whole lines; at most `most` bytes of it. */
export async function readBlocks(path, most = Number.POSITIVE_INFINITY) {
  const bytes = await unpack(path, most);
  const header = bytes.subarray(0, bytes.indexOf(10));
  const blocks = [];
  for (let at = header.length + 1; at < bytes.length; ) {
    const wanted = Math.min(bytes.length, at + BLOCK_BYTES);
    const end = wanted === bytes.length ? wanted : bytes.lastIndexOf(10, wanted - 1) + 1;
    blocks.push(bytes.subarray(at, end));
    at = end;
  }
  return { header, blocks, bytes: blocks.reduce((sum, block) => sum + block.length, 0) };
}

/** Room of a kernel for blocks: `load` copies one in and says its length. */
export function blockRoom(kernels) {
  const input = new kernels.BlockInput(BLOCK_BYTES);
  return {
    input,
    load(block) {
      input.room().set(block);
      return block.length;
    },
  };
}

/** What both passes over a file of trades yield. */
export function readTrades(kernels, room, { blocks }) {
  const survey = surveyTrades(kernels, room, { blocks });
  const tick = kernels.gridStep('tick_size', undefined, survey.pricePlaces());
  const lot = kernels.gridStep('lot_size', undefined, survey.qtyPlaces());
  const scan = new kernels.TradeScan(new kernels.TradeColumns(DIALECT), tick, lot, survey.ids());
  const columns = blocks.map((block) => {
    const trades = scan.read(room.input, room.load(block));
    const copied = [trades.ts(), trades.id(), trades.pxTicks(), trades.qtyLots(), trades.side()];
    trades.free();
    return copied;
  });
  return { tick, lot, ids: survey.ids(), bucket: kernels.autoBucket(columns[0][2][0]), columns };
}

export function surveyTrades(kernels, room, { blocks }) {
  const columns = new kernels.TradeColumns(DIALECT);
  const whole = new kernels.TradeSurvey();
  for (const block of blocks) {
    const survey = kernels.TradeSurvey.scan(columns, room.input, room.load(block));
    whole.merge(survey.numbers());
    survey.free();
  }
  return whole;
}

/** A scan of depth with the parameters at their defaults. */
export function depthScan(kernels, { tick, bucket }) {
  const params = new kernels.Params();
  const flat = params.entries();
  const of = (name) => flat[flat.indexOf(name) + 1];
  const numbers = ['wall_min_buckets', 'wall_min_persist'].map((name) => Number(of(name)));
  const texts = ['obi_mode', 'wall_range_bps', 'wall_k'].map(of);
  return new kernels.DepthScan(
    new kernels.DepthColumns(DIALECT),
    tick,
    bucket,
    Number(of('obi_levels')),
    ...texts,
    ...numbers,
  );
}

/** Depth features for an engine of the same kernel; it uses them up. */
export function readBooks(kernels, room, file, grid) {
  const scan = depthScan(kernels, grid);
  const merge = new kernels.BookMerge(1);
  const books = file.blocks.map((block) => merge.push(scan.read(room.input, room.load(block)).bytes()));
  books.push(merge.finish());
  return books;
}
