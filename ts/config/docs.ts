/** .env.example and the table of settings, from the fields. */
import { type Field, type FieldName, fields } from './fields.js';
import { presetTable } from './presets.js';

const entries = Object.entries(fields) as [FieldName, Field<unknown>][];

export function defaultText(field: Field<unknown>): string {
  if (field.defaultDoc !== undefined) return field.defaultDoc;
  if (field.default === undefined || typeof field.default === 'function') return '';
  return field.kind.print(field.default);
}

/** The content of .env.example: connection first, then every setting that has an environment name. */
export function envExample(): string {
  const withEnv = entries.filter(([, field]) => field.env !== undefined);
  const connection = withEnv.filter(([, field]) => field.environmentOnly);
  const others = withEnv.filter(([, field]) => !field.environmentOnly);
  return [
    '# Copy to .env and fill in what you need; a line left empty counts as not set.',
    '',
    '# Connection: either DATABASE_URL or the libpq names.',
    ...connection.map(([, field]) => `# ${field.doc}\n${field.env}=`),
    '',
    '# Settings: a flag of the same name wins; the value shown is the default.',
    ...others.map(([, field]) => `# ${field.doc}\n# ${field.env}=${defaultText(field)}`),
    '',
  ].join('\n');
}

/** Rows of the README's settings table: name, flags, environment, default, meaning. */
export function settingsTable(): string {
  const rows = entries.map(([name, field]) => {
    const flags = Object.entries(field.flags ?? {}).map(([command, flag]) => `${command} \`${flag}\``);
    return `| ${name} | ${flags.join(', ')} | ${field.env ?? ''} | ${defaultText(field)} | ${field.doc.replace(/<(?=\w)/g, '&lt;')} |`;
  });
  return ['| key | flag | environment | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Rows of the README's table of presets: stream, name, columns, where the format is described. */
export function presetsTable(): string {
  const rows = Object.entries(presetTable).flatMap(([stream, presets]) =>
    Object.entries(presets).map(([name, { header, line, source }]) => {
      const columns =
        line === undefined ? `\`${header.replaceAll('|', '/').replaceAll(',', ', ')}\`` : 'JSON lines';
      return `| ${stream} | ${name} | ${columns} | ${source.replaceAll('|', '/')} |`;
    }),
  );
  return ['| stream | preset | columns | what it is |', '|---|---|---|---|', ...rows].join('\n');
}
