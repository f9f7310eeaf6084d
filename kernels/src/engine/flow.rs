//! The columns of the flow window (B1, B2, B6): what was traded in the last `W` seconds, and on which side.

use super::rows::{BATCH_ROWS, Lane, Rows, append};
use super::steps::Steps;
use crate::error::Result;
use crate::event::Grid;
use crate::indicator::{
    absorption::Absorption,
    flow::{Cvd, FlowWindow, Print, Volume, ofd, ratio},
    footprint::{Footprint, fpi, skew},
};
use crate::params::{Params, VolumeUnit};
use crate::persist::{Persist, Reader, Writer, broken, within};
use crate::schema::{Buffers, NULL};

#[derive(Clone, Debug)]
pub struct Flow {
    unit: VolumeUnit,
    /// One unit of volume in base (quote) units.
    step: Steps,
    ratio_clamp: f64,
    require_full_window: bool,
    tape: Tapes,
    absorption: Absorption,
    lanes: Box<Lanes>,
}

/// The tape with sums of 64 bits while they certainly hold all volumes, and of 128 bits from then on.
#[derive(Clone, Debug)]
enum Tapes {
    Narrow(Tape<i64>),
    Wide(Tape<i128>),
}

/// The exact sums of the trades of the window and of the day.
#[derive(Clone, Debug)]
struct Tape<V> {
    window: FlowWindow<V>,
    footprint: Footprint<V>,
    cvd: Cvd<V>,
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
    lean: Lane,
    sided: Lane,
    pairs: Lane,
    ofd: Lane,
    ratio: Lane,
    fpi: Lane,
    skew: Lane,
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
            tape: Tapes::Narrow(Tape {
                window: FlowWindow::new(params.window_us),
                footprint: Footprint::new(grid.bucket_ticks, params.footprint_ratio, params.footprint_vmin),
                cvd: Cvd::default(),
            }),
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
                lean: nothing,
                sided: nothing,
                pairs: nothing,
                ofd: nothing,
                ratio: nothing,
                fpi: nothing,
                skew: nothing,
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
        let volume = |row: usize| match self.unit {
            VolumeUnit::Base => i128::from(rows.qty[row]),
            VolumeUnit::Quote => rows.notional[row],
        };
        if let Tapes::Narrow(tape) = &self.tape
            && !tape.holds(rows.each().map(volume).sum())
        {
            self.tape = Tapes::Wide(tape.widened());
        }
        match &mut self.tape {
            Tapes::Narrow(tape) => tape.slide(rows, volume, &self.step, &mut self.lanes),
            Tapes::Wide(tape) => tape.slide(rows, volume, &self.step, &mut self.lanes),
        }
    }

    #[inline(never)]
    fn absorb(&mut self, rows: &Rows, decay: &Lane) {
        let lanes = &mut *self.lanes;
        for row in rows.each() {
            lanes.absorption[row] =
                self.absorption.update(lanes.delta[row], lanes.travelled[row], decay[row]);
        }
    }

    #[inline(never)]
    fn write(&mut self, rows: &Rows, out: &mut Buffers) {
        let lanes = &mut *self.lanes;
        for row in rows.each() {
            lanes.ofd[row] = ofd(lanes.delta[row], lanes.both[row]);
            lanes.fpi[row] = fpi(lanes.imbalance[row], lanes.sided[row]);
        }
        for row in rows.each() {
            lanes.skew[row] = skew(lanes.lean[row], lanes.pairs[row], lanes.fpi[row]);
            lanes.ratio[row] = ratio(lanes.buys[row], lanes.sells[row], self.ratio_clamp);
        }
        let filling = if self.require_full_window { rows.filling } else { 0 };
        for lane in [&mut lanes.ofd, &mut lanes.ratio, &mut lanes.absorption, &mut lanes.fpi, &mut lanes.skew]
        {
            lane[..filling].fill(NULL);
        }
        append(&mut out.ofd, &lanes.ofd[rows.each()]);
        append(&mut out.ofd_ratio, &lanes.ratio[rows.each()]);
        append(&mut out.cvd, &lanes.cvd[rows.each()]);
        append(&mut out.absorption, &lanes.absorption[rows.each()]);
        append(&mut out.cpi_flow, &lanes.ofd[rows.each()]);
        append(&mut out.fpi, &lanes.fpi[rows.each()]);
        append(&mut out.fpi_skew, &lanes.skew[rows.each()]);
    }
}

impl<V: Volume> Tape<V> {
    /// Whether 64 bits hold every sum when trades of this volume are added to it.
    fn holds(&self, more: i128) -> bool {
        let (buys, sells) = self.window.volumes();
        let most = buys.wide().max(sells.wide()).max(self.cvd.sum().wide().abs());
        // B + S, and what is taken out of a pair while another part goes in.
        4 * (most + more) <= i128::from(i64::MAX)
    }

    fn widened<U: Volume>(&self) -> Tape<U> {
        let mut footprint = self.footprint.emptied();
        let window = self.window.widened();
        window.prints().for_each(|print| footprint.add(print));
        Tape { window, footprint, cvd: self.cvd.widened() }
    }

    #[inline(never)]
    fn slide(&mut self, rows: &Rows, volume: impl Fn(usize) -> i128, step: &Steps, lanes: &mut Lanes) {
        for row in rows.each() {
            let (ts, px, side, volume) = (rows.ts[row], rows.px[row], rows.side[row], V::of(volume(row)));
            while let Some(old) = self.window.evict(ts) {
                self.footprint.remove(&old);
            }
            let print = Print { ts, px, volume, side };
            self.window.push(print);
            self.footprint.add(&print);
            let (buys, sells) = self.window.volumes();
            lanes.delta[row] = (buys - sells).to_f64();
            lanes.both[row] = (buys + sells).to_f64();
            (lanes.buys[row], lanes.sells[row]) = (buys.to_f64(), sells.to_f64());
            lanes.travelled[row] = (px - self.window.front_px().unwrap_or(px)) as f64;
            lanes.reference_px[row] = self.window.reference_px();
            lanes.cvd[row] = step.of(self.cvd.update(ts, volume, side).wide());
            let pairs = self.footprint.sums();
            lanes.imbalance[row] = pairs.imbalance.to_f64();
            lanes.sided[row] = pairs.volume.to_f64();
            lanes.lean[row] = pairs.lean as f64;
            lanes.pairs[row] = pairs.pairs as f64;
        }
    }
}

/// No day has as much volume.
const MOST_OF_A_DAY: i128 = 1 << 120;

impl Persist for Flow {
    fn save(&self, to: &mut Writer) {
        let tape = match &self.tape {
            Tapes::Narrow(tape) => tape.widened(),
            Tapes::Wide(tape) => tape.clone(),
        };
        tape.window.save(to);
        tape.cvd.save(to);
        self.absorption.save(to);
    }

    /// The footprint follows from the trades in the window.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        let Tapes::Narrow(fresh) = &self.tape else { return Err(broken("expected a fresh engine")) };
        let mut saved: Tape<i128> = fresh.widened();
        saved.window.load(from)?;
        saved.cvd.load(from)?;
        within(MOST_OF_A_DAY, [saved.cvd.sum()])?;
        self.tape = if saved.holds(0) {
            Tapes::Narrow(saved.widened())
        } else {
            let footprint = saved.widened::<i128>().footprint;
            Tapes::Wide(Tape { footprint, ..saved })
        };
        self.absorption.load(from)
    }
}
