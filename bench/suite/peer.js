/** Peers that are Python: a process that is asked line by line, in the environment that `npm run bench:peers` makes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const environment = resolve('bench/peers/.environment');
const inEnvironment = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** HYBRID_PYTHON, else that of the environment, if there is one. */
export function peerPython() {
  return process.env.HYBRID_PYTHON ?? (existsSync(inEnvironment) ? inEnvironment : undefined);
}

export const noPython =
  'no Python with the peers (npm run bench:peers makes one in bench/peers/.environment; HYBRID_PYTHON names another)';

/**
 * Starts `bench/peers/<script>` with a task; `ask` sends a line and gives the answer, parsed. Gives the reason instead
 * where the peer is not there: no Python, or a module that it does not have.
 * @returns {Promise<{ ask: (line: string) => Promise<unknown>, close: () => void } | { skipped: string }>}
 */
export async function openPeer(script, task, env = {}) {
  const python = peerPython();
  if (python === undefined) return { skipped: noPython };
  const child = spawn(python, [resolve('bench/peers', script)], { env: { ...process.env, ...env } });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close');
  const ask = async (line) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    await ended;
    throw new Error(`${script}: ${lastLine(stderr) || 'ended without an answer'}`);
  };
  const close = () => child.stdin.end();
  try {
    await Promise.race([
      ask(JSON.stringify(task)),
      once(child, 'error').then(([error]) => Promise.reject(error)),
    ]);
    return { ask, close };
  } catch (error) {
    if (!/ModuleNotFoundError|ENOENT/.test(error.message)) throw error;
    return { skipped: `${lastLine(stderr) || error.message} (pip install -r bench/peers/requirements.txt)` };
  }
}

const lastLine = (text) => text.trimEnd().split('\n').at(-1);
