/** What a test started and no longer waits for: none of it outlives its file. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();
const others = new Set<() => Promise<void>>();

export function endsWithFile(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Calls `end` behind every file. */
export function alsoEnd(end: () => Promise<void>): void {
  others.add(end);
}

export async function endProcesses(): Promise<void> {
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...ended, ...[...others].map((end) => end())]);
}
