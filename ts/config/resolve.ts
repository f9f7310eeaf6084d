/** Settings from their sources: flag > environment > .env > hybrid.config.json > default. */
import { readFileSync } from 'node:fs';
import { parse as parseDotenv } from 'dotenv';
import { HybridError } from '../error.js';
import { type Command, type Field, type FieldName, fields, type Settings } from './fields.js';
import { suggest } from './nearest.js';

export interface Sources {
  /** Flags as typed, by field name (not by flag: `dataset` for prepare's --out); a repeated flag is a list. */
  flags: Readonly<Record<string, string | boolean | readonly string[]>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Content of .env. */
  dotenv: Readonly<Record<string, string>>;
  /** Content of hybrid.config.json. */
  file: Readonly<Record<string, unknown>>;
}

interface Found {
  text: string;
  /** Where it came from, as a message says it. */
  origin: string;
}

const entries = Object.entries(fields) as [FieldName, Field<unknown>][];

/** Reads .env and hybrid.config.json of the working directory; a missing file is an empty one. */
export function readSources(flags: Sources['flags'], env: Sources['env'] = process.env): Sources {
  return { flags, env, dotenv: parseDotenv(readIfThere('.env')), file: readConfigFile('hybrid.config.json') };
}

/**
 * The settings that the command knows (all others keep their defaults).
 * Errors: E_CONFIG with the place a wrong value came from, or the nearest name of an unknown key; E_USAGE for a flag
 * that no command has, which only a program can pass.
 */
export function resolve(command: Command, sources: Sources): Settings {
  checkFlagNames(command, sources.flags);
  checkFileKeys(sources.file);
  checkVariables(sources.dotenv, '.env: unknown key');
  checkVariables(withoutTools(sources.env), 'environment: unknown variable');
  const known = entries.map(([name, field]) => [name, readValue(command, name, field, sources)]);
  return Object.fromEntries(known) as Settings;
}

function readValue(command: Command, name: FieldName, field: Field<unknown>, sources: Sources): unknown {
  if (field.kind.read !== undefined) return readStructure(command, name, field, sources.file[name]);
  const found = find(command, name, field, sources);
  if (found === undefined) return typeof field.default === 'function' ? field.default() : field.default;
  const value = field.kind.parse(found.text);
  if (value === undefined) {
    const got = field.kind.secret ? 'something else' : `"${found.text}"`;
    throw new HybridError('E_CONFIG', `${found.origin}: expected ${field.kind.expected}, got ${got}`, {
      hint: `Correct ${found.origin}: ${field.doc}.`,
    });
  }
  return value;
}

/** A structured value is checked only for the commands that read it. */
function readStructure(command: Command, name: FieldName, field: Field<unknown>, value: unknown): unknown {
  if (value === undefined || value === null || !field.fileOnly?.includes(command)) return field.default;
  return field.kind.read!(value, name);
}

function find(command: Command, name: FieldName, field: Field<unknown>, sources: Sources): Found | undefined {
  const flag = field.flags?.[command];
  if (flag === undefined && !field.environmentOnly) return undefined;
  const given = sources.flags[name];
  const inFile = fromFile(name, sources.file);
  if (given !== undefined) {
    const texts = typeof given === 'object' ? given : [String(given)];
    // Repeatable settings add to the file's; the flags come last and win.
    const before = field.kind.repeatable && inFile !== undefined ? [inFile.text] : [];
    return { text: [...before, ...texts].join('\n'), origin: flag ?? name };
  }
  return fromEnvironment(name, field, sources) ?? (field.environmentOnly ? undefined : inFile);
}

/** An empty variable counts as not set: that is how .env.example leaves it. */
function fromEnvironment(name: FieldName, { env }: Field<unknown>, sources: Sources): Found | undefined {
  if (env === undefined) return undefined;
  if (sources.env[env]) return { text: sources.env[env], origin: `${name} (${env} in the environment)` };
  if (sources.dotenv[env]) return { text: sources.dotenv[env], origin: `${name} (${env} in .env)` };
  return undefined;
}

function fromFile(name: FieldName, file: Sources['file']): Found | undefined {
  const values = name === 'indicators' ? [besideMappings(file), file.indicators] : [file[name]];
  const given = values.filter((value) => value !== undefined && value !== null);
  if (given.length === 0) return undefined;
  return { text: given.map(textOf).join('\n'), origin: `${name} in hybrid.config.json` };
}

