/** argv → exit code: the only place that writes results and errors and knows about signals. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { defaultText } from '../config/docs.js';
import { type Field, type FieldName, fields } from '../config/fields.js';
import { readSources, resolve } from '../config/resolve.js';
import { HybridError } from '../error.js';
import { createProgress } from '../report/progress.js';
import type { CommandDefinition } from './command.js';
import { definitions } from './definitions.js';

/** Runs the command line and returns the exit code of the design's table; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on('error', quietOnBrokenPipe);
  const outcome = { code: 0 };
  const program = buildProgram(outcome);
  try {
    if (argv.length === 0) program.help();
    await program.parseAsync(argv, { from: 'user' });
    return outcome.code;
  } catch (thrown) {
    return thrown instanceof CommanderError ? commanderExit(thrown) : fail(thrown);
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
  if (definition.arguments !== undefined) command.arguments(definition.arguments);
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
    return 0;
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
function commanderExit(thrown: CommanderError): number {
  if (thrown.exitCode === 0) return 0;
  const message = thrown.message.replace(/^error: /, '').split('\n');
  const [said, suggestion] = [message[0]!, message[1]?.replace(/[()]/g, '')];
  return fail(
    new HybridError('E_USAGE', said, {
      hint: suggestion ?? 'Run `hybrid --help` for the commands and their flags.',
    }),
  );
}

/** A reader that closes early (`hybrid … | head`) is no error. */
function quietOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

function packageVersion(): string {
  const url = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
