import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { silentProgress } from '../../ts/report/progress.js';
import { builtStage } from '../support/built.js';

const { demo } = await builtStage<typeof import('../../ts/stages/demo.js')>('demo');

const folder = mkdtempSync(join(tmpdir(), 'hybrid-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A temporary folder of our own, which the server's user can enter: other tests have servers of theirs.
chmodSync(folder, 0o755);
vi.stubEnv('TMPDIR', folder);
afterAll(() => vi.unstubAllEnvs());
const servers = () => readdirSync(folder).filter((name) => name.startsWith('hybrid-postgres-'));

/** A short market: every step runs, but the relation needs two days to show. */
const short = { hours: 5, population: 60, generations: 1 };

describe('the demo', () => {
  it('takes every trade through every step and says where the files are', async () => {
    const config = { demoFolder: join(folder, 'hybrid-demo'), threads: 2, seed: 42 };
    const ports = { progress: silentProgress, signal: new AbortController().signal };
    const { rows, files, planted } = await demo(config, ports, short);
    expect(rows.simulated).toBeGreaterThan(10_000);
    expect(rows).toEqual({ simulated: rows.simulated, exported: rows.simulated, prepared: rows.simulated });
    expect(planted.formula).toBe('obi * ofd');
    expect(Object.values(files).map((path) => existsSync(path))).toEqual([true, true, true]);
    expect(servers()).toEqual([]);
  });

  it('leaves no server when it is interrupted while one is running', async () => {
    const controller = new AbortController();
    const progress = {
      ...silentProgress,
      phase: (name: string) => {
        if (name.startsWith('export')) {
          expect(servers()).toHaveLength(1);
          controller.abort();
        }
        return { update: () => {}, end: () => {} };
      },
    };
    const config = { demoFolder: join(folder, 'interrupted'), threads: 2, seed: 42 };
    const run = demo(config, { progress, signal: controller.signal }, { ...short, hours: 1 });
    await expect(run).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(servers()).toEqual([]);
    expect(readdirSync(join(folder, 'interrupted', 'raw_data'))).toEqual([]);
  });
});
