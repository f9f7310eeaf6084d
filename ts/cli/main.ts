/** argv → exit code: the only place that writes results and errors and knows about signals. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { defaultText } from '../config/docs.js';
import { type Field, type FieldName, fields } from '../config/fields.js';
import { suggest } from '../config/nearest.js';
import { readSources, resolve } from '../config/resolve.js';
import { HybridError } from '../error.js';
import { createProgress } from '../report/progress.js';
import type { CommandDefinition } from './command.js';
import { definitions } from './definitions.js';

/** Runs the command line and returns the exit code of the design's table; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on('error', quietOnBrokenPipe);
  process.stderr.on('error', loseProgress);
  const outcome = { code: 0 };
  const program = buildProgram(outcome);
  try {
    if (argv.length === 0) program.help();
    await program.parseAsync(argv, { from: 'user' });
    return outcome.code;
  } catch (thrown) {
    return thrown instanceof CommanderError ? commanderExit(thrown, argv) : fail(thrown);
  }
}

function buildProgram(outcome: { code: number }): Command {
  const program = new Command('hybrid')
    .description('Invents trading indicators: ticks from PostgreSQL, features, evolved formulas.')
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeErr: () => {} });
  for (const definition of definitions) program.addCommand(subcommand(definition, outcome));
  return program;
}

function subcommand(definition: CommandDefinition, outcome: { code: number }): Command {
  const command = new Command(definition.name).description(definition.summary).exitOverride();
  command.configureOutput({ writeErr: () => {} }).allowExcessArguments(false);
  // A formula may begin with a minus: what is no flag is an argument.
  if (definition.arguments !== undefined) command.arguments(definition.arguments).allowUnknownOption();
  for (const [name, field] of flagsOf(definition)) addOption(command, definition, name, field);
  command.addHelpText('after', `\nExamples:\n${definition.examples.map((line) => `  ${line}`).join('\n')}\n`);
  command.action(async () => {
    outcome.code = await runCommand(definition, command);
  });
  return command;
}

function flagsOf(definition: CommandDefinition): [FieldName, Field<unknown>][] {
  const all = Object.entries(fields) as [FieldName, Field<unknown>][];
  return all.filter(([, field]) => field.flags?.[definition.name] !== undefined);
}

function addOption(
  command: Command,
  definition: CommandDefinition,
  name: FieldName,
  field: Field<unknown>,
): void {
  const value = field.kind.placeholder === undefined ? '' : ` <${field.kind.placeholder}>`;
  const byDefault = defaultText(field);
  const doc = byDefault === '' || byDefault === 'false' ? field.doc : `${field.doc} (default: ${byDefault})`;
  const flag = field.flags![definition.name]!;
  const options = [new Option(`${flag}${value}`, doc)];
  if (field.alias !== undefined) options.push(new Option(`${field.alias}${value}`).hideHelp());
  if (field.off !== undefined)
    options.push(new Option(field.off.flag, `the same as ${flag} ${field.off.text}`).preset(field.off.text));
  for (const option of options) {
    // Commander derives the attribute from the flag; the settings are keyed by the field's name.
    option.attributeName = () => name;
    if (field.kind.repeatable) option.argParser((text, before: string[] = []) => [...before, text]);
    command.addOption(option);
  }
}

async function runCommand(definition: CommandDefinition, command: Command): Promise<number> {
  const interrupt = listenForInterrupt();
  try {
    const settings = resolve(definition.name, readSources(command.opts()));
    const ports = { progress: createProgress(), signal: interrupt.signal };
    const result = await definition.run(settings, ports, command.args);
    const text = settings.json ? JSON.stringify(result) : definition.print(result, settings);
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return definition.exitCode?.(result) ?? 0;
  } finally {
    interrupt.stop();
  }
}

/** The first Ctrl-C or SIGTERM asks the stage to stop cleanly; the second ends the process at once. */
function listenForInterrupt(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  const stop = () => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  };
  return { signal: controller.signal, stop };
}

function fail(thrown: unknown): number {
  const error = HybridError.from(thrown);
  const hint = error.hint === undefined ? '' : `\nhint: ${error.hint}`;
  process.stderr.write(`${error.code}: ${error.message}${hint}\n`);
  if (error.code === 'E_INTERNAL')
    process.stderr.write(`${stackOf(error.cause) ?? error.stack}\nThis is a bug of hybrid.\n`);
  return error.exitCode;
}

function stackOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}

/** --help and --version end with 0; everything else commander refuses is a usage error. */
function commanderExit(thrown: CommanderError, argv: readonly string[]): number {
  if (thrown.exitCode === 0) return 0;
  const command = definitions.find(({ name }) => name === argv[0])?.name;
  if (thrown.code === 'commander.help') return fail(unknownCommand(argv[1] ?? ''));
  if (thrown.code === 'commander.unknownCommand') return fail(unknownCommand(argv[0]!));
  const [said, suggestion] = thrown.message.replace(/^error: /, '').split('\n') as [string, string?];
  const message = `${command ?? 'hybrid'}: ${inOurWords(said)}`;
  const near = suggestion?.replace(/[()]/g, '');
  const help = `Run \`hybrid ${command === undefined ? '' : `${command} `}--help\` for what it takes.`;
  return fail(new HybridError('E_USAGE', message, { hint: near ?? help }));
}

function unknownCommand(name: string): HybridError {
  const names = definitions.map((definition) => definition.name);
  return new HybridError('E_USAGE', `hybrid: expected a command, got "${shorten(name)}"`, {
    hint: suggest(name, names),
  });
}

/** What commander says, as `expected X, got Y`. */
function inOurWords(said: string): string {
  const unknown = /^unknown option '(.*)'$/s.exec(said);
  if (unknown !== null) return `expected a known flag, got "${shorten(unknown[1]!)}"`;
  const valueless = /^option '(.*)' argument missing$/.exec(said);
  if (valueless !== null) return `expected a value in ${valueless[1]}, got none`;
  const missing = /^missing required argument '(.*)'$/.exec(said);
  if (missing !== null) return `expected <${missing[1]}>, got none`;
  const excess = /Expected (\d+) arguments? but got (\d+)/.exec(said);
  return excess === null ? said : `expected ${excess[1]} arguments beside the flags, got ${excess[2]}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A reader that closes early (`hybrid … | head`) is no error. */
function quietOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

/** Progress that nobody reads any more is no reason to stop. */
function loseProgress(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
