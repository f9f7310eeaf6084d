//! Liquidations (B3, B7): their decayed sums, `cascade_activity`, `cascade_exhaustion`,
//! `cascade_fade_rate`, `liq_intensity`.

use super::decay::{Decays, decayed};
use crate::persist::persist;
use std::f64::consts::LN_2;

/// Decayed liquidated notional (quote) of all liquidations that are visible.
#[derive(Clone, Debug)]
pub struct LiquidationSums {
    decays: Decays,
    side_slot: usize,
    fast_slot: usize,
    slow_slot: usize,
    last_ts: Option<i64>,
    sums: Liquidated,
}

/// The sums at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Liquidated {
    /// Longs and shorts closed by force, with the half-life of `cpi_liq`.
    pub long: f64,
    pub short: f64,
    /// Both sides, with the two half-lives of the cascade.
    pub fast: f64,
    pub slow: f64,
}

impl LiquidationSums {
    pub fn new(side_half_life_s: f64, fast_s: f64, slow_s: f64) -> Self {
        let mut decays = Decays::default();
        let (side_slot, fast_slot, slow_slot) =
            (decays.slot(side_half_life_s), decays.slot(fast_s), decays.slot(slow_s));
        LiquidationSums {
            decays,
            side_slot,
            fast_slot,
            slow_slot,
            last_ts: None,
            sums: Liquidated::default(),
        }
    }

    /// Adds one; `position` is 1 for a long, −1 for a short. Times do not go back.
    pub fn add(&mut self, ts: i64, position: i8, notional: f64) {
        self.sums = self.at(ts);
        self.last_ts = Some(ts);
        if position > 0 {
            self.sums.long += notional;
        } else {
            self.sums.short += notional;
        }
        self.sums.fast += notional;
        self.sums.slow += notional;
    }

    /// Stamp of the last one added.
    pub fn last_ts(&self) -> Option<i64> {
        self.last_ts
    }

    /// The sums as they stand at `now`, not before the last one added.
    #[inline]
    pub fn at(&mut self, now: i64) -> Liquidated {
        let Some(last) = self.last_ts else { return Liquidated::default() };
        self.decays.elapse(now - last);
        let side = self.decays.factor(self.side_slot);
        Liquidated {
            long: decayed(self.sums.long, side),
            short: decayed(self.sums.short, side),
            fast: decayed(self.sums.fast, self.decays.factor(self.fast_slot)),
            slow: decayed(self.sums.slow, self.decays.factor(self.slow_slot)),
        }
    }
}

/// The cascade columns of a row; all 0 where nothing is active.
#[derive(Clone, Copy, Debug, Default)]
pub struct CascadeState {
    pub activity: f64,
    pub exhaustion: f64,
    /// 1/s.
    pub fade_rate: f64,
    /// Quote units per second.
    pub intensity: f64,
}

/// What turns the sums into the columns: kernel part of an exponential Hawkes intensity at two half-lives.
#[derive(Clone, Debug)]
pub struct Cascade {
    fast_s: f64,
    slow_s: f64,
    min_share: f64,
    min_notional: Option<f64>,
}

impl Cascade {
    pub fn new(fast_s: f64, slow_s: f64, min_share: f64, min_notional: Option<f64>) -> Self {
        Cascade { fast_s, slow_s, min_share, min_notional }
    }

    /// `traded` is the decayed traded notional with the slow half-life, own trade included.
    #[inline]
    pub fn state(&self, liquidated: &Liquidated, traded: f64) -> CascadeState {
        let fast = liquidated.fast * LN_2 / self.fast_s;
        let slow = liquidated.slow * LN_2 / self.slow_s;
        if slow == 0.0 {
            return CascadeState { intensity: fast, ..CascadeState::default() };
        }
        // ln2/H is on both sides of λ_s/threshold.
        let threshold = self.min_notional.unwrap_or(self.min_share * traded);
        let activity = (liquidated.slow / threshold).min(1.0);
        CascadeState {
            activity,
            exhaustion: activity * (slow - fast) / (slow + fast),
            fade_rate: activity * self.fade_rate(fast, slow),
            intensity: fast,
        }
    }

    /// `γ = (R−1)/(R·τ_s − τ_f)`, `R = λ_s/λ_f`: the decay rate of a flow `e^(−γt)`, clamped.
    fn fade_rate(&self, fast: f64, slow: f64) -> f64 {
        let (fast_tau, slow_tau) = (self.fast_s / LN_2, self.slow_s / LN_2);
        let ratio = slow / fast;
        if ratio.is_infinite() {
            return 1.0 / slow_tau;
        }
        let denominator = ratio * slow_tau - fast_tau;
        if denominator <= 1e-12 {
            return -1.0 / fast_tau;
        }
        ((ratio - 1.0) / denominator).max(-1.0 / fast_tau).min(1.0 / slow_tau)
    }
}

persist!(Liquidated { long, short, fast, slow });
persist!(LiquidationSums { last_ts, sums });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let liquidations =
            [(0, 50_000.0), (1_000_000, 80_000.0), (3_000_000, 40_000.0), (20_000_000, 5_000.0)];
        let cascade = Cascade::new(10.0, 60.0, 0.005, Some(100_000.0));
        let mut sums = LiquidationSums::new(60.0, 10.0, 60.0);
        let mut seen = 0;
        for (ts, intensity, activity, exhaustion, fade_rate) in [
            (0, 0.0, 0.0, 0.0, 0.0),
            (500_000, 3347.680214973, 0.497120212, -0.351533373, -0.034457747),
            (1_000_000, 3233.645937266, 0.49425701, -0.345903784, -0.034259285),
            (3_001_000, 10414.276474639, 1.0, -0.688246753, -0.069314718),
            (10_000_000, 6411.183524368, 1.0, -0.566584348, -0.069314718),
            (20_000_000, 3205.591762184, 1.0, -0.33962321, -0.017952071),
            (20_001_000, 3551.919143657, 1.0, -0.368786156, -0.021139004),
            (31_000_000, 1657.143732621, 1.0, -0.069242894, -0.002125906),
            (60_000_000, 222.010334529, 0.893198787, 0.576900091, 0.008399741),
            (300_000_000, 1.3233e-05, 0.055824924, 0.055824901, 0.000644915),
        ] {
            while seen < liquidations.len() && liquidations[seen].0 < ts {
                sums.add(liquidations[seen].0, 1, liquidations[seen].1);
                seen += 1;
            }
            let got = cascade.state(&sums.at(ts), 1e9);
            for (a, b) in [
                (got.intensity, intensity),
                (got.activity, activity),
                (got.exhaustion, exhaustion),
                (got.fade_rate, fade_rate),
            ] {
                assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{ts}: {got:?}");
            }
        }
    }

    #[test]
    fn a_long_silence_ends_at_the_slow_rate_and_then_at_nothing() {
        let cascade = Cascade::new(10.0, 60.0, 0.005, Some(1.0));
        let mut sums = LiquidationSums::new(60.0, 10.0, 60.0);
        sums.add(0, -1, 1e9);
        let late = cascade.state(&sums.at(12_000_000_000), 1.0);
        assert!(late.intensity == 0.0 && late.activity > 0.0);
        assert_eq!(late.fade_rate, late.activity * LN_2 / 60.0);
        let end = cascade.state(&sums.at(1_000_000_000_000), 1.0);
        assert_eq!((end.activity, end.exhaustion, end.fade_rate), (0.0, 0.0, 0.0));
        assert_eq!(sums.at(0).short, 1e9);
    }
}
