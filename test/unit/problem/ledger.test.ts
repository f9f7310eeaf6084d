import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HybridError } from '../../../ts/error.js';
import { ledgerPath, openHoldout } from '../../../ts/stages/problem/ledger.js';
import { freshFolder } from '../../support/folder.js';

const folder = freshFolder();
const opening = { dataset: 'd1', target: 'ret_60s', from: 60, to: 80, at: '2024-01-01T00:00:00Z' };
const codeOf = (run: Promise<unknown>) =>
  run.then(
    () => 'done',
    (error: HybridError) => error.code,
  );

describe('the ledger of hold-outs', () => {
  it('lies beside the dataset, a file or a folder', () => {
    expect(ledgerPath('a/features.parquet')).toBe('a/features.parquet.holdout.jsonl');
    expect(ledgerPath('a/features/')).toBe('a/features.holdout.jsonl');
  });

  it('counts the looks at a hold-out or one that overlaps it, of the same dataset and target', async () => {
    const path = join(folder, 'counted.jsonl');
    expect(await openHoldout(path, opening)).toBe(1);
    expect(await openHoldout(path, { ...opening, from: 79, to: 99 })).toBe(2);
    expect(await openHoldout(path, { ...opening, from: 80, to: 99 })).toBe(2);
    expect(await openHoldout(path, { ...opening, target: 'ret_5s' })).toBe(1);
    expect(await openHoldout(path, { ...opening, dataset: 'd2' })).toBe(1);
    expect(await openHoldout(path, opening)).toBe(3);
  });

  it('loses no look of runs side by side', async () => {
    const path = join(folder, 'together.jsonl');
    const counts = await Promise.all(Array.from({ length: 40 }, () => openHoldout(path, opening)));
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(40);
    expect(Math.max(...counts)).toBe(40);
    expect(await openHoldout(path, opening)).toBe(41);
  });

  it('passes over a line that is still being written, and refuses what is no ledger', async () => {
    const path = join(folder, 'other.jsonl');
    await openHoldout(path, opening);
    appendFileSync(path, '{"dataset":"d1"');
    const before = readFileSync(path, 'utf8');
    expect(before.endsWith('"d1"')).toBe(true);
    for (const content of ['{"openings":[]}\n', 'hello\n', '3\n', 'null\n']) {
      writeFileSync(path, content);
      expect(await codeOf(openHoldout(path, opening))).toBe('E_INPUT');
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
    const place = join(folder, 'folder');
    mkdirSync(place);
    expect(await codeOf(openHoldout(place, opening))).toBe('E_USAGE');
  });
});
