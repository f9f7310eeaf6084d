/** Day after day with --since-last gives the rows of one whole run, to the last bit, or says why it cannot. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshFolder } from '../support/folder.js';
import { type Market, randomMarket, seeded } from '../support/market.js';
import { readTable } from '../support/table.js';

type Prepare = typeof import('../../ts/stages/prepare.js').prepare;
type Config = Parameters<Prepare>[0];
type Layout = 'grown' | 'grown gzip' | 'daily';

// The pool's workers are files of the build, so the stage is taken from there.
let prepare: Prepare;
beforeAll(async () => {
  const url = pathToFileURL(resolve('dist/stages/prepare.js')).href;
  ({ prepare } = (await import(url)) as { prepare: Prepare });
});

const notes: string[] = [];
const progress = {
  phase: () => ({ update: () => {}, end: () => {} }),
  note: (line: string) => notes.push(line),
};

function run(raw: string, out: string, change: Partial<Config> = {}, onStep?: (step: string) => void) {
  const config: Config = {
    ...{ raw, symbols: undefined, dataset: out, threads: 1, compression: 'lz4', onBadRow: 'fail' },
    ...{ featureSet: 'extended', indicators: { W_s: '20' }, sinceLast: true },
    ...change,
  };
  return prepare(config, { progress, ...(onStep && { onStep }) });
}

const streams = ['trades', 'depth', 'liquidations'] as const;

/** The rows of each stream before these moments, and those behind the last. */
function cutAt(market: Market, moments: readonly number[]): Market[] {
  const borders = [...moments, Number.POSITIVE_INFINITY];
  return borders.map((to, i) => {
    const from = i === 0 ? Number.NEGATIVE_INFINITY : borders[i - 1]!;
    const rows = (stream: (typeof streams)[number]) => {
      const [, ...lines] = ordered(market[stream]);
      return lines.filter((line) => stamp(line) >= from && stamp(line) < to).map((line) => `${line}\n`);
    };
    return Object.fromEntries(streams.map((stream) => [stream, rows(stream).join('')])) as unknown as Market;
  });
}

const stamp = (line: string) => Number(line.slice(0, line.indexOf(',')));

function ordered(content: string): string[] {
  const [header, ...lines] = content.trimEnd().split('\n');
  return [header!, ...lines.sort((a, b) => stamp(a) - stamp(b))];
}

/** Adds a day to the raw folder, as an export or an archive of daily files does. */
function addDay(raw: string, market: Market, day: Market, nth: number, layout: Layout): void {
  mkdirSync(raw, { recursive: true });
  for (const stream of streams) {
    const header = `${market[stream].slice(0, market[stream].indexOf('\n'))}\n`;
    if (layout === 'daily') {
      const folder = join(raw, `2023-11-${10 + nth}`);
      mkdirSync(folder, { recursive: true });
      if (nth === 0 || day[stream] !== '')
        writeFileSync(join(folder, `TEST_${stream}.csv`), header + day[stream]);
      continue;
    }
    const text = nth === 0 ? header + day[stream] : day[stream];
    if (layout === 'grown') appendFileSync(join(raw, `TEST_${stream}.csv`), text);
    else appendFileSync(join(raw, `TEST_${stream}.csv.gz`), gzipSync(text));
  }
}

/** The parts as one table. */
function tableOf(out: string) {
  const folder = join(out, 'symbol=TEST');
  const parts = readdirSync(folder)
    .sort()
    .map((name) => readTable(join(folder, name)));
  return Object.fromEntries(Object.keys(parts[0]!).map((c) => [c, parts.flatMap((part) => part[c]!)]));
}

const uncut = (quality: Record<string, number>) => {
  const { out_of_order: _, id_stalls: __, id_gaps: ___, depth_out_of_order: ____, ...rest } = quality;
  return rest;
};

const cases = [1, 2, 3, 4, 5, 6].flatMap((seed) =>
  (['grown', 'grown gzip', 'daily'] as const).map((layout) => ({ seed, layout })),
);

describe.each(cases)('market $seed, $layout', ({ seed, layout }) => {
  it('day by day gives what one run gives', async () => {
    const market = randomMarket(seed, 260);
    const next = seeded(1000 + seed);
    const stamps = ordered(market.trades).slice(1).map(stamp);
    const cuts = Array.from({ length: 1 + (seed % 5) }, () => stamps[1 + Math.floor(next() * 258)]!);
    const change: Partial<Config> = {
      featureSet: seed % 2 === 0 ? 'core' : 'extended',
      indicators: { W_s: '20', wall_min_persist: seed % 3 === 0 ? '3' : '1' },
    };
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    let rows = 0;
    for (const [nth, day] of cutAt(
      market,
      [...cuts].sort((a, b) => a - b),
    ).entries()) {
      addDay(raw, market, day, nth, layout);
      const summary = await run(raw, out, change);
      rows += summary.appended!;
      expect(summary.rows).toBe(rows);
    }
    const grown = (await run(raw, out, change)).symbols[0]!;
    const whole = await run(raw, join(folder, 'whole.parquet'), { ...change, sinceLast: false });
    expect(tableOf(out)).toEqual(readTable(join(folder, 'whole.parquet')));
    const { quality, dataSha256, trades, depth, liquidations } = whole.symbols[0]!;
    expect(grown).toMatchObject({ dataSha256, trades, depth, liquidations });
    expect(uncut(grown.quality)).toEqual(uncut(quality));
  });
});

