//! Crowd panic index (B3): `cpi` and the parts that `volatility` and `gate` do not hold.

/// `tanh(z/2)` of the return over the window in units of its expected deviation, `σ_1s·√W`.
/// Prices in ticks; σ = 0 gives 0.
#[inline]
pub fn ret(px: i64, reference_px: i64, sigma: f64, root_window_s: f64) -> f64 {
    if sigma == 0.0 {
        return 0.0;
    }
    let change = libm::log1p((px - reference_px) as f64 / reference_px as f64);
    libm::tanh(change / (sigma * root_window_s) / 2.0)
}

/// [`ret`] of row after row: trades of one stamp and one price share it.
#[derive(Clone, Debug)]
pub struct WindowReturn {
    root_window_s: f64,
    px: i64,
    reference_px: i64,
    sigma: f64,
    value: f64,
}

impl WindowReturn {
    pub fn new(window_us: i64) -> Self {
        let root_window_s = (window_us as f64 / 1e6).sqrt();
        WindowReturn { root_window_s, px: 0, reference_px: 0, sigma: f64::NAN, value: f64::NAN }
    }

    #[inline]
    pub fn of(&mut self, px: i64, reference_px: i64, sigma: f64) -> f64 {
        if (px, reference_px, sigma) != (self.px, self.reference_px, self.sigma) {
            (self.px, self.reference_px, self.sigma) = (px, reference_px, sigma);
            self.value = ret(px, reference_px, sigma, self.root_window_s);
        }
        self.value
    }
}

/// `(L_short − L_long)/(L_short + L_long + floor·V)`: decayed liquidated against decayed traded notional.
#[inline]
pub fn liq(long: f64, short: f64, traded: f64, floor: f64) -> f64 {
    (short - long) / (short + long + floor * traded)
}

/// Weights of the components.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    pub ret: f64,
    pub flow: f64,
    pub liq: f64,
}

/// `(½ + ½·gate)` times the weighted mean of the components that are not null; null where `ret` is.
#[inline]
pub fn index(weights: Weights, ret: f64, flow: f64, liq: f64, gate: f64) -> f64 {
    if ret.is_nan() {
        return f64::NAN;
    }
    let (mut sum, mut weight) = (weights.ret * ret, weights.ret);
    for (w, value) in [(weights.flow, flow), (weights.liq, liq)] {
        if !value.is_nan() {
            sum += w * value;
            weight += w;
        }
    }
    (0.5 + 0.5 * gate) * (sum / weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: Weights = Weights { ret: 0.5, flow: 0.2, liq: 0.3 };

    #[test]
    fn a_shared_return_is_computed_anew_when_any_part_of_it_changes() {
        let mut shared = WindowReturn::new(60_000_000);
        for (px, reference, sigma) in [
            (100, 99, 0.01),
            (100, 99, 0.01),
            (101, 99, 0.01),
            (101, 98, 0.01),
            (101, 98, 0.02),
            (101, 98, 0.0),
        ] {
            assert_eq!(shared.of(px, reference, sigma), ret(px, reference, sigma, 60f64.sqrt()));
        }
    }

    #[test]
    fn example_of_the_specification() {
        let ret = ret(994, 1000, 0.0003, 60f64.sqrt());
        assert!((ret - -0.8604).abs() < 1e-6);
        let liq = liq(50_000.0, 0.0, 2_000_000.0, 0.01);
        assert!((liq - -0.714286).abs() < 1e-6);
        let gate = 3f64.ln() / 4f64.ln();
        assert!((index(WEIGHTS, ret, -0.6, liq, gate) - -0.685163).abs() < 1e-6);
        assert!((index(WEIGHTS, ret, -0.6, f64::NAN, gate) - -0.704445).abs() < 1e-6);
    }

    #[test]
    fn only_the_return_is_indispensable() {
        assert!(index(WEIGHTS, f64::NAN, 1.0, 1.0, 1.0).is_nan());
        assert_eq!(index(WEIGHTS, 0.5, f64::NAN, f64::NAN, 0.0), 0.25);
        assert_eq!(ret(5, 3, 0.0, 1.0), 0.0);
    }
}
