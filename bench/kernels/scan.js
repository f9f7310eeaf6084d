/**
 * The scanner of trades, one core: the passes over the SPY and BAC weeks (the survey alone, the survey that holds the
 * rows, which is all that prepare needs of a file that fits, and the scan behind a survey), from bytes in memory to
 * columns, in MB of text a second of processor time; beside csv-parse, and Polars and DuckDB on the file. Checked: rows,
 * and the sums of all stamps and quantities, against a plain split of the lines; every peer's rows and stamps.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { withFolder } from '../suite/folder.js';
import { loadKernels } from '../suite/kernel.js';
import { openPeer } from '../suite/peer.js';
import { cpuSeconds } from '../suite/statistics.js';
import {
  blockRoom,
  DIALECT,
  missingData,
  readBlocks,
  readTrades,
  smokeBytes,
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

/** The passes of ours over a file. */
function ownPasses(kernels, room, file, { tick, lot, ids }) {
  const columns = new kernels.TradeColumns(DIALECT);
  const scan = new kernels.TradeScan(columns, tick, lot, ids);
  const read = () => {
    for (const block of file.blocks) scan.read(room.input, room.load(block)).free();
  };
  const held = () => {
    for (const block of file.blocks) {
      const survey = kernels.TradeSurvey.scanRows(columns, room.input, room.load(block));
      survey.takeRows().free();
      survey.free();
    }
  };
  return { survey: () => surveyTrades(kernels, room, file).free(), held, read };
}

/** csv-parse, and numbers made of its texts: MB/s of the first block, for it takes its time. */
function csvParse(bench, { header, blocks: [block] }) {
  const columns = header.toString().split(',');
  const rows = block.reduce((n, byte) => n + (byte === 10), 0);
  const read = () => {
    const records = parse(block, { columns });
    const numbers = records.filter((r) => Number.isFinite(Number(r.ts) + Number(r.price) + Number(r.qty)));
    bench.expect(numbers.length === rows, `csv-parse: expected ${rows} rows, got ${numbers.length}`);
  };
  return () => block.length / cpuSeconds(read) / 1e6;
}

/** Polars and DuckDB read the file itself: from memory they would be no faster, it is in the cache. */
async function fileReaders(bench, subject, file, want, folder) {
  const path = join(folder, 'trades.csv');
  writeFileSync(path, Buffer.concat([file.header, Buffer.from('\n'), ...file.blocks]));
  const [task, env] = [{ file: path }, { POLARS_MAX_THREADS: '1' }];
  const peer = await openPeer(bench, { subject, who: 'Polars, DuckDB', script: 'csv_scan.py', task, env });
  if (peer === undefined) return [];
  const run = (reader) => async () => {
    const { seconds, rows, remainders } = await peer.ask(reader);
    bench.expect(
      rows === want.rows && remainders === want.remainders,
      `${reader}: other rows than the file has`,
    );
    return file.bytes / seconds / 1e6;
  };
  return [
    { who: 'Polars scan_csv, one thread', run: run('polars') },
    { who: 'DuckDB read_csv, one thread', run: run('duckdb') },
  ];
}

async function measure(bench, kernels, room, week, folder) {
  const file = await readBlocks(week.trades, bench.size(Number.POSITIVE_INFINITY, smokeBytes));
  const market = readTrades(kernels, room, file);
  const want = plain(file);
  checkTrades(bench, week, market, want);
  const own = ownPasses(kernels, room, file, market);
  const rate = (work) => () => file.bytes / cpuSeconds(work) / 1e6;
  const subject = `${week.name} trades, CSV to columns`;
  await bench.contest(`${week.name} trades, survey`, speed, [
    { who: 'hybrid', run: rate(own.survey) },
    { who: 'hybrid, rows held', run: rate(own.held) },
  ]);
  await bench.contest(subject, speed, [
    { who: 'hybrid', run: rate(own.read) },
    { who: 'csv-parse', run: csvParse(bench, file) },
    ...(await fileReaders(bench, subject, file, want, folder)),
  ]);
}

export async function scanBench(bench) {
  const missing = missingData();
  if (missing) return bench.skip('all', 'hybrid', missing);
  const kernels = await loadKernels();
  const room = blockRoom(kernels);
  await withFolder(async (folder) => {
    for (const week of weeks) await measure(bench, kernels, room, week, folder);
  });
}
