//! The columns of the crowd panic index (B3).

use super::rows::{BATCH_ROWS, Lane, Rows, append};
use crate::indicator::{
    gate::ActivityGate,
    panic::{Weights, WindowReturn, index},
    volatility::SecondVolatility,
};
use crate::params::Params;
use crate::persist::persist;
use crate::schema::{Buffers, NULL};

#[derive(Clone, Debug)]
pub struct Panic {
    weights: Weights,
    min_seconds: i64,
    volatility: SecondVolatility,
    gate: ActivityGate,
    ret: WindowReturn,
    lanes: Box<Lanes>,
}

/// What the passes over a batch leave for one another.
#[derive(Clone, Debug)]
struct Lanes {
    gate: Lane,
    ret: Lane,
    cpi: Lane,
}

/// What the index takes from other columns of the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub ofd: &'a Lane,
    /// In ticks.
    pub reference_px: &'a Lane<Option<i64>>,
    /// `cpi_liq`.
    pub liq: &'a Lane,
    /// The decays since the row before, with the two half-lives of the gate.
    pub fast: &'a Lane,
    pub slow: &'a Lane,
}

impl Panic {
    pub fn new(params: &Params) -> Self {
        let (fast, slow) = (params.cpi_gate_fast_s, params.cpi_gate_slow_s);
        Panic {
            weights: Weights { ret: params.cpi_w_ret, flow: params.cpi_w_flow, liq: params.cpi_w_liq },
            min_seconds: params.cpi_sigma_min_seconds,
            volatility: SecondVolatility::new(params.cpi_sigma_half_life_s),
            gate: ActivityGate::new(fast, slow, params.cpi_gate_full_ratio),
            ret: WindowReturn::new(params.window_us),
            lanes: Box::new(Lanes {
                gate: [NULL; BATCH_ROWS],
                ret: [NULL; BATCH_ROWS],
                cpi: [NULL; BATCH_ROWS],
            }),
        }
    }

    /// Starts a segment with this trade.
    pub fn restart(&mut self, ts: i64, px: i64) {
        self.volatility.restart(ts, px);
        self.gate.restart(ts);
    }

    #[inline(never)]
    pub fn rows(&mut self, rows: &Rows, seen: &Surroundings, out: &mut Buffers) {
        self.gates(rows, seen);
        self.returns(rows, seen.reference_px);
        let Lanes { gate, ret, cpi } = &mut *self.lanes;
        for row in rows.each() {
            cpi[row] = index(self.weights, ret[row], seen.ofd[row], seen.liq[row], gate[row]);
        }
        append(&mut out.cpi, &cpi[rows.each()]);
        append(&mut out.cpi_ret, &ret[rows.each()]);
        append(&mut out.cpi_gate, &gate[rows.each()]);
    }

    #[inline(never)]
    fn gates(&mut self, rows: &Rows, seen: &Surroundings) {
        for row in rows.each() {
            let (fast, slow) = (seen.fast[row], seen.slow[row]);
            self.lanes.gate[row] = self.gate.update(rows.ts[row], rows.quote[row], fast, slow);
        }
    }

    #[inline(never)]
    fn returns(&mut self, rows: &Rows, reference_px: &Lane<Option<i64>>) {
        for row in rows.each() {
            let px = rows.px[row];
            self.volatility.update(rows.ts[row], px);
            let warm = row >= rows.filling && self.volatility.seconds() >= self.min_seconds;
            self.lanes.ret[row] = match reference_px[row] {
                Some(reference) if warm => self.ret.of(px, reference, self.volatility.sigma()),
                _ => NULL,
            };
        }
    }
}

// A remembered return is that of its prices and σ: it need not be saved.
persist!(Panic { volatility, gate });
