import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../ts/io/postgres/session.js';
import { type Progress, silentProgress } from '../../ts/report/progress.js';
import { defaultTuning } from '../../ts/stages/export/run.js';
import { type ExportedFile, type ExportSummary, exportRaw } from '../../ts/stages/export.js';
import { hybrid, start } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { exportSettings, fill, fillTrades, usePostgres } from '../support/postgres.js';

/** A part is a minute of them: five parts and a bit. */
const rows = 32_000;
/** Parts of a tenth of the rows that they have otherwise, several connections for them, and progress at once. */
const small = { partBytes: defaultTuning.partBytes / 10, rowsForFollowers: rows / 3, updateMs: 0 };
const postgres = usePostgres();
let url: string;
let admin: Session;

beforeAll(async () => {
  url = await postgres.database('market');
  admin = await postgres.open('market');
  await fillTrades(admin, 'BTC', rows, 10);
  await fill(admin, 'BTC', { liquidations: ['1704067200700000,0,1,42000,0.25'] });
});

type Flags = Record<string, string>;
interface Options {
  progress?: Progress;
  signal?: AbortSignal;
}

const run = (raw: string, flags: Flags = {}, { progress = silentProgress, signal }: Options = {}) =>
  exportRaw(
    exportSettings(url, { raw, jobs: '2', ...flags }),
    { progress, ...(signal && { signal }) },
    small,
  );

/** Progress that calls once, when so many rows have come. */
function when(done: number, action: () => unknown): Progress {
  let called = false;
  const update = (now: number) => {
    if (called || now < done) return;
    called = true;
    action();
  };
  return { note: () => {}, phase: () => ({ update, end: () => {} }) };
}

/** Exports until so many rows have come, then stops as on Ctrl-C; gives the folder with what is left. */
async function stoppedAt(done: number, flags: Flags = {}): Promise<string> {
  const raw = freshFolder();
  const controller = new AbortController();
  const options = { progress: when(done, () => controller.abort()), signal: controller.signal };
  await expect(run(raw, { jobs: '1', ...flags }, options)).rejects.toMatchObject({
    code: 'E_INTERRUPTED',
    hint: expect.stringContaining('continues'),
  });
  return raw;
}

const trades = (raw: string, extension = '') => readFileSync(join(raw, `BTC_trades.csv${extension}`));
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const tradesOf = ({ files }: ExportSummary) => files.find(({ stream }) => stream === 'trades')!;

/** What an export of now that knows no earlier one gives. */
async function whole(flags: Flags = {}): Promise<string> {
  return tradesOf(await run(freshFolder(), { streams: 'trades', jobs: '1', ...flags })).sha256;
}

describe('the bytes are the same', () => {
  it('for any number of jobs, and as the server gives them in one piece', async () => {
    const one = await run(freshFolder(), { jobs: '1' });
    const raw = freshFolder();
    const three = await run(raw, { jobs: '3' });
    expect(three.files.map(({ sha256 }) => sha256)).toEqual(one.files.map(({ sha256 }) => sha256));
    const manifest = JSON.parse(readFileSync(join(raw, 'BTC.manifest.json'), 'utf8'));
    expect(manifest.files[0].parts.length).toBeGreaterThan(4);
    const copy = `COPY (${manifest.query.sql[0]}) TO '/dev/stdout'`;
    expect(copy).toContain('ORDER BY');
    const lines = await admin.query<{ md5: string }>(
      'oracle',
      `SELECT md5('ts,trade_id,price,qty,side' || E'\\n' || string_agg(line, '')) AS md5 FROM
       (SELECT concat_ws(',', ts, trade_id, price, qty, side) || E'\\n' AS line FROM (${manifest.query.sql[0]}) AS q) AS l`,
    );
    expect(createHash('md5').update(trades(raw)).digest('hex')).toBe(lines[0]!.md5);
    expect(readdirSync(raw).filter((name) => /partial|journal/.test(name))).toEqual([]);
  });

  it('after an interruption, with the finished parts kept', async () => {
    const raw = await stoppedAt(20_000);
    expect(readdirSync(raw)).toContain('BTC_trades.csv.partial');
    const again = tradesOf(await run(raw));
    expect(again.sha256).toBe(await whole());
    expect(again.keptRows).toBeGreaterThan(6000);
    expect(digest(trades(raw))).toBe(again.sha256);
    expect(again.rows).toBe(rows);
    expect(readdirSync(raw).toSorted()).toEqual(
      ['BTC.manifest.json', 'BTC_depth.csv', 'BTC_liquidations.csv', 'BTC_trades.csv'].toSorted(),
    );
  });
});

