/** The built command line: in this process, or in one of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { alsoEnd, endsWithFile } from './processes.js';

type Environment = Readonly<Record<string, string>>;

const bin = resolve('bin/hybrid.js');
const { main } = (await import(pathToFileURL(resolve('dist/cli/main.js')).href)) as {
  main: (argv: readonly string[]) => Promise<number>;
};

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What the command knows of the environment besides what a test gives it. */
const bareIn = (cwd: string) => ({ PATH: process.env.PATH ?? '', HOME: cwd });

/** Starts `hybrid …` in the folder, with the environment added to a bare one. */
export function start(
  args: readonly string[],
  cwd: string,
  env: Environment = {},
): { process: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...bareIn(cwd), ...env } });
  endsWithFile(child);
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

/** A whole run in a process of its own, as people have it: a second of loading. */
export function hybridProcess(
  args: readonly string[],
  cwd: string,
  env: Environment = {},
): Promise<Finished> {
  return start(args, cwd, env).finished;
}

let before: Promise<unknown> = Promise.resolve();
let underWay = false;

/**
 * `hybrid …` as {@link hybridProcess} runs it, but in this process: bin/hybrid.js calls `main` and ends the process, so
 * that what stays open behind `main` is seen only there. One after the other, since folder, environment and streams are
 * the process's.
 */
export function hybrid(args: readonly string[], cwd: string, env: Environment = {}): Promise<Finished> {
  const run = before.then(() => runHere(args, cwd, { ...bareIn(cwd), ...env }));
  before = run.catch(() => {});
  return run;
}

/** A run that its test gave up waiting for: the next file has its own folder and streams. */
alsoEnd(async () => {
  if (underWay) process.emit('SIGTERM');
  await before;
});

async function runHere(args: readonly string[], cwd: string, env: Environment): Promise<Finished> {
  const [folder, environment] = [process.cwd(), { ...process.env }];
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  try {
    underWay = true;
    process.chdir(cwd);
    setEnvironment(env);
    const code = await main(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    underWay = false;
    stdout.release();
    stderr.release();
    setEnvironment(environment);
    process.chdir(folder);
  }
}

/** All but what belongs to vitest. */
function setEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!name.startsWith('VITE')) delete process.env[name];
  Object.assign(process.env, env);
}

/** What is written to the stream goes nowhere else until it is released; its listeners are then those of before. */
function captured(stream: NodeJS.WriteStream): { text(): string; release(): void } {
  const { write } = stream;
  const listeners = new Set(stream.listeners('error'));
  const chunks: string[] = [];
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk as Uint8Array).toString());
    const done = rest.find((own) => typeof own === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }) as typeof write;
  const release = () => {
    stream.write = write;
    for (const own of stream.listeners('error'))
      if (!listeners.has(own)) (stream as EventEmitter).off('error', own as () => void);
  };
  return { text: () => chunks.join(''), release };
}
