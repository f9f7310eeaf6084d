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

describe('books that are built from levels', () => {
  const start = 1_700_000_000_000_000;

  /** Rows of one message a stamp: whole books, or after the first what has changed. */
  function levelRows(seed: number, changes: boolean): string[] {
    const below = belowOf(seed);
    const book = { bid: new Map<number, number>(), ask: new Map<number, number>() };
    const rows: string[] = [];
    for (let nth = 0; nth < 60; nth++) {
      const ts = start + 700_000 * nth + below(3) * 100_000;
      const touched: string[] = [];
      for (const [side, levels] of Object.entries(book) as ['bid' | 'ask', Map<number, number>][])
        for (let i = 0; i < 1 + below(3); i++) {
          const price = side === 'bid' ? 3000 - below(12) : 3001 + below(12);
          levels.set(price, nth > 0 && below(4) === 0 ? 0 : 1 + below(50));
          touched.push(`${side},${price}.0,${levels.get(price)}`);
        }
      const whole = Object.entries(book).flatMap(([side, levels]) =>
        [...levels].filter(([, size]) => size > 0).map(([price, size]) => `${side},${price}.0,${size}`),
      );
      const rowsOf = changes && nth > 0 ? touched : whole;
      const before = changes ? `x,TEST,${ts},${ts},${nth === 0}` : `${ts}`;
      rows.push(...rowsOf.map((row) => `${before},${row}`));
    }
    return rows;
  }

  const belowOf = (seed: number) => {
    const next = seeded(seed);
    return (n: number) => Math.floor(next() * n);
  };
  const stampOf = (row: string) => Number(/\d{16}/.exec(row)![0]);
  const headers = {
    long: 'ts,side,price,qty',
    incremental: 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount',
  };
  const tradeHeader = 'ts,trade_id,price,qty,side';
  const tradeRow = (ts: number, id: number) =>
    `${ts},${id},${3000 + (id % 3)}.5,1.${id % 7},${id % 2 ? 1 : -1}`;

  const layouts = ['long', 'incremental'] as const;
  const levelCases = [1, 2, 3, 4].flatMap((seed) => layouts.map((layout) => ({ seed, layout })));

  it.each(levelCases)('seed $seed, $layout: cut within messages too', async ({ seed, layout }) => {
    const below = belowOf(50 + seed);
    const depth = levelRows(seed, layout === 'incremental');
    const trades = Array.from({ length: 120 }, (_, i) => tradeRow(start + 340_000 * i + below(200_000), i));
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    mkdirSync(raw);
    writeFileSync(join(raw, 'TEST_trades.csv'), `${tradeHeader}\n`);
    writeFileSync(join(raw, 'TEST_depth.csv'), `${headers[layout]}\n`);
    const change: Partial<Config> = {
      threads: 1 + (seed % 2),
      indicators: { W_s: '5', estimate_min_n: '3', wall_min_persist: seed % 2 ? '1' : '2' },
    };
    const cuts = [...new Set([20 + below(30), 60 + below(10), 75 + below(30), 120])];
    let [from, read] = [0, 0];
    for (const to of cuts) {
      // Up to the first book that no row of the day sees, and a few rows of what comes then.
      const unseen = depth.findIndex((row) => stampOf(row) >= stampOf(trades[to - 1]!));
      const end = to === 120 ? depth.length : unseen + below(8);
      const add = (name: string, rows: string[]) =>
        appendFileSync(join(raw, name), rows.map((row) => `${row}\n`).join(''));
      add('TEST_trades.csv', trades.slice(from, to));
      add('TEST_depth.csv', depth.slice(read, Math.max(read, end)));
      [from, read] = [to, Math.max(read, end)];
      await run(raw, out, change);
    }
    const grown = (await run(raw, out, change)).symbols[0]!;
    const file = join(folder, 'whole.parquet');
    const whole = (await run(raw, file, { ...change, sinceLast: false })).symbols[0]!;
    expect(whole.quality.depth_snapshots).toBeGreaterThan(40);
    expect(tableOf(out)).toEqual(readTable(file));
    expect(grown.dataSha256).toBe(whole.dataSha256);
    expect(uncut(grown.quality)).toEqual(uncut(whole.quality));
  });

  it('a message that a row has seen the half of ends the run', async () => {
    const folder = freshFolder();
    const [raw, out] = [join(folder, 'raw'), join(folder, 'out')];
    mkdirSync(raw);
    const at = (second: number) => start + second * 1_000_000;
    const level = (second: number, side: string, price: number) => `${at(second)},${side},${price}.0,1\n`;
    writeFileSync(
      join(raw, 'TEST_trades.csv'),
      `${tradeHeader}\n${tradeRow(at(1), 1)}\n${tradeRow(at(5), 2)}\n`,
    );
    writeFileSync(
      join(raw, 'TEST_depth.csv'),
      `${headers.long}\n${level(4, 'bid', 3000)}${level(4, 'ask', 3001)}`,
    );
    await run(raw, out);
    appendFileSync(join(raw, 'TEST_trades.csv'), `${tradeRow(at(6), 3)}\n`);
    appendFileSync(join(raw, 'TEST_depth.csv'), level(4, 'ask', 3002));
    await expect(run(raw, out)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(/late rows/),
    });
  });
});

describe('ids that are texts', () => {
  const withTextIds = (text: string) => text.replace(/^(\d+),(\d+),/gm, '$1,id-$2,');

  it('are told from all ids before alone: the first run says so', async () => {
    const { days, folder } = await afterOneDay();
    const [raw, out] = [join(folder, 'texts'), join(folder, 'texts-out')];
    mkdirSync(raw);
    writeFileSync(join(raw, 'TEST_trades.csv'), `ts,trade_id,price,qty,side\n${withTextIds(days[0].trades)}`);
    await expect(run(raw, out)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('ids that are integers or none, got texts'),
      hint: expect.stringContaining('"dedup": "none"'),
    });
  });

  it.each(['text', 'integer'])('go on where none is to be found repeated (%s)', async (kind) => {
    const { market, days, folder } = await afterOneDay();
    const [raw, out] = [join(folder, 'texts'), join(folder, 'texts-out')];
    const change: Partial<Config> = { trades: { columns: {}, dedup: 'none' } };
    const ids = kind === 'text' ? withTextIds : (text: string) => text;
    const last = days[1].trades.trimEnd().split('\n').at(-1)!;
    for (const [nth, day] of days.entries()) {
      // The last trade repeats the id of the first of its day.
      const again = last.replace(/,\d+,/, `,${day.trades.split(',')[1]},`);
      const trades = nth === 1 ? `${day.trades}${again}\n` : day.trades;
      addDay(raw, market, { ...day, trades: ids(trades) }, nth, 'grown');
      await run(raw, out, change);
    }
    const file = join(folder, 'whole.parquet');
    const whole = (await run(raw, file, { ...change, sinceLast: false })).symbols[0]!;
    expect(whole.rows).toBe(121);
    expect(tableOf(out)).toEqual(readTable(file));
    const once = (await run(raw, file, { sinceLast: false })).symbols[0]!;
    expect([once.rows, once.quality.duplicates]).toEqual([120, 1]);
  });
});
