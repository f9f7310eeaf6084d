/** The package as people get it: packed, unpacked beside a program, its example compiled and run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { normals, persistent, writeDataset } from '../support/dataset.js';
import { freshFolder } from '../support/folder.js';

const folder = freshFolder();
const file = (...name: string[]) => join(folder, ...name);
const run = (program: string, args: readonly string[]) =>
  execFileSync(program, [...args], { cwd: folder, encoding: 'utf8', timeout: 300_000 });
const example = /## As a library\n\n```ts\n(.*?)```/s.exec(readFileSync('README.md', 'utf8'))![1]!;

/** The packed files, and the packages that they need as they lie in this project. */
function install(): void {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(file('node_modules'));
  run('tar', ['-xzf', archive!]);
  symlinkSync(file('package'), file('node_modules', 'hybrid'), 'junction');
  mkdirSync(file('package', 'node_modules'));
  for (const name of readdirSync('node_modules').filter((n) => !n.startsWith('.')))
    symlinkSync(resolve('node_modules', name), file('package', 'node_modules', name), 'junction');
  symlinkSync(resolve('node_modules', '@types'), file('node_modules', '@types'), 'junction');
}

/** The same program on less, in seconds. */
function smaller(text: string): string {
  return text
    .replace("target: 'ret_60s', population: 500", "target: 'ret_10s', baseline: 'none', population: 60")
    .replace('4000', '200');
}

beforeAll(() => {
  install();
  const rows = 3000;
  const x = [0, 1, 2].map((k) => persistent(rows, 3 + k, 0.7));
  const noise = normals(rows, 9);
  let level = Math.log(100);
  const price = noise.map((n, i) => {
    level += 1e-4 * (n + (i === 0 ? 0 : 0.4 * x[0]![i - 1]! * x[1]![i - 1]!));
    return Math.exp(level);
  });
  const ts = BigInt64Array.from({ length: rows }, (_, i) => 1_700_000_000_000_000n + BigInt(i) * 10_000_000n);
  writeDataset(file('features.parquet'), { ts, price, x0: x[0]!, x1: x[1]!, x2: x[2]! });
  writeFileSync(file('package.json'), '{"type":"module"}');
  writeFileSync(file('example.ts'), smaller(example));
  writeFileSync(
    file('wrong.ts'),
    "import { evolve } from 'hybrid';\nevolve({ population: 'many' });\nevolve({ popluation: 5 });\n",
  );
});

function compile(name: string): string {
  const tsc = resolve('node_modules/typescript/bin/tsc');
  const flags = '--module nodenext --target es2022 --strict --exactOptionalPropertyTypes --types node';
  try {
    return run(process.execPath, [tsc, ...flags.split(' '), '--skipLibCheck', name]);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe('the packed package', () => {
  it('has the types that the example of the README needs, and refuses others', () => {
    expect(compile('example.ts')).toBe('');
    const said = compile('wrong.ts');
    expect(said).toMatch(/wrong\.ts\(2,\d+\): error TS2322/);
    expect(said).toMatch(/wrong\.ts\(3,\d+\): error TS.*popluation/);
  });

  it('runs that example', () => {
    expect(smaller(example)).toMatch(/population: 60(.|\n)* 200/);
    const said = run(process.execPath, ['example.js']);
    const generations = said.split('\n').filter((line) => /^\d+: .* after \d+ formulas/.test(line));
    expect(generations.length).toBeGreaterThan(2);
    expect(generations.length).toBeLessThan(10);
    expect(said).toMatch(/x0 \* x1|nothing beyond luck/);
    expect(readdirSync(file('evolved'))).toContain('report.html');
  }, 400_000);
});
