//! The feature table written down from the specification, slow and whole: the oracle of the engine.
//! Nothing is carried from row to row; every value is computed from all the input that is visible.

use crate::engine::Streams;
use crate::event::{Books, Decimal, Grid, Liquidations, Trades};
use crate::params::{EmptyBar, Params, SideFallback, VolumeUnit, VwapAnchor, VwapSource};
use crate::schema::Row;
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 86_400_000_000;
const LN2: f64 = std::f64::consts::LN_2;
const NAN: f64 = f64::NAN;

/// A row's trade after the side fallback.
#[derive(Clone, Copy)]
struct Print {
    ts: i64,
    id: i64,
    px: i64,
    qty: i64,
    side: i8,
}

/// The input of a run and its rows.
pub struct Market<'a> {
    pub params: &'a Params,
    pub grid: &'a Grid,
    pub streams: Streams,
    pub trades: &'a Trades,
    pub books: &'a Books,
    pub liquidations: &'a Liquidations,
}

struct Minute {
    index: i64,
    high: i64,
    low: i64,
    close: i64,
    qty: f64,
    notional: f64,
}

fn decimal(d: Decimal) -> f64 {
    format!("{}e-{}", d.mantissa, d.places).parse().unwrap()
}

fn exact(n: i128, d: Decimal) -> f64 {
    format!("{}e-{}", n * d.mantissa, d.places).parse().unwrap()
}

fn half(age_us: i64, half_life_s: f64) -> f64 {
    0.5f64.powf(age_us as f64 / (half_life_s * 1e6))
}