/** Processes and connections end in the middle: that needs an export that lasts. */
describe('many rows', () => {
  const many = 10 * rows;
  let large: string;
  let writer: Session;
  let wholeSha256: string;
  beforeAll(async () => {
    large = await postgres.database('large');
    writer = await postgres.open('large');
    await fillTrades(writer, 'BTC', many);
    wholeSha256 = tradesOf(await runLarge(freshFolder())).sha256;
  });

  const runLarge = (raw: string, progress = silentProgress, flags: Flags = {}) =>
    exportRaw(
      exportSettings(large, { raw, jobs: '2', streams: 'trades', ...flags }),
      { progress, retryDelays: [10, 200, 1000] },
      { ...defaultTuning, updateMs: 0 },
    );

  it('have the same bytes after kill -9 at several moments', async () => {
    const raw = freshFolder();
    const args = ['export', '--out', raw, '--jobs', '2', '--streams', 'trades'];
    for (const moment of [0.1, 0.4, 0.8]) {
      const child = start(args, raw, { DATABASE_URL: large });
      const partial = join(raw, 'BTC_trades.csv.partial');
      const reached = () => (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > moment * 12_000_000;
      for (let tries = 0; tries < 4000 && !reached() && child.process.exitCode === null; tries++)
        await pause(5);
      child.process.kill('SIGKILL');
      await child.finished;
      expect(readdirSync(raw)).not.toContain('BTC_trades.csv');
    }
    const { code, stdout } = await hybrid([...args, '--json'], raw, { DATABASE_URL: large });
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout);
    expect(files[0]).toMatchObject({ sha256: wholeSha256, rows: many });
    expect(files[0].keptRows).toBeGreaterThan(0);
    expect(digest(trades(raw))).toBe(files[0].sha256);
  });

  /** Exports while a backend is ended, the oldest (ASC) or the youngest; whether that was noticed. */
  async function withBackendEnded(order: string): Promise<{ file: ExportedFile; lost: boolean }> {
    const raw = freshFolder();
    const partial = join(raw, 'BTC_trades.csv.partial');
    const still = new Int32Array(new SharedArrayBuffer(4));
    const notes: string[] = [];
    let ended: Promise<unknown> | undefined;
    let over = false;
    const end = async () => {
      await writer.query(
        'terminate',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hybrid' AND query LIKE 'COPY%'
         AND datname = 'large' ORDER BY backend_start ${order} LIMIT 1`,
      );
      over = true;
    };
    const update = () => {
      // More than a part is written: there is something to be kept.
      if (ended === undefined && (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 3_000_000)
        ended = end();
      // What comes until then comes slowly, or all would have come.
      if (ended !== undefined && !over) Atomics.wait(still, 0, 0, 20);
    };
    const phase = () => ({ update, end: () => {} });
    const { files } = await runLarge(raw, { note: (line) => notes.push(line), phase });
    await ended;
    return { file: files[0]!, lost: notes.some((line) => line.includes('trying again')) };
  }

  it.each(['ASC', 'DESC'])(
    'have the same bytes when a backend is ended in the middle (%s)',
    async (order) => {
      for (let tries = 0; tries < 10; tries++) {
        const { file, lost } = await withBackendEnded(order);
        expect(file.sha256).toBe(wholeSha256);
        // A backend that has sent the last of its parts is not missed.
        if (!lost) continue;
        expect(file.keptRows).toBeGreaterThan(0);
        return;
      }
      expect.unreachable('no backend that was ended was missed');
    },
  );

  it('are written by one run alone: a second is refused while the first lives', async () => {
    const raw = freshFolder();
    const args = ['export', '--out', raw, '--jobs', '2', '--streams', 'trades', '--json'];
    const first = start(args, raw, { DATABASE_URL: large });
    const partial = join(raw, 'BTC_trades.csv.partial');
    const begun = () => (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 0;
    for (let tries = 0; tries < 4000 && !begun(); tries++) await pause(5);
    // Stopped, so that it cannot end before the second has looked.
    first.process.kill('SIGSTOP');
    const second = await runLarge(raw).catch((error: unknown) => error);
    first.process.kill('SIGCONT');
    expect(second).toMatchObject({
      code: 'E_RESOURCE',
      message: expect.stringContaining('another run is writing this file'),
    });
    const { stdout } = await first.finished;
    expect(digest(trades(raw))).toBe(JSON.parse(stdout).files[0].sha256);
  });

  it('are cut into parts as fine as they are dense, wherever a lone row lies', async () => {
    await writer.query(
      'stray',
      `INSERT INTO trades VALUES ('BTC', timestamptz 'epoch', 1, 1, 1, 1, NULL); ANALYZE trades`,
    );
    const raw = freshFolder();
    const { sha256: later } = tradesOf(await runLarge(raw, silentProgress, { from: '1980-01-01' }));
    await runLarge(raw);
    const { files } = JSON.parse(readFileSync(join(raw, 'BTC.manifest.json'), 'utf8'));
    expect(files[0].parts.length).toBeGreaterThan(4);
    expect(later).toBe(wholeSha256);
  });
});

describe('what is kept is verified, not trusted', () => {
  const change = async (raw: string, sql: string) => {
    await admin.query('change', sql);
    const again = tradesOf(await run(raw));
    expect(again.sha256).toBe(await whole());
    return again.keptRows;
  };
  const at = (second: number) => `timestamptz '2024-01-01 00:00:00+00' + ${second} * interval '1 s'`;
  const insert = (second: number, id: number) =>
    `INSERT INTO trades VALUES ('BTC', ${at(second)}, ${id}, 1, 1, 1, NULL)`;

  it('an updated row, of which there are as many as before', async () => {
    const raw = await stoppedAt(20_000);
    expect(await change(raw, "UPDATE trades SET qty = 7 WHERE symbol = 'BTC' AND trade_id = 7000")).toBe(
      5999,
    );
  });

  it('a row that came late', async () => {
    const raw = await stoppedAt(20_000);
    expect(await change(raw, insert(30, 1_000_001))).toBe(0);
  });

  it('a row that is gone', async () => {
    const raw = await stoppedAt(20_000);
    expect(await change(raw, 'DELETE FROM trades WHERE trade_id = 9000')).toBe(6000);
  });

  it('a row that is gone, and another in its place', async () => {
    const raw = await stoppedAt(20_000);
    const swap = `DELETE FROM trades WHERE trade_id = 9100; ${insert(91, 1_000_002)}`;
    expect(await change(raw, swap)).toBe(6000);
  });

  it('a row of a subtransaction that had not ended, and another row gone', async () => {
    const writer = await postgres.open('market');
    await writer.query('begin', `BEGIN; SELECT pg_current_xact_id(); SAVEPOINT s; ${insert(92, 1_000_003)}`);
    const raw = await stoppedAt(20_000);
    await writer.query('commit', 'COMMIT');
    const kept = await change(raw, 'DELETE FROM trades WHERE trade_id = 9250');
    expect(kept).toBe(6000);
  });

  it('a damaged byte in the partial file', async () => {
    const raw = await stoppedAt(20_000);
    const path = join(raw, 'BTC_trades.csv.partial');
    const bytes = readFileSync(path);
    bytes[300_000]! ^= 1;
    writeFileSync(path, bytes);
    const again = tradesOf(await run(raw));
    expect(again).toMatchObject({ sha256: await whole() });
    expect(again.keptRows).toBeLessThan(12_000);
  });

  it('a partial file that lost its end, and a journal that is none', async () => {
    const raw = await stoppedAt(20_000);
    const path = join(raw, 'BTC_trades.csv.partial');
    writeFileSync(path, readFileSync(path).subarray(0, 300_000));
    expect(tradesOf(await run(raw)).sha256).toBe(await whole());
    const other = await stoppedAt(20_000);
    writeFileSync(join(other, 'BTC_trades.csv.journal'), '{"kind":"jour');
    expect(tradesOf(await run(other))).toMatchObject({ sha256: await whole(), keptRows: 0 });
  });

  it('another query takes nothing over', async () => {
    const raw = await stoppedAt(20_000);
    const flags = { from: '2024-01-01T00:00:30Z' };
    expect(tradesOf(await run(raw, flags))).toMatchObject({ sha256: await whole(flags), keptRows: 0 });
  });

  it('a renamed column, though no row was touched', async () => {
    const swap = (a: string, b: string) =>
      admin.query(
        'swap',
        `ALTER TABLE trades RENAME ${a} TO swapped; ALTER TABLE trades RENAME ${b} TO ${a}; ALTER TABLE trades RENAME swapped TO ${b}`,
      );
    const raw = await stoppedAt(20_000);
    await swap('price', 'qty');
    try {
      expect(tradesOf(await run(raw))).toMatchObject({ sha256: await whole(), keptRows: 0 });
    } finally {
      await swap('price', 'qty');
    }
  });

  it('a published file whose rows are as they were is left alone; new rows are appended', async () => {
    const raw = freshFolder();
    await run(raw);
    const { ino } = statSync(join(raw, 'BTC_trades.csv'));
    const again = tradesOf(await run(raw));
    expect(again.keptRows).toBe(again.rows);
    expect(statSync(join(raw, 'BTC_trades.csv')).ino).toBe(ino);
    const grown = await change(raw, insert(321, 2_000_000));
    expect(grown).toBe(again.rows);
    writeFileSync(join(raw, 'BTC_trades.csv'), 'edited by hand');
    expect(digest(trades(raw))).not.toBe(await whole());
    expect(tradesOf(await run(raw)).sha256).toBe(await whole());
  });
});

describe('a view', () => {
  it('is exported again, since nothing tells whether its rows changed', async () => {
    await admin.query('view', 'CREATE SCHEMA seen; CREATE VIEW seen.trades AS SELECT * FROM public.trades');
    const at = `${url}?options=-c%20search_path%3Dseen`;
    const raw = freshFolder();
    const settings = exportSettings(at, { raw, streams: 'trades' });
    const first = await exportRaw(settings, { progress: silentProgress });
    const second = await exportRaw(settings, { progress: silentProgress });
    expect(second.files[0]).toMatchObject({ sha256: first.files[0]!.sha256, keptRows: 0 });
  });
});

describe('gzip', () => {
  it('has the same bytes for any jobs and after an interruption, and their content is the plain file', async () => {
    const flags = { rawCompression: 'gzip', streams: 'trades' };
    const one = await whole(flags);
    const raw = await stoppedAt(20_000, flags);
    const again = tradesOf(await run(raw, { ...flags, jobs: '3' }));
    expect(again.sha256).toBe(one);
    expect(again.keptRows).toBeGreaterThan(6000);
    const plain = execFileSync('gzip', ['-dc', join(raw, 'BTC_trades.csv.gz')], { maxBuffer: 1 << 28 });
    expect(digest(plain)).toBe(await whole());
  });

  it('is continued behind any of its parts', async () => {
    const flags = { rawCompression: 'gzip', streams: 'trades' };
    const raw = await stoppedAt(30_000, flags);
    await admin.query('change', "UPDATE trades SET qty = 8 WHERE symbol = 'BTC' AND trade_id = 13000");
    const again = tradesOf(await run(raw, flags));
    expect(again.sha256).toBe(await whole(flags));
    expect(again.keptRows).toBeGreaterThan(10_000);
    expect(again.keptRows).toBeLessThan(13_000);
  });
});

const mounted = (() => {
  if (process.getuid?.() !== 0) return 'only root can mount a small disk';
  const at = freshFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' });
    execFileSync('umount', [at]);
    return '';
  } catch {
    return 'this system does not let root mount';
  }
})();

describe(`a full disk${mounted && ` (skipped: ${mounted})`}`, () => {
  it.skipIf(mounted !== '')('is an error, and with space the export goes on', async () => {
    const raw = join(freshFolder(), 'small');
    mkdirSync(raw);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=900k', 'tmpfs', raw]);
    try {
      const flags = { streams: 'trades' };
      await expect(run(raw, flags)).rejects.toMatchObject({
        code: 'E_RESOURCE',
        message: expect.stringContaining('the disk is full'),
      });
      expect(readdirSync(raw)).not.toContain('BTC_trades.csv');
      execFileSync('mount', ['-o', 'remount,size=8m', raw]);
      const again = tradesOf(await run(raw, flags));
      expect(again.sha256).toBe(await whole());
      expect(again.keptRows).toBeGreaterThan(0);
    } finally {
      execFileSync('umount', [raw]);
    }
  });
});
