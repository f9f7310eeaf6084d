/** A dataset that grew by `prepare --since-last` is a dataset like any other, also when a run of it was killed. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hybrid, hybridProcess, start } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { type Market, randomMarket } from '../support/market.js';

const symbols = { AAA: randomMarket(61, 900), BBB: randomMarket(62, 700) };
const streams = ['trades', 'depth', 'liquidations'] as const;
const stamp = (line: string) => Number(line.slice(0, line.indexOf(',')));

/** The raw files of the first so many thirds of the time. */
function writeThirds(folder: string, thirds: number): void {
  mkdirSync(join(folder, 'raw_data'), { recursive: true });
  for (const [symbol, market] of Object.entries(symbols)) {
    const stamps = market.trades.trimEnd().split('\n').slice(1).map(stamp);
    const [from, to] = [Math.min(...stamps), Math.max(...stamps)];
    const end = thirds === 3 ? Number.POSITIVE_INFINITY : from + ((to - from) * thirds) / 3;
    for (const stream of streams) writeUpTo(folder, symbol, market, stream, end);
  }
}

function writeUpTo(
  folder: string,
  symbol: string,
  market: Market,
  stream: (typeof streams)[number],
  end: number,
): void {
  const [header, ...rows] = market[stream].trimEnd().split('\n');
  const seen = rows.sort((a, b) => stamp(a) - stamp(b)).filter((row) => stamp(row) < end);
  writeFileSync(join(folder, 'raw_data', `${symbol}_${stream}.csv`), `${[header, ...seen].join('\n')}\n`);
}

async function prepared(folder: string, ...flags: string[]) {
  const { code, stdout, stderr } = await hybrid(['prepare', '--json', '--threads', '2', ...flags], folder);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { rows: number; symbols: { symbol: string; dataSha256: string }[] };
}

const digestsOf = ({ symbols }: Awaited<ReturnType<typeof prepared>>) =>
  symbols.map(({ symbol, dataSha256 }) => [symbol, dataSha256]);

const folder = freshFolder();
let whole: [string, string][];
beforeAll(async () => {
  writeThirds(folder, 3);
  whole = digestsOf(await prepared(folder, '--out', 'whole')) as [string, string][];
});

describe('after three days', () => {
  beforeAll(async () => {
    for (const thirds of [1, 2, 3]) {
      writeThirds(folder, thirds);
      await prepared(folder, '--since-last');
    }
  });

  it('the parts are those of one whole run', async () => {
    expect(readdirSync(join(folder, 'features.parquet', 'symbol=AAA')).sort()).toEqual([
      'part-0.parquet',
      'part-000001.parquet',
      'part-000002.parquet',
    ]);
    expect(digestsOf(await prepared(folder, '--since-last'))).toEqual(whole);
  });

  it('audit finds no value that knows the future', async () => {
    const { code, stdout, stderr } = await hybridProcess(
      ['audit', 'features.parquet', '--json', '--checks', '1'],
      folder,
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ columns: 46, violations: [] });
  });

  it('inspect tells its columns as those of the whole dataset', async () => {
    const told = async (path: string) => {
      const { stdout } = await hybrid(['inspect', path, '--json'], folder);
      const { rows, span, columns } = JSON.parse(stdout);
      return { rows, span, columns };
    };
    const grown = await told('features.parquet');
    expect(grown.rows).toBe(1600);
    expect(grown).toEqual(await told('whole'));
  });
});

it('a run that is killed leaves nothing that the next one stumbles over', async () => {
  const own = freshFolder();
  for (const [thirds, patience] of [
    [1, 400],
    [2, 700],
    [3, 1000],
  ] as const) {
    writeThirds(own, thirds);
    const { process: run, finished } = start(['prepare', '--since-last', '--threads', '2'], own);
    setTimeout(() => run.kill('SIGKILL'), patience);
    await finished;
  }
  expect(digestsOf(await prepared(own, '--since-last'))).toEqual(whole);
  expect(readdirSync(own).sort()).toEqual([
    'features.parquet',
    'features.parquet.manifest.json',
    'features.parquet.state',
    'raw_data',
  ]);
});
