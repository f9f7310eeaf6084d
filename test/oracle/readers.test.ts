/** features.parquet is read alike by Polars, Arrow and DuckDB (HYBRID_PYTHON names a Python that has them). */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hybrid } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { randomMarket, writeMarket } from '../support/market.js';

const python = process.env.HYBRID_PYTHON;
if (python === undefined)
  console.warn(
    'skipped: HYBRID_PYTHON names no Python with polars, pyarrow and duckdb, the readers compared',
  );

it.skipIf(python === undefined).each(['lz4', 'snappy', 'none'])(
  'with compression %s',
  async (compression) => {
    const folder = freshFolder();
    writeMarket(join(folder, 'raw_data'), 'TEST', randomMarket(21, 3000));
    const run = await hybrid(['prepare', '--compression', compression], folder);
    expect(run).toMatchObject({ code: 0 });
    const script = join('test', 'oracle', 'readers.py');
    const said = execFileSync(python!, [script, join(folder, 'features.parquet')], { encoding: 'utf8' });
    expect(said.trim()).toBe('3 3000 46');
  },
);
