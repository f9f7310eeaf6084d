/** Small random markets for tests: the three raw files, from a seed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Mulberry32: enough randomness for test data, the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Market {
  trades: string;
  depth: string;
  liquidations: string;
}

const start = 1_700_000_000_000_000;

/** `rows` trades over a random walk, bursts of equal stamps, quiet stretches, unknown sides; books every few trades. */
export function randomMarket(seed: number, rows: number): Market {
  const next = seeded(seed);
  const pick = (n: number) => Math.floor(next() * n);
  const [trades, depth, liquidations] = [
    ['ts,trade_id,price,qty,side'],
    ['ts,seq,bid_px,bid_qty,ask_px,ask_qty'],
    ['ts,seq,pos,price,qty'],
  ];
  let [ts, ticks] = [start, 30_000];
  for (let i = 0; i < rows; i++) {
    ts += next() < 0.3 ? 0 : next() < 0.01 ? pick(4_000_000_000) : pick(900_000);
    ticks = Math.max(1000, ticks + pick(7) - 3);
    trades.push(`${ts},${i + 1},${(ticks / 10).toFixed(1)},${(1 + pick(5000)) / 1000},${pick(3) - 1}`);
    if (next() < 0.3) depth.push(`${ts - pick(500_000)},${i},${book(ticks, pick)}`);
    if (next() < 0.02)
      liquidations.push(`${ts},${i},${next() < 0.5 ? 1 : -1},${(ticks / 10).toFixed(1)},${1 + pick(50)}`);
  }
  return { trades: file(trades), depth: file(depth), liquidations: file(liquidations) };
}

function book(ticks: number, pick: (n: number) => number): string {
  const levels = Array.from({ length: 12 }, (_, i) => i);
  const side = (sign: number) =>
    levels.map((i) => ((ticks + sign * (1 + i * (1 + pick(2)))) / 10).toFixed(1));
  const sizes = () => levels.map(() => (pick(20) === 0 ? 300 : 1 + pick(30)) / 10);
  return [side(-1), sizes(), side(1), sizes()].map((list) => `"{${list.join(',')}}"`).join(',');
}

function file(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Writes the files of a symbol; `gzip` writes .csv.gz. */
export function writeMarket(folder: string, symbol: string, market: Partial<Market>, gzip = false): void {
  mkdirSync(folder, { recursive: true });
  for (const [stream, content] of Object.entries(market)) {
    const path = join(folder, `${symbol}_${stream}.csv${gzip ? '.gz' : ''}`);
    writeFileSync(path, gzip ? gzipSync(content) : content);
  }
}
