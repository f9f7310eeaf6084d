/** Peers that are Python, in the environment that `npm run bench:peers` makes: asked line by line, or run once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { timed } from './process.js';

const environment = resolve('bench/peers/.environment');
const inEnvironment = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** HYBRID_PYTHON, else that of the environment, if there is one. */
function peerPython() {
  return process.env.HYBRID_PYTHON ?? (existsSync(inEnvironment) ? inEnvironment : undefined);
}

const noPython =
  'no Python with the peers (npm run bench:peers makes one in bench/peers/.environment; HYBRID_PYTHON names another)';

/** The Python for a bench, or the reason why it has none. */
function pythonFor(bench) {
  if (!bench.peers) return [undefined, 'a smoke run starts no Python (--peers does)'];
  const python = peerPython();
  return python === undefined ? [undefined, noPython] : [python];
}

/** Ends what {@link openPeer} has started for a bench: nothing is left behind, also where a case fails. */
export function closePeers(bench) {
  for (const child of bench.running) child.stdin.end();
  bench.running.clear();
}

/**
 * Starts `bench/peers/<script>` with a task; `ask` sends a line and gives the answer, parsed. Gives the reason instead
 * where the peer is not there: no Python, or a module that it does not have.
 * @returns {Promise<{ ask: (line: string) => Promise<unknown> } | { skipped: string }>}
 */
async function startPeer(bench, python, script, task, env) {
  const child = spawn(python, [resolve('bench/peers', script)], { env: { ...process.env, ...env } });
  bench.running.add(child);
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
  try {
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    await Promise.race([ask(JSON.stringify(task)), failed]);
    return { ask };
  } catch (error) {
    return { skipped: reasonOf(error) };
  }
}

/** Why a peer is not there; throws what has another cause. */
function reasonOf(error) {
  const [reason] = /ModuleNotFoundError.*|.*ENOENT.*/.exec(error.message) ?? [];
  if (reason === undefined) throw error;
  return `${reason} (npm run bench:peers)`;
}

const lastLine = (text) => text.trimEnd().split('\n').at(-1);

/** The peer that answers `ask`, or nothing where it is not there: the bench says why. */
export async function openPeer(bench, { subject, who, script, task, env = {} }) {
  const [python, reason] = pythonFor(bench);
  const peer = python === undefined ? { skipped: reason } : await startPeer(bench, python, script, task, env);
  if (peer.skipped === undefined) return peer;
  bench.skip(subject, who, peer.skipped);
  return undefined;
}

/** Runs `bench/peers/<script>` once: what it took, beside its answer; nothing where it is not there, as above. */
export async function runPeer(bench, { subject, who, script, args, env = {} }) {
  const skip = (reason) => void bench.skip(subject, who, reason);
  const [python, reason] = pythonFor(bench);
  if (python === undefined) return skip(reason);
  try {
    const { stdout, ...took } = await timed(python, [resolve('bench/peers', script), ...args], env);
    return { ...took, ...JSON.parse(stdout) };
  } catch (error) {
    return skip(reasonOf(error));
  }
}
