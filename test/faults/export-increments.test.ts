import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasZstd } from '../../ts/io/coding.js';
import { openRaw } from '../../ts/io/csv.js';
import type { Session } from '../../ts/io/postgres/session.js';
import { silentProgress } from '../../ts/report/progress.js';
import { defaultTuning } from '../../ts/stages/export/run.js';
import { type ExportSummary, exportRaw } from '../../ts/stages/export.js';
import { freshFolder } from '../support/folder.js';
import { exportSettings, fill, fillTrades, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
type Flags = Record<string, string>;

/** A tenth of the rows make as many parts, on as many connections. */
const small = { ...defaultTuning, partBytes: defaultTuning.partBytes / 10, rowsForFollowers: 10_000 };

const exporter =
  (url: string) =>
  (raw: string, flags: Flags = {}): Promise<ExportSummary> =>
    exportRaw(
      exportSettings(url, { raw, jobs: '2', streams: 'trades', ...flags }),
      { progress: silentProgress },
      small,
    );

async function database(
  name: string,
): Promise<{ run: ReturnType<typeof exporter>; admin: Session; url: string }> {
  const url = await postgres.database(name);
  return { run: exporter(url), admin: await postgres.open(name), url };
}

const insert = (admin: Session, second: number, count: number, table = 'trades') =>
  admin.query(
    'insert',
    `INSERT INTO ${table} SELECT 'BTC', timestamptz '2024-01-01 00:00:00+00' + ${second} * interval '1 s' + i * interval '1 ms',
       ${second * 1000} + i, 2, 3, 1, NULL FROM generate_series(1, ${count}) AS i`,
  );

describe('--since-last', () => {
  const sinceLast = { sinceLast: 'true' };
  let run: ReturnType<typeof exporter>;
  let admin: Session;
  beforeAll(async () => {
    ({ run, admin } = await database('daily'));
    await fillTrades(admin, 'BTC', 20_000);
  });

  it('exports whole the first time, then appends what is new: the bytes of a whole export', async () => {
    const raw = freshFolder();
    expect((await run(raw, sinceLast)).files[0]).toMatchObject({ rows: 20_000, keptRows: 0 });
    await insert(admin, 100, 1000);
    const [grown] = (await run(raw, sinceLast)).files;
    expect(grown).toMatchObject({ rows: 21_000, keptRows: 20_000 });
    const [whole] = (await run(freshFolder())).files;
    expect(grown!.sha256).toBe(whole!.sha256);
    const bytes = readFileSync(join(raw, 'BTC_trades.csv'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(whole!.sha256);
    expect((await run(raw, sinceLast)).files[0]).toMatchObject({ rows: 21_000, keptRows: 21_000 });
  });

  it('moves the end of the period on', async () => {
    const raw = freshFolder();
    const first = { ...sinceLast, from: '2024-01-01T00:00:05Z', to: '2024-01-01T00:00:10Z' };
    expect((await run(raw, first)).files[0]).toMatchObject({ rows: 5000, keptRows: 0 });
    const next = { ...first, to: '2024-01-01T00:00:15Z' };
    const [file] = (await run(raw, next)).files;
    expect(file).toMatchObject({ rows: 10_000, keptRows: 5000 });
    const { sinceLast: _, ...plain } = next;
    expect(file!.sha256).toBe((await run(freshFolder(), plain)).files[0]!.sha256);
  });

  it.each([
    [
      'a row that came late',
      "INSERT INTO trades VALUES ('BTC', '2024-01-01 00:00:07.0000005+00', -7, 1, 1, 1, NULL)",
    ],
    [
      'a row that came late at the very last instant',
      'INSERT INTO trades SELECT symbol, ts, -8, 1, 1, 1, NULL FROM trades ORDER BY ts DESC LIMIT 1',
    ],
    ['a row that was changed', 'UPDATE trades SET price = 5 WHERE trade_id = 77'],
    ['a row that was removed', 'DELETE FROM trades WHERE trade_id = 78'],
  ])('says so and stops at %s; without the flag all is right again', async (_, sql) => {
    const raw = freshFolder();
    const before = (await run(raw)).files[0]!;
    await admin.query('change', sql);
    await expect(run(raw, sinceLast)).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringMatching(
        /^BTC trades: expected the rows from .* as they were exported on .*, got late, changed/,
      ),
      hint: expect.stringContaining('without --since-last'),
    });
    const bytes = readFileSync(join(raw, 'BTC_trades.csv'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(before.sha256);
    const [again] = (await run(raw)).files;
    expect(again!.sha256).not.toBe(before.sha256);
    expect(again!.sha256).toBe((await run(freshFolder())).files[0]!.sha256);
  });

  it('appends to a gzip file, in the middle of its last block', async () => {
    const raw = freshFolder();
    const flags = { ...sinceLast, rawCompression: 'gzip' };
    await run(raw, flags);
    await insert(admin, 300, 30_000);
    const [grown] = (await run(raw, flags)).files;
    expect(grown!.keptRows).toBeGreaterThan(0);
    expect(grown!.sha256).toBe((await run(freshFolder(), { rawCompression: 'gzip' })).files[0]!.sha256);
    const { value: file } = await openRaw(join(raw, 'BTC_trades.csv.gz')).next();
    let lines = 0;
    for await (const block of file!.blocks(0, 1 << 20))
      if ('bytes' in block) lines += Buffer.from(block.bytes).toString().split('\n').length - 1;
    // The header is a line too.
    expect(lines).toBe(grown!.rows + 1);
  });
});

describe('symbols by wildcard', () => {
  it('are all that match, and it is an error when none does', async () => {
    const { run, admin } = await database('names');
    for (const symbol of ['BTCUSDT', 'BTCEUR', 'ETHUSDT', 'BTC.P*'])
      await fill(admin, symbol, { trades: ['1704067200000001,2,42000.1,0.5,1'] });
    const symbols = async (pattern: string) =>
      (await run(freshFolder(), { symbols: pattern })).files.map(({ symbol }) => symbol);
    expect(await symbols('BTC*')).toEqual(['BTC.P*', 'BTCEUR', 'BTCUSDT']);
    expect(await symbols('ETH*,BTC???')).toEqual(['ETHUSDT', 'BTC.P*', 'BTCEUR']);
    expect(await symbols('BTC.P*')).toEqual(['BTC.P*']);
    expect(await symbols('*USDT,BTCUSDT')).toEqual(['BTCUSDT', 'ETHUSDT']);
    await expect(run(freshFolder(), { symbols: 'X*' })).rejects.toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('"X*": expected a symbol, got none that matches; the table has'),
    });
  });
});

describe('a table in partitions', () => {
  const days = [1, 2, 3, 4];
  const day = (n: number) => `2024-01-0${n} 00:00:00+00`;
  const columns =
    'symbol text NOT NULL, ts timestamptz NOT NULL, trade_id bigint NOT NULL, price float8 NOT NULL, qty float8 NOT NULL, side smallint NOT NULL, local_ts timestamptz';
  const fillDays = (n: number) =>
    `INSERT INTO trades SELECT 'BTC', '${day(n)}'::timestamptz + i * interval '5 s', i, 1, 1, 1, NULL FROM generate_series(0, 14999) AS i`;
  const partsOf = (raw: string): { to: number }[] =>
    JSON.parse(readFileSync(join(raw, 'BTC.manifest.json'), 'utf8')).files[0].parts;
  const chunk = (n: number) => `_timescaledb_internal._hyper_1_${n}_chunk`;
  const midnight = (n: number) => Date.parse(day(n)) * 1000;

  it('without an index is cut at the borders of the partitions; one that is attached is noticed', async () => {
    const { run, admin } = await database('partitioned');
    await admin.query('create', `CREATE TABLE trades (${columns}) PARTITION BY RANGE (ts)`);
    for (const n of days) {
      await admin.query(
        'part',
        `CREATE TABLE day${n} PARTITION OF trades FOR VALUES FROM ('${day(n)}') TO ('${day(n + 1)}')`,
      );
      await admin.query('fill', fillDays(n));
    }
    await admin.query(
      'corrected',
      `CREATE TABLE corrected AS SELECT symbol, ts, trade_id, price + 1 AS price, qty, side, local_ts FROM day2; ANALYZE`,
    );
    const raw = freshFolder();
    const [first] = (await run(raw)).files;
    expect(
      partsOf(raw)
        .slice(0, -1)
        .map(({ to }) => to),
    ).toEqual(days.map(midnight));
    expect(first!.rows).toBe(60_000);
    // As many rows, all of them older than the export: only the relation that they are in tells.
    for (const name of ['symbol', 'ts', 'trade_id', 'price', 'qty', 'side'])
      await admin.query('not null', `ALTER TABLE corrected ALTER ${name} SET NOT NULL`);
    await admin.query(
      'swap',
      `ALTER TABLE trades DETACH PARTITION day2;
      ALTER TABLE trades ATTACH PARTITION corrected FOR VALUES FROM ('${day(2)}') TO ('${day(3)}')`,
    );
    const [second] = (await run(raw)).files;
    expect(second!.keptRows).toBe(15_000);
    expect(second!.sha256).toBe((await run(freshFolder(), { jobs: '1' })).files[0]!.sha256);
  });

  it('by inheritance and checks, in a schema of their own, as chunks are, likewise', async () => {
    const { run, admin } = await database('chunked');
    await admin.query('create', `CREATE SCHEMA _timescaledb_internal; CREATE TABLE trades (${columns})`);
    for (const n of days) {
      await admin.query(
        'chunk',
        `CREATE TABLE ${chunk(n)} (CHECK (ts >= '${day(n)}'::timestamptz AND ts < '${day(n + 1)}'::timestamptz)) INHERITS (trades)`,
      );
      await admin.query('fill', fillDays(n).replace('INTO trades', `INTO ${chunk(n)}`));
    }
    await admin.query('analyze', 'ANALYZE');
    const raw = freshFolder();
    const [file] = (await run(raw)).files;
    expect(
      partsOf(raw)
        .slice(0, -1)
        .map(({ to }) => to),
    ).toEqual(days.map(midnight));
    expect(file!.rows).toBe(60_000);
    expect((await run(raw)).files[0]!.keptRows).toBe(file!.rows);
    await admin.query('change', `UPDATE trades SET qty = 2 WHERE ts = '${day(3)}'`);
    const [again] = (await run(raw)).files;
    expect(again!.keptRows).toBe(file!.rows / 2);
    expect(again!.sha256).toBe((await run(freshFolder(), { jobs: '1' })).files[0]!.sha256);
  });
});

describe('what others do meanwhile', () => {
  it('never shows in one file and not in another', async () => {
    const { admin, url } = await database('writers');
    await fillTrades(admin, 'BTC', 25_000, 10);
    await fill(admin, 'BTC', {});
    const writer = await postgres.open('writers');
    let writing = true;
    const pairs = (async () => {
      for (let i = 1; writing; i++) {
        await writer.query(
          'pair',
          `BEGIN; INSERT INTO trades VALUES ('NEW', now(), ${i}, 1, 1, 1, NULL);
          INSERT INTO depth VALUES ('NEW', now(), ${i}, '{1}', '{1}', '{2}', '{1}');
          INSERT INTO liquidations VALUES ('NEW', now(), ${i}, 1, 1, 1); COMMIT`,
        );
      }
    })();
    try {
      const { files } = await exporter(url)(freshFolder(), {
        streams: 'trades,depth,liquidations',
        jobs: '3',
      });
      const rows = files.filter(({ symbol }) => symbol === 'NEW').map((file) => file.rows);
      expect(rows.length).toBe(3);
      expect(new Set(rows).size).toBe(1);
    } finally {
      writing = false;
      await pairs;
    }
  });

  it('a lock on the table is waited for, not for ever', async () => {
    const { run, admin } = await database('locked');
    await fillTrades(admin, 'BTC', 10);
    await admin.query('lock', 'BEGIN; LOCK TABLE trades IN ACCESS EXCLUSIVE MODE');
    await expect(run(freshFolder(), { lockTimeout: '0.2' })).rejects.toMatchObject({
      code: 'E_DATABASE',
      message: expect.stringContaining('somebody else holds a lock'),
      hint: expect.stringContaining('--lock-timeout'),
    });
    await admin.query('unlock', 'ROLLBACK');
  });

  it('a statement that takes too long is ended by --statement-timeout', async () => {
    const { run, admin } = await database('slow');
    await fillTrades(admin, 'BTC', 10);
    await admin.query('lock', 'BEGIN; LOCK TABLE trades IN ACCESS EXCLUSIVE MODE');
    const raw = freshFolder();
    await expect(run(raw, { statementTimeout: '0.2', lockTimeout: '60' })).rejects.toMatchObject({
      code: 'E_DATABASE',
      hint: expect.stringContaining('--statement-timeout'),
    });
    expect(readdirSync(raw)).not.toContain('BTC_trades.csv');
    await admin.query('unlock', 'ROLLBACK');
  });

  it('a row without ts is an error, not a row less', async () => {
    const { run, admin } = await database('nulls');
    await admin.query(
      'create',
      'CREATE TABLE trades (symbol text, ts timestamptz, trade_id bigint, price float8, qty float8, side smallint)',
    );
    await admin.query(
      'fill',
      "INSERT INTO trades VALUES ('BTC', now(), 1, 1, 1, 1), ('BTC', NULL, 2, 1, 1, 1)",
    );
    await expect(run(freshFolder())).rejects.toMatchObject({
      code: 'E_INPUT',
      message: 'BTC trades: expected a ts in every row, got rows without',
    });
  });
});

describe('zstd', () => {
  const skipped = hasZstd ? '' : ' (skipped: this Node has no zstd)';
  it.skipIf(hasZstd)('needs a Node that has it, and says so before it connects', async () => {
    await expect(
      exporter('postgres://nobody@127.0.0.1:1/none')(freshFolder(), { rawCompression: 'zstd' }),
    ).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('22.15'),
    });
  });

  it.skipIf(!hasZstd)(
    `has the same bytes for any jobs, after an interruption and appended to${skipped}`,
    async () => {
      const { run, admin, url } = await database('zstd');
      await fillTrades(admin, 'BTC', 80_000);
      const flags = { rawCompression: 'zstd' };
      const controller = new AbortController();
      const update = (done: number) => done > 60_000 && controller.abort();
      const interrupted = freshFolder();
      await expect(
        exportRaw(
          exportSettings(url, { raw: interrupted, jobs: '1', streams: 'trades', ...flags }),
          {
            progress: { note: () => {}, phase: () => ({ update, end: () => {} }) },
            signal: controller.signal,
          },
          { ...small, updateMs: 0 },
        ),
      ).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
      const again = (await run(interrupted, { ...flags, jobs: '3' })).files[0]!;
      expect(again.keptRows).toBeGreaterThan(0);
      expect(again.sha256).toBe((await run(freshFolder(), { ...flags, jobs: '1' })).files[0]!.sha256);
      await insert(admin, 300, 30_000);
      const grown = (await run(interrupted, { ...flags, sinceLast: 'true' })).files[0]!;
      expect(grown).toMatchObject({ rows: 110_000, keptRows: 80_000 });
      expect(grown.sha256).toBe((await run(freshFolder(), flags)).files[0]!.sha256);
      const plain = (await run(freshFolder())).files[0]!.sha256;
      const hash = createHash('sha256');
      for await (const file of openRaw(join(interrupted, 'BTC_trades.csv.zst')))
        for await (const block of file.blocks(0, 1 << 20)) if ('bytes' in block) hash.update(block.bytes);
      expect(hash.digest('hex')).toBe(plain);
    },
  );
});
