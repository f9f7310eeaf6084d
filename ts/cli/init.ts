/** `hybrid init`: a first configuration. */
import { count, table } from '../report/table.js';
import type { InitSummary, ProposedStream } from '../stages/init.js';
import type { CommandDefinition } from './command.js';

export const initCommand: CommandDefinition = {
  name: 'init',
  summary: 'look at the database and write .env and hybrid.config.json for it',
  examples: ['hybrid init', 'PGHOST=db PGUSER=me PGDATABASE=market hybrid init', 'hybrid init --force'],
  run: async (settings, ports) => (await import('../stages/init.js')).init(settings, ports),
  print: (result) => print(result as InitSummary),
};

function print({ database, server, streams, absent, files }: InitSummary): string {
  return [
    `${database}, PostgreSQL ${server}`,
    ...streams.map(streamText),
    ...(absent.length === 0
      ? []
      : ['', `No table looks like ${absent.join(' or ')}: absent streams are null.`]),
    '',
    ...files.map(fileText),
    '',
    'Next: hybrid doctor, then hybrid export',
  ].join('\n');
}

function streamText({ stream, table: name, rows, sample, exported, mapping, notes }: ProposedStream): string {
  const about = rows === null ? '' : `, about ${count(rows)} rows`;
  const sampled = sample.map((cell) => [`  ${cell.column}`, cell.type, cell.value]);
  return [
    '',
    `${stream}: table ${name}${about}`,
    sample.length === 0 ? '  it is empty' : table(['  column', 'type', 'first row'], sampled),
    ...(exported === null
      ? []
      : ['  exported as:', ...Object.entries(exported).map(([k, v]) => `    ${k} = ${v}`)]),
    mapping === null ? '  default form: no mapping needed' : `  mapping: ${JSON.stringify(mapping)}`,
    ...notes.map((note) => `  note: ${note}`),
  ].join('\n');
}

function fileText({ path, outcome, changes }: InitSummary['files'][number]): string {
  if (outcome === 'written')
    return `${path}: written${path === '.env' ? ' (the password is not: set PGPASSWORD, or use ~/.pgpass)' : ''}`;
  if (outcome === 'same') return `${path}: nothing to change`;
  return `${path}: is there and stays as it is; --force would set ${changes.join(', ')}`;
}
