//! The columns of the liquidations (B7 and `cpi_liq` of B3).

use super::queue::Queue;
use super::rows::{BATCH_ROWS, Lane, Rows, append, repeat};
use crate::error::Result;
use crate::event::Liquidations;
use crate::indicator::{
    cascade::{Cascade, CascadeState, LiquidationSums},
    decay::decayed,
    panic,
};
use crate::params::Params;
use crate::persist::{Persist, Reader, Writer};
use crate::schema::{Buffers, NULL};

#[derive(Clone, Debug)]
pub struct Liquidation {
    latency_us: i64,
    floor: f64,
    cascade: Cascade,
    /// `None` where there is no such stream.
    sums: Option<LiquidationSums>,
    /// Decayed traded notional in quote units, with the half-lives of `cpi_liq` and of the cascade.
    traded_panic: f64,
    traded_cascade: f64,
    liq: Box<Lane>,
    states: Box<States>,
}

/// [`CascadeState`] of the batch's rows.
#[derive(Clone, Debug)]
struct States {
    activity: Lane,
    exhaustion: Lane,
    fade_rate: Lane,
    intensity: Lane,
}

impl States {
    fn set(&mut self, row: usize, state: CascadeState) {
        self.activity[row] = state.activity;
        self.exhaustion[row] = state.exhaustion;
        self.fade_rate[row] = state.fade_rate;
        self.intensity[row] = state.intensity;
    }
}

impl Liquidation {
    pub fn new(params: &Params, present: bool) -> Self {
        let (fast, slow) = (params.cascade_fast_s, params.cascade_slow_s);
        Liquidation {
            latency_us: params.liq_latency_us,
            floor: params.cpi_liq_floor,
            cascade: Cascade::new(fast, slow, params.cascade_min_share, params.cascade_min_notional),
            sums: present.then(|| LiquidationSums::new(params.cpi_liq_half_life_s, fast, slow)),
            traded_panic: 0.0,
            traded_cascade: 0.0,
            liq: Box::new([NULL; BATCH_ROWS]),
            states: Box::new(States {
                activity: [NULL; BATCH_ROWS],
                exhaustion: [NULL; BATCH_ROWS],
                fade_rate: [NULL; BATCH_ROWS],
                intensity: [NULL; BATCH_ROWS],
            }),
        }
    }

    /// `cpi_liq` of the batch's rows.
    pub fn liq(&self) -> &Lane {
        &self.liq
    }

    /// `queue` holds all that the rows may see; what they see is used. Returns how many they were. `decays` are
    /// those of the traded notional for `cpi_liq` and for the cascade.
    #[inline(never)]
    pub fn rows(
        &mut self,
        rows: &Rows,
        queue: &mut Queue<Liquidations>,
        decays: [&Lane; 2],
        out: &mut Buffers,
    ) -> u64 {
        let Some(sums) = &mut self.sums else {
            write_nulls(rows.len(), out);
            return 0;
        };
        let (from, Queue { events, next, .. }) = (queue.next, queue);
        for row in rows.each() {
            let now = rows.ts[row];
            while *next < events.ts.len() && events.ts[*next] + self.latency_us < now {
                sums.add(events.ts[*next], events.pos[*next], events.notional[*next]);
                *next += 1;
            }
            self.traded_panic = decayed(self.traded_panic, decays[0][row]) + rows.quote[row];
            self.traded_cascade = decayed(self.traded_cascade, decays[1][row]) + rows.quote[row];
            let at = sums.at(now);
            self.liq[row] = panic::liq(at.long, at.short, self.traded_panic, self.floor);
            self.states.set(row, self.cascade.state(&at, self.traded_cascade));
        }
        append(&mut out.cpi_liq, &self.liq[rows.each()]);
        append(&mut out.cascade_activity, &self.states.activity[rows.each()]);
        append(&mut out.cascade_exhaustion, &self.states.exhaustion[rows.each()]);
        append(&mut out.cascade_fade_rate, &self.states.fade_rate[rows.each()]);
        append(&mut out.liq_intensity, &self.states.intensity[rows.each()]);
        (*next - from) as u64
    }
}

#[inline(never)]
fn write_nulls(rows: usize, out: &mut Buffers) {
    for column in [&mut out.cpi_liq, &mut out.cascade_activity, &mut out.cascade_exhaustion] {
        repeat(column, rows, NULL);
    }
    repeat(&mut out.cascade_fade_rate, rows, NULL);
    repeat(&mut out.liq_intensity, rows, NULL);
}

impl Persist for Liquidation {
    fn save(&self, to: &mut Writer) {
        self.traded_panic.save(to);
        self.traded_cascade.save(to);
        self.sums.iter().for_each(|sums| sums.save(to));
    }

    /// Whether there are sums is known from the streams.
    fn load(&mut self, from: &mut Reader) -> Result<()> {
        self.traded_panic.load(from)?;
        self.traded_cascade.load(from)?;
        self.sums.iter_mut().try_for_each(|sums| sums.load(from))
    }
}
