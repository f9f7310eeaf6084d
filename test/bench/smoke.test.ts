import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cases } from '../../bench/cases.js';
import { freshFolder } from '../support/folder.js';

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, [resolve('bench/run.js'), ...args]).catch((error) => error);

describe('npm run bench', () => {
  it('--smoke: every case runs, with the right answers', { timeout: 300_000 }, async () => {
    const path = join(freshFolder(), 'smoke.json');
    const { stdout, stderr, code } = await bench('--smoke', '--json', path);
    expect(stderr).toBe('');
    expect(code).toBeUndefined();
    const record = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.keys(record.cases)).toEqual(Object.keys(cases));
    for (const [name, { measurements, skipped }] of Object.entries<{
      measurements: unknown[];
      skipped: { reason: string }[];
    }>(record.cases)) {
      expect(stdout).toContain(`== ${name}`);
      expect(measurements.length + skipped.length).toBeGreaterThan(0);
      for (const { reason } of skipped) expect(reason).not.toBe('');
    }
  });

  it('answers what it does not understand', async () => {
    const wrong = await bench('--only', 'nothing');
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected a part of kernels/scan'),
    });
    expect(await bench('--record', '--smoke')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--record: expected the whole bench'),
    });
    expect(await bench('--compare', 'one.json')).toMatchObject({ code: 2 });
    expect(existsSync('one.json')).toBe(false);
  });
});
