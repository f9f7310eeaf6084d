/** An audit prepares with what the dataset was prepared with, not with what is said now: a sound dataset stays sound. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AuditSettings, audit } from '../../ts/stages/audit.js';
import { type PrepareConfig, prepare } from '../../ts/stages/prepare.js';
import { freshFolder } from '../support/folder.js';

const progress = { phase: () => ({ update: () => {}, end: () => {} }), note: () => {} };
const at = (second: number) => 1_700_006_400_000_000 + second * 1_000_000;
const rows = Array.from({ length: 120 }, (_, i) => i);

describe('an audit', () => {
  it.each<[string, Partial<PrepareConfig>]>([
    ['the time column', { timeColumn: 'local' }],
    ['the preset', { preset: ['tardis_trades'] }],
    [
      'the mappings',
      {
        trades: { columns: {}, qtyMultiplier: '0.1' },
        liquidations: { columns: {}, liqSide: 'position', preset: 'tardis_liquidations' },
      },
    ],
    ['that nothing was said', {}],
  ])('takes %s from the manifest', async (_, said) => {
    const raw = freshFolder();
    const header = 'exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n';
    const row = (i: number, every: number) =>
      `x,A,${at(i * every)},${at(i * every) + 700_000 * (i % 7)},${i + 1},${i % 3 ? 'buy' : 'sell'},100.${i % 10},${1 + (i % 4)}\n`;
    writeFileSync(join(raw, 'x_trades_2023-11-14_A.csv'), header + rows.map((i) => row(i, 2)).join(''));
    writeFileSync(join(raw, 'x_liquidations_2023-11-14_A.csv'), header + rows.map((i) => row(i, 2)).join(''));
    const dataset = join(freshFolder(), 'features.parquet');
    const config: PrepareConfig = {
      ...{ raw, symbols: undefined, dataset, threads: 1, compression: 'none', onBadRow: 'fail' },
      ...{ indicators: {}, ...said },
    };
    await prepare(config, { progress });
    const manifest = JSON.parse(readFileSync(`${dataset}.manifest.json`, 'utf8'));
    expect(manifest.configuration).toMatchObject({
      timeColumn: said.timeColumn ?? 'exchange',
      preset: said.preset ?? null,
      trades: said.trades ?? null,
      depth: null,
    });
    // What is said now must not count.
    const now = { timeColumn: 'exchange', trades: { columns: {}, qtyMultiplier: '7' } } as const;
    const settings = { ...config, preset: undefined, liquidations: undefined, ...now, checks: 1, seed: 1 };
    const { violations } = await audit(dataset, settings as unknown as AuditSettings, { progress });
    expect(violations).toEqual([]);
  });
});
