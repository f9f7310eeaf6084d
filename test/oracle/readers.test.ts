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

const compressions = ['lz4', 'snappy', 'none'];

it.skipIf(python === undefined)(`with compression ${compressions.join(', ')}`, async () => {
  const folder = freshFolder();
  writeMarket(join(folder, 'raw_data'), 'TEST', randomMarket(21, 3000));
  for (const compression of compressions) {
    const flags = ['--compression', compression, '--out', `${compression}.parquet`];
    expect(await hybrid(['prepare', ...flags], folder)).toMatchObject({ code: 0 });
  }
  const files = compressions.map((compression) => join(folder, `${compression}.parquet`));
  const args = [join('test', 'oracle', 'readers.py'), ...files];
  const said = execFileSync(python!, args, { encoding: 'utf8' });
  expect(said.trimEnd().split('\n')).toEqual(compressions.map(() => '3 3000 46'));
});
