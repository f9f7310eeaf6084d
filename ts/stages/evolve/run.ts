/** An evolution for programs: typed options in, generations while it runs, the result in the end. */
import { type Field, type FieldName, fields } from '../../config/fields.js';
import type { Kind } from '../../config/kinds.js';
import { suggest } from '../../config/nearest.js';
import { HybridError } from '../../error.js';
import type { GenerationRecord } from '../../evolve/search.js';
import { type Progress, silentProgress } from '../../report/progress.js';
import { type EvolveSummary, evolve } from '../evolve.js';
import { type EvolveSettings, evolveSettings } from './study.js';

/**
 * The settings of `hybrid evolve` by their keys in hybrid.config.json; what is left out has the command's default.
 * Times are in seconds. Neither the environment nor a file is read.
 */
export type EvolveOptions = { -readonly [N in keyof EvolveSettings]?: EvolveSettings[N] } & {
  /** Aborting it stops the evolution as Ctrl-C does: E_INTERRUPTED, and a checkpoint for `resume`. */
  signal?: AbortSignal;
  /** Hears of phases, rates and notes; silent when not given. */
  progress?: Progress;
};

/** An evolution under way. */
export interface EvolveRun extends AsyncIterable<GenerationRecord, void, undefined> {
  /** What `hybrid evolve --json` prints; rejects with a HybridError. */
  readonly result: Promise<EvolveSummary>;
  /** Ends the search after the generation under way; what it found is judged, and `result` resolves. */
  finish(): void;
}

/**
 * Begins an evolution. While somebody iterates over it, a generation begins when it is asked for; else they follow
 * each other. Leaving the loop stops the evolution as an aborted signal does, and waits until its threads are gone.
 * Errors: E_USAGE for an unknown option, E_CONFIG for a wrong value (thrown at once); those of the command later.
 */
export function startEvolution(options: EvolveOptions = {}): EvolveRun {
  return new Evolution(settingsOf(options), options);
}

class Evolution implements EvolveRun {
  readonly result: Promise<EvolveSummary>;
  private readonly controller = new AbortController();
  private readonly waiting: GenerationRecord[] = [];
  private followed = false;
  private enough = false;
  private settled = false;
  /** Wakes the one who waits for a generation, and the search that waits to be asked for the next one. */
  private arrived = () => {};
  private asked = () => {};

  constructor(settings: EvolveSettings, { signal, progress = silentProgress }: EvolveOptions) {
    const either =
      signal === undefined ? this.controller.signal : AbortSignal.any([signal, this.controller.signal]);
    const generation = (record: GenerationRecord) => this.receive(record);
    this.result = evolve(settings, { progress, signal: either, generation }).finally(() => {
      this.settled = true;
      this.arrived();
    });
    // Who only iterates gets the error there.
    this.result.catch(() => {});
    either.addEventListener('abort', () => this.asked(), { once: true });
  }

  finish(): void {
    this.enough = true;
    this.asked();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationRecord, void, undefined> {
    this.followed = true;
    try {
      for (;;) {
        const next = this.waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        if (this.settled) break;
        this.asked();
        await new Promise<void>((resolve) => {
          this.arrived = resolve;
        });
      }
      await this.result;
    } finally {
      await this.stop();
    }
  }

  /** Of no effect once the search is asked to finish, or the evolution has ended. */
  private async stop(): Promise<void> {
    this.followed = false;
    if (this.enough) return;
    if (!this.settled) this.controller.abort();
    await this.result.catch(() => {});
  }

  private async receive(record: GenerationRecord): Promise<'enough' | undefined> {
    this.waiting.push(record);
    this.arrived();
    if (this.followed && !this.enough && !this.controller.signal.aborted)
      await new Promise<void>((resolve) => {
        this.asked = resolve;
      });
    return this.enough ? 'enough' : undefined;
  }
}

/** Checked as the command checks its flags. */
function settingsOf(options: EvolveOptions): EvolveSettings {
  const { signal, progress, ...given } = options;
  const known: readonly string[] = evolveSettings;
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const hint = suggest(name, [...known, 'signal', 'progress']);
    throw new HybridError('E_USAGE', `evolve: unknown option "${name}"`, { hint });
  }
  const values = evolveSettings.map((name) => [name, checked(name, given[name])]);
  return Object.fromEntries(values) as EvolveSettings;
}

function checked(name: FieldName, given: unknown): unknown {
  const field = fields[name] as Field<unknown>;
  if (given === undefined) return typeof field.default === 'function' ? field.default() : field.default;
  const value = parsed(field.kind, given);
  if (value !== undefined) return value;
  throw new HybridError(
    'E_CONFIG',
    `${name}: expected ${field.kind.expected}, got ${JSON.stringify(given)}`,
    {
      hint: `Correct ${name}: ${field.doc}.`,
    },
  );
}

/** A value goes through its text: what the text would not give back is wrong. */
function parsed(kind: Kind<unknown>, given: unknown): unknown {
  try {
    return kind.parse(kind.print(given));
  } catch {
    return undefined;
  }
}