/** Parameters of the indicators that may stand beside the mappings: they, too, say how the data are to be read. */
const dataParameters = ['tick_size', 'lot_size', 'depth_latency_us', 'liq_latency_us'] as const;

/** Those that are set, by name; undefined when none is. The same one in `indicators` wins. */
function besideMappings(file: Sources['file']): Record<string, unknown> | undefined {
  const dedup = (file.liquidations as { dedup?: unknown } | null | undefined)?.dedup;
  const all = [...dataParameters.map((key) => [key, file[key]]), ['liq_dedup', dedup]];
  const given = all.filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value as object)
    .map(([name, inner]) => `${name}=${inner}`)
    .join('\n');
}

/** The command line refuses unknown flags itself: these are a program's. */
function checkFlagNames(command: Command, flags: Sources['flags']): void {
  const known = entries.filter(([, field]) => field.fileOnly === undefined).map(([name]) => name as string);
  const unknown = Object.keys(flags).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new HybridError('E_USAGE', `${command}: unknown option "${unknown}"`, {
    hint: fieldOfFlag(command, unknown) ?? fileOnlyName(unknown) ?? suggest(unknown, known),
  });
}

function fieldOfFlag(command: Command, name: string): string | undefined {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const found = entries.find(([, field]) => field.flags?.[command] === flag || field.alias === flag);
  return found && `Call it "${found[0]}": options have the names of the settings, not of the flags.`;
}

function fileOnlyName(name: string): string | undefined {
  const only = entries.some(([known, field]) => known === name && field.fileOnly !== undefined);
  return only ? `Set ${name} in hybrid.config.json, or in "file" of the sources.` : undefined;
}

function checkFileKeys(file: Sources['file']): void {
  const names = entries.filter(([, field]) => !field.environmentOnly).map(([name]) => name as string);
  const allowed = [...names, ...dataParameters];
  for (const key of Object.keys(file)) {
    if (allowed.includes(key)) continue;
    throw new HybridError('E_CONFIG', `hybrid.config.json: unknown key "${key}"`, {
      hint: environmentName(key) ?? suggest(key, allowed),
    });
  }
}

/** A connection belongs into the environment, where no repository picks its password up. */
function environmentName(key: string): string | undefined {
  const field: Field<unknown> | undefined = entries.find(([name]) => name === key)?.[1];
  return field?.environmentOnly ? `Set ${field.env} in the environment or in .env instead.` : undefined;
}

/** Only the names that are ours: .env and the environment serve other programs too. */
function checkVariables(variables: Sources['env'], problem: string): void {
  const known = entries.flatMap(([, field]) => field.env ?? []);
  for (const key of Object.keys(variables)) {
    if (!key.startsWith('HYBRID_') || known.includes(key)) continue;
    throw new HybridError('E_CONFIG', `${problem} "${key}"`, {
      hint: suggest(
        key,
        known.filter((name) => name.startsWith('HYBRID_')),
      ),
    });
  }
}

/** Read by the tests, the benches and the build of the kernels, in whose environment commands run too. */
const ofTools = /^HYBRID_(SHARED|PYTHON|BROWSER|KERNELS|TOOLS|(BENCH|SOAK)_.*)$/;

/** What is not set, or empty, says nothing: that is how a variable is taken back. */
function withoutTools(env: Sources['env']): Sources['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => value && !ofTools.test(name)));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw HybridError.from(Object.assign(error as Error, { path }));
  }
}

/** The content of a configuration file, {} when it is not there. Errors: E_CONFIG when it is no JSON object. */
export function readConfigFile(path: string): Record<string, unknown> {
  const content = readIfThere(path);
  if (content.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new HybridError(
      'E_CONFIG',
      `${path}: expected JSON, got text that does not parse: ${(cause as Error).message}`,
      {
        hint: `Correct ${path} or remove it.`,
        cause,
      },
    );
  }
  throw new HybridError('E_CONFIG', `${path}: expected a JSON object, got ${content.trim().slice(0, 40)}`, {
    hint: `Correct ${path} or remove it.`,
  });
}
