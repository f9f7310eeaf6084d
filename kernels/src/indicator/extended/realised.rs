//! Realised volatility of one-second returns (Andersen–Bollerslev 1998), its jump-robust twin, the bipower
//! variation (Barndorff-Nielsen–Shephard 2004), and semivariances (Barndorff-Nielsen–Kinnebrock–Shephard 2010):
//! `rv_bps`, `bv_bps`, `jump_ratio`, `semivar_imb`.

use super::second::Second;
use super::sliding::SlidingSums;
use crate::persist::persist;
use std::f64::consts::FRAC_PI_2;

/// The squared returns of the seconds of a window, and the products of successive ones. A second without
/// trades has the return 0.
#[derive(Clone, Debug, Default)]
pub struct Realised {
    /// Squares of the positive and of the negative returns.
    squares: SlidingSums<2>,
    /// `|r_s|·|r_{s−1}|` under the key `s`.
    products: SlidingSums<1>,
    last_index: i64,
    last_size: f64,
}

/// Of the returns of a window; σ in units of the log price.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    /// `√Σr²`.
    pub realised: f64,
    /// `√(π/2·Σ|r_s||r_{s−1}|)`.
    pub bipower: f64,
    /// `max(0, 1 − BV/RV)` of the variances; NaN without a return.
    pub jump_ratio: f64,
    /// `(RS⁺ − RS⁻)/(RS⁺ + RS⁻)`; NaN without a return.
    pub asymmetry: f64,
}

impl Realised {
    pub fn restart(&mut self) {
        *self = Realised::default();
    }

    /// Adds a completed second with trades.
    pub fn push(&mut self, second: &Second) {
        let change = (second.to_px - second.from_px) as f64 / second.from_px as f64;
        self.push_return(second.index, libm::log1p(change));
    }

    fn push_return(&mut self, index: i64, change: f64) {
        let square = change * change;
        let parts = if change > 0.0 { [square, 0.0] } else { [0.0, square] };
        self.squares.push(index, parts);
        if index == self.last_index + 1 {
            self.products.push(index, [change.abs() * self.last_size]);
        }
        (self.last_index, self.last_size) = (index, change.abs());
    }

    /// Forgets the seconds before `first`; a product goes with the earlier one of its two.
    pub fn evict_below(&mut self, first: i64) {
        self.squares.evict_below(first);
        self.products.evict_below(first + 1);
    }

    pub fn variation(&self) -> Variation {
        let ([up, down], [products]) = (self.squares.sums(), self.products.sums());
        let (all, bipower) = (up + down, FRAC_PI_2 * products);
        Variation {
            realised: all.sqrt(),
            bipower: bipower.sqrt(),
            jump_ratio: if all > 0.0 { (1.0 - bipower / all).max(0.0) } else { f64::NAN },
            asymmetry: (up - down) / all,
        }
    }
}

persist!(Realised { squares, products, last_index, last_size });

#[cfg(test)]
mod tests {
    use super::*;

    fn of_prices(prices: &[i64]) -> Realised {
        let mut realised = Realised::default();
        for (i, pair) in prices.windows(2).enumerate() {
            realised.push(&Second { index: 50 + i as i64, from_px: pair[0], to_px: pair[1], signed_qty: 0 });
        }
        realised
    }

    #[test]
    fn example_of_the_specification() {
        let variation = of_prices(&[1000, 1001, 1000, 1001, 1000, 1002]).variation();
        assert!((variation.realised * 1e4 - 28.263082).abs() < 1e-6);
        let (a, b) = ((1.001f64).ln(), (1.002f64).ln());
        let bipower = (FRAC_PI_2 * (3.0 * a * a + a * b)).sqrt();
        assert!((variation.bipower - bipower).abs() < 1e-12);
        assert!((variation.jump_ratio - (1.0 - bipower.powi(2) / variation.realised.powi(2))).abs() < 1e-12);
        assert!((variation.asymmetry - b * b / variation.realised.powi(2)).abs() < 1e-12);
    }

    #[test]
    fn a_steady_walk_has_no_jump_and_one_leap_is_nothing_else() {
        assert_eq!(of_prices(&[1000, 1001, 1002, 1003, 1004]).variation().jump_ratio, 0.0);
        let leap = of_prices(&[1000, 1000, 1000, 1100, 1100]).variation();
        assert_eq!((leap.jump_ratio, leap.asymmetry), (1.0, 1.0));
        assert!(of_prices(&[7, 7, 7]).variation().jump_ratio.is_nan());
    }

    #[test]
    fn a_product_needs_both_of_its_seconds_in_the_window() {
        let mut realised = of_prices(&[1000, 1001, 1000, 1001]);
        realised.evict_below(52);
        let variation = realised.variation();
        assert_eq!(variation.bipower, 0.0);
        assert!((variation.realised - (1.001f64).ln()).abs() < 1e-12);
        realised.push_return(54, 0.5);
        assert_eq!(realised.variation().bipower, 0.0, "a second without trades lies between them");
    }
}
