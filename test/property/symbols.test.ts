/** Several symbols in one run: side by side or one after the other, the parts have the same bytes. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../ts/io/dataset.js';
import { silentProgress as progress } from '../../ts/report/progress.js';
import { freshFolder } from '../support/folder.js';
import { randomMarket, writeMarket } from '../support/market.js';
import { type PrepareConfig as Config, prepare } from '../support/prepare.js';
import { zipOf } from '../support/zip.js';

function configOf(raw: string, dataset: string, change: Partial<Config> = {}): Config {
  return {
    ...{ raw, dataset, symbols: undefined, threads: 1, compression: 'lz4', onBadRow: 'fail' },
    ...{ featureSet: 'extended', indicators: { W_s: '20' } },
    ...change,
  };
}

/** Markets of different sizes and streams; one of them zipped, one compressed. */
function writeMarkets(raw: string): void {
  writeMarket(raw, 'AAA', randomMarket(31, 500));
  writeMarket(raw, 'B%2FB', { trades: randomMarket(32, 900).trades }, true);
  writeMarket(raw, 'CCC', randomMarket(33, 300));
  const { trades } = randomMarket(34, 400);
  writeFileSync(join(raw, 'DDD_trades.csv.zip'), zipOf({ 'DDD_trades.csv': trades }));
}

/** Every file below a folder by its SHA-256. */
function digests(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  const entries = files.map((file) => {
    const path = join(file.parentPath, file.name);
    return [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')];
  });
  return Object.fromEntries(entries.sort());
}

describe('four symbols', () => {
  const raw = join(freshFolder(), 'raw');
  writeMarkets(raw);

  it('give the same bytes for 1, 2, 3 and 16 threads', async () => {
    const found = [];
    for (const threads of [1, 2, 3, 16]) {
      const dataset = join(freshFolder(), 'out');
      // Rows that are not in order are sorted on the disk, in every lane at once.
      const tuning = { blockBytes: 3000, sliceRows: 50, sortRows: 0, runBytes: 4000, heldBytes: 9000 };
      const summary = await prepare(configOf(raw, dataset, { threads }), { progress }, tuning);
      expect(summary.symbols.map(({ symbol }) => symbol)).toEqual(['AAA', 'B/B', 'CCC', 'DDD']);
      expect(summary.rows).toBe(2100);
      expect(summary.stages.engine).toBeGreaterThan(0);
      found.push({ files: digests(dataset), symbols: summary.symbols });
    }
    expect(Object.keys(found[0]!.files)).toHaveLength(4);
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
  });

  it('are all to be there when the dataset is read', async () => {
    const dataset = join(freshFolder(), 'out');
    await prepare(configOf(raw, dataset, { featureSet: 'core' }), { progress });
    expect((await openDataset(`${dataset}/`)).symbols).toHaveLength(4);
    rmSync(join(dataset, 'symbol=B%2FB'), { recursive: true });
    rmSync(join(dataset, 'symbol=CCC', 'part-0.parquet'));
    await expect(openDataset(`${dataset}/`)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('got no rows of B/B, CCC'),
    });
    rmSync(`${dataset}.manifest.json`);
    expect((await openDataset(dataset)).symbols.map(({ name }) => name)).toEqual(['AAA', 'DDD']);
  });

  it('leave nothing behind when one of them cannot be read, and say which', async () => {
    const folder = freshFolder();
    const own = join(folder, 'raw');
    writeMarkets(own);
    appendFileSync(join(own, 'CCC_trades.csv'), '1800000000000000,9,n/a,1,1\n');
    const run = prepare(configOf(own, join(folder, 'out'), { threads: 2 }), { progress });
    await expect(run).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/CCC_trades\.csv:302: field "price": expected a number, got "n\/a"/),
    });
    expect(readdirSync(folder)).toEqual(['raw']);
  });

  it('end when the run is interrupted', async () => {
    const folder = freshFolder();
    const end = new AbortController();
    const noting = {
      ...progress,
      phase: () => {
        end.abort();
        return { update: () => {}, end: () => {} };
      },
    };
    const config = configOf(raw, join(folder, 'out'), { threads: 2 });
    const run = prepare(config, { progress: noting, signal: end.signal });
    await expect(run).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('since the last run', () => {
  const sorted = (text: string) => {
    const [first, ...rows] = text.trimEnd().split('\n');
    return [first!, ...rows.sort((a, b) => Number(a.split(',')[0]) - Number(b.split(',')[0]))];
  };

  it('each symbol gets its part, side by side as one after the other', async () => {
    const markets = { AAA: sorted(randomMarket(41, 200).trades), BBB: sorted(randomMarket(42, 300).trades) };
    const found = [];
    // The same paths: a part names the digest of its state, and that knows the files.
    const folder = freshFolder();
    for (const threads of [1, 2]) {
      const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
      mkdirSync(raw);
      const config = configOf(raw, out, { threads, sinceLast: true });
      for (const day of [0, 1, 2]) {
        for (const [symbol, rows] of Object.entries(markets)) {
          // On the last day BBB alone has traded.
          const own = day === 2 && symbol === 'AAA' ? [] : rows.slice(1 + 60 * day, 61 + 60 * day);
          const text = `${own.join('\n')}\n`;
          if (own.length > 0)
            appendFileSync(join(raw, `${symbol}_trades.csv`), day === 0 ? `${rows[0]}\n${text}` : text);
        }
        const { rows, appended } = await prepare(config, { progress });
        expect([rows, appended]).toEqual(
          [
            [120, 120],
            [240, 120],
            [300, 60],
          ][day],
        );
      }
      const whole = await prepare(configOf(raw, join(folder, 'whole'), { threads }), { progress });
      const grown = await prepare(config, { progress });
      expect(grown.appended).toBe(0);
      const data = ({ symbols }: typeof whole) =>
        symbols.map(({ symbol, dataSha256 }) => [symbol, dataSha256]);
      expect(data(grown)).toEqual(data(whole));
      found.push(digests(out));
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    }
    expect(Object.keys(found[0]!)).toHaveLength(5);
    expect(found[1]).toEqual(found[0]);
  });

  it('a symbol that cannot go on holds back the others', async () => {
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    mkdirSync(raw);
    const rows = sorted(randomMarket(43, 100).trades);
    for (const symbol of ['AAA', 'BBB'])
      writeFileSync(join(raw, `${symbol}_trades.csv`), `${rows.slice(0, 51).join('\n')}\n`);
    const config = configOf(raw, out, { threads: 2, sinceLast: true });
    await prepare(config, { progress });
    const before = digests(out);
    const state = digests(`${out}.state`);
    appendFileSync(join(raw, 'AAA_trades.csv'), `${rows.slice(51).join('\n')}\n`);
    appendFileSync(join(raw, 'BBB_trades.csv'), `${rows[3]}\n`);
    await expect(prepare(config, { progress })).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/^BBB: expected trades from ts/),
    });
    expect(digests(out)).toEqual(before);
    expect(digests(`${out}.state`)).toEqual(state);
    expect(existsSync(`${out}.partial`)).toBe(false);
  });
});
