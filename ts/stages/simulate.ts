/** A simulated market as canonical raw files, with a manifest that tells what was planted. */
import { version } from '../config/version.js';
import { interrupted, throwIfAborted } from '../error.js';
import { Artifact, writeJson } from '../io/artifact.js';
import {
  type MarketConfig,
  marketDefaults,
  planted,
  type Rows,
  simulateMarket,
} from '../io/exchange/simulated.js';
import { manifestFile, rawFile, type Stream, streams } from '../io/raw.js';
import type { Progress } from '../report/progress.js';

export interface SimulateConfig {
  seed: number;
  hours: number;
  symbol: string;
  /** The folder that the files go to. */
  raw: string;
}

export interface SimulateSummary {
  symbol: string;
  planted: typeof planted;
  files: { path: string; stream: Stream; rows: number; bytes: number; sha256: string }[];
  manifest: string;
  seconds: number;
}

const headers: Readonly<Record<Stream, string>> = {
  trades: 'ts,trade_id,price,qty,side\n',
  depth: 'ts,seq,bid_px,bid_qty,ask_px,ask_qty\n',
  liquidations: 'ts,seq,pos,price,qty\n',
};

/** Errors: E_RESOURCE, E_INTERRUPTED; the files appear together or not at all. */
export async function simulate(
  config: SimulateConfig,
  ports: { progress: Progress; signal?: AbortSignal },
): Promise<SimulateSummary> {
  const start = performance.now();
  const market: MarketConfig = { ...marketDefaults, seed: config.seed, hours: config.hours };
  const files = streams.map((stream) => ({
    stream,
    path: rawFile(config.raw, config.symbol, stream),
    rows: 0,
  }));
  const artifacts: Artifact[] = [];
  const phase = ports.progress.phase(`simulate ${config.symbol}`, config.hours * 60);
  try {
    for (const file of files) artifacts.push(await Artifact.create(file.path));
    for (const [i, file] of files.entries()) await artifacts[i]!.write(headers[file.stream]);
    let minute = 0;
    for (const rows of simulateMarket(market)) {
      throwIfAborted(ports.signal);
      for (const [i, file] of files.entries()) file.rows += await append(artifacts[i]!, rows[file.stream]);
      phase.update(++minute);
      // The model never waits: without this the process would not hear Ctrl-C.
      if (minute % 60 === 0) await new Promise(setImmediate);
    }
    const sealed = await publishAll(artifacts);
    const summary = files.map((file, i) => ({ ...file, ...sealed[i]! }));
    const manifest = manifestFile(config.raw, config.symbol);
    await writeJson(manifest, manifestOf(config, market, summary));
    return { symbol: config.symbol, planted, files: summary, manifest, seconds: secondsSince(start) };
  } catch (error) {
    throw ports.signal?.aborted ? interrupted() : error;
  } finally {
    for (const artifact of artifacts) await artifact.discard();
    phase.end();
  }
}

async function append(artifact: Artifact, rows: Rows[Stream]): Promise<number> {
  await artifact.write(rows);
  let count = 0;
  for (let at = rows.indexOf('\n'); at !== -1; at = rows.indexOf('\n', at + 1)) count++;
  return count;
}

async function publishAll(artifacts: readonly Artifact[]) {
  const sealed = [];
  for (const artifact of artifacts) sealed.push(await artifact.seal());
  for (const artifact of artifacts) await artifact.publish();
  return sealed;
}

function manifestOf(config: SimulateConfig, market: MarketConfig, files: SimulateSummary['files']): object {
  return {
    kind: 'simulate',
    hybrid: version,
    symbol: config.symbol,
    market,
    planted,
    files: files.map((file) => ({ ...file, path: file.path.split(/[\\/]/).at(-1) })),
  };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
