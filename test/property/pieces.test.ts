/** A text cut at any byte gives the dataset of the text: what a decoder hands out is cut where it likes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CsvFile, pieces } from '../../ts/io/csv.js';
import { columnsOf, type Params, readParams } from '../../ts/kernels/engine.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';
import { type Crew, createCrew } from '../../ts/pool/crew.js';
import { silentProgress } from '../../ts/report/progress.js';
import { findInputs } from '../../ts/stages/prepare/inputs.js';
import { defaultTuning, type Run, type StreamFiles } from '../../ts/stages/prepare/run.js';
import { prepareSymbol } from '../../ts/stages/prepare/symbol.js';
import { canonical, depthFormats, randomEvents } from '../support/dialects.js';
import { freshFolder } from '../support/folder.js';

const kernels = instantiateKernels(await compileKernels());
let crew: Crew;
let params: Params;
beforeAll(async () => {
  crew = await createCrew(1, kernels);
  params = readParams(kernels, {}, 'extended');
});
afterAll(async () => {
  params.free();
  await crew.close();
});

function newRun(): Run {
  return {
    ...{ kernels, featureSet: 'extended' as const, columns: columnsOf(kernels, 'extended'), crew },
    ...{ compression: 'none' as const, onBadRow: 'fail' as const, dedupTrades: true, reading: {} },
    tuning: { ...defaultTuning, heldBytes: 0 },
    stages: { scan: 0, engine: 0, encode: 0 },
    spillPath: join(freshFolder(), 'spill'),
    signal: undefined,
  };
}

/** The pieces of a text that comes in two chunks. */
async function cut(file: CsvFile, text: Uint8Array, at: number, blockBytes: number): Promise<Uint8Array[]> {
  async function* chunks() {
    yield text.subarray(0, at);
    yield text.subarray(at);
  }
  const blocks: Uint8Array[] = [];
  for await (const block of pieces(file.path, chunks(), file.skipBytes, blockBytes))
    if ('bytes' in block) blocks.push(block.bytes);
  return blocks;
}

/** The same file, given out in these blocks. */
function inBlocks(file: CsvFile, blocks: readonly Uint8Array[]): CsvFile {
  async function* all() {
    for (const bytes of blocks) yield { path: file.path, bytes: Uint8Array.from(bytes) };
  }
  return { ...file, blocks: all };
}

const events = randomEvents(3, 8);
const books = randomEvents(3, 12).books.slice(0, 3);
const liquidations = events.trades
  .slice(0, 4)
  .map(({ ts, side, price, qty }) => ({ ts, pos: side, price, qty }));
const own = canonical({ ...events, books, liquidations });
const kinds: Record<string, [name: string, content: string]> = {
  'canonical trades': ['TEST_trades.csv', own.trades],
  'canonical depth': ['TEST_depth.csv', own.depth],
  'canonical liquidations': ['TEST_liquidations.csv', own.liquidations],
};
for (const format of ['cryptofeed_wide', 'generic_long', 'generic_json', 'okx_l2'] as const)
  kinds[format] = depthFormats[format]!(books);

describe.each(Object.entries(kinds))('%s', (_, [name, content]) => {
  it('gives the same dataset cut at every byte', async () => {
    const raw = freshFolder();
    writeFileSync(join(raw, 'TEST_trades.csv'), own.trades);
    writeFileSync(join(raw, name), content);
    const search = {
      folder: raw,
      symbols: undefined,
      presets: [],
      mappings: {},
      timeColumn: 'exchange' as const,
    };
    const [input] = (await findInputs(kernels, search)).inputs;
    const stream = (['liquidations', 'depth', 'trades'] as const).find((one) => input![one] !== undefined)!;
    const bytes = Buffer.from(content);
    const run = newRun();
    const digest = async (files: StreamFiles) =>
      (await prepareSymbol(run, { ...input!, [stream]: files }, params, async () => {}, silentProgress))
        .dataSha256;
    const whole = await digest(input![stream]!);
    const [file] = input![stream]!;
    const rows = bytes.subarray(file.skipBytes);
    // What the kernels see of a cut is the blocks that come of it: each way of cutting into them once.
    const ways = new Map<string, Uint8Array[]>();
    for (let at = 0; at <= bytes.length; at++)
      for (const blockBytes of [1, 40, Math.max(1, at), 1e6]) {
        const blocks = await cut(file, bytes, at, blockBytes);
        expect(Buffer.concat(blocks).equals(rows), `cut at ${at}`).toBe(true);
        ways.set(blocks.map(({ length }) => length).join(), blocks);
      }
    expect(ways.size).toBeGreaterThan(2);
    for (const [way, blocks] of ways) expect(await digest([inBlocks(file, blocks)]), way).toBe(whole);
  });
});
