import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sourceDigest } from '../../kernels/digest.js';
import { envExample, settingsTable } from '../../ts/config/docs.js';
import { type Field, fields } from '../../ts/config/fields.js';
import { path as pathKind } from '../../ts/config/kinds.js';
import { operatorsTable, parametersTable } from '../../ts/kernels/docs.js';
import { compileKernels, instantiateKernels } from '../../ts/kernels/load.js';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  files: string[];
  bin: Record<string, string>;
};

it('the kernel package is not older than its source (else: npm run build:kernels)', () => {
  expect(readFileSync('kernels/pkg/SOURCE.sha256', 'utf8').trim()).toBe(sourceDigest(process.cwd()));
});

it('.env.example is what the settings say (else: npm run docs)', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
});

it('the README shows the settings as they are (else: npm run docs)', () => {
  expect(readFileSync('README.md', 'utf8')).toContain(settingsTable());
});

it('the README shows the parameters and operators as the kernels know them (else: npm run docs)', async () => {
  const kernels = instantiateKernels(await compileKernels());
  const readme = readFileSync('README.md', 'utf8');
  expect(readme).toContain(parametersTable(kernels));
  expect(readme).toContain(operatorsTable(kernels));
});

it('what commands leave by default is no part of the repository', () => {
  const ignored = readFileSync('.gitignore', 'utf8').split('\n');
  const defaults = (Object.values(fields) as Field<unknown>[]).flatMap((field) =>
    field.kind === pathKind && typeof field.default === 'string' ? [field.default] : [],
  );
  expect(defaults).toContain('predicted.parquet');
  for (const name of defaults)
    expect(ignored, name).toContainEqual(expect.stringMatching(new RegExp(`^/?${name}[/*]$`)));
});

it('ships every path that it names', () => {
  for (const path of [...manifest.files, ...Object.values(manifest.bin)])
    expect(existsSync(path), path).toBe(true);
});

it('ships every document that the README points to', () => {
  const named = readFileSync('README.md', 'utf8').match(/\bdocs\/[\w.-]+\w/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(manifest.files).toContain('docs');
  for (const path of named) expect(existsSync(path), path).toBe(true);
});

it('the contents of the README lead to its chapters, each of them', () => {
  const readme = readFileSync('README.md', 'utf8');
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
  const headings = [...readme.matchAll(/^(#{2,3}) (.+)$/gm)].map(([, level, text]) => [level, slug(text!)]);
  const links = [...readme.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor!);
  expect(headings.map(([, anchor]) => anchor)).toEqual(expect.arrayContaining(links));
  expect(links).toEqual(expect.arrayContaining(headings.filter(([l]) => l === '##').map(([, a]) => a)));
});

it('the lock file has every platform package that a locked package names: npm ci refuses it otherwise', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages))
    for (const name of Object.keys(optionalDependencies)) {
      const nested = `${path}/node_modules/${name}`;
      expect(nested in packages || `node_modules/${name}` in packages, `${path} wants ${name}`).toBe(true);
    }
});

it('every dependency runs on the Node that package.json promises', () => {
  const [major, minor] = [20, 19];
  for (const name of Object.keys(manifest.dependencies)) {
    const engines =
      JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')).engines?.node ?? '*';
    const lowest = /(\d+)(?:\.(\d+))?/.exec(engines);
    const needs = lowest === null ? 0 : Number(lowest[1]) * 1000 + Number(lowest[2] ?? 0);
    expect(needs, `${name} ${engines}`).toBeLessThanOrEqual(major * 1000 + minor);
  }
});
