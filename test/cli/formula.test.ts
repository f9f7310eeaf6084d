/** `hybrid formula explain|export` as a process; what the code computes is in test/property/formula-export. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hybrid, hybridProcess } from '../support/cli.js';
import { normals, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();
beforeAll(() => {
  for (const symbol of ['A', 'B']) {
    mkdirSync(join(folder, 'features', `symbol=${symbol}`), { recursive: true });
    const columns = { ofd: normals(50, 1), price: normals(50, 2) };
    writeDataset(join(folder, 'features', `symbol=${symbol}`, 'part-0.parquet'), columns);
  }
});

const on = ['--dataset', 'features'];

describe('hybrid formula explain', () => {
  it('says in words what the formula is, what it reads, and how far it looks', async () => {
    const { stdout } = await hybrid(
      ['formula', 'explain', '1 * zscore(ofd, 20) - lag(price, 5)', ...on],
      folder,
    );
    expect(stdout).toContain('the same, shorter: zscore(ofd, 20) - lag(price, 5)');
    expect(stdout).toContain('how many standard deviations ofd is above its mean of the last 20 rows');
    expect(stdout).toContain('looks 19 rows back');
    expect(stdout).toContain('no one thing: unlike kinds are added');
    expect(stdout).toMatch(/ofd: bounded, -1…1; null where window not full/);
    expect(stdout).toMatch(/zscore: .*; null where .*standard deviation < 1e-12/);
  });

  it('needs no dataset: then the columns are those of the features', async () => {
    const { code, stdout } = await hybrid(['formula', 'explain', 'zscore(ofd, 200) - lag(obi, 5)'], folder);
    expect([code, stdout]).toEqual([0, expect.stringContaining('looks 199 rows back')]);
    const wrong = await hybrid(['formula', 'explain', 'odf * obi'], folder);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/"odf".*\nhint: .*ofd/)]);
    const named = await hybrid(['formula', 'explain', 'ofd', '--dataset', 'absent.parquet'], folder);
    expect([named.code, named.stderr]).toEqual([3, expect.stringContaining('no such file')]);
    const sql = await hybrid(['formula', 'export', 'ofd - obi', '--to', 'sql'], folder);
    expect([sql.code, sql.stdout]).toEqual([0, expect.stringContaining("read_parquet('features.parquet'")]);
  });

  it('says the same as JSON', async () => {
    const { stdout } = await hybrid(['formula', 'explain', 'ofd * ofd', '--json', ...on], folder);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'ratio',
      lookBack: 0,
      nodes: 3,
      words: ['value: ofd * ofd'],
    });
  });
});

describe('hybrid formula export', () => {
  it('writes code and nothing else', async () => {
    const { code, stdout, stderr } = await hybridProcess(
      ['formula', 'export', 'corr(ofd, price, 9)', '--to', 'sql', ...on],
      folder,
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^-- corr\(ofd, price, 9\)\n/);
    expect(stdout).toContain("read_parquet('features/symbol=*/*.parquet'");
    expect(stdout).toMatch(/;\n$/);
  });

  it('knows its languages, and answers an error of the formula with a hint', async () => {
    const language = await hybrid(['formula', 'export', 'ofd', '--to', 'sqlite', ...on], folder);
    expect([language.code, language.stderr]).toEqual([2, expect.stringContaining('python, polars, sql')]);
    const formula = await hybrid(['formula', 'export', 'ofd ^ 2', ...on], folder);
    expect(formula.stderr).toContain(
      'character 5: expected an operator sign or the end, got "^"\nhint: write square(a)',
    );
  });
});
