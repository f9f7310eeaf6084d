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

/** The same file, its text in two chunks and given out in pieces of about `blockBytes`. */
function cut(file: CsvFile, text: Uint8Array, at: number, blockBytes: number): CsvFile {
  async function* chunks() {
    yield text.subarray(0, at);
    yield text.subarray(at);
  }
  return { ...file, blocks: () => pieces(file.path, chunks(), file.skipBytes, blockBytes) };
}

const events = randomEvents(3, 12);
const own = canonical({ ...events, books: events.books.slice(0, 3) });
const kinds: Record<string, [name: string, content: string]> = {
  'canonical trades': ['TEST_trades.csv', own.trades],
  'canonical depth': ['TEST_depth.csv', own.depth],
  'canonical liquidations': ['TEST_liquidations.csv', own.liquidations],
};
for (const format of ['cryptofeed_wide', 'generic_long', 'generic_json', 'okx_l2'] as const)
  kinds[format] = depthFormats[format]!(events.books.slice(0, 3));

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
    for (let at = 0; at <= bytes.length; at++) {
      const [file] = input![stream]!;
      // A piece a line, and a piece as long as the first chunk.
      for (const blockBytes of at % 2 === 0 ? [1] : [Math.max(1, at)])
        expect(await digest([cut(file, bytes, at, blockBytes)]), `cut at ${at}`).toBe(whole);
    }
  });
});