impl Market<'_> {
    /// Every row of the table.
    pub fn table(&self) -> Vec<Row> {
        let prints = self.prints();
        let starts = self.segment_starts(&prints);
        let raws: Vec<f64> = (0..prints.len()).map(|i| self.raw(&prints, i)).collect();
        (0..prints.len()).map(|i| self.row(&prints, starts[i], &raws, i)).collect()
    }

    fn as_of(&self, now: i64) -> Option<usize> {
        (0..self.books.ts.len()).rev().find(|j| self.books.ts[*j] + self.params.depth_latency_us < now)
    }

    fn valid_book(&self, now: i64) -> Option<usize> {
        self.as_of(now).filter(|j| {
            self.books.valid[*j] == 1 && now - self.books.ts[*j] <= 1000 * self.params.max_depth_age_ms
        })
    }

    fn tick_sign(&self, i: usize) -> i8 {
        let px = &self.trades.px_ticks;
        let changed = (1..=i).rev().find(|j| px[*j] != px[*j - 1]);
        changed.map_or(0, |j| (px[j] - px[j - 1]).signum() as i8)
    }

    fn side(&self, i: usize) -> Option<i8> {
        let t = self.trades;
        if t.side[i] != 0 {
            return Some(t.side[i]);
        }
        let book = self.valid_book(t.ts[i]);
        match self.params.side_fallback {
            SideFallback::Zero => Some(0),
            SideFallback::Drop => None,
            SideFallback::Tick => Some(self.tick_sign(i)),
            SideFallback::LeeReady => Some(match book.map(|j| 4 * t.px_ticks[i] - self.books.mid_code[j]) {
                Some(above) if above > 0 => 1,
                Some(above) if above < 0 => -1,
                _ => self.tick_sign(i),
            }),
        }
    }

    fn prints(&self) -> Vec<Print> {
        let t = self.trades;
        let print =
            |i: usize, side| Print { ts: t.ts[i], id: t.id[i], px: t.px_ticks[i], qty: t.qty_lots[i], side };
        (0..t.ts.len()).filter_map(|i| self.side(i).map(|side| print(i, side))).collect()
    }

    /// For each row the index of the first row of its segment.
    fn segment_starts(&self, prints: &[Print]) -> Vec<usize> {
        let minute = |i: usize| prints[i].ts.div_euclid(MINUTE);
        let resets = |i: usize| minute(i) - minute(i - 1) - 1 > self.params.gap_reset_min;
        (0..prints.len()).map(|i| (1..=i).rev().find(|j| resets(*j)).unwrap_or(0)).collect()
    }

    fn volume(&self, p: &Print) -> i128 {
        match self.params.volume_unit {
            VolumeUnit::Base => i128::from(p.qty),
            VolumeUnit::Quote => i128::from(p.qty) * i128::from(p.px),
        }
    }

    fn notional(&self, p: &Print) -> f64 {
        p.px as f64 * p.qty as f64 * decimal(self.grid.tick) * decimal(self.grid.lot)
    }

    fn window<'p>(&self, prints: &'p [Print], i: usize) -> Vec<&'p Print> {
        prints[..=i].iter().filter(|p| p.ts > prints[i].ts - self.params.window_us).collect()
    }

    fn sided(&self, window: &[&Print], side: i8) -> i128 {
        window.iter().filter(|p| p.side == side).map(|p| self.volume(p)).sum()
    }

    fn raw(&self, prints: &[Print], i: usize) -> f64 {
        let window = self.window(prints, i);
        let delta = self.sided(&window, 1) - self.sided(&window, -1);
        let travelled = i128::from(prints[i].px - window[0].px);
        let impact = (delta.signum() * travelled).max(0);
        delta.abs() as f64 / (1.0 + impact as f64 / self.grid.bucket_ticks as f64)
    }

    fn absorption(&self, prints: &[Print], raws: &[f64], i: usize, delta: i128) -> f64 {
        let weight = |j: usize| half(prints[i].ts - prints[j].ts, self.params.absorb_half_life_s);
        let den: f64 = (0..i).map(weight).sum();
        let num: f64 = (0..i).map(|j| raws[j] * weight(j)).sum();
        if den < self.params.absorb_min_weight || num == 0.0 {
            return NAN;
        }
        if delta == 0 {
            return 0.0;
        }
        let x = raws[i] / (num / den);
        -(delta.signum() as f64) * x / (1.0 + x)
    }

    /// `(fpi, fpi_skew)`.
    fn footprint(&self, window: &[&Print]) -> (f64, f64) {
        let mut pairs: BTreeMap<i64, (i128, i128)> = BTreeMap::new();
        for p in window.iter().filter(|p| p.side != 0) {
            let bucket = p.px.div_euclid(self.grid.bucket_ticks);
            if p.side > 0 {
                pairs.entry(bucket - 1).or_default().0 += self.volume(p);
            } else {
                pairs.entry(bucket).or_default().1 += self.volume(p);
            }
        }
        let ratio = self.params.footprint_ratio;
        let least = decimal(self.params.footprint_vmin);
        let beats = |a: i128, b: i128| {
            a > 0 && a * 10_i128.pow(ratio.places) >= ratio.mantissa * b && a as f64 >= least
        };
        let up: Vec<_> = pairs.values().filter(|(a, b)| beats(*a, *b)).collect();
        let down: Vec<_> = pairs.values().filter(|(a, b)| beats(*b, *a)).collect();
        let all: i128 = pairs.values().map(|(a, b)| a + b).sum();
        let weight = (up.iter().map(|p| p.0).sum::<i128>() - down.iter().map(|p| p.1).sum::<i128>()) as f64;
        let fpi = weight / all as f64;
        let breadth = (up.len() as f64 - down.len() as f64) / pairs.len() as f64;
        (fpi, 0.5 * (breadth - fpi))
    }

    /// The closed bars of the segment that row `i` sees.
    fn minutes(&self, prints: &[Print], start: usize, i: usize) -> Vec<Minute> {
        let now = prints[i].ts.div_euclid(MINUTE);
        let first = prints[start].ts.div_euclid(MINUTE);
        let mut minutes: Vec<Minute> = Vec::new();
        for index in first..now {
            let inside: Vec<_> =
                prints[start..=i].iter().filter(|p| p.ts.div_euclid(MINUTE) == index).collect();
            if let Some(last) = inside.last() {
                minutes.push(Minute {
                    index,
                    high: inside.iter().map(|p| p.px).max().unwrap(),
                    low: inside.iter().map(|p| p.px).min().unwrap(),
                    close: last.px,
                    qty: inside.iter().map(|p| p.qty as f64).sum(),
                    notional: inside.iter().map(|p| p.qty as f64 * p.px as f64).sum(),
                });
            } else if self.params.empty_bar == EmptyBar::Flat {
                let close = minutes.last().unwrap().close;
                minutes.push(Minute { index, high: close, low: close, close, qty: 0.0, notional: 0.0 });
            }
        }
        minutes
    }

    fn vwap(&self, minutes: &[Minute]) -> f64 {
        let session =
            |m: &Minute| (m.index * MINUTE - self.params.vwap_anchor_offset_min * MINUTE).div_euclid(DAY);
        let Some(last) = minutes.last() else { return NAN };
        let from = minutes.len().saturating_sub(match self.params.vwap_anchor {
            VwapAnchor::Rolling(n) => n,
            _ => usize::MAX,
        });
        let daily = self.params.vwap_anchor == VwapAnchor::UtcDay;
        let inside = || minutes[from..].iter().filter(|m| !daily || session(m) == session(last));
        let value = |m: &Minute| match self.params.vwap_source {
            VwapSource::Trades => m.notional,
            VwapSource::Hlc3 => (m.high + m.low + m.close) as f64 / 3.0 * m.qty,
        };
        decimal(self.grid.tick) * inside().map(value).sum::<f64>() / inside().map(|m| m.qty).sum::<f64>()
    }

    /// σ of one-second returns of the segment, and the count of seconds that carry one.
    fn sigma(&self, prints: &[Print], start: usize, i: usize) -> (f64, i64) {
        let second = |j: usize| prints[j].ts.div_euclid(1_000_000);
        let closes: BTreeMap<i64, i64> = (start..=i).map(|j| (second(j), prints[j].px)).collect();
        let (first, now) = (second(start), second(i));
        let (mut squares, mut weights, mut last) = (0.0, 0.0, closes[&first]);
        for s in first + 1..now {
            let close = *closes.get(&s).unwrap_or(&last);
            let weight = half((now - 1 - s) * 1_000_000, self.params.cpi_sigma_half_life_s);
            squares += weight * (close as f64 / last as f64).ln().powi(2);
            weights += weight;
            last = close;
        }
        ((squares / weights).sqrt(), now - 1 - first)
    }

    fn cpi_ret(&self, prints: &[Print], start: usize, i: usize) -> f64 {
        let (sigma, seconds) = self.sigma(prints, start, i);
        let now = prints[i].ts;
        let full = now - prints[start].ts >= self.params.window_us;
        if !full || seconds < self.params.cpi_sigma_min_seconds {
            return NAN;
        }
        if sigma == 0.0 {
            return 0.0;
        }
        let reference = prints[..=i].iter().rfind(|p| p.ts <= now - self.params.window_us).unwrap();
        let window_s = self.params.window_us as f64 / 1e6;
        let z = (prints[i].px as f64 / reference.px as f64).ln() / (sigma * window_s.sqrt());
        (z / 2.0).tanh()
    }

    fn gate(&self, prints: &[Print], start: usize, i: usize) -> f64 {
        let age = prints[i].ts - prints[start].ts;
        if age == 0 {
            return 0.0;
        }
        let rate = |half_life: f64| {
            let sum = self.decayed(&prints[start..=i], half_life);
            sum * LN2 / half_life / -(-LN2 * age as f64 / (half_life * 1e6)).exp_m1()
        };
        let ratio = rate(self.params.cpi_gate_fast_s) / rate(self.params.cpi_gate_slow_s);
        (ratio.ln() / self.params.cpi_gate_full_ratio.ln()).clamp(0.0, 1.0)
    }

    /// Traded notional as of the last print.
    fn decayed(&self, prints: &[Print], half_life_s: f64) -> f64 {
        let now = prints[prints.len() - 1].ts;
        prints.iter().map(|p| self.notional(p) * half(now - p.ts, half_life_s)).sum()
    }

    fn liquidated(&self, now: i64, half_life_s: f64, keep: impl Fn(i8) -> bool) -> f64 {
        let l = self.liquidations;
        (0..l.ts.len())
            .filter(|j| l.ts[*j] + self.params.liq_latency_us < now && keep(l.pos[*j]))
            .map(|j| l.notional[j] * half(now - l.ts[j], half_life_s))
            .sum()
    }

    fn cpi_liq(&self, prints: &[Print], i: usize) -> f64 {
        if !self.streams.liquidations {
            return NAN;
        }
        let half_life = self.params.cpi_liq_half_life_s;
        let long = self.liquidated(prints[i].ts, half_life, |pos| pos > 0);
        let short = self.liquidated(prints[i].ts, half_life, |pos| pos < 0);
        let traded = self.decayed(&prints[..=i], half_life);
        (short - long) / (short + long + self.params.cpi_liq_floor * traded)
    }

    fn cpi(&self, ret: f64, flow: f64, liq: f64, gate: f64) -> f64 {
        let p = self.params;
        let parts = [(p.cpi_w_ret, ret), (p.cpi_w_flow, flow), (p.cpi_w_liq, liq)];
        let known = || parts.iter().filter(|(_, x)| !x.is_nan());
        let mean = known().map(|(w, x)| w * x).sum::<f64>() / known().map(|(w, _)| w).sum::<f64>();
        if ret.is_nan() { NAN } else { (0.5 + 0.5 * gate) * mean }
    }

    /// Activity, exhaustion, fade rate, intensity.
    fn cascade(&self, prints: &[Print], i: usize) -> [f64; 4] {
        if !self.streams.liquidations {
            return [NAN; 4];
        }
        let p = self.params;
        let rate = |h: f64| self.liquidated(prints[i].ts, h, |_| true) * LN2 / h;
        let (fast, slow) = (rate(p.cascade_fast_s), rate(p.cascade_slow_s));
        if slow == 0.0 {
            return [0.0, 0.0, 0.0, fast];
        }
        let traded = self.decayed(&prints[..=i], p.cascade_slow_s);
        let threshold =
            p.cascade_min_notional.unwrap_or(p.cascade_min_share * traded) * LN2 / p.cascade_slow_s;
        let activity = (slow / threshold).min(1.0);
        let (fast_tau, slow_tau) = (p.cascade_fast_s / LN2, p.cascade_slow_s / LN2);
        let below = slow / fast * slow_tau - fast_tau;
        let gamma = if below <= 1e-12 { -1.0 / fast_tau } else { (slow / fast - 1.0) / below };
        let gamma = if fast == 0.0 { 1.0 / slow_tau } else { gamma.clamp(-1.0 / fast_tau, 1.0 / slow_tau) };
        [activity, activity * (slow - fast) / (slow + fast), activity * gamma, fast]
    }

    fn row(&self, prints: &[Print], start: usize, raws: &[f64], i: usize) -> Row {
        let (p, now, tick) = (&prints[i], prints[i].ts, decimal(self.grid.tick));
        let minutes = self.minutes(prints, start, i);
        let closes: Vec<f64> = minutes.iter().map(|m| m.close as f64 * tick).collect();
        let price = exact(p.px.into(), self.grid.tick);
        let (ema9, ema21) = (ema(&closes, self.params.ema_fast_n), ema(&closes, self.params.ema_slow_n));
        let (vwap, rsi7) = (self.vwap(&minutes), rsi(&closes, self.params.rsi_n));
        let (mid, sigma) = self.bands(&minutes);
        let width = self.params.bb_k * sigma;
        let window = self.window(prints, i);
        let (buys, sells) = (self.sided(&window, 1), self.sided(&window, -1));
        let full = !self.params.require_full_window || now - prints[start].ts >= self.params.window_us;
        let if_full = |value: f64| if full { value } else { NAN };
        let ofd = if_full((buys - sells) as f64 / (buys + sells) as f64);
        let limit = self.params.ofd_ratio_clamp;
        let ratio =
            if buys + sells == 0 { NAN } else { (buys as f64 / sells as f64).min(limit).max(1.0 / limit) };
        let (fpi, fpi_skew) = self.footprint(&window);
        let today = prints[..=i].iter().filter(|x| x.ts.div_euclid(DAY) == now.div_euclid(DAY));
        let cvd: i128 = today.map(|x| i128::from(x.side) * self.volume(x)).sum();
        let unit = match self.params.volume_unit {
            VolumeUnit::Base => decimal(self.grid.lot),
            VolumeUnit::Quote => decimal(self.grid.lot) * tick,
        };
        let (cpi_ret, gate) = (self.cpi_ret(prints, start, i), self.gate(prints, start, i));
        let cpi_liq = self.cpi_liq(prints, i);
        let [cascade_activity, cascade_exhaustion, cascade_fade_rate, liq_intensity] =
            self.cascade(prints, i);
        let book = self.valid_book(now);
        let of_book = |column: &[f64]| book.map_or(NAN, |j| column[j]);
        Row {
            ts: now,
            trade_id: p.id,
            price,
            qty: exact(p.qty.into(), self.grid.lot),
            side: p.side,
            bar_ts: minutes.last().map_or(i64::MIN, |m| m.index * MINUTE),
            bar_close: minutes.last().map_or(NAN, |m| exact(m.close.into(), self.grid.tick)),
            ema9,
            ema21,
            vwap,
            rsi7,
            bb_mid: mid,
            bb_up: mid + width,
            bb_low: mid - width,
            ofd,
            ofd_ratio: if_full(ratio),
            cvd: cvd as f64 * unit,
            absorption: if_full(self.absorption(prints, raws, i, buys - sells)),
            cpi: self.cpi(cpi_ret, ofd, cpi_liq, gate),
            cpi_ret,
            cpi_flow: ofd,
            cpi_liq,
            cpi_gate: gate,
            bid: of_book(&self.books.bid),
            ask: of_book(&self.books.ask),
            obi: of_book(&self.books.obi),
            obi1: of_book(&self.books.obi1),
            wall_bid_bps: of_book(&self.books.wall_bid_bps),
            wall_ask_bps: of_book(&self.books.wall_ask_bps),
            wall_bid_mult: of_book(&self.books.wall_bid_mult),
            wall_ask_mult: of_book(&self.books.wall_ask_mult),
            depth_span_bps: of_book(&self.books.depth_span_bps),
            depth_age_ms: self.as_of(now).map_or(i64::MIN, |j| (now - self.books.ts[j]).div_euclid(1000)),
            fpi: if_full(fpi),
            fpi_skew: if_full(fpi_skew),
            cascade_activity,
            cascade_exhaustion,
            cascade_fade_rate,
            liq_intensity,
            ema9_dist: (price - ema9) / price,
            ema21_dist: (price - ema21) / price,
            ema_cross: (ema9 - ema21) / price,
            vwap_dist: (price - vwap) / price,
            bb_pos: if sigma == 0.0 { NAN } else { (price - mid) / width },
            bb_width: 2.0 * width / mid,
            rsi7_c: rsi7 / 50.0 - 1.0,
        }
    }

    /// Mean and population deviation of the last closes, in quote units.
    fn bands(&self, minutes: &[Minute]) -> (f64, f64) {
        let n = self.params.bb_n;
        if minutes.len() < n {
            return (NAN, NAN);
        }
        let last = &minutes[minutes.len() - n..];
        let mean = last.iter().map(|m| m.close as f64).sum::<f64>() / n as f64;
        let square = last.iter().map(|m| (m.close as f64 - mean).powi(2)).sum::<f64>() / n as f64;
        let flat = last.iter().all(|m| m.close == last[0].close);
        let tick = decimal(self.grid.tick);
        (mean * tick, if flat { 0.0 } else { square.sqrt() * tick })
    }
}

fn ema(closes: &[f64], n: usize) -> f64 {
    if closes.len() < n {
        return NAN;
    }
    let seed = closes[..n].iter().sum::<f64>() / n as f64;
    closes[n..].iter().fold(seed, |e, c| e + 2.0 / (n as f64 + 1.0) * (c - e))
}

fn rsi(closes: &[f64], n: usize) -> f64 {
    if closes.len() <= n {
        return NAN;
    }
    let changes: Vec<f64> = closes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = |sign: f64| changes[..n].iter().map(|d| (sign * d).max(0.0)).sum::<f64>() / n as f64;
    let smooth = |sign: f64| {
        changes[n..].iter().fold(mean(sign), |m, d| (m * (n as f64 - 1.0) + (sign * d).max(0.0)) / n as f64)
    };
    let (gain, loss) = (smooth(1.0), smooth(-1.0));
    if gain + loss == 0.0 { 50.0 } else { 100.0 * gain / (gain + loss) }
}
