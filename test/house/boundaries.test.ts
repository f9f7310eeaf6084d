import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What each room may import, besides itself. A room that is not listed may not exist. */
const mayImport: Record<string, readonly string[]> = {
  cli: ['stages', 'report', 'config', 'error'],
  stages: [
    'evolve',
    'train',
    'formula',
    'problem',
    'statistics',
    'io',
    'pool',
    'report',
    'kernels',
    'config',
    'error',
  ],
  evolve: ['problem', 'statistics', 'kernels', 'config', 'error'],
  train: ['problem', 'statistics', 'kernels', 'config', 'error'],
  formula: ['kernels', 'error'],
  problem: ['error'],
  statistics: [],
  io: ['kernels', 'config', 'error'],
  pool: ['kernels', 'config', 'error'],
  report: ['kernels', 'config', 'error'],
  kernels: ['config', 'error'],
  config: ['error'],
  error: [],
  index: [
    'stages',
    'evolve',
    'train',
    'formula',
    'problem',
    'statistics',
    'io',
    'pool',
    'report',
    'kernels',
    'config',
    'error',
  ],
};

const root = 'ts';
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** The room of a path below ts/: its first folder, or the file's own name at the top. */
function roomOf(path: string): string {
  const [first] = path.split(sep);
  return first!.replace(/\.[jt]s$/, '');
}

/** Relative imports of a file, resolved below ts/; what lies outside (kernels/pkg) is not a room. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const specifiers = [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1]!);
  return specifiers
    .map((specifier) => normalize(join(dirname(file), specifier)))
    .filter((path) => !path.startsWith('..'));
}

describe('imports point down only', () => {
  it.each(files)('%s', (file) => {
    const room = roomOf(file);
    expect(Object.keys(mayImport)).toContain(room);
    const allowed = [room, ...mayImport[room]!];
    expect(importsOf(file).filter((path) => !allowed.includes(roomOf(path)))).toEqual([]);
  });

  it('sees the imports that are there', () => {
    expect(importsOf(join('config', 'resolve.ts')).map(roomOf)).toContain('error');
  });
});

describe('the kernels know no JavaScript', () => {
  const sources = readdirSync('kernels/src', { recursive: true, withFileTypes: true }).filter((e) =>
    e.name.endsWith('.rs'),
  );

  it.each(sources.map((e) => join(e.parentPath, e.name)))('%s', (path) => {
    const names = /\b(wasm_bindgen|js_sys|web_sys)\b/.test(readFileSync(path, 'utf8'));
    expect(names).toBe(path.endsWith(join('src', 'wasm.rs')));
  });
});
