//! Absorption strength (B2, our own form): `absorption`.

use super::decay::decayed;
use crate::persist::persist;

/// Aggressive volume that fails to move the price, against its own decayed mean.
#[derive(Clone, Debug)]
pub struct Absorption {
    /// Ticks per bucket of impact.
    bucket: f64,
    min_weight: f64,
    raw_sum: f64,
    weight: f64,
}

impl Absorption {
    pub fn new(bucket_ticks: i64, min_weight: f64) -> Self {
        Absorption { bucket: bucket_ticks as f64, min_weight, raw_sum: 0.0, weight: 0.0 }
    }

    /// One row. `delta` is `B − S` of the window, `travelled` the ticks from its oldest trade to this one
    /// (both whole numbers), `factor` the decay of the baseline since the row before.
    ///
    /// `raw = |D| / (1 + imp/g)`, `x = raw/base`, result `−sgn(D)·x/(1+x)` in (−1, 1): + where sellers
    /// are absorbed. NaN while the baseline is too light or 0.
    #[inline]
    pub fn update(&mut self, delta: f64, travelled: f64, factor: f64) -> f64 {
        let sign = if delta == 0.0 { 0.0 } else { delta.signum() };
        let along = sign * travelled;
        // Not f64::max: in WASM that is a call.
        let impact = if along > 0.0 { along } else { 0.0 };
        let raw = delta.abs() / (1.0 + impact / self.bucket);
        self.raw_sum = decayed(self.raw_sum, factor);
        self.weight = decayed(self.weight, factor);
        let value = self.against_baseline(sign, raw);
        self.raw_sum += raw;
        self.weight += 1.0;
        value
    }

    #[inline]
    fn against_baseline(&self, sign: f64, raw: f64) -> f64 {
        if self.weight < self.min_weight || self.raw_sum == 0.0 {
            return f64::NAN;
        }
        let x = raw / (self.raw_sum / self.weight);
        -sign * x / (1.0 + x)
    }
}

persist!(Absorption { raw_sum, weight });

#[cfg(test)]
mod tests {
    use super::super::decay::Decays;
    use super::super::flow::{FlowWindow, Print, tests::T};
    use super::*;

    fn absorptions(bucket: i64) -> Vec<f64> {
        let (mut window, mut decays) = (FlowWindow::<i128>::new(5_000_000), Decays::default());
        let (slot, mut absorption) = (decays.slot(10.0), Absorption::new(bucket, 2.0));
        let mut last = 0;
        T.into_iter()
            .map(|(ts, px, volume, side)| {
                while window.evict(ts).is_some() {}
                window.push(Print { ts, px, volume, side });
                decays.elapse(ts - last);
                last = ts;
                let (buys, sells) = window.volumes();
                let travelled = px - window.front_px().unwrap();
                absorption.update((buys - sells) as f64, travelled as f64, decays.factor(slot))
            })
            .collect()
    }

    #[test]
    fn examples_of_the_specification() {
        for (bucket, want) in [
            (1, [0.777055116, 0.699787376, 0.612523382, -0.551952319, -0.72827504]),
            (4, [0.733340843, 0.769793817, 0.657670186, -0.584537899, -0.648636161]),
        ] {
            let got = absorptions(bucket);
            assert!(got[..3].iter().all(|x| x.is_nan()));
            for (a, b) in got[3..].iter().zip(want) {
                assert!((a - b).abs() < 1e-6, "g={bucket}: {got:?}");
            }
        }
    }

    #[test]
    fn nothing_aggressive_is_0_only_once_the_baseline_stands() {
        let mut absorption = Absorption::new(1, 1.0);
        assert!(absorption.update(0.0, 0.0, 1.0).is_nan());
        assert!(absorption.update(0.0, 0.0, 1.0).is_nan(), "a baseline of 0 is null");
        assert!(absorption.update(5.0, 0.0, 1.0).is_nan());
        assert_eq!(absorption.update(0.0, 0.0, 1.0), 0.0);
    }
}
