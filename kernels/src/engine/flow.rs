//! The columns of the flow window (B1, B2, B6): what was traded in the last `W` seconds, and on which side.

use super::rows::{BATCH_ROWS, Lane, Rows, append};
use super::steps::Steps;
use crate::event::Grid;
use crate::indicator::{
    absorption::Absorption,
    flow::{Cvd, FlowWindow, Print, ofd, ratio, to_f64},
    footprint::{Footprint, fpi, skew},
};
use crate::params::{Params, VolumeUnit};
use crate::schema::{Buffers, NULL};

#[derive(Clone, Debug)]
pub struct Flow {
    unit: VolumeUnit,
    /// One unit of volume in base (quote) units.
    step: Steps,
    ratio_clamp: f64,
    require_full_window: bool,
    window: FlowWindow,
    footprint: Footprint,
    cvd: Cvd,
    absorption: Absorption,
    lanes: Box<Lanes>,
}

/// What the passes over a batch leave for one another.
#[derive(Clone, Debug)]
struct Lanes {
    delta: Lane,
    buys: Lane,
    sells: Lane,
    both: Lane,
    travelled: Lane,
    reference_px: Lane<Option<i64>>,
    cvd: Lane,
    imbalance: Lane,
    imbalanced_pairs: Lane,
    sided: Lane,
    pairs: Lane,
    ofd: Lane,
    fpi: Lane,
    absorption: Lane,
}

impl Flow {
    /// `step` is one unit of volume.
    pub fn new(params: &Params, grid: &Grid, step: Steps) -> Self {
        let nothing = [NULL; BATCH_ROWS];
        Flow {
            unit: params.volume_unit,
            step,
            ratio_clamp: params.ofd_ratio_clamp,
            require_full_window: params.require_full_window,
            window: FlowWindow::new(params.window_us),
            footprint: Footprint::new(grid.bucket_ticks, params.footprint_ratio, params.footprint_vmin),
            cvd: Cvd::default(),
            absorption: Absorption::new(grid.bucket_ticks, params.absorb_min_weight),
            lanes: Box::new(Lanes {
                delta: nothing,
                buys: nothing,
                sells: nothing,
                both: nothing,
                travelled: nothing,
                reference_px: [None; BATCH_ROWS],
                cvd: nothing,
                imbalance: nothing,
                imbalanced_pairs: nothing,
                sided: nothing,
                pairs: nothing,
                ofd: nothing,
                fpi: nothing,
                absorption: nothing,
            }),
        }
    }

    /// `decay` is that of the absorption's baseline since the row before.
    pub fn rows(&mut self, rows: &Rows, decay: &Lane, out: &mut Buffers) {
        self.slide(rows);
        self.absorb(rows, decay);
        self.write(rows, out);
    }

    /// `(B − S)/(B + S)` of the batch's rows, null where the window is not full.
    pub fn ofd(&self) -> &Lane {
        &self.lanes.ofd
    }

    /// The price, in ticks, of the last trade that each row's window has left behind.
    pub fn reference_px(&self) -> &Lane<Option<i64>> {
        &self.lanes.reference_px
    }

    /// Moves the window from trade to trade.
    fn slide(&mut self, rows: &Rows) {
        let lanes = &mut *self.lanes;
        for row in rows.each() {
            let (ts, px, side) = (rows.ts[row], rows.px[row], rows.side[row]);
            let volume = match self.unit {
                VolumeUnit::Base => i128::from(rows.qty[row]),
                VolumeUnit::Quote => rows.notional[row],
            };
            while let Some(old) = self.window.evict(ts) {
                self.footprint.remove(&old);
            }
            let print = Print { ts, px, volume, side };
            self.window.push(print);
            self.footprint.add(&print);
            let (buys, sells) = self.window.volumes();
            lanes.delta[row] = to_f64(buys - sells);
            lanes.both[row] = to_f64(buys + sells);
            (lanes.buys[row], lanes.sells[row]) = (to_f64(buys), to_f64(sells));
            lanes.travelled[row] = (px - self.window.front_px().unwrap_or(px)) as f64;
            lanes.reference_px[row] = self.window.reference_px();
            lanes.cvd[row] = self.step.of(self.cvd.update(ts, volume, side));
            let pairs = self.footprint.sums();
            lanes.imbalance[row] = to_f64(pairs.imbalance);
            lanes.sided[row] = to_f64(pairs.volume);
            lanes.imbalanced_pairs[row] = pairs.imbalanced_pairs as f64;
            lanes.pairs[row] = pairs.pairs as f64;
        }
    }

    fn absorb(&mut self, rows: &Rows, decay: &Lane) {
        let lanes = &mut *self.lanes;
        for row in rows.each() {
            lanes.absorption[row] =
                self.absorption.update(lanes.delta[row], lanes.travelled[row], decay[row]);
        }
    }

    fn write(&mut self, rows: &Rows, out: &mut Buffers) {
        let lanes = &mut *self.lanes;
        for row in rows.each() {
            lanes.ofd[row] = ofd(lanes.delta[row], lanes.both[row]);
            lanes.fpi[row] = fpi(lanes.imbalance[row], lanes.sided[row]);
        }
        let filling = if self.require_full_window { rows.filling } else { 0 };
        for lane in [&mut lanes.ofd, &mut lanes.fpi, &mut lanes.absorption, &mut lanes.buys] {
            lane[..filling].fill(NULL);
        }
        let each = || rows.each();
        append(&mut out.ofd, each().map(|row| lanes.ofd[row]));
        append(&mut out.cpi_flow, each().map(|row| lanes.ofd[row]));
        let limit = self.ratio_clamp;
        append(&mut out.ofd_ratio, each().map(|row| ratio(lanes.buys[row], lanes.sells[row], limit)));
        append(&mut out.cvd, each().map(|row| lanes.cvd[row]));
        append(&mut out.absorption, each().map(|row| lanes.absorption[row]));
        append(&mut out.fpi, each().map(|row| lanes.fpi[row]));
        append(
            &mut out.fpi_skew,
            each().map(|row| skew(lanes.imbalanced_pairs[row], lanes.pairs[row], lanes.fpi[row])),
        );
    }
}
