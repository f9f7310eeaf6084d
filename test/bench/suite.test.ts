import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Bench } from '../../bench/suite/bench.js';
import { runCases } from '../../bench/suite/cases.js';
import { changes, comparison } from '../../bench/suite/compare.js';
import { machineName } from '../../bench/suite/machine.js';
import { openPeer } from '../../bench/suite/peer.js';
import { pictureOf } from '../../bench/suite/picture.js';
import { newestRecord, performanceSection } from '../../bench/suite/readme.js';
import { readRecord, writeRecord } from '../../bench/suite/record.js';
import { rivalries } from '../../bench/suite/rivalries.js';
import { tableOf } from '../../bench/suite/table.js';
import { freshFolder } from '../support/folder.js';

const quiet = () => {};
const rate = { subject: 'trades, scan', unit: 'MB/s', better: 'more' as const };
const time = { subject: 'a week, time', unit: 's', better: 'less' as const };

type Measurement = typeof rate | typeof time;
const record = (one: number, measurements: (Measurement & { who: string; values: number[] })[]) => ({
  date: '2024-01-02',
  commit: 'abc',
  machine: { processor: 'Some CPU', cores: 2, memoryGiB: 8, platform: 'linux x64', node: 'v20' },
  probe: { one, two: one },
  cases: { 'kernels/scan': { measurements, skipped: [], seconds: 1, load: 0 } },
});

describe('a case', () => {
  it('runs its contenders in turn, once more than is counted', async () => {
    const order: string[] = [];
    const bench = new Bench({ repeats: 3, print: quiet });
    const contender = (who: string) => ({ who, run: () => order.push(who) });
    await bench.contest('who comes when', rate, [contender('hybrid'), contender('peer')]);
    expect(order).toEqual(['hybrid', 'peer', 'hybrid', 'peer', 'hybrid', 'peer', 'hybrid', 'peer']);
    expect(bench.measurements.map(({ values }) => values)).toEqual([
      [3, 5, 7],
      [4, 6, 8],
    ]);
  });

  it('fails at a wrong answer and at a figure that is none', () => {
    const bench = new Bench({ print: quiet });
    expect(() => bench.expect(false, 'expected 3 rows, got 2')).toThrow(
      'wrong answer: expected 3 rows, got 2',
    );
    expect(() => bench.record({ ...rate, who: 'hybrid', values: [Number.NaN] })).toThrow('not a number');
    expect(() => bench.record({ ...rate, who: 'hybrid', values: [] })).toThrow('not a number');
  });
});

describe('a run of cases', () => {
  const right = async (bench: Bench) => bench.record({ ...rate, who: 'hybrid', values: [100] });
  const wrong = async (bench: Bench) => bench.expect(false, 'expected 3 rows, got 2');

  it('keeps what a case measured, and the message of one that fails', async () => {
    const shown: string[] = [];
    const cases = { first: wrong, second: right };
    const results = await runCases(Object.entries(cases), { repeats: 1 }, (text: string) => shown.push(text));
    expect(results.first).toMatchObject({ error: 'wrong answer: expected 3 rows, got 2', measurements: [] });
    expect(results.second).toMatchObject({ measurements: [{ who: 'hybrid', values: [100] }] });
    expect(shown[0]).toContain('failed: wrong answer: expected 3 rows, got 2');
    expect(shown[1]).toContain('trades, scan [MB/s]');
  });

  it('starts no Python in a smoke run, and says so', async () => {
    const asking = (bench: Bench) =>
      openPeer(bench, { subject: 'all', who: 'Operon', script: 'operon_search.py', task: {} });
    const { one } = await runCases([['one', asking]], { smoke: true }, quiet);
    expect(one).toMatchObject({ skipped: [{ who: 'Operon', reason: expect.stringContaining('no Python') }] });
  });
});

