/** Whole small cases, input and expected table, found by listing the folders; run through the built command. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { shared } from '../support/shared.js';
import { differences, readTable } from '../support/table.js';

const ours = join('test', 'golden');
const folders = [ours, shared('spec', 'reference', 'golden')].filter((folder) => folder !== undefined);
const cases = folders.flatMap((folder) =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory()),
);

/** config.json as flags: `--param name=value` for each. */
function flags(folder: string): string[] {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  return Object.entries(config).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
}

describe('prepare gives the expected table', () => {
  it('has a case of its own', () => expect(cases.some((path) => path.startsWith(ours))).toBe(true));

  it.each(cases)('%s', async (path) => {
    const folder = freshFolder();
    const raw = resolve(path, 'input');
    const run = await hybrid(
      ['prepare', '--raw', raw, '--out', 'out.parquet', '--threads', '2', ...flags(path)],
      folder,
    );
    expect(run.stderr).not.toMatch(/^E_/m);
    expect(run.code).toBe(0);
    const expected = readFileSync(join(path, 'expected.csv'), 'utf8');
    expect(differences(readTable(join(folder, 'out.parquet')), expected)).toEqual([]);
  });

  it.skipIf(shared('spec', 'reference', 'golden', 'midnight') === undefined)(
    'counts what the midnight case holds',
    async () => {
      const path = shared('spec', 'reference', 'golden', 'midnight')!;
      const folder = freshFolder();
      const args = [
        'prepare',
        '--raw',
        join(path, 'input'),
        '--out',
        'out.parquet',
        '--json',
        ...flags(path),
      ];
      const result = JSON.parse((await hybrid(args, folder)).stdout);
      const { quality, trades, rows } = result.symbols[0];
      expect({ trades, rows }).toEqual({ trades: 395, rows: 390 });
      expect(quality).toMatchObject({
        dropped: 2,
        off_grid: 1,
        duplicates: 2,
        unknown_sides: 58,
        depth_malformed: 1,
        liquidations_duplicates: 1,
        liquidations_dropped: 1,
      });
    },
  );
});
