/** What a record says of the machine, and what the machine had to give while it was made. */
import { spawn } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export function describeMachine() {
  return {
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

/** The machine as a part of a file's name: its processor and cores, since names of hosts say nothing to others. */
export function machineName({ processor, cores }) {
  const words = processor
    .toLowerCase()
    .replace(/\(.*?\)|@.*$|\bcpu\b|processor/g, ' ')
    .match(/[a-z0-9]+/g);
  return [...(words ?? ['unknown']), `${cores}-cores`].join('-');
}

export const load = () => loadavg()[0];

const busy =
  'const t = performance.now(); let x = 0; for (let i = 0; i < 3e8; i++) x = (x * 31 + i) | 0; console.log(performance.now() - t, x)';

/** Seconds that the slowest of `n` busy processes side by side takes for a fixed piece of work. */
export async function probe(n) {
  const one = () =>
    new Promise((done, failed) => {
      const child = spawn(process.execPath, ['-e', busy], { stdio: ['ignore', 'pipe', 'inherit'] });
      child.stdout.on('data', (text) => done(Number.parseFloat(text) / 1000));
      child.on('error', failed);
    });
  return Math.max(...(await Promise.all(Array.from({ length: n }, one))));
}
