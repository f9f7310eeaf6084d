/** Programs run as a person runs them, and what they took. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const time = '/usr/bin/time';
const bin = resolve('bin/hybrid.js');

/** Says why processes cannot be measured here, or nothing. */
export function missingTime() {
  return existsSync(time) ? undefined : `${time} is not there, which tells the peak memory of a process`;
}

/** Runs a program to its end: wall and processor seconds, peak resident bytes, stdout. Throws when it fails. */
export async function timed(program, args, env = {}) {
  const child = spawn(time, ['-f', '%e %U %S %M', program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr}`);
  const [seconds, user, system, kilobytes] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { stdout, seconds, cpu: user + system, peakBytes: kilobytes * 1024 };
}

/** Runs `hybrid <command> --json …` and gives what it says beside what it took. */
export async function hybrid(command, ...args) {
  const { stdout, ...took } = await timed(process.execPath, [bin, command, '--json', ...args.map(String)]);
  return { ...took, result: JSON.parse(stdout) };
}
