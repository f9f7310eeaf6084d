//! The engine's state as bytes: fed the rest of its streams, a restored engine makes the rows that the saved
//! one would have made, to the last bit.

use super::queue::Queue;
use super::{Engine, MAX_TS, Streams};
use crate::error::{Error, Result};
use crate::event::{Books, Decimal, Grid, Liquidations, Trades};
use crate::params::Params;
use crate::persist::{Persist, Reader, Writer, broken, persist};
use crate::schema::FeatureSet;

const MAGIC: &[u8; 8] = b"HYBSTATE";

/// To be raised whenever what is saved changes, in order or in meaning.
const VERSION: u32 = 1;

/// More decimal places than this no number of a file has.
const MAX_PLACES: u32 = 1000;

impl Engine {
    /// All that later rows depend on: parameters, feature set, grid and streams; what the indicators carry;
    /// events that have been pushed and not yet used. That a stream has ended is not saved, since it may go on:
    /// the restored engine refuses only events that a row which is made already should have seen.
    ///
    /// # Errors
    /// `E_USAGE` while rows wait: they are no part of the state.
    pub fn save(&self) -> Result<Vec<u8>> {
        if !self.rows.is_empty() {
            return Err(Error::usage(format!(
                "engine state: expected no waiting rows, got {}",
                self.rows.len()
            ))
            .hint("take the rows before the state is saved."));
        }
        let mut to = Writer::default();
        let texts: Vec<_> = self.features.params().entries().collect();
        texts.len().save(&mut to);
        for (name, text) in texts {
            (name.to_string(), text.to_string()).save(&mut to);
        }
        self.feature_set().name().to_string().save(&mut to);
        self.grid().save(&mut to);
        self.features.streams().save(&mut to);
        self.save_trades(&mut to);
        self.save_books(&mut to);
        self.save_liquidations(&mut to);
        self.features.save(&mut to);
        self.features.extended.iter().for_each(|extended| extended.save(&mut to));
        Ok(to.seal(MAGIC, VERSION))
    }

    /// Goes on from a saved state, with the feature set that it is of.
    ///
    /// # Errors
    /// `E_INPUT` when the bytes are damaged or of another version, `E_USAGE` naming the first parameter that is
    /// not what it was.
    pub fn restore(params: &Params, bytes: &[u8]) -> Result<Engine> {
        let mut from = Reader::open(bytes, MAGIC, VERSION)?;
        check_parameters(params, &from.value::<Vec<(String, String)>>()?)?;
        let set = FeatureSet::named(&from.value::<String>()?).map_err(|error| broken(error.message))?;
        let grid: Grid = from.value()?;
        if grid.tick.places.max(grid.lot.places) > MAX_PLACES {
            return Err(broken("expected the decimals of a number, got too many"));
        }
        let mut engine = Engine::with_features(params, &grid, from.value()?, set)?;
        engine.load_trades(&mut from)?;
        engine.load_books(&mut from)?;
        engine.load_liquidations(&mut from)?;
        engine.features.load(&mut from)?;
        engine.features.extended.iter_mut().try_for_each(|extended| extended.load(&mut from))?;
        from.finish()?;
        Ok(engine)
    }

    fn save_trades(&self, to: &mut Writer) {
        let Queue { events, next, .. } = &self.trades;
        self.known(&self.trades, 0).save(to);
        for column in [&events.ts, &events.id, &events.px_ticks, &events.qty_lots] {
            to.list(&column[*next..]);
        }
        to.list(&events.side[*next..]);
    }

    fn load_trades(&mut self, from: &mut Reader) -> Result<()> {
        let known = from.value()?;
        self.push_trades(Trades {
            ts: from.value()?,
            id: from.value()?,
            px_ticks: from.value()?,
            qty_lots: from.value()?,
            side: from.value()?,
        })?;
        set_known(&mut self.trades, known)
    }

    /// With the last snapshot that was seen, if there is one.
    fn save_books(&self, to: &mut Writer) {
        let Queue { events, next, .. } = &self.books;
        let first = next.saturating_sub(1);
        self.known(&self.books, self.depth_latency_us).save(to);
        (next - first).save(to);
        to.list(&events.ts[first..]);
        to.list(&events.valid[first..]);
        to.list(&events.mid_code[first..]);
        for column in [
            &events.bid,
            &events.ask,
            &events.obi,
            &events.obi1,
            &events.wall_bid_bps,
            &events.wall_ask_bps,
            &events.wall_bid_mult,
            &events.wall_ask_mult,
            &events.depth_span_bps,
        ] {
            to.list(&column[first..]);
        }
        // There are none in the core set.
        to.list(events.detail.get(first..).unwrap_or_default());
    }

    fn load_books(&mut self, from: &mut Reader) -> Result<()> {
        let (known, seen): (i64, usize) = (from.value()?, from.value()?);
        self.push_books(Books {
            ts: from.value()?,
            valid: from.value()?,
            mid_code: from.value()?,
            bid: from.value()?,
            ask: from.value()?,
            obi: from.value()?,
            obi1: from.value()?,
            wall_bid_bps: from.value()?,
            wall_ask_bps: from.value()?,
            wall_bid_mult: from.value()?,
            wall_ask_mult: from.value()?,
            depth_span_bps: from.value()?,
            detail: from.value()?,
        })?;
        if seen > self.books.events.ts.len().min(1) {
            return Err(broken("expected the last snapshot, got none"));
        }
        self.books.next = seen;
        set_known(&mut self.books, known)
    }

    fn save_liquidations(&self, to: &mut Writer) {
        let Queue { events, next, .. } = &self.liquidations;
        self.known(&self.liquidations, self.liq_latency_us).save(to);
        to.list(&events.ts[*next..]);
        to.list(&events.pos[*next..]);
        to.list(&events.notional[*next..]);
    }

    fn load_liquidations(&mut self, from: &mut Reader) -> Result<()> {
        let known = from.value()?;
        let block = Liquidations { ts: from.value()?, pos: from.value()?, notional: from.value()? };
        self.push_liquidations(block)?;
        set_known(&mut self.liquidations, known)
    }

    /// Up to where nothing more may come: what is promised, and what the last row has been made without.
    fn known<E>(&self, queue: &Queue<E>, latency_us: i64) -> i64 {
        let made = self.features.last_row_ts().map_or(i64::MIN, |ts| ts.saturating_sub(latency_us));
        queue.known_before.max(made)
    }
}

fn check_parameters(params: &Params, saved: &[(String, String)]) -> Result<()> {
    let now: Vec<_> = params.entries().collect();
    if now.len() != saved.len() {
        return Err(broken(format!("expected {} parameters, got {}", now.len(), saved.len())));
    }
    match now.iter().zip(saved).find(|(now, saved)| **now != (saved.0.as_str(), saved.1.as_str())) {
        None => Ok(()),
        Some(((name, text), (_, was))) => {
            Err(Error::usage(format!("engine state: expected {name} as it was, {was}, got {text}"))
                .hint(format!("set {name} to {was}, or run prepare on the whole history.")))
        }
    }
}

fn set_known<E>(queue: &mut Queue<E>, known: i64) -> Result<()> {
    if known < queue.known_before || known > MAX_TS {
        return Err(broken("expected stamps that are known, got others"));
    }
    queue.known_before = known;
    Ok(())
}

/// The state with its payload changed and the header set right again.
#[cfg(test)]
pub fn forged(state: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    crate::persist::resealed(state, MAGIC, VERSION, change)
}

persist!(Streams { depth, liquidations });
persist!(Decimal { mantissa, places });
persist!(Grid { tick, lot, bucket_ticks, wall_bucket_ticks });