describe('a comparison of two records', () => {
  const before = record(1, [
    { ...rate, who: 'hybrid', values: [100, 101, 99] },
    { ...time, who: 'hybrid', values: [2, 2, 2] },
    { ...time, who: 'peer', values: [4, 4, 4] },
  ]);
  const verdicts = (after: typeof before) => changes(before, after).map(({ verdict }) => verdict);

  it('calls nothing a change that the spread of the repeats explains', () => {
    const noisy = record(1, [
      { ...rate, who: 'hybrid', values: [60, 85, 110] },
      { ...time, who: 'hybrid', values: [2, 2.05, 2.1] },
    ]);
    expect(verdicts(noisy)).toEqual(['same', 'same']);
  });

  it('names what is worse and what is better, whichever way the unit counts', () => {
    const after = record(1, [
      { ...rate, who: 'hybrid', values: [50, 50, 50] },
      { ...time, who: 'hybrid', values: [1, 1, 1] },
    ]);
    expect(verdicts(after)).toEqual(['worse', 'better']);
    const { worse, lines } = comparison(before, after);
    expect(worse).toBe(1);
    expect(lines.join('\n')).toMatch(/worse: 2\.00 × the kernels\/scan, trades, scan/);
  });

  it('takes a slower machine out of rates and times', () => {
    const slower = record(2, [
      { ...rate, who: 'hybrid', values: [50, 50, 50] },
      { ...time, who: 'hybrid', values: [4, 4, 4] },
    ]);
    expect(verdicts(slower)).toEqual(['same', 'same']);
  });

  it('leaves peers and what only one record has out', () => {
    expect(changes(before, record(1, [{ ...time, who: 'peer', values: [9, 9, 9] }]))).toEqual([]);
  });
});

describe('what is shown', () => {
  const one = record(1, [
    { ...time, who: 'Polars', values: [1, 1, 1] },
    { ...time, who: 'hybrid', values: [2, 2, 2] },
  ]);

  it('a table puts ours first and says how many times better it is than each peer', () => {
    const lines = tableOf(one.cases['kernels/scan'].measurements);
    expect(lines[0]).toContain('a week, time [s]');
    expect(lines[1]).toMatch(/hybrid\s+2\.00/);
    expect(lines[2]).toMatch(/Polars\s+1\.00\s+± 0 %\s+0\.500 ×/);
  });

  it('a loss is a loss in the picture and in the README too', () => {
    expect(rivalries(one)).toMatchObject([{ ratio: 0.5 }]);
    const picture = pictureOf(one);
    expect(picture).toMatch(/^<svg .*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture).toContain('a week, time [s], hybrid: 0.500 ×');
  });

  it('a record is read back as it was written, and a machine named by its processor', () => {
    const path = join(freshFolder(), 'records', 'one.json');
    writeRecord(path, one);
    expect(readRecord(path)).toEqual(one);
    expect(machineName({ processor: 'Intel(R) Xeon(R) Processor @ 2.50GHz', cores: 2 })).toBe(
      'intel-xeon-2-cores',
    );
  });
});

describe("the README's performance section", () => {
  const newest = newestRecord();

  it('has every figure of the record, the losses too, and the command that gives it again', () => {
    const path = join(freshFolder(), 'one.json');
    writeRecord(
      path,
      record(1, [
        { ...time, who: 'Polars', values: [1, 1, 1] },
        { ...time, who: 'hybrid', values: [2, 2, 2] },
        { ...rate, who: 'hybrid', values: [90, 100, 110] },
      ]),
    );
    const section = performanceSection(path);
    expect(section).toContain('Of 1 comparisons hybrid is ahead in 0 and behind in 1');
    expect(section).toContain('npm run bench -- --only kernels/scan</code> · Polars: 0.500 ×');
    expect(section).toContain('| a week, time | hybrid: 2.00 s | Polars: 1.00 s | 0.500 × |');
    expect(section).toContain('| trades, scan | hybrid: 100 MB/s | | |');
  });

  it('is absent without a record', () => {
    expect(newestRecord(freshFolder())).toBeUndefined();
  });

  it.skipIf(newest === undefined)(
    `is that of the newest record${newest === undefined ? ' (skipped: there is none)' : ''}`,
    () => {
      expect(readFileSync('README.md', 'utf8')).toContain(performanceSection(newest!));
      expect(existsSync(newest!.replace(/json$/, 'svg'))).toBe(true);
    },
  );
});
