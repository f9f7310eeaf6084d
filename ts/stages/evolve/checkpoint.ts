/**
 * The checkpoint of an evolution: what its search knew after the last complete generation, in one file beside the
 * result; null runs, which are searches too, have one each. The first line says what the file belongs to; behind it
 * stands the search's state as V8 serialises it.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { type Field, type FieldName, fields } from '../../config/fields.js';
import type { Kind } from '../../config/kinds.js';
import { version } from '../../config/version.js';
import { HybridError, interrupted } from '../../error.js';
import type { RegressionState } from '../../evolve/regression.js';
import type { SearchState } from '../../evolve/search.js';
import { Artifact } from '../../io/artifact.js';
import { hashKernels } from '../../kernels/load.js';
import type { Progress } from '../../report/progress.js';
import { configurationOf, type EvolveSettings } from './study.js';

const format = 'hybrid-checkpoint 3';
const nullRunFile = /^null-run-\d+\.checkpoint$/;
/** A checkpoint takes at most this share of the time. */
const leastRatio = 20;

/** The first line of the file. */
interface Head {
  format: string;
  hybrid: string;
  generations: number;
  kernelsSha256: string;
  datasetSha256: string;
  /** Of the texts of a person's formulas; null without them. */
  seedsSha256: string | null;
  configuration: Partial<EvolveSettings>;
  bytes: number;
  sha256: string;
}

type State = SearchState | RegressionState;

/** A search that can be kept and taken up again. */
export interface Resumable<S extends State = never> {
  save(): State | undefined;
  restore(state: S): void;
}

/** What a search rests on beside its settings. */
export interface Ground {
  datasetSha256: string;
  seeds: readonly { text: string }[] | undefined;
}

export class Checkpoint {
  private ground: Ground | undefined;
  private search: Resumable | undefined;
  /** Of the null runs, the one under way last. */
  private readonly others: Checkpoint[] = [];
  /** Generations that the file holds, when it was written, and how long that took (ms). */
  private held: number;
  private writtenAt = performance.now();
  private took = 0;
  /** Whether null runs of an earlier evolution may lie beside it: they are not those of this one. */
  private stale: boolean;

  private constructor(
    readonly path: string,
    private readonly settings: EvolveSettings,
    private readonly progress: Progress,
    private readonly kernelsSha256: string,
    private found: { head: Head; state: State } | undefined,
  ) {
    this.held = found?.head.generations ?? 0;
    this.stale = !settings.resume;
  }

  /**
   * With `resume`, reads the checkpoint and compares its settings and kernels; without, says when there is one.
   * Errors: E_INPUT where there is none, or it is damaged or of other kernels; E_USAGE for other settings.
   */
  static async open(settings: EvolveSettings, progress: Progress): Promise<Checkpoint> {
    const path = join(settings.evolved, 'search.checkpoint');
    const kernels = await hashKernels();
    if (!settings.resume) {
      await mention(path, progress);
      return new Checkpoint(path, settings, progress, kernels, undefined);
    }
    const found = await readCheckpoint(path);
    requireVersions(path, found.head, kernels);
    requireSettings(path, found.head, settings);
    return new Checkpoint(path, settings, progress, kernels, found);
  }

  /** Says what the search rests on. Errors: E_INPUT where the checkpoint rests on something else. */
  stand(ground: Ground): void {
    this.ground = ground;
    if (this.found !== undefined) requireGround(this.path, this.found.head, ground);
  }

  /** Begins to follow a search; a new one becomes what the checkpoint holds. */
  follow(search: Resumable): void {
    this.search = search;
    this.writtenAt = performance.now();
    if (this.found === undefined) return;
    // Settings that are the same make the same kind of search.
    search.restore(this.found.state as never);
    this.progress.note(`${basename(this.path)}: resumed after generation ${this.held}`);
    this.found = undefined;
  }

  /** The checkpoint of a null run of the same evolution; when that is resumed, as far as it had come. */
  async besideNullRun(run: number): Promise<Checkpoint> {
    // The search before is done: it is not to be run again.
    await this.others.at(-1)?.tryWrite();
    const path = join(dirname(this.path), `null-run-${run}.checkpoint`);
    const there = this.settings.resume && (await stat(path).catch(() => undefined)) !== undefined;
    const found = there ? await readCheckpoint(path) : undefined;
    if (found !== undefined) {
      requireVersions(path, found.head, this.kernelsSha256);
      requireSettings(path, found.head, this.settings);
    }
    await this.clearStale();
    const other = new Checkpoint(path, this.settings, this.progress, this.kernelsSha256, found);
    other.stale = false;
    other.stand(this.ground!);
    this.others.push(other);
    return other;
  }

  /** After a generation: writes when it is time. What cannot be written is said, and the search goes on. */
  async keep(): Promise<void> {
    const since = performance.now() - this.writtenAt;
    if (since < Math.max(1000 * this.settings.checkpointEvery, leastRatio * this.took)) return;
    await this.tryWrite();
  }

  /** Writes the last complete generation, unless the file holds it; returns its number, 0 for none. */
  async write(): Promise<number> {
    const state = this.search?.save();
    if (state === undefined || state.log.length === this.held) return this.held;
    const start = performance.now();
    const payload = serialize(state);
    const head = `${JSON.stringify(this.headOf(state, payload))}\n`;
    // Before the file is another one: it must not lie beside null runs of the evolution before.
    await this.clearStale();
    const artifact = await Artifact.create(this.path, { checksum: false });
    try {
      await artifact.write(head);
      await artifact.write(payload);
      await artifact.seal();
      await artifact.publish();
    } finally {
      await artifact.discard();
    }
    this.writtenAt = performance.now();
    this.took = this.writtenAt - start;
    this.held = state.log.length;
    return this.held;
  }

