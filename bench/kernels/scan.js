/**
 * The scanners, one core: both passes over the trades of the SPY and BAC weeks, and the reduction of BAC's depth, from
 * bytes in memory to columns, in MB of text a second of processor time; beside csv-parse, and Polars and DuckDB on the
 * file. Checked: rows, and the sums of all stamps and quantities, against a plain split of the lines; every peer's rows
 * and stamps; snapshots of distinct stamps.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { openPeer } from '../suite/peer.js';
import { cpuSeconds } from '../suite/statistics.js';
import {
  blockRoom,
  DIALECT,
  depthScan,
  loadKernels,
  missingData,
  readBlocks,
  readBooks,
  readTrades,
  surveyTrades,
  weeks,
} from './market.js';

const speed = { unit: 'MB/s', better: 'more' };

/** As in bench/peers/csv_scan.py. */
const prime = 1_000_003;

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0n);

/** Rows, and the sums of stamps and of whole quantities, by splitting text. */
function plain({ header, blocks }) {
  const names = header.toString().split(',');
  const [ts, qty] = [names.indexOf('ts'), names.indexOf('qty')];
  let [rows, stamps, lots, remainders] = [0, 0n, 0n, 0];
  for (const block of blocks) {
    for (const line of block.toString().trimEnd().split('\n')) {
      const fields = line.split(',');
      rows += 1;
      stamps += BigInt(fields[ts]);
      remainders += Number(fields[ts]) % prime;
      lots += BigInt(fields[qty]);
    }
  }
  return { rows, stamps, lots, remainders };
}

function checkTrades(bench, week, { columns }, want) {
  const of = (column) => sum(columns.map((block) => sum(block[column])));
  const rows = columns.reduce((n, block) => n + block[0].length, 0);
  const same = rows === want.rows && of(0) === want.stamps && of(3) === want.lots;
  bench.expect(same, `${week.name} trades: other rows than the file has`);
}

function checkBooks(bench, week, books) {
  const snapshots = books.reduce((n, block) => n + block.ts().length, 0);
  const right = bench.smoke || snapshots === week.snapshots;
  bench.expect(right, `${week.name}: expected ${week.snapshots} snapshots, got ${snapshots}`);
}

/** Both passes of ours, and csv-parse with numbers made of its texts. */
function ownReaders(kernels, room, file, { tick, lot, ids }) {
  const scan = new kernels.TradeScan(new kernels.TradeColumns(DIALECT), tick, lot, ids);
  const read = () => {
    for (const block of file.blocks) scan.read(room.input, room.load(block)).free();
  };
  return {
    survey: () => surveyTrades(kernels, room, file).free(),
    read,
  };
}

function csvParse(bench, file, want) {
  const names = file.header.toString().split(',');
  return () => {
    let rows = 0;
    for (const block of file.blocks) {
      const records = parse(block, { columns: names });
      for (const r of records) if (Number.isFinite(Number(r.ts) + Number(r.price) + Number(r.qty))) rows++;
    }
    bench.expect(rows === want.rows, `csv-parse: expected ${want.rows} rows, got ${rows}`);
  };
}

/** Polars and DuckDB read the file itself: from memory they would be no faster, it is in the cache. */
async function fileReaders(bench, subject, file, want, folder) {
  const path = join(folder, 'trades.csv');
  writeFileSync(path, Buffer.concat([file.header, Buffer.from('\n'), ...file.blocks]));
  const peer = await openPeer('csv_scan.py', { file: path }, { POLARS_MAX_THREADS: '1' });
  if (peer.skipped) {
    bench.skip(subject, 'Polars, DuckDB', peer.skipped);
    return { contenders: [], close: () => {} };
  }
  const run = (reader) => async () => {
    const { seconds, rows, remainders } = await peer.ask(reader);
    bench.expect(
      rows === want.rows && remainders === want.remainders,
      `${reader}: other rows than the file has`,
    );
    return file.bytes / seconds / 1e6;
  };
  const contenders = [
    { who: 'Polars scan_csv, one thread', run: run('polars') },
    { who: 'DuckDB read_csv, one thread', run: run('duckdb') },
  ];
  return { contenders, close: peer.close };
}

async function measureTrades(bench, kernels, room, week, folder) {
  const file = await readBlocks(week.trades, bench.size(Infinity, 1));
  const market = readTrades(kernels, room, file);
  const want = plain(file);
  checkTrades(bench, week, market, want);
  const own = ownReaders(kernels, room, file, market);
  const rate = (work) => () => file.bytes / cpuSeconds(work) / 1e6;
  const subject = `${week.name} trades, CSV to columns`;
  const peers = await fileReaders(bench, subject, file, want, folder);
  await bench.contest(`${week.name} trades, survey`, speed, [{ who: 'hybrid', run: rate(own.survey) }]);
  await bench.contest(subject, speed, [
    { who: 'hybrid', run: rate(own.read) },
    { who: 'csv-parse', run: rate(csvParse(bench, file, want)) },
    ...peers.contenders,
  ]);
  peers.close();
  return market;
}

async function measureDepth(bench, kernels, room, week, market) {
  const depth = await readBlocks(week.depth, bench.size(Infinity, 1));
  checkBooks(bench, week, readBooks(kernels, room, depth, market));
  const scan = depthScan(kernels, market);
  const reduce = () => {
    for (const block of depth.blocks) scan.read(room.input, room.load(block)).free();
  };
  const run = () => depth.bytes / cpuSeconds(reduce) / 1e6;
  await bench.contest(`${week.name} depth, reduction of books`, speed, [{ who: 'hybrid', run }]);
}

export async function scanBench(bench) {
  const missing = missingData();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const kernels = await loadKernels();
  const room = blockRoom(kernels);
  const folder = mkdtempSync(join(tmpdir(), 'hybrid-bench-'));
  try {
    for (const week of weeks) {
      const market = await measureTrades(bench, kernels, room, week, folder);
      if (week.depth) await measureDepth(bench, kernels, room, week, market);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
