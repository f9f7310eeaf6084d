/**
 * Books to features, one core: a day of NEXO's snapshots of twenty levels a side, from CSV text to best prices and
 * imbalances, in MB of text a second of processor time; the kernel finds validity, walls and span on the way, plain
 * JavaScript and Polars what is named alone. Checked: snapshots, best prices and imbalances of all three.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFolder } from '../suite/folder.js';
import { loadKernels } from '../suite/kernel.js';
import { openPeer } from '../suite/peer.js';
import { cpuSeconds } from '../suite/statistics.js';
import {
  blockRoom,
  deepBooks,
  depthScan,
  missingData,
  readBlocks,
  readBooks,
  readTrades,
  smokeBytes,
} from './market.js';

const subject = `${deepBooks.name} depth, CSV to best prices and imbalances`;
const speed = { unit: 'MB/s', better: 'more' };
/** Levels a side that the imbalance sums: the default of obi_levels. */
const levels = 10;
const features = ['bid', 'ask', 'obi', 'obi1'];

/** Snapshots, and the sum of each feature over the valid ones. */
function totals(ts, columns) {
  const sum = (values) => values.reduce((total, x) => (Number.isNaN(x) ? total : total + x), 0);
  return { snapshots: ts.length, ...Object.fromEntries(features.map((name, i) => [name, sum(columns[i])])) };
}

const joined = (parts) => parts.flatMap((part) => Array.from(part));

function ownTotals(kernels, room, file, grid) {
  const books = readBooks(kernels, room, file, grid);
  const of = (name) => joined(books.map((block) => block[name]()));
  return totals(of('ts'), features.map(of));
}

const numbersOf = (text) => text.slice(1, -1).split(',').map(Number);
const imbalance = (bid, ask) => (bid - ask) / (bid + ask);
const sumOf = (values) => values.slice(0, levels).reduce((a, b) => a + b, 0);

/** The features by splitting text; of snapshots of one stamp the last one counts. */
function plain({ blocks }) {
  const byStamp = new Map();
  for (const block of blocks) {
    for (const line of block.toString().trimEnd().split('\n')) {
      const fields = line.split('"');
      const [bids, bidSizes, asks, askSizes] = [1, 3, 5, 7].map((i) => numbersOf(fields[i]));
      byStamp.set(line.slice(0, line.indexOf(',')), [
        bids[0],
        asks[0],
        imbalance(sumOf(bidSizes), sumOf(askSizes)),
        imbalance(bidSizes[0], askSizes[0]),
      ]);
    }
  }
  const rows = [...byStamp.values()];
  return totals(
    rows,
    features.map((_, i) => rows.map((row) => row[i])),
  );
}

function check(bench, who, want, got) {
  for (const [name, value] of Object.entries(want)) {
    const near = Math.abs(got[name] - value) <= 1e-6 * Math.max(1, Math.abs(value));
    bench.expect(near, `${who}, ${name}: expected ${value}, got ${got[name]}`);
  }
}

async function polars(bench, file, want, folder) {
  const path = join(folder, 'depth.csv');
  writeFileSync(path, Buffer.concat([file.header, Buffer.from('\n'), ...file.blocks]));
  const [task, env] = [{ file: path, levels }, { POLARS_MAX_THREADS: '1' }];
  const peer = await openPeer(bench, { subject, who: 'Polars', script: 'books.py', task, env });
  if (peer === undefined) return [];
  const run = async () => {
    const { seconds, ...got } = await peer.ask('run');
    check(bench, 'Polars', want, got);
    return file.bytes / seconds / 1e6;
  };
  return [{ who: 'Polars, one thread', run }];
}

async function measure(bench, folder) {
  const kernels = await loadKernels();
  const room = blockRoom(kernels);
  const [trades, depth] = [
    await readBlocks(deepBooks.trades, smokeBytes),
    await readBlocks(deepBooks.depth, bench.size(Number.POSITIVE_INFINITY, smokeBytes)),
  ];
  const grid = readTrades(kernels, room, trades);
  const want = plain(depth);
  check(bench, 'hybrid', want, ownTotals(kernels, room, depth, grid));
  const scan = depthScan(kernels, grid);
  const reduce = () => {
    for (const block of depth.blocks) scan.read(room.input, room.load(block)).free();
  };
  const rate = (work) => () => depth.bytes / cpuSeconds(work) / 1e6;
  await bench.contest(subject, speed, [
    { who: 'hybrid', run: rate(reduce) },
    { who: 'plain JavaScript', run: rate(() => plain(depth)) },
    ...(await polars(bench, depth, want, folder)),
  ]);
}

export async function booksBench(bench) {
  const missing = missingData();
  if (missing) return bench.skip('all', 'hybrid', missing);
  await withFolder((folder) => measure(bench, folder));
}
