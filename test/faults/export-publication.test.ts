/** Kill -9 between any two steps by which files get their names: nothing that looks whole is not. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { hybrid, hybridProcess } from '../support/cli.js';
import { freshFolder } from '../support/folder.js';
import { fill, usePostgres } from '../support/postgres.js';

const postgres = usePostgres();
const preload = pathToFileURL(resolve('test/support/kill-at.js')).href;
const args = ['export', '--streams', 'trades,liquidations', '--compression', 'gzip', '--json'];
let env: Record<string, string>;

beforeAll(async () => {
  env = { DATABASE_URL: await postgres.database('market') };
  const trades = Array.from({ length: 500 }, (_, i) => `${i * 1000},${i},100.5,${1 + (i % 7)},1`);
  await fill(await postgres.open('market'), 'BTC', { trades, liquidations: ['5000,1,1,100,2'] });
});

const files = ['BTC.manifest.json', 'BTC_liquidations.csv.gz', 'BTC_trades.csv.gz'];

/** The checksums of the data files that are there under their names. */
function checksums(raw: string): Record<string, string> {
  const there = files.slice(1).filter((name) => existsSync(join(raw, name)));
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(raw, name)))
      .digest('hex');
  return Object.fromEntries(there.map((name) => [name, digest(name)]));
}

/** Runs an export that is killed before its n-th step; what it was about to do, undefined when it came to its end. */
async function killedAt(step: number, folder: string): Promise<string | undefined> {
  const note = join(folder, 'killed-before');
  const options = { NODE_OPTIONS: `--import ${preload}`, KILL_AT: String(step), KILLED_BEFORE: note };
  const { code, stderr } = await hybridProcess(args, folder, { ...env, ...options });
  if (existsSync(note)) return readFileSync(note, 'utf8');
  expect(code, stderr).toBe(0);
  return undefined;
}

it('an export killed between any two steps is continued to the same files', async () => {
  const whole = freshFolder();
  expect((await hybrid(args, whole, env)).code).toBe(0);
  const expected = checksums(join(whole, 'raw_data'));
  const interrupted: string[] = [];
  for (let step = 1; ; step++) {
    const folder = freshFolder();
    const raw = join(folder, 'raw_data');
    const before = await killedAt(step, folder);
    expect(expected).toMatchObject(checksums(raw));
    if (before === undefined) break;
    interrupted.push(before);
    if (existsSync(join(raw, files[0]!))) expect(checksums(raw), before).toEqual(expected);
    const { code, stdout, stderr } = await hybrid(args, folder, env);
    expect(code, stderr).toBe(0);
    expect(
      JSON.parse(stdout)
        .files.map((file: { sha256: string }) => file.sha256)
        .toSorted(),
      before,
    ).toEqual(Object.values(expected).toSorted());
    expect(checksums(raw), before).toEqual(expected);
    expect(readdirSync(raw).toSorted(), before).toEqual(files);
  }
  // Among them: before either file has its name, before the manifest has, before either journal goes.
  for (const target of [
    /rename .*trades.*\.partial$/,
    /rename .*liq.*\.partial$/,
    /rename .*manifest/,
    /rm .*trades.*\.journal$/,
    /rm .*liq.*\.journal$/,
  ])
    expect(
      interrupted.some((what) => target.test(what)),
      `${target} in ${interrupted.join('; ')}`,
    ).toBe(true);
}, 300_000);
