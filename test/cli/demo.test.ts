import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { silentProgress } from '../../ts/report/progress.js';
import { builtStage } from '../support/built.js';
import { hybridProcess } from '../support/cli.js';
import { readTable } from '../support/table.js';

const { demo } = await builtStage<typeof import('../../ts/stages/demo.js')>('demo');

const folder = mkdtempSync(join(tmpdir(), 'hybrid-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A temporary folder of our own, which the server's user can enter: other tests have servers of theirs.
chmodSync(folder, 0o755);
vi.stubEnv('TMPDIR', folder);
afterAll(() => vi.unstubAllEnvs());
const servers = () => readdirSync(folder).filter((name) => name.startsWith('hybrid-postgres-'));

/** A short market: every step runs, but the relation needs two days to show. */
const short = { hours: 3, population: 60, generations: 1 };

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

  it('is what the commands of the README train on, predict and transform', async () => {
    // The planted relation, which so short a market does not show.
    const portfolio = join(folder, 'hybrid-demo', 'evolved', 'portfolio.json');
    const found = JSON.parse(readFileSync(portfolio, 'utf8'));
    writeFileSync(portfolio, JSON.stringify({ ...found, portfolio: [{ formula: 'obi * ofd' }] }));
    const typed = /take what the demo leaves:\n\n```sh\n(.*?)```/s.exec(
      readFileSync('README.md', 'utf8'),
    )![1]!;
    const quick = typed.replace('--rounds 100', '--rounds 5');
    expect(quick).not.toBe(typed);
    const commands = quick.replaceAll('\\\n', '').trim().split('\n');
    expect(commands.map((line) => line.split(' ')[2])).toEqual(['train', 'predict', 'transform']);
    for (const line of commands) {
      const { code, stderr } = await hybridProcess(line.split(/ +/).slice(2), folder);
      expect(code, `${line}\n${stderr}`).toBe(0);
    }
    const [before, predicted, transformed] = ['features', 'predicted', 'transformed'].map((name) =>
      readTable(join(folder, 'hybrid-demo', `${name}.parquet`)),
    );
    const names = Object.keys(before!);
    expect(Object.keys(predicted!)).toEqual([...names, 'prediction']);
    expect(Object.keys(transformed!)).toEqual([...names, 'formula_1']);
    expect(new Set(predicted!.prediction).size).toBeGreaterThan(10);
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
