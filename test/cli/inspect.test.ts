/** `hybrid inspect` says what is in a file: against a plain sort, and against what the file's writer knows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../ts/stages/inspect.js';
import { hybrid, hybridProcess } from '../support/cli.js';
import { generator, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();

async function inspected(name: string): Promise<Inspection> {
  const { code, stdout, stderr } = await hybrid(['inspect', name, '--json'], folder);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Inspection;
}

/** The quantile between the two nearest of all values, by definition. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  return sorted[below]! + (position - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
}

describe('a CSV file without header', () => {
  it('has its columns by number, and its first row counts', async () => {
    writeFileSync(join(folder, 'bare.csv'), '7,100.5,true\n8,101.5,false\n9,102.5,true\n');
    const { rows, columns } = await inspected('bare.csv');
    expect(rows).toBe(3);
    expect(columns.map(({ name, min, type }) => [name, min, type])).toEqual([
      ['column 1', 7, 'integer'],
      ['column 2', 100.5, 'float'],
      ['column 3', null, 'text'],
    ]);
  });
});

describe('a Parquet file', () => {
  const { normal, unit } = generator(7);
  const rows = 1501;
  const ts = BigInt64Array.from({ length: rows }, (_, i) => 1_700_000_000_000_000n + BigInt(i) * 1_000_000n);
  const x = Float64Array.from({ length: rows }, () => (unit() < 0.1 ? Number.NaN : normal()));
  writeDataset(
    join(folder, 'table.parquet'),
    { ts, x, constant: new Float64Array(rows).fill(3), none: new Float64Array(rows).fill(Number.NaN) },
    400,
  );

  it('is told by schema, span, nulls and quartiles', async () => {
    const { kind, rows: counted, span, columns } = await inspected('table.parquet');
    expect([kind, counted]).toEqual(['parquet', rows]);
    expect(span).toEqual({ from: Number(ts[0]), to: Number(ts.at(-1)) });
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['ts', 'Int64'],
      ['x', 'Float64'],
      ['constant', 'Float64'],
      ['none', 'Float64'],
    ]);
    const values = [...x].filter((v) => !Number.isNaN(v));
    const own = columns[1]!;
    expect(own.nulls).toBe(rows - values.length);
    const shares = { min: 0, q25: 0.25, median: 0.5, q75: 0.75, max: 1 } as const;
    for (const [name, share] of Object.entries(shares))
      expect(own[name as keyof typeof shares]).toBeCloseTo(quantile(values, share), 12);
    expect(own.histogram.reduce((a, b) => a + b)).toBe(values.length);
  });

  it('may have columns of one value, or of none', async () => {
    const { columns } = await inspected('table.parquet');
    expect(columns[2]).toMatchObject({ nulls: 0, min: 3, q25: 3, median: 3, q75: 3, max: 3 });
    expect(columns[3]).toMatchObject({ nulls: rows, min: null, median: null, max: null, histogram: [] });
  });

  it('reads as a table with a histogram a column', async () => {
    const { stdout } = await hybridProcess(['inspect', 'table.parquet'], folder);
    expect(stdout).toContain('table.parquet: parquet, 1,501 rows × 4 columns');
    expect(stdout).toContain('from 2023-11-14 22:13:20 to 2023-11-14 22:38:20 (25.0 minutes)');
    expect(stdout).toMatch(/^x +Float64 .* [▁▂▃▄▅▆▇█ ]+$/m);
  });
});

describe('a CSV file', () => {
  const lines = [
    'ts,price,side,bids',
    '1700000000000000,100.5,buy,"{1,2,3}"',
    '1700000001000000,,sell,{}',
    '1700000003000000,99.5,buy,"[[1,2],[3,4]]"',
    '',
  ];
  writeFileSync(join(folder, 'a.csv'), lines.join('\n'));
  writeFileSync(join(folder, 'a.csv.gz'), gzipSync(`\uFEFF${lines.join('\r\n')}`));

  it.each(['a.csv', 'a.csv.gz'])('is read by its header: %s', async (name) => {
    const { kind, rows, span, columns } = await inspected(name);
    expect([kind, rows]).toEqual(['csv', 3]);
    expect(span).toEqual({ from: 1_700_000_000_000_000, to: 1_700_000_003_000_000 });
    expect(columns).toMatchObject([
      { name: 'ts', type: 'integer', nulls: 0, median: 1_700_000_001_000_000 },
      { name: 'price', type: 'float', nulls: 1, min: 99.5, median: 100, max: 100.5 },
      { name: 'side', type: 'text', nulls: 0, min: null, max: null },
      { name: 'bids', type: 'array (entries)', nulls: 0, min: 0, median: 2, max: 3 },
    ]);
  });
});

describe('a manifest', () => {
  it('is shown as it stands', async () => {
    writeFileSync(
      join(folder, 'm.json'),
      JSON.stringify({ kind: 'export', rows: 12, files: [{ path: 'a.csv' }] }),
    );
    expect(await inspected('m.json')).toMatchObject({ kind: 'export', rows: 12, columns: [] });
    const { stdout } = await hybrid(['inspect', 'm.json'], folder);
    expect(stdout).toContain('path: a.csv');
  });
});

describe('what is none of them is an answer too', () => {
  mkdirSync(join(folder, 'nothing'));
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'cut.json'), '{"kind": ');
  writeFileSync(join(folder, 'cut.parquet'), 'PAR1 and then no footer');
  it.each([
    ['absent.csv', /no such file/],
    ['nothing', /expected folders symbol=…, got none/],
    ['empty', /got an empty file/],
    ['cut.json', /expected a JSON object/],
    ['cut.parquet', /expected a Parquet file/],
  ])('%s', async (name, message) => {
    const { code, stderr } = await hybrid(['inspect', name], folder);
    expect([code, stderr]).toEqual([3, expect.stringMatching(message)]);
    expect(stderr).toContain('\nhint: ');
  });
});