  /** Keeps what there is when a run fails, and says so: in the hint where it was interrupted. */
  async rescue(error: unknown): Promise<unknown> {
    const held = await this.tryWrite();
    await this.others.at(-1)?.tryWrite();
    const stopped = error instanceof HybridError && error.code === 'E_INTERRUPTED';
    if (held === 0) return error;
    if (stopped) return interrupted(`Run the same command with --resume to go on after generation ${held}.`);
    this.progress.note(`${this.path}: generation ${held} is kept; --resume goes on from there`);
    return error;
  }

  /** Removes the files, also null runs of an earlier evolution: the search is done. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await this.clearNullRuns();
  }

  private async clearStale(): Promise<void> {
    if (!this.stale) return;
    await this.clearNullRuns();
    this.stale = false;
  }

  private async clearNullRuns(): Promise<void> {
    const folder = dirname(this.path);
    const names = await readdir(folder).catch((): string[] => []);
    for (const name of names.filter((n) => nullRunFile.test(n)))
      await rm(join(folder, name), { force: true });
  }

  private async tryWrite(): Promise<number> {
    try {
      return await this.write();
    } catch (error) {
      this.writtenAt = performance.now();
      this.progress.note(`checkpoint not written: ${HybridError.from(error).message}`);
      return this.held;
    }
  }

  private headOf(state: State, payload: Uint8Array): Head {
    return {
      format,
      hybrid: version,
      generations: state.log.length,
      kernelsSha256: this.kernelsSha256,
      datasetSha256: this.ground!.datasetSha256,
      seedsSha256: hashSeeds(this.ground!),
      configuration: configurationOf(this.settings),
      bytes: payload.byteLength,
      sha256: sha256(payload),
    };
  }
}

async function mention(path: string, progress: Progress): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined) return;
  progress.note(
    `${path} is there, of an evolution that was interrupted: --resume would go on with it; this run starts over and replaces it`,
  );
}

async function readCheckpoint(path: string): Promise<{ head: Head; state: State }> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
      throw HybridError.from(Object.assign(error, { path }));
    throw new HybridError('E_INPUT', `${path}: expected a checkpoint to resume from, got none`, {
      hint: 'Run the command without --resume, or name the folder of the interrupted run with --out.',
      cause: error,
    });
  });
  const end = content.indexOf('\n');
  const head = headIn(content.subarray(0, Math.max(0, end)));
  const payload = content.subarray(end + 1);
  if (head === undefined || payload.length !== head.bytes || sha256(payload) !== head.sha256)
    throw new HybridError('E_INPUT', `${path}: expected a checkpoint of this version, got something else`, {
      hint: startOver,
    });
  return { head, state: deserialize(payload) as State };
}

const startOver = 'Start over without --resume.';

function headIn(line: Uint8Array): Head | undefined {
  try {
    const head = JSON.parse(Buffer.from(line).toString()) as Head;
    return head.format === format ? head : undefined;
  } catch {
    return undefined;
  }
}

function requireVersions(path: string, head: Head, kernels: string): void {
  if (head.hybrid === version && head.kernelsSha256 === kernels) return;
  const of = (name: string, sha: string) => `hybrid ${name} with kernels ${sha.slice(0, 12)}…`;
  throw new HybridError(
    'E_INPUT',
    `${path}: expected a checkpoint of ${of(version, kernels)}, got one of ${of(head.hybrid, head.kernelsSha256)}`,
    { hint: `Resume with the version that wrote it. ${startOver}` },
  );
}

/** What may differ: the search has not come to its end, formulas are compared by their texts, null runs come after it. */
const free: readonly FieldName[] = ['generations', 'seedFormulas', 'nullRuns'];

function requireSettings(path: string, { configuration, generations }: Head, settings: EvolveSettings): void {
  const own = configurationOf(settings);
  for (const name of Object.keys({ ...configuration, ...own }) as (keyof EvolveSettings)[]) {
    if (free.includes(name)) continue;
    const [before, now] = [flagText(name, configuration[name]), flagText(name, own[name])];
    if (before === now) continue;
    throw new HybridError('E_USAGE', `${path}: expected ${before} as when it was interrupted, got ${now}`, {
      hint: `Resume with ${before}, or start over without --resume.`,
    });
  }
  if (settings.generations >= generations) return;
  throw new HybridError(
    'E_USAGE',
    `--generations: expected at least the ${generations} of the checkpoint, got ${settings.generations}`,
    { hint: `Resume with --generations ${generations} or more, or start over without --resume.` },
  );
}

function flagText(name: keyof EvolveSettings, value: unknown): string {
  const { flags }: Field<never> = fields[name] as never;
  const flag = flags?.evolve ?? name;
  if (value === undefined || value === null) return `no ${flag}`;
  return `${flag} ${(fields[name].kind as Kind<unknown>).print(value)}`;
}

function requireGround(path: string, head: Head, ground: Ground): void {
  if (head.datasetSha256 !== ground.datasetSha256)
    throw new HybridError(
      'E_INPUT',
      `${path}: expected the dataset that it was evolved on (SHA-256 ${head.datasetSha256.slice(0, 12)}…), got ${ground.datasetSha256.slice(0, 12)}…`,
      { hint: `Name that dataset with --dataset, or start over without --resume.` },
    );
  if (head.seedsSha256 === hashSeeds(ground)) return;
  throw new HybridError('E_INPUT', `${path}: expected the formulas that it started from, got others`, {
    hint: 'Name the same file of formulas with --seed-formulas, or start over without --resume.',
  });
}

function hashSeeds({ seeds }: Ground): string | null {
  return seeds === undefined ? null : sha256(seeds.map((s) => s.text).join('\n'));
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
