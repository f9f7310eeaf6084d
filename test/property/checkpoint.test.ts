/** A search that was interrupted and resumed, wherever and however often, gives the bytes of one that was not. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HybridError } from '../../ts/error.js';
import { silentProgress } from '../../ts/report/progress.js';
import { normals, persistent, writeDataset } from '../support/dataset.js';
import { runEvolution } from '../support/evolution.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const rows = 2000;
const generations = 5;
const common = {
  dataset: file('d.parquet'),
  target: 'column:y',
  population: '60',
  generations: String(generations),
  portfolio: '2',
  baseline: 'none',
};
const results = ['portfolio.json', 'generations.jsonl'];

function dataset(path: string, seed: number): void {
  const x = [0, 1, 2, 3].map((k) => persistent(rows, seed + k, 0.6));
  const noise = normals(rows, seed + 9);
  const y = noise.map((n, i) => 0.4 * x[0]![i]! * x[1]![i]! + 0.2 * x[2]![i]! * x[3]![i]! + n);
  writeDataset(path, { ...Object.fromEntries(x.map((c, k) => [`x${k}`, c])), y });
}

beforeAll(async () => {
  dataset(file('d.parquet'), 1);
  dataset(file('other.parquet'), 2);
  writeFileSync(file('seeds.txt'), 'x0 * x1\nlag(x2, 3)\n');
  await runEvolution({ ...common, evolved: file('whole'), threads: '2' });
});

function bytesOf(name: string): string[] {
  return results.map((result) => readFileSync(file(name, result), 'utf8'));
}

/** Runs until generation `last` and stops there: between two generations, or while the next one is evaluated. */
async function interrupted(
  flags: Readonly<Record<string, string>>,
  last: number,
  within = false,
): Promise<HybridError> {
  const controller = new AbortController();
  const generation = ({ generation }: { generation: number }) => {
    if (generation + 1 < last) return;
    if (within) setImmediate(() => controller.abort());
    else controller.abort();
  };
  const error = await runEvolution({ ...common, ...flags }, { generation, signal: controller.signal }).then(
    () => undefined,
    (thrown: unknown) => HybridError.from(thrown),
  );
  expect(error?.code).toBe('E_INTERRUPTED');
  return error!;
}

async function refusal(flags: Readonly<Record<string, string>>): Promise<HybridError> {
  const run = runEvolution({ ...common, evolved: file('kept'), resume: 'true', threads: '1', ...flags });
  const thrown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  return HybridError.from(thrown);
}

describe('an interrupted evolution', () => {
  it('stopped after every generation, between two of them or within the next, comes to the same result', async () => {
    const evolved = file('stopped');
    for (let last = 1; last < generations; last++) {
      const flags = { evolved, threads: String(1 + (last % 2)), resume: String(last > 1) };
      const error = await interrupted(flags, last, last === 2 || last === 3);
      expect(error.hint).toContain(`--resume to go on after generation ${last}`);
      expect(existsSync(join(evolved, 'portfolio.json'))).toBe(false);
    }
    await runEvolution({ ...common, evolved, threads: '1', resume: 'true' });
    expect(bytesOf('stopped')).toEqual(bytesOf('whole'));
    expect(existsSync(join(evolved, 'search.checkpoint'))).toBe(false);
  });

  it('that started from the formulas of a person goes on with them', async () => {
    const seeded = { seedFormulas: file('seeds.txt'), generations: '3', threads: '1' };
    await runEvolution({ ...common, ...seeded, evolved: file('seeded') });
    await interrupted({ ...seeded, evolved: file('seeded-again') }, 1);
    await runEvolution({ ...common, ...seeded, evolved: file('seeded-again'), resume: 'true' });
    expect(bytesOf('seeded-again')).toEqual(bytesOf('seeded'));
  });

  it('stopped in a null run goes on there', async () => {
    const flags = { ...common, generations: '3', nullRuns: '2', threads: '1' };
    await runEvolution({ ...flags, evolved: file('nulls') });
    const controller = new AbortController();
    const update = (name: string) => (done: number) => {
      if (name === 'null run 2 of 2: search' && done === 2) controller.abort();
    };
    const stopping = { phase: (name: string) => ({ update: update(name), end: () => {} }), note: () => {} };
    const evolved = file('nulls-again');
    const ports = { progress: stopping, signal: controller.signal };
    const thrown = await runEvolution({ ...flags, evolved }, ports).catch(HybridError.from);
    expect(thrown).toMatchObject({ code: 'E_INTERRUPTED' });
    const kept = ['null-run-1.checkpoint', 'null-run-2.checkpoint', 'search.checkpoint'];
    expect(readdirSync(evolved).sort()).toEqual(kept);
    const notes: string[] = [];
    const progress = { ...silentProgress, note: (line: string) => notes.push(line) };
    await runEvolution({ ...flags, evolved, resume: 'true' }, { progress });
    expect(notes).toContain('null-run-1.checkpoint: resumed after generation 3');
    expect(notes).toContain('null-run-2.checkpoint: resumed after generation 2');
    expect(bytesOf('nulls-again')).toEqual(bytesOf('nulls'));
    expect(readdirSync(evolved).sort()).toEqual(readdirSync(file('nulls')).sort());
  });

  it('begun anew leaves no null runs of the one before, which a later --resume would stumble over', async () => {
    const flags = { ...common, population: '60', generations: '3', nullRuns: '1', threads: '1' };
    const evolved = file('stale');
    const until = (name: string) => {
      const controller = new AbortController();
      const update = (phase: string) => (done: number) => {
        if (phase === name && done === 2) controller.abort();
      };
      const progress = {
        phase: (phase: string) => ({ update: update(phase), end: () => {} }),
        note: () => {},
      };
      return { progress, signal: controller.signal };
    };
    const stop = (seed: string, phase: string) =>
      runEvolution({ ...flags, evolved, seed }, until(phase)).catch(HybridError.from);
    expect(await stop('1', 'null run 1 of 1: search')).toMatchObject({ code: 'E_INTERRUPTED' });
    expect(readdirSync(evolved).sort()).toEqual(['null-run-1.checkpoint', 'search.checkpoint']);
    expect(await stop('2', 'search')).toMatchObject({ code: 'E_INTERRUPTED' });
    expect(readdirSync(evolved)).toEqual(['search.checkpoint']);
    await runEvolution({ ...flags, evolved, seed: '2', resume: 'true' });
    await runEvolution({ ...flags, evolved: file('never-stale'), seed: '2' });
    expect(bytesOf('stale')).toEqual(bytesOf('never-stale'));
    expect(await stop('1', 'null run 1 of 1: search')).toMatchObject({ code: 'E_INTERRUPTED' });
    await runEvolution({ ...flags, evolved, seed: '3', generations: '1', nullRuns: '0' });
    expect(readdirSync(evolved).filter((name) => name.endsWith('.checkpoint'))).toEqual([]);
  });

  it('goes on to more generations than it was begun for', async () => {
    const short = { evolved: file('longer'), threads: '1' };
    await interrupted({ ...short, generations: '2' }, 1);
    await runEvolution({ ...common, ...short, resume: 'true' });
    expect(bytesOf('longer')).toEqual(bytesOf('whole'));
  });
});

