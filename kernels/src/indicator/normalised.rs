//! The normalised columns (A6): what models may see of the minute indicators, without the price level.

use super::bollinger::Bands;
use super::flow::to_f64;
use crate::bar::product;

/// `(p − bb_mid) / (kσ)` from exact integers, so that nothing cancels; NaN where σ = 0.
pub fn bb_pos(px_ticks: i64, bands: &Bands, k: f64) -> f64 {
    let above = product(px_ticks, bands.n) - bands.sum;
    to_f64(above) / (k * bands.root)
}

/// `2kσ / bb_mid`.
pub fn bb_width(bands: &Bands, k: f64) -> f64 {
    2.0 * k * bands.root / to_f64(bands.sum)
}

/// `(a − b) / price`: distance of a price from an average, or of two averages.
#[inline]
pub fn distance(a: f64, b: f64, price: f64) -> f64 {
    (a - b) / price
}

/// The index centred: −1…1.
pub fn rsi_centred(rsi: f64) -> f64 {
    rsi / 50.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::{bollinger::Bollinger, ema::Ema, ema::tests::C24, rsi::Rsi};
    use super::*;

    #[test]
    fn example_of_the_specification() {
        let (mut fast, mut slow, mut rsi, mut bollinger) =
            (Ema::new(9), Ema::new(21), Rsi::new(7), Bollinger::new(20));
        for close in C24 {
            fast.update(close);
            slow.update(close);
            rsi.update(close);
            bollinger.update(close);
        }
        let (fast, slow, bands) = (fast.value() * 0.1, slow.value() * 0.1, bollinger.bands().unwrap());
        for (got, want) in [
            (distance(106.0, fast, 106.0), 0.013449625),
            (distance(106.0, slow, 106.0), 0.025188082),
            (distance(fast, slow, 106.0), 0.011738456),
            (bb_pos(1060, &bands, 2.0), 1.018870144),
            (bb_width(&bands, 2.0), 0.047705862),
            (rsi_centred(rsi.value()), 0.430202409),
        ] {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    #[test]
    fn bands_of_no_width_have_no_position_and_width_0() {
        let bands = Bands { n: 20, sum: 2000, root: 0.0 };
        assert!(!bb_pos(100, &bands, 2.0).is_finite() && !bb_pos(101, &bands, 2.0).is_finite());
        assert_eq!(bb_width(&bands, 2.0), 0.0);
    }
}
