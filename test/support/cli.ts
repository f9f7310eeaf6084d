/** The built command line in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const bin = resolve('bin/hybrid.js');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts `hybrid …` in the folder, with the environment added to a bare one. */
export function start(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): { process: ChildProcess; finished: Promise<Finished> } {
  const bare = { PATH: process.env.PATH, HOME: cwd };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...bare, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((done) => {
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
  return { process: child, finished };
}

export function hybrid(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Finished> {
  return start(args, cwd, env).finished;
}