describe('a time limit', () => {
  it('ends after a whole generation, whose number gives the same result, and leaves what resumes', async () => {
    const evolved = file('timed');
    const { generations: done } = await runEvolution({ ...common, evolved, threads: '1', timeLimit: '0' });
    expect(done).toBe(1);
    await runEvolution({ ...common, evolved: file('one'), threads: '2', generations: '1' });
    expect(bytesOf('timed')).toEqual(bytesOf('one'));
    const manifest = JSON.parse(readFileSync(join(evolved, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ timeLimit: 0, generations: { asked: generations, done: 1 } });
    await runEvolution({ ...common, evolved, threads: '2', resume: 'true' });
    expect(bytesOf('timed')).toEqual(bytesOf('whole'));
  });
});

describe('--resume', () => {
  beforeAll(() => interrupted({ evolved: file('kept'), threads: '1' }, 3));

  it.each([
    ['another seed', { seed: '43' }, 'E_USAGE', /expected --seed 42 .*got --seed 43/, '--seed 42'],
    ['another size', { population: '501' }, 'E_USAGE', /--population 60/, 'Resume with --population 60'],
    ['columns named', { columns: 'x0,x1' }, 'E_USAGE', /expected no --columns .*got --columns x0,x1/, 'no'],
    ['fewer generations', { generations: '2' }, 'E_USAGE', /at least the 3 of the checkpoint/, '3 or more'],
    ['another dataset', { dataset: file('other.parquet') }, 'E_INPUT', /expected the dataset/, '--dataset'],
    ['a person’s formulas', { seedFormulas: file('seeds.txt') }, 'E_INPUT', /formulas/, '--seed-formulas'],
    ['no checkpoint', { evolved: file('whole') }, 'E_INPUT', /got none/, 'without --resume'],
  ])('is refused with %s', async (_, flags, code, said, hint) => {
    const error = await refusal(flags);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(said);
    expect(error.hint).toContain(hint);
    expect(existsSync(file('kept', 'search.checkpoint'))).toBe(true);
  });

  it('is refused with a damaged checkpoint, or one of other kernels', async () => {
    const kept = readFileSync(file('kept', 'search.checkpoint'));
    const damaged = (name: string, change: (bytes: Buffer) => Buffer) => {
      mkdirSync(file(name));
      writeFileSync(file(name, 'search.checkpoint'), change(Buffer.from(kept)));
      return refusal({ evolved: file(name) });
    };
    for (const at of [0, 40, kept.length - 1, kept.length >> 1]) {
      const error = await damaged(`byte${at}`, (bytes) => {
        bytes[at]! ^= 1;
        return bytes;
      });
      expect([error.code, error.hint]).toEqual(['E_INPUT', expect.stringContaining('without --resume')]);
    }
    const short = await damaged('short', (bytes) => bytes.subarray(0, bytes.length - 5));
    expect(short.message).toContain('got something else');
    const other = await damaged('kernels', (bytes) =>
      Buffer.from(bytes.toString('latin1').replace(/("kernelsSha256":")[0-9a-f]{4}/, '$1zzzz'), 'latin1'),
    );
    expect(other.message).toContain('with kernels');
  });

  it('is what continues: without it a run starts over, and says what lies there', async () => {
    const notes: string[] = [];
    const progress = {
      phase: () => ({ update: () => {}, end: () => {} }),
      note: (l: string) => notes.push(l),
    };
    await runEvolution({ ...common, evolved: file('kept'), threads: '1', generations: '1' }, { progress });
    expect(notes[0]).toMatch(/search\.checkpoint is there.*--resume/);
    expect(bytesOf('kept')).toEqual(bytesOf('one'));
    expect(existsSync(file('kept', 'search.checkpoint'))).toBe(false);
  });
});

it('writes nothing of the environment into its result', async () => {
  const env = { PGPASSWORD: 'hush', DATABASE_URL: 'postgres://ann:hush@nowhere/db' };
  await runEvolution({ ...common, evolved: file('secret'), threads: '1', generations: '1' }, {}, env);
  for (const name of [...results, 'manifest.json'])
    expect(readFileSync(file('secret', name), 'utf8')).not.toContain('hush');
});
