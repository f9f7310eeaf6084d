/** What is to be predicted: the text of --target. */
import { HybridError } from '../error.js';

/** How far a label looks: µs, rows (trades), or minute bars. */
export interface Horizon {
  unit: 'us' | 'trades' | 'bars';
  horizon: number;
}

type Price = 'trade' | 'mid';

/** Bands and barriers are log returns. */
export type Target =
  | ({ kind: 'return'; price: Price } & Horizon)
  | ({ kind: 'direction'; price: Price; band: number } & Horizon)
  | ({ kind: 'barrier'; up: number; down: number } & Horizon)
  | { kind: 'column'; name: string; ahead: number };

const units = { s: ['us', 1_000_000], t: ['trades', 1], b: ['bars', 1] } as const;
/** Rows are counted in 32 bits; 30 years are enough for a time. */
const longest = { us: 1e15, trades: 0xfffffffe, bars: 1.6e7 } as const;

/**
 * `ret_60s`, `ret_100t`, `ret_5b`, `mid_60s`, `up_down:60s:2bps` (`up_down:mid_60s:2bps` on mids),
 * `triple_barrier:<up>:<down>:<limit>` such as `triple_barrier:10bps:10bps:300s`, `column:y`, `column:y:10s`.
 * Errors: E_USAGE.
 */
export function parseTarget(text: string): Target {
  const target = returnOf(text) ?? directionOf(text) ?? barrierOf(text) ?? columnOf(text);
  if (target !== undefined) return target;
  throw new HybridError('E_USAGE', `--target: expected a target, got "${text}"`, {
    hint:
      'Use ret_60s, ret_100t, ret_5b (seconds, trades, minute bars), mid_60s, up_down:60s:2bps, ' +
      'triple_barrier:10bps:10bps:300s, or column:<name>[:<seconds>s].',
  });
}

function returnOf(text: string): Target | undefined {
  const match = /^(ret|mid)_(\w+)$/.exec(text);
  const horizon = parseHorizon(match?.[2]);
  return horizon && { kind: 'return', price: match![1] === 'mid' ? 'mid' : 'trade', ...horizon };
}

function directionOf(text: string): Target | undefined {
  const match = /^up_down:(?:(ret|mid)_)?(\w+):([\d.]+bps)$/.exec(text);
  const [horizon, band] = [parseHorizon(match?.[2]), parseBps(match?.[3])];
  if (horizon === undefined || band === undefined) return undefined;
  return { kind: 'direction', price: match![1] === 'mid' ? 'mid' : 'trade', band, ...horizon };
}

function barrierOf(text: string): Target | undefined {
  const match = /^triple_barrier:([\d.]+bps):([\d.]+bps):(\w+)$/.exec(text);
  const [up, down, limit] = [parseBps(match?.[1]), parseBps(match?.[2]), parseHorizon(match?.[3])];
  // A barrier at the price itself is touched by every next trade.
  if (!up || !down || limit === undefined) return undefined;
  return { kind: 'barrier', up, down, ...limit };
}

function columnOf(text: string): Target | undefined {
  const match = /^column:(.+?)(?::(\d+)s)?$/.exec(text);
  const ahead = Number(match?.[2] ?? 0) * 1_000_000;
  return match === null || ahead > longest.us ? undefined : { kind: 'column', name: match[1]!, ahead };
}

function parseHorizon(text: string | undefined): Horizon | undefined {
  const match = /^(\d+)([stb])$/.exec(text ?? '');
  if (match === null) return undefined;
  const [unit, factor] = units[match[2] as keyof typeof units];
  const horizon = Number(match[1]) * factor;
  return horizon > 0 && horizon <= longest[unit] ? { unit, horizon } : undefined;
}

/** `2bps` → 0.0002. */
function parseBps(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)bps$/.exec(text ?? '');
  const bps = match === null ? Number.NaN : Number(match[1]);
  return bps >= 0 && bps < 1e5 ? bps / 1e4 : undefined;
}

/** Rows and time (µs) that a label may look ahead. */
export function horizonOf(target: Target): { rows: number; time: number } {
  if (target.kind === 'column') return { rows: 0, time: target.ahead };
  if (target.unit === 'trades') return { rows: target.horizon, time: 0 };
  return { rows: 0, time: target.unit === 'us' ? target.horizon : target.horizon * 60_000_000 };
}

/** How many rows, or how much time in µs, lies between two scored rows. */
export type Sample = { rows: number } | { time: number };

/** `rows`, `<n>t` or `<n>s`. Errors: E_USAGE. */
export function parseSample(text: string): Sample {
  if (text === 'rows') return { rows: 1 };
  const match = /^([1-9]\d*)([ts])$/.exec(text);
  if (match !== null) return match[2] === 't' ? { rows: Number(match[1]) } : { time: Number(match[1]) * 1e6 };
  throw new HybridError('E_USAGE', `--sample: expected rows, <n>t or <n>s, got "${text}"`, {
    hint: 'Score every row with --sample rows, every 10th trade with --sample 10t, one row a second with --sample 1s.',
  });
}
