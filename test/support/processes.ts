/** Processes that a test started: none outlives its file, also where the test gave up waiting for it. */
import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

export function endsWithFile(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

export function endProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}
