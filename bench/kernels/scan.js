/**
 * The scanners alone, one core: the passes over the trades of the SPY week (the survey alone, the survey that holds the
 * rows, which is all that prepare needs of a file that fits, and the scan behind a survey), and the reduction of the
 * BAC week's depth, from bytes in memory to columns. Medians of processor time in MB/s. Checked: rows, the sum of all quantities and of
 * all stamps against a plain split of the lines; snapshots of distinct stamps.
 */
import { fileURLToPath } from 'node:url';
import {
  blockRoom,
  DIALECT,
  depthScan,
  loadKernels,
  median,
  missingData,
  readBlocks,
  readBooks,
  readTrades,
  seconds,
  surveyTrades,
  weeks,
} from './market.js';

const REPEATS = Number(process.env.HYBRID_BENCH_REPEATS ?? 7);

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0n);

/** Rows, and the sums of stamps and of whole quantities, by splitting text. */
function plain({ header, blocks }) {
  const names = header.toString().split(',');
  const [ts, qty] = [names.indexOf('ts'), names.indexOf('qty')];
  let [rows, stamps, lots] = [0, 0n, 0n];
  for (const block of blocks) {
    for (const line of block.toString().trimEnd().split('\n')) {
      const fields = line.split(',');
      rows += 1;
      stamps += BigInt(fields[ts]);
      lots += BigInt(fields[qty]);
    }
  }
  return { rows, stamps, lots };
}

function checkTrades(week, { columns }, file) {
  const want = plain(file);
  const of = (column) => sum(columns.map((block) => sum(block[column])));
  const rows = columns.reduce((n, block) => n + block[0].length, 0);
  const same = rows === want.rows && of(0) === want.stamps && of(3) === want.lots;
  if (!same || rows !== week.rows) throw new Error(`${week.name} trades: other rows than the file has`);
}

function checkBooks(week, books) {
  const snapshots = books.reduce((n, block) => n + block.ts().length, 0);
  if (snapshots !== week.snapshots)
    throw new Error(`${week.name}: expected ${week.snapshots} snapshots, got ${snapshots}`);
}

/** Repeats each pass in turn and prints its median. */
function measure(print, name, bytes, passes) {
  const times = passes.map(() => []);
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (const [i, { run }] of passes.entries()) {
      const taken = seconds(run);
      if (repeat > 0) times[i].push(taken);
    }
  }
  const rates = passes.map(({ pass }, i) => `${pass} ${(bytes / median(times[i]) / 1e6).toFixed(0)} MB/s`);
  print(`${name}: ${rates.join(', ')}`);
}

function tradePasses(kernels, room, file, { tick, lot, ids }) {
  const columns = new kernels.TradeColumns(DIALECT);
  const scan = new kernels.TradeScan(columns, tick, lot, ids);
  const read = () => {
    for (const block of file.blocks) scan.read(room.input, room.load(block)).free();
  };
  const survey = () => {
    for (const block of file.blocks) {
      const held = kernels.TradeSurvey.scanRows(columns, room.input, room.load(block));
      held.takeRows().free();
      held.free();
    }
  };
  return [
    { pass: 'survey that holds the rows', run: survey },
    { pass: 'survey', run: () => surveyTrades(kernels, room, file).free() },
    { pass: 'scan', run: read },
  ];
}

export async function scanBench(print = console.log) {
  const missing = missingData();
  if (missing) return print(missing);
  const kernels = await loadKernels();
  const room = blockRoom(kernels);
  for (const week of weeks) {
    const trades = await readBlocks(week.trades);
    const market = readTrades(kernels, room, trades);
    checkTrades(week, market, trades);
    measure(print, `${week.name} trades`, trades.bytes, tradePasses(kernels, room, trades, market));
    if (!week.depth) continue;
    const depth = await readBlocks(week.depth);
    checkBooks(week, readBooks(kernels, room, depth, market));
    const scan = depthScan(kernels, market);
    const reduce = () => {
      for (const block of depth.blocks) scan.read(room.input, room.load(block)).free();
    };
    measure(print, `${week.name} depth`, depth.bytes, [{ pass: 'reduction', run: reduce }]);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await scanBench();
