/** What is to be predicted: the text of --target. */
import { HybridError } from '../error.js';

export type Target =
  | { kind: 'return'; price: 'trade' | 'mid'; unit: 'us' | 'trades' | 'bars'; horizon: number }
  | { kind: 'column'; name: string; ahead: number };

const units = { s: ['us', 1_000_000], t: ['trades', 1], b: ['bars', 1] } as const;
/** The kernel counts horizons in 32 bits. */
const longest = 0xffffffff;

/** `ret_60s`, `ret_100t`, `ret_5b`, `mid_60s`, `column:y`, `column:y:10s`; E_USAGE otherwise. */
export function parseTarget(text: string): Target {
  const forward = /^(ret|mid)_(\d+)([stb])$/.exec(text);
  if (forward !== null) {
    const [unit, factor] = units[forward[3] as keyof typeof units];
    const horizon = Number(forward[2]) * factor;
    if (horizon > 0 && horizon <= longest)
      return { kind: 'return', price: forward[1] === 'mid' ? 'mid' : 'trade', unit, horizon };
  }
  const column = /^column:(.+?)(?::(\d+)s)?$/.exec(text);
  const ahead = Number(column?.[2] ?? 0) * 1_000_000;
  if (column !== null && ahead <= longest) return { kind: 'column', name: column[1]!, ahead };
  throw new HybridError('E_USAGE', `--target: expected a target, got "${text}"`, {
    hint: 'Use ret_60s, ret_100t, ret_5b (seconds up to 4294, trades, minute bars), mid_60s, or column:<name>[:<seconds>s].',
  });
}

/** Rows and time (µs) that a label may look ahead. */
export function horizonOf(target: Target): { rows: number; time: number } {
  if (target.kind === 'column') return { rows: 0, time: target.ahead };
  if (target.unit === 'trades') return { rows: target.horizon, time: 0 };
  return { rows: 0, time: target.unit === 'us' ? target.horizon : target.horizon * 60_000_000 };
}

/** `rows`, `<n>t` or `<n>s`: how many rows, or how much time in µs, lies between two scored rows. */
export function parseSample(text: string): { rows: number } | { time: number } {
  if (text === 'rows') return { rows: 1 };
  const match = /^([1-9]\d*)([ts])$/.exec(text);
  if (match !== null) return match[2] === 't' ? { rows: Number(match[1]) } : { time: Number(match[1]) * 1e6 };
  throw new HybridError('E_USAGE', `--sample: expected rows, <n>t or <n>s, got "${text}"`, {
    hint: 'Score every row with --sample rows, every 10th trade with --sample 10t, one row a second with --sample 1s.',
  });
}