/** A folder with the first day prepared, and the second one. */
async function afterOneDay(layout: Layout = 'grown') {
  const market = randomMarket(7, 120);
  const stamps = ordered(market.trades).slice(1).map(stamp);
  const days = cutAt(market, [stamps[60]!]) as [Market, Market];
  const folder = freshFolder();
  const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
  addDay(raw, market, days[0], 0, layout);
  await run(raw, out);
  return { market, days, folder, raw, out };
}

/** All files below a folder, with their content. */
function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  return Object.fromEntries(
    names.map((e) => join(e.parentPath, e.name)).map((path) => [path, readFileSync(path, 'base64')]),
  );
}

describe('what cannot be appended', () => {
  const trades = (raw: string) => join(raw, 'TEST_trades.csv');
  const later = (day: Market, change: (fields: string[]) => void) => {
    const fields = day.trades.split('\n')[0]!.split(',');
    change(fields);
    return `${fields.join(',')}\n`;
  };
  const ways: [string, RegExp, (raw: string, days: [Market, Market]) => void][] = [
    [
      'a late trade',
      /late/,
      (raw, [first, second]) => {
        const early = first.trades.split('\n')[2]!.split(',')[0]!;
        const line = later(second, (f) => {
          f[0] = early;
          f[1] = '999999';
        });
        appendFileSync(trades(raw), line);
      },
    ],
    [
      'a repeated id',
      /trade ids above/,
      (raw, [, second]) => {
        appendFileSync(
          trades(raw),
          later(second, (f) => {
            f[1] = '1';
          }),
        );
      },
    ],
    [
      'a price off the pinned tick',
      /pinned tick/,
      (raw, [, second]) => {
        appendFileSync(
          trades(raw),
          later(second, (f) => {
            f[2] = '3000.123';
          }),
        );
      },
    ],
    [
      'ids of another kind',
      /ids of the kind/,
      (raw, [, second]) => {
        appendFileSync(
          trades(raw),
          later(second, (f) => {
            f[1] = 'abc';
          }),
        );
      },
    ],
    [
      'a changed file',
      /as they were read before/,
      (raw, [, second]) => {
        const text = readFileSync(trades(raw), 'utf8').replace(/,1\n/, ',-1\n');
        writeFileSync(trades(raw), text + second.trades);
      },
    ],
    [
      'a late book',
      /late row/,
      (raw, [first, second]) => {
        appendFileSync(trades(raw), second.trades);
        appendFileSync(join(raw, 'TEST_depth.csv'), `${first.depth.split('\n')[0]}\n`);
      },
    ],
    [
      'a late liquidation',
      /late row/,
      (raw, [, second]) => {
        appendFileSync(trades(raw), second.trades);
        appendFileSync(join(raw, 'TEST_liquidations.csv'), `1600000000000000,1,1,3000.0,1\n`);
      },
    ],
  ];

  it.each(ways)('%s ends the run and changes nothing', async (_, says, spoil) => {
    const { days, raw, out } = await afterOneDay();
    const before = contentOf(join(out, '..', 'out'));
    const state = contentOf(`${out}.state`);
    spoil(raw, days);
    await expect(run(raw, out)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(says),
      hint: expect.stringContaining('whole history'),
    });
    expect(contentOf(out)).toEqual(before);
    expect(contentOf(`${out}.state`)).toEqual(state);
  });

  it('other parameters than before are named', async () => {
    const { raw, out } = await afterOneDay();
    const other = run(raw, out, { indicators: { W_s: '30' } });
    await expect(other).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('W_s as it was, 20'),
    });
    const set = run(raw, out, { featureSet: 'core' });
    await expect(set).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('featureSet'),
    });
  });

  it('a dataset without a state is left alone', async () => {
    const { raw, out, folder } = await afterOneDay();
    const file = join(folder, 'file.parquet');
    await run(raw, file, { sinceLast: false });
    await expect(run(raw, file)).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('--since-last'),
    });
    await run(raw, out, { sinceLast: false });
    expect(existsSync(`${out}.state`)).toBe(false);
    await expect(run(raw, out)).rejects.toMatchObject({ code: 'E_USAGE' });
  });
});

