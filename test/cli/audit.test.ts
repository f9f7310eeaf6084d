/** `hybrid audit` finds nothing in what prepare wrote, and finds a value that knows the future. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Float64, Table, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow';
import { readParquet, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditSummary } from '../../ts/stages/audit.js';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { randomMarket, writeMarket } from '../support/market.js';

const folder = freshFolder();
const rows = 3000;

beforeAll(async () => {
  writeMarket(join(folder, 'raw_data'), 'A', randomMarket(5, rows));
  writeFileSync(
    join(folder, 'portfolio.json'),
    JSON.stringify({ portfolio: [{ formula: 'zscore(ofd, 50) - lag(obi, 3)' }] }),
  );
  const options = ['--param', 'wall_min_persist=2', '--param', 'depth_latency_us=1000'];
  const { code, stderr } = await hybrid(['prepare', ...options], folder);
  expect(code, stderr).toBe(0);
});

async function audited(
  dataset: string,
  ...more: string[]
): Promise<{ code: number | null; found: AuditSummary }> {
  const { code, stdout, stderr } = await hybrid(['audit', dataset, '--json', ...more], folder);
  expect(stdout, stderr).not.toBe('');
  return { code, found: JSON.parse(stdout) as AuditSummary };
}

describe('a dataset that prepare wrote', () => {
  it('passes in every column and formula, whatever the future of its rows', async () => {
    const { code, found } = await audited(
      'features.parquet',
      '--formulas',
      'portfolio.json',
      '--checks',
      '3',
    );
    expect(found.violations).toEqual([]);
    expect(code).toBe(0);
    expect(found.columns).toBe(47);
    expect(found.checks.map(({ future }) => future)).toEqual(Array(3).fill(['cut off', 'poisoned']).flat());
    expect(found.rowsChecked).toBe(found.checks.reduce((sum, { row }) => sum + row + 1, 0));
    expect(readdirSync(folder).filter((name) => name.startsWith('.audit'))).toEqual([]);
  });

  it('tells how long a late start is felt', async () => {
    const { found } = await audited('features.parquet', '--checks', '1');
    const of = (column: string) => found.warmUp.find((own) => own.column === column)!;
    expect(of('price').rows).toBe(0);
    expect(of('ofd').seconds).toBeGreaterThan(0);
    expect(of('rsi7').seconds).toBeGreaterThan(of('ofd').seconds);
  });
});

describe('a value that knows the future', () => {
  /** The dataset with one column changed, its metadata and manifest as they were. */
  function doctored(
    name: string,
    column: string,
    change: (values: (number | null)[]) => (number | null)[],
  ): void {
    const bytes = readFileSync(join(folder, 'features.parquet'));
    const table = tableFromIPC(readParquet(bytes).intoIPCStream());
    const values = [...table.getChild(column)!].map((v) => (v === null ? null : Number(v)));
    const columns = Object.fromEntries(
      table.schema.fields.map((field) => [
        field.name,
        field.name === column ? vectorFromArray(change(values), new Float64()) : table.getChild(field.name)!,
      ]),
    );
    const metadata = new Map(
      Object.entries(JSON.parse(JSON.stringify(keyValues(bytes)))) as [string, string][],
    );
    const properties = new WriterPropertiesBuilder().setKeyValueMetadata(metadata).build();
    const other = WasmTable.fromIPCStream(tableToIPC(new Table(columns), 'stream'));
    writeFileSync(join(folder, name), writeParquet(other, properties));
    const manifest = readFileSync(join(folder, 'features.parquet.manifest.json'));
    writeFileSync(join(folder, `${name}.manifest.json`), manifest);
  }

  function keyValues(bytes: Uint8Array): Record<string, string> {
    const { metadata } = tableFromIPC(readParquet(bytes).intoIPCStream()).schema;
    return Object.fromEntries(metadata);
  }

  it('is named with its row', async () => {
    doctored('peeking.parquet', 'vwap', (values) => [...values.slice(1), null]);
    const { code, found } = await audited('peeking.parquet', '--checks', '1');
    expect(code).toBe(1);
    expect([...new Set(found.violations.map(({ column }) => column))]).toEqual(['vwap']);
    const [first] = found.violations;
    expect(first!.row).toBeLessThan(rows);
    expect(first!.expected).not.toBe(first!.got);
  });
});

describe('what cannot be audited is said', () => {
  it.each([
    ['absent.parquet', [], /no such file/],
    ['portfolio.json', [], /expected a Parquet file/],
    ['features.parquet', ['--raw', 'nowhere'], /nowhere: no such folder/],
    ['features.parquet', ['--raw', 'other'], /expected the files that A was prepared from, got others/],
    ['features.parquet', ['--formulas', 'features.parquet'], /expected a portfolio.json/],
  ])('%s %j', async (dataset, more, message) => {
    writeMarket(join(folder, 'other'), 'A', randomMarket(6, rows));
    const { code, stderr } = await hybrid(['audit', dataset, ...more], folder);
    expect([code, stderr]).toEqual([3, expect.stringMatching(message)]);
    expect(stderr).toContain('\nhint: ');
  });
});
