//! The register machine: for each tile of rows, every step of a plan. A value never depends on where a
//! shard was cut: windows start afresh at every tile, and tiles are anchored at absolute row numbers.

use super::dag::{Dag, Operand, Plan, Step};
use super::pointwise::{self, Place, TILE};
use super::program::Program;
use super::shard::Shard;
use super::window::{self, Workspace};
use crate::error::{Error, Result};

/// Receives the value of a program on one tile of a shard.
pub trait Sink {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]);
}

/// Evaluates valid programs on the tiles of `shard` that `wanted` names in ascending order.
pub fn run(
    programs: &[Program],
    share: bool,
    shard: &Shard,
    wanted: &[usize],
    sink: &mut impl Sink,
) -> Result<()> {
    let Some(&first) = wanted.first() else { return Ok(()) };
    let dag = Dag::new(programs, share);
    for chunk in dag.chunks() {
        let plan = Plan::new(&dag, &chunk);
        let before = first * TILE;
        if shard.first_row > 0 && before < plan.halo {
            return Err(Error::usage(format!(
                "shard: expected {} rows of halo before the first scored tile, got {before}",
                plan.halo
            )));
        }
        Machine::new(&plan, shard).run(wanted, sink);
    }
    Ok(())
}

struct Machine<'a> {
    plan: &'a Plan,
    shard: &'a Shard,
    arena: Vec<f32>,
    flat: Vec<f32>,
    past: [Vec<f32>; 2],
    workspace: Workspace,
}

impl<'a> Machine<'a> {
    fn new(plan: &'a Plan, shard: &'a Shard) -> Self {
        Machine {
            plan,
            shard,
            arena: vec![f32::NAN; plan.arena],
            flat: vec![0.0; TILE],
            past: [Vec::new(), Vec::new()],
            workspace: Workspace::default(),
        }
    }

    fn run(&mut self, wanted: &[usize], sink: &mut impl Sink) {
        let mut next = usize::MAX;
        for &tile in wanted {
            let warm_from = tile.saturating_sub(self.plan.warm_tiles);
            if next > tile || next < warm_from {
                next = warm_from;
                self.forget();
            }
            while next < tile {
                self.run_tile(next, None::<&mut Nowhere>);
                next += 1;
            }
            self.run_tile(tile, Some(sink));
            next = tile + 1;
        }
    }

    /// A new run of tiles: what lies before it is null.
    fn forget(&mut self) {
        for &(at, kept) in &self.plan.histories {
            self.arena[at - kept..at + TILE].fill(f32::NAN);
        }
    }

    fn run_tile(&mut self, tile: usize, mut sink: Option<&mut impl Sink>) {
        for &(at, kept) in &self.plan.histories {
            self.arena.copy_within(at + TILE - kept..at + TILE, at - kept);
        }
        for step in &self.plan.steps {
            match *step {
                Step::Apply { op, window, args, out } if op.windowed() => {
                    self.slide(tile, op, window, &args, out)
                }
                Step::Apply { op, args, out, .. } => {
                    let args = args.map(|a| self.place(a, tile));
                    debug_assert!(out + TILE <= self.arena.len());
                    // SAFETY: buffers of the plan lie within the arena, columns are whole tiles long, and
                    // `tile` is a tile of the shard; the output may be an operand's own buffer.
                    unsafe { pointwise::apply(op, &args, self.arena.as_mut_ptr().add(out)) };
                }
                Step::Fill { value, out } => self.arena[out..out + TILE].fill(value),
                Step::Root { program, value } => {
                    if let Some(sink) = sink.as_deref_mut() {
                        let value = match value {
                            Operand::Buffer(at) => &self.arena[at..at + TILE],
                            Operand::Column(c) => &self.shard.columns[c as usize][tile * TILE..][..TILE],
                            Operand::Constant(x) => {
                                self.flat.fill(x);
                                &self.flat
                            }
                            Operand::Nothing => continue,
                        };
                        sink.take(program as usize, tile, value);
                    }
                }
            }
        }
    }

    fn place(&self, operand: Operand, tile: usize) -> Place {
        match operand {
            Operand::Nothing => Place::Value(0.0),
            Operand::Constant(x) => Place::Value(x),
            Operand::Column(c) => {
                Place::Memory(self.shard.columns[c as usize][tile * TILE..][..TILE].as_ptr())
            }
            Operand::Buffer(at) => Place::Memory(self.arena[at..at + TILE].as_ptr()),
        }
    }

    fn slide(&mut self, tile: usize, op: super::op::Op, window: u16, args: &[Operand; 4], out: usize) {
        let n = window as usize;
        let reach = op.reach(n);
        for (past, &arg) in self.past.iter_mut().zip(args) {
            past.clear();
            match arg {
                Operand::Column(c) => {
                    let column = &self.shard.columns[c as usize];
                    let from = (tile * TILE).saturating_sub(reach);
                    past.resize(reach - (tile * TILE - from), f32::NAN);
                    past.extend_from_slice(&column[from..(tile + 1) * TILE]);
                }
                Operand::Buffer(at) => past.extend_from_slice(&self.arena[at - reach..at + TILE]),
                _ => {}
            }
        }
        let first = self.shard.first_row + tile * TILE;
        let [a, b] = &self.past;
        window::apply(op, n, first, a, b, &mut self.arena[out..out + TILE], &mut self.workspace);
    }
}

/// The sink of warm-up tiles.
struct Nowhere;

impl Sink for Nowhere {
    fn take(&mut self, _: usize, _: usize, _: &[f32]) {}
}

/// The columns of values of a few programs: one after the other, each `shard.rows` long, NaN for null.
pub fn columns(programs: &[Program], share: bool, shard: &Shard) -> Result<Vec<f32>> {
    let mut sink = Columns { rows: shard.rows, values: vec![f32::NAN; programs.len() * shard.rows] };
    let tiles: Vec<usize> = (0..shard.tiles()).collect();
    let from = if shard.first_row == 0 { 0 } else { halo(programs).div_ceil(TILE) };
    run(programs, share, shard, tiles.get(from..).unwrap_or(&[]), &mut sink)?;
    Ok(sink.values)
}

struct Columns {
    rows: usize,
    values: Vec<f32>,
}

impl Sink for Columns {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]) {
        let from = tile * TILE;
        let rows = TILE.min(self.rows - from);
        self.values[program * self.rows + from..][..rows].copy_from_slice(&value[..rows]);
    }
}

/// Rows that a shard must hold before its first scored tile, unless it starts at row 0.
pub fn halo(programs: &[Program]) -> usize {
    let dag = Dag::new(programs, true);
    let all: Vec<u32> = (0..programs.len() as u32).collect();
    Plan::new(&dag, &all).halo.next_multiple_of(TILE)
}