it('without new rows nothing changes', async () => {
  const { raw, out } = await afterOneDay();
  const before = contentOf(join(out, '..'));
  notes.length = 0;
  expect((await run(raw, out)).appended).toBe(0);
  expect(notes.join()).toContain('no new rows');
  expect(contentOf(join(out, '..'))).toEqual(before);
});

it('a crash between any two steps leaves the old or the new state', async () => {
  const { market, days, folder, raw, out } = await afterOneDay();
  const old = tableOf(out);
  addDay(raw, market, days[1], 1, 'grown');
  const left: string[] = [];
  await run(raw, out, {}, () => {
    const copy = join(folder, `crash-${left.length}`);
    for (const name of ['raw', 'out', 'out.state', 'out.manifest.json'])
      cpSync(join(folder, name), join(copy, name), { recursive: true });
    left.push(copy);
  });
  expect(left.length).toBe(5);
  const whole = tableOf(out);
  for (const copy of left) {
    const rows = tableOf(join(copy, 'out'));
    expect([old, whole]).toContainEqual(rows);
    const { symbols } = await run(join(copy, 'raw'), join(copy, 'out'));
    expect(tableOf(join(copy, 'out'))).toEqual(whole);
    const manifest = readFileSync(join(copy, 'out.manifest.json'), 'utf8');
    expect(JSON.parse(manifest).dataSha256).toBe(symbols[0]!.dataSha256);
  }
});

describe('rows of one stamp on both sides of the border', () => {
  /** Day one ends within a stamp of each stream; the books and liquidations of it are behind the last trade. */
  const header = { trades: 'ts,trade_id,price,qty,side', liquidations: 'ts,seq,pos,price,qty' };
  const bookHeader = 'ts,seq,bid_px,bid_qty,ask_px,ask_qty';
  const s = (second: number) => 1_700_000_000_000_000 + second * 1_000_000;
  const book = (second: number, seq: number, bid: number) =>
    `${s(second)},${seq},"{${bid}.0,${bid - 1}.0}","{2,3}","{${bid + 1}.0,${bid + 2}.0}","{1,4}"`;
  const trade = (second: number, id: number) => `${s(second)},${id},${100 + (id % 3)}.0,1.${id % 7},1`;
  const days: [Record<string, string[]>, Record<string, string[]>] = [
    {
      trades: [trade(1, 1), trade(2, 2), trade(4, 3)],
      depth: [book(1, 1, 99), book(2, 2, 100), book(4, 3, 90)],
      liquidations: [`${s(1)},1,1,100.0,5`, `${s(4)},2,1,100.0,7`],
    },
    {
      trades: [trade(4, 4), trade(5, 5), trade(9, 6)],
      // Stands in for the last book of day one; the second liquidation repeats the last one.
      depth: [book(4, 4, 101), book(6, 5, 102)],
      liquidations: [`${s(4)},2,1,100.0,7`, `${s(4)},3,-1,100.0,9`],
    },
  ];

  it.each([1, 3])('are taken as one run takes them (wall_min_persist %i)', async (persist) => {
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    const change: Partial<Config> = { indicators: { W_s: '20', wall_min_persist: String(persist) } };
    const market = {
      trades: `${header.trades}\n`,
      depth: `${bookHeader}\n`,
      liquidations: `${header.liquidations}\n`,
    };
    for (const [nth, day] of days.entries()) {
      const text = (stream: string) => day[stream]!.map((line) => `${line}\n`).join('');
      const content = { trades: text('trades'), depth: text('depth'), liquidations: text('liquidations') };
      addDay(raw, market, content, nth, 'grown');
      await run(raw, out, change);
    }
    const grown = (await run(raw, out, change)).symbols[0]!;
    const file = join(folder, 'whole.parquet');
    const whole = (await run(raw, file, { ...change, sinceLast: false })).symbols[0]!;
    expect(tableOf(out)).toEqual(readTable(file));
    expect(grown.dataSha256).toBe(whole.dataSha256);
    expect(uncut(grown.quality)).toEqual(uncut(whole.quality));
    expect(whole.quality).toMatchObject({ depth_replaced: 1, liquidations_duplicates: 1 });
  });

  it('a book that stands in for one which a row has seen is late', async () => {
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    const first = { trades: `${trade(1, 1)}\n${trade(5, 2)}\n`, depth: `${book(4, 1, 99)}\n` };
    const second = { trades: `${trade(6, 3)}\n`, depth: `${book(4, 2, 100)}\n` };
    const market = {
      trades: `${header.trades}\n`,
      depth: `${bookHeader}\n`,
      liquidations: `${header.liquidations}\n`,
    };
    addDay(raw, market, { ...first, liquidations: '' }, 0, 'grown');
    await run(raw, out);
    addDay(raw, market, { ...second, liquidations: '' }, 1, 'grown');
    await expect(run(raw, out)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/late row/),
    });
  });
});
