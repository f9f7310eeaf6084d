/** What a killed run leaves of a dataset, and what the next one makes of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderArtifact, makeWay } from '../../../ts/io/folder.js';
import { freshFolder } from '../../support/folder.js';

const older = 'PAR1 older';

describe('a run killed between its two renames', () => {
  it('has its older file put back by the next run', async () => {
    const out = join(freshFolder(), 'features.parquet');
    writeFileSync(`${out}.previous`, older);
    await makeWay(out);
    expect(readFileSync(out, 'utf8')).toBe(older);
    expect(existsSync(`${out}.previous`)).toBe(false);
  });

  it('has its older folder put back by the next run', async () => {
    const out = join(freshFolder(), 'features.parquet');
    mkdirSync(join(`${out}.previous`, 'symbol=A'), { recursive: true });
    await makeWay(out);
    expect(existsSync(join(out, 'symbol=A'))).toBe(true);
  });
});

it('a run killed behind its renames has what it replaced removed by the next', async () => {
  const out = join(freshFolder(), 'features.parquet');
  writeFileSync(out, older);
  mkdirSync(join(`${out}.previous`, 'symbol=A'), { recursive: true });
  await makeWay(out);
  expect(readFileSync(out, 'utf8')).toBe(older);
  expect(existsSync(`${out}.previous`)).toBe(false);
});

it('a folder takes the place of a file, and nothing else stays', async () => {
  const out = join(freshFolder(), 'features.parquet');
  writeFileSync(out, older);
  const folder = await FolderArtifact.create(out);
  const part = await folder.part(join('symbol=A', 'part-0.parquet'));
  await part.write('PAR1 newer');
  await part.seal();
  await part.publish();
  await folder.publish();
  expect(readFileSync(join(out, 'symbol=A', 'part-0.parquet'), 'utf8')).toBe('PAR1 newer');
  expect(existsSync(`${out}.previous`) || existsSync(`${out}.partial`)).toBe(false);
});
