import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createDefaultTables, loadCsv } from '../../ts/io/postgres/load.js';
import { rawFile, streams } from '../../ts/io/raw.js';
import { silentProgress } from '../../ts/report/progress.js';
import { exportRaw } from '../../ts/stages/export.js';
import { hybridProcess } from '../support/cli.js';
import { exportSettings, usePostgres } from '../support/postgres.js';

const folder = mkdtempSync(join(tmpdir(), 'hybrid-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const postgres = usePostgres();

describe('hybrid simulate', () => {
  it('writes files that come back from a database byte for byte', async () => {
    const { code, stdout } = await hybridProcess(['simulate', '--hours', '2', '--json'], folder);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout) as { files: { stream: string; sha256: string; rows: number }[] };
    const session = await postgres.open();
    await createDefaultTables(session);
    const raw = join(folder, 'raw_data');
    for (const stream of streams) await loadCsv(session, 'SIM', stream, rawFile(raw, 'SIM', stream));
    const exported = await exportRaw(exportSettings(postgres.url(), { raw: join(folder, 'exported') }), {
      progress: silentProgress,
    });
    expect(exported.files.map((file) => [file.stream, file.rows, file.sha256])).toEqual(
      summary.files.map((file) => [file.stream, file.rows, file.sha256]),
    );
  });

  it('tells in its manifest what it planted', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'raw_data', 'SIM.manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({
      kind: 'simulate',
      market: { seed: 42, hours: 2 },
      planted: { formula: 'obi * ofd' },
    });
  });
});
