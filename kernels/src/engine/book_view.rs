//! The depth snapshot that each row sees (0.3), and its columns (B4, B5).

use super::counters::Counters;
use super::queue::Queue;
use super::rows::{BATCH_ROWS, Lane, Rows, append, repeat};
use crate::event::Books;
use crate::params::Params;
use crate::schema::{Buffers, NULL, NULL_INTEGER, Stored, Waiting};

/// What a snapshot is worth at some moment (0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    Absent,
    Stale,
    /// Fresh, but crossed, locked or one-sided.
    Invalid,
    Valid,
}

/// A place that no queue has.
const NOWHERE: usize = usize::MAX;

/// Which snapshot each row of a batch sees.
#[derive(Clone, Debug)]
pub struct BookView {
    latency_us: i64,
    age_limit_us: i64,
    freshness: Box<Lane<Freshness>>,
    /// Its place in the queue, which keeps the last one that was seen; [`NOWHERE`] where it is absent.
    place: Box<Lane<usize>>,
    /// The same, [`NOWHERE`] unless it is valid.
    valid: Box<Lane<usize>>,
}

impl BookView {
    pub fn new(params: &Params) -> Self {
        BookView {
            latency_us: params.depth_latency_us,
            age_limit_us: 1000 * params.max_depth_age_ms,
            freshness: Box::new([Freshness::Absent; BATCH_ROWS]),
            place: Box::new([NOWHERE; BATCH_ROWS]),
            valid: Box::new([NOWHERE; BATCH_ROWS]),
        }
    }

    /// Looks at the queue from each of these moments; it holds all that they may see. Returns how many more
    /// snapshots they see than the moments before them.
    #[inline(never)]
    pub fn look(&mut self, stamps: &[i64], queue: &mut Queue<Books>) -> u64 {
        let (from, Queue { events, next, .. }) = (queue.next, queue);
        for (row, now) in stamps.iter().enumerate().take(BATCH_ROWS) {
            while *next < events.ts.len() && events.ts[*next] + self.latency_us < *now {
                *next += 1;
            }
            let last = next.checked_sub(1);
            let freshness = last.map_or(Freshness::Absent, |place| self.judge(events, place, *now));
            self.freshness[row] = freshness;
            self.place[row] = last.unwrap_or(NOWHERE);
            self.valid[row] = if freshness == Freshness::Valid { self.place[row] } else { NOWHERE };
        }
        (*next - from) as u64
    }

    /// Exactly at the limit is fresh.
    #[inline]
    fn judge(&self, queue: &Books, place: usize, now: i64) -> Freshness {
        if now - queue.ts[place] > self.age_limit_us {
            Freshness::Stale
        } else if queue.valid[place] == 0 {
            Freshness::Invalid
        } else {
            Freshness::Valid
        }
    }

    /// Where the row's snapshot is in the queue, whatever it is worth.
    pub fn place(&self, row: usize) -> Option<usize> {
        (self.freshness[row] != Freshness::Absent).then(|| self.place[row])
    }

    /// The value of the row's snapshot, where it is valid.
    #[inline]
    pub fn valid<T: Copy>(&self, column: &[T], row: usize) -> Option<T> {
        column.get(self.valid[row]).copied()
    }

    #[inline(never)]
    pub fn rows(&self, rows: &Rows, queue: &Books, counters: &mut Counters, out: &mut Buffers) {
        let count = |what| self.freshness[..rows.len()].iter().filter(|f| **f == what).count() as u64;
        counters.rows_without_book += count(Freshness::Absent);
        counters.rows_with_stale_book += count(Freshness::Stale);
        counters.rows_with_invalid_book += count(Freshness::Invalid);
        self.write(rows, &queue.bid, &mut out.bid);
        self.write(rows, &queue.ask, &mut out.ask);
        self.write(rows, &queue.obi, &mut out.obi);
        self.write(rows, &queue.obi1, &mut out.obi1);
        self.write(rows, &queue.wall_bid_bps, &mut out.wall_bid_bps);
        self.write(rows, &queue.wall_ask_bps, &mut out.wall_ask_bps);
        self.write(rows, &queue.wall_bid_mult, &mut out.wall_bid_mult);
        self.write(rows, &queue.wall_ask_mult, &mut out.wall_ask_mult);
        self.write(rows, &queue.depth_span_bps, &mut out.depth_span_bps);
        let mut ages = [NULL_INTEGER; BATCH_ROWS];
        for row in rows.each() {
            // Whole milliseconds since the snapshot's own stamp.
            let age = |ts: &i64| (rows.ts[row] - ts).div_euclid(1000);
            ages[row] = queue.ts.get(self.place[row]).map_or(NULL_INTEGER, age);
        }
        append(&mut out.depth_age_ms, &ages[rows.each()]);
    }

    /// Null where the snapshot is not valid.
    #[inline(never)]
    fn write<S: Stored<Computed = f64>>(&self, rows: &Rows, column: &[f64], out: &mut Waiting<S>) {
        let mut lane = [NULL; BATCH_ROWS];
        for row in rows.each() {
            lane[row] = self.valid(column, row).unwrap_or(NULL);
        }
        append(out, &lane[rows.each()]);
    }
}

/// The columns of a run without depth.
#[inline(never)]
pub fn write_no_books(rows: usize, counters: &mut Counters, out: &mut Buffers) {
    counters.rows_without_book += rows as u64;
    for column in
        [&mut out.bid, &mut out.ask, &mut out.wall_bid_mult, &mut out.wall_ask_mult, &mut out.depth_span_bps]
    {
        repeat(column, rows, NULL);
    }
    for column in [&mut out.obi, &mut out.obi1, &mut out.wall_bid_bps, &mut out.wall_ask_bps] {
        repeat(column, rows, NULL);
    }
    repeat(&mut out.depth_age_ms, rows, NULL_INTEGER);
}
