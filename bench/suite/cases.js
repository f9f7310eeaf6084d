/** Cases run one after the other, each with its table, and what came of them. */
import { Bench } from './bench.js';
import { load } from './machine.js';
import { closePeers } from './peer.js';
import { tableOf } from './table.js';

/**
 * Runs cases and gives what each measured by its name. One that fails does not take the others with it: its message is
 * its `error`. `settings` are those of a {@link Bench}; `print` gets the lines of a case when it has ended.
 * @param {[string, (bench: Bench) => Promise<unknown>][]} chosen
 */
export async function runCases(chosen, settings, print = console.log) {
  const results = Object.fromEntries(chosen.map(([name]) => [name, undefined]));
  const waiting = [...chosen];
  const runNext = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next[0]] = await runCase(...next, settings, print);
  };
  // What is measured has the machine for itself; a smoke run measures nothing.
  await Promise.all(Array.from({ length: settings.smoke ? 2 : 1 }, runNext));
  return results;
}

async function runCase(name, run, settings, print) {
  const lines = [`\n== ${name}`];
  const bench = new Bench({ ...settings, print: (line) => lines.push(line) });
  const [start, before] = [performance.now(), load()];
  const failure = await run(bench)
    .then(
      () => ({}),
      (error) => ({ error: error.message }),
    )
    .finally(() => closePeers(bench));
  const seconds = (performance.now() - start) / 1000;
  const { measurements, skipped } = bench;
  lines.push(...tableOf(measurements), `  (${seconds.toFixed(1)} s)`);
  if (failure.error !== undefined) lines.push(`  failed: ${failure.error}`);
  print(lines.join('\n'));
  return { seconds, load: before, measurements, skipped, ...failure };
}
