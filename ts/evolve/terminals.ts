/** Which columns formulas may use, and what each one measures. */
import { HybridError } from '../error.js';

/** Kinds of the kernel's table. Unlike kinds are never added in generated formulas. */
export type KindName = 'ratio' | 'price' | 'quantity' | 'count' | 'bounded';

/** The columns of the features (specification of the indicators, §2 and §6) by what they measure. */
const known: Readonly<Record<KindName, string>> = {
  ratio:
    'ofd_ratio wall_bid_bps wall_ask_bps wall_bid_mult wall_ask_mult depth_span_bps cascade_fade_rate ' +
    'ema9_dist ema21_dist ema_cross vwap_dist bb_pos bb_width ' +
    'spread_bps micro_bps vamp_bps wdp_bps obi_z ofi_norm mlofi mlofi_1 mlofi_2 mlofi_3 mlofi_4 mlofi_5 mlofi_6 ' +
    'mlofi_7 mlofi_8 mlofi_9 mlofi_10 eff_spread_bps sign_run fpi_stack trade_rate_rel duration_rel kyle_bps ' +
    'amihud_bps roll_bps rv_bps bv_bps liq_share',
  bounded:
    'side rsi7 rsi7_c ofd absorption cpi cpi_ret cpi_flow cpi_liq cpi_gate obi obi1 fpi fpi_skew ' +
    'cascade_activity cascade_exhaustion depth_imb_5bps depth_imb_10bps depth_imb_25bps depth_imb_50bps vpin ' +
    'sign_acf sweep large_share large_ofd jump_ratio semivar_imb liq_imb liq_recency tod_sin tod_cos',
  price: 'price bar_close ema9 ema21 vwap bb_mid bb_up bb_low bid ask micro_price roll_spread',
  quantity: 'qty cvd liq_intensity ofi trade_rate kyle_lambda amihud',
  count: 'depth_age_ms liq_age_ms duration_ms',
};

/** When a row is: what learns from them learns the past by heart. */
const instants = ['ts', 'bar_ts'];
const neverByDefault = [...instants, 'trade_id'];

const kindOf = new Map(
  Object.entries(known).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind as KindName])),
);

export interface Terminal {
  name: string;
  kind: KindName;
}

interface Column {
  name: string;
  type: 'float' | 'integer' | 'other';
}

/**
 * The terminals: those named (known columns of numbers), or all dimensionless columns. A column that the specification does not know
 * counts as a ratio if it is a float. `without` (the target's own column) is never one. Of a `plain` table, whose
 * columns measure nothing known, all columns of numbers are terminals of one kind.
 */
export function chooseTerminals(
  columns: readonly Column[],
  named: readonly string[] | undefined,
  without: readonly string[],
  plain = false,
): Terminal[] {
  if (named === undefined) {
    const found = unnamedTerminals(columns, without, plain);
    if (found.length > 0) return found;
    throw new HybridError('E_INPUT', 'dataset: expected dimensionless columns, got none', {
      hint: 'Name the columns that formulas may use with --columns.',
    });
  }
  checkNames(named, plain);
  const terminals = terminalsNamed(named, without);
  return plain ? terminals.map(({ name }) => ({ name, kind: 'ratio' })) : terminals;
}

/** All dimensionless columns, or all of numbers of a plain table; there may be none. */
export function unnamedTerminals(
  columns: readonly Column[],
  without: readonly string[],
  plain = false,
): Terminal[] {
  return columns
    .filter((c) => c.type !== 'other' && !without.includes(c.name) && !neverByDefault.includes(c.name))
    .map(({ name, type }) => ({
      name,
      kind: plain ? 'ratio' : (kindOf.get(name) ?? (type === 'float' ? 'ratio' : undefined)),
    }))
    .filter((c): c is Terminal => c.kind === 'ratio' || c.kind === 'bounded');
}

/** What a person names with --columns; only a plain table may have instants that are no time of a row. */
function checkNames(named: readonly string[], plain: boolean): void {
  const twice = named.find((name, i) => named.indexOf(name) < i);
  if (twice !== undefined)
    throw new HybridError('E_USAGE', `--columns: expected each column once, got "${twice}" twice`, {
      hint: `Leave one ${twice} out of --columns.`,
    });
  const instant = plain ? undefined : named.find((name) => instants.includes(name));
  if (instant !== undefined)
    throw new HybridError('E_USAGE', `--columns: expected what a row measures, got its time "${instant}"`, {
      hint: `Leave ${instant} out of --columns.`,
    });
}

/** Those that a person or a person's formulas name. */
export function terminalsNamed(named: readonly string[], without: readonly string[]): Terminal[] {
  return named.map((name) => terminalNamed(name, without));
}

function terminalNamed(name: string, without: readonly string[]): Terminal {
  if (without.includes(name)) {
    throw new HybridError('E_USAGE', `--columns: "${name}" is the target`, {
      hint: `Leave ${name} out of --columns.`,
    });
  }
  return { name, kind: kindOf.get(name) ?? 'ratio' };
}
