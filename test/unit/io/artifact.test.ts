import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Artifact, writeArtifact, writeJson } from '../../../ts/io/artifact.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hybrid-artifact-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('an artifact', () => {
  it('is there only after publish, with the checksum of what was written', async () => {
    const artifact = await Artifact.create(join(folder, 'deep/er/a.csv'));
    await artifact.write('ts\n');
    await artifact.write(Buffer.from('1\n'));
    const summary = await artifact.seal();
    expect(readdirSync(join(folder, 'deep/er'))).toEqual(['a.csv.partial']);
    await artifact.publish();
    expect(readdirSync(join(folder, 'deep/er'))).toEqual(['a.csv']);
    expect(summary).toEqual({
      path: join(folder, 'deep/er/a.csv'),
      bytes: 5,
      sha256: createHash('sha256').update('ts\n1\n').digest('hex'),
    });
  });

  it('leaves the older file and no partial one when its producer throws', async () => {
    writeFileSync(join(folder, 'a'), 'old');
    const failing = writeArtifact(join(folder, 'a'), async (write) => {
      await write('new');
      throw new Error('boom');
    });
    await expect(failing).rejects.toThrow('boom');
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
  });

  it('stops at the first write after an abort and leaves nothing', async () => {
    const controller = new AbortController();
    const written = writeArtifact(
      join(folder, 'a'),
      async (write) => {
        await write('1');
        controller.abort();
        await write('2');
      },
      controller.signal,
    );
    await expect(written).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('replaces what a killed run left', async () => {
    writeFileSync(join(folder, 'a.partial'), 'a long left-over of a killed run');
    await writeArtifact(join(folder, 'a'), (write) => write('1'));
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('1');
  });

  it('never publishes the half of a second run on the same file', async () => {
    const first = await Artifact.create(join(folder, 'a'));
    const second = await Artifact.create(join(folder, 'a'));
    await second.write('half');
    await first.seal();
    await expect(first.publish()).rejects.toMatchObject({ code: 'E_RESOURCE' });
    await first.discard();
    await second.seal();
    await second.publish();
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('half');
  });

  it('says which path is no folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(Artifact.create(join(folder, 'file/a'))).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `${folder}/file: expected a folder, got a file`,
    });
  });
});

describe('a manifest', () => {
  it('is indented JSON with a final newline', async () => {
    await writeJson(join(folder, 'm.json'), { rows: 3, ts: 1_704_067_200_000_000n });
    expect(readFileSync(join(folder, 'm.json'), 'utf8')).toBe(
      '{\n  "rows": 3,\n  "ts": 1704067200000000\n}\n',
    );
  });
});
