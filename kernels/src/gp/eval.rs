//! The register machine: for each tile of rows, every step of a plan. A value never depends on where a
//! shard was cut: windows start afresh at every tile, and tiles are anchored at absolute row numbers.

use super::dag::{Dag, History, Operand, Plan, Step};
use super::decay::{self, Memory};
use super::pointwise::{self, Place, TILE};
use super::program::Program;
use super::shard::Shard;
use super::window::{self, Rows, Workspace};
use crate::error::{Error, Result};

/// Receives the value of a program on one tile of a shard.
pub trait Sink {
    fn take(&mut self, program: usize, tile: usize, value: &[f32]);
}

/// Programs made ready to be evaluated, on any number of shards.
pub struct Population {
    pub programs: usize,
    /// Columns that a shard must have.
    pub columns: usize,
    /// Operators of all programs, and how many are computed.
    pub operators: usize,
    pub distinct: usize,
    plans: Vec<Plan>,
}

impl Population {
    /// The plans of programs that are valid over `columns` columns; without `share` each program computes all
    /// of its own subtrees.
    pub fn new(programs: &[Program], columns: usize, share: bool) -> Population {
        let dag = Dag::new(programs, share);
        let operators = |p: &Program| p.nodes.iter().filter(|n| n.arity() > 0).count();
        Population {
            programs: programs.len(),
            columns,
            operators: programs.iter().map(operators).sum(),
            distinct: dag.operators(),
            plans: dag.chunks().iter().map(|chunk| Plan::new(&dag, chunk)).collect(),
        }
    }

    /// Evaluates on the tiles of `shard` that `wanted` names in ascending order. Returns the node-rows computed:
    /// distinct values, leaves included, times rows, those of tiles that windows only look back on included.
    pub fn run(&self, shard: &Shard, wanted: &[usize], sink: &mut impl Sink) -> Result<u64> {
        let Some(&first) = wanted.first() else { return Ok(0) };
        if shard.columns.len() != self.columns {
            let got = shard.columns.len();
            return Err(Error::usage(format!("shard: expected {} columns, got {got}", self.columns)));
        }
        let halo = self.plans.iter().map(|p| p.halo).max().unwrap_or(0);
        if shard.first_row > 0 && first * TILE < halo {
            return Err(Error::usage(format!(
                "shard: expected {halo} rows of halo before the first scored tile, got {}",
                first * TILE
            )));
        }
        let values: usize = self.plans.iter().map(|plan| Machine::new(plan, shard).run(wanted, sink)).sum();
        Ok((values * TILE) as u64)
    }
}

struct Machine<'a> {
    plan: &'a Plan,
    shard: &'a Shard,
    arena: Vec<f32>,
    flat: Vec<f32>,
    /// Operands of windows that begin before the first row.
    padded: [Vec<f32>; 2],
    /// Of the steps that remember.
    memories: Vec<Option<Box<Memory>>>,
    workspace: Workspace,
}

impl<'a> Machine<'a> {
    fn new(plan: &'a Plan, shard: &'a Shard) -> Self {
        let mut arena = vec![f32::NAN; plan.arena];
        for &(at, value) in &plan.constants {
            arena[at..at + TILE].fill(value);
        }
        Machine {
            plan,
            shard,
            arena,
            flat: vec![0.0; TILE],
            padded: [Vec::new(), Vec::new()],
            memories: plan.steps.iter().map(|_| None).collect(),
            workspace: Workspace::default(),
        }
    }

    /// Returns how many tiles of values it computed. Before a wanted tile, only what its windows look back on is.
    fn run(&mut self, wanted: &[usize], sink: &mut impl Sink) -> usize {
        let (mut next, mut values) = (usize::MAX, 0);
        for &tile in wanted {
            let warm_from = tile.saturating_sub(self.plan.warm_tiles);
            if next > tile || next < warm_from {
                next = warm_from;
                self.forget();
            }
            for t in next..=tile {
                self.run_tile(t, tile - t, sink);
                values += self.plan.values[tile - t];
            }
            next = tile + 1;
        }
        values
    }

    /// A new run of tiles: what lies before it is null.
    fn forget(&mut self) {
        for &History { at, kept, .. } in &self.plan.histories {
            self.arena[at - kept..at + TILE].fill(f32::NAN);
        }
    }

    /// Runs the steps that a wanted tile `distance` tiles further on needs. The rest keep what they held: nothing
    /// reads it before they have run for as many tiles as their lead.
    fn run_tile(&mut self, tile: usize, distance: usize, sink: &mut impl Sink) {
        for &History { at, kept, .. } in self.plan.histories.iter().filter(|h| h.lead >= distance) {
            self.arena.copy_within(at + TILE - kept..at + TILE, at - kept);
        }
        for (number, step) in self.plan.steps.iter().enumerate() {
            if self.plan.leads[number] < distance {
                continue;
            }
            match *step {
                Step::Apply { op, args, out, .. } if op.windowed() => self.slide(number, tile, &args, out),
                Step::Apply { op, args, out, .. } => {
                    let args = args.map(|a| self.place(a, tile));
                    debug_assert!(out + TILE <= self.arena.len());
                    // SAFETY: buffers of the plan lie within the arena, columns are whole tiles long, and
                    // `tile` is a tile of the shard; the output may be an operand's own buffer.
                    unsafe { pointwise::apply(op, &args, self.arena.as_mut_ptr().add(out)) };
                }
                Step::Fused { ops, args, out } => {
                    let args = args.map(|a| match self.place(a, tile) {
                        Place::Memory(p) => p,
                        Place::Value(_) => self.flat.as_ptr(),
                    });
                    debug_assert!(out + TILE <= self.arena.len());
                    // SAFETY: as above; an operand that does not count is any tile.
                    unsafe { pointwise::apply_fused(ops, args, self.arena.as_mut_ptr().add(out)) };
                }
                Step::Fill { value, out } => self.arena[out..out + TILE].fill(value),
                Step::Root { program, value } => {
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

    fn slide(&mut self, step: usize, tile: usize, args: &[Operand; 4], out: usize) {
        let Step::Apply { op, window, .. } = self.plan.steps[step] else { return };
        let n = window as usize;
        let column = |arg| match arg {
            Operand::Column(c) => Some(&self.shard.columns[c as usize][..]),
            _ => None,
        };
        let memory = self.memories[step].get_or_insert_default();
        if decay::remembers(op) {
            memory.reach(tile, n, column(args[0]));
        }
        for (padded, &arg) in self.padded.iter_mut().zip(args) {
            if let (Some(column), true) = (column(arg), tile * TILE < n) {
                padded.clear();
                padded.resize(n - tile * TILE, f32::NAN);
                padded.extend_from_slice(&column[..(tile + 1) * TILE]);
            }
        }
        let (before, rest) = self.arena.split_at_mut(out);
        let (out, after) = rest.split_at_mut(TILE);
        let (before, after, after_from) = (&*before, &*after, before.len() + TILE);
        let rows = |k: usize| match args[k] {
            Operand::Column(c) if tile * TILE >= n => {
                &self.shard.columns[c as usize][tile * TILE - n..(tile + 1) * TILE]
            }
            Operand::Column(_) => &self.padded[k],
            Operand::Buffer(at) if at < after_from => &before[at - n..at + TILE],
            Operand::Buffer(at) => &after[at - n - after_from..at + TILE - after_from],
            _ => &[],
        };
        let rows = Rows { n, a: rows(0), b: rows(1) };
        window::apply(op, self.shard.first_row + tile * TILE, rows, out, memory, &mut self.workspace);
    }
}

/// The columns of values of a few programs: one after the other, each `shard.rows` long, NaN for null.
/// Rows of a halo that the programs need are null.
pub fn columns(programs: &[Program], shard: &Shard) -> Result<Vec<f32>> {
    let mut values = vec![f32::NAN; programs.len() * shard.rows];
    columns_into(programs, true, shard, &mut values)?;
    Ok(values)
}

/// [`columns`] into memory of the caller; without `share` each program computes all of its own subtrees.
pub fn columns_into(programs: &[Program], share: bool, shard: &Shard, values: &mut [f32]) -> Result<()> {
    if values.len() != programs.len() * shard.rows {
        let want = programs.len() * shard.rows;
        return Err(Error::usage(format!("values: expected room for {want}, got {}", values.len())));
    }
    let from = if shard.first_row == 0 { 0 } else { halo(programs) / TILE };
    for column in values.chunks_mut(shard.rows) {
        column[..(from * TILE).min(shard.rows)].fill(f32::NAN);
    }
    let tiles: Vec<usize> = (from..shard.tiles()).collect();
    let population = Population::new(programs, shard.columns.len(), share);
    population.run(shard, &tiles, &mut Columns { rows: shard.rows, values })?;
    Ok(())
}

struct Columns<'a> {
    rows: usize,
    values: &'a mut [f32],
}

impl Sink for Columns<'_> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::op::{Op, TABLE};
    use crate::gp::program::Node;
    use crate::gp::random::Draw;
    use crate::gp::{reference, sample};

    const ROWS: usize = 3 * TILE + 77;

    fn shard_of(columns: &[Vec<f32>]) -> Shard {
        let mut shard = Shard::new(0, columns[0].len(), columns.len()).unwrap();
        for (at, column) in columns.iter().enumerate() {
            shard.set_column(at, column).unwrap();
        }
        shard
    }

    fn columns_of(seed: u64, rows: usize, one_null_in: usize) -> Vec<Vec<f32>> {
        let mut draw = Draw::new(seed, 0, 0, 0);
        (0..4).map(|_| sample::column(&mut draw, rows, one_null_in)).collect()
    }

    fn leaf(c: u32) -> Program {
        Program::leaf(Node::Column(c))
    }

    fn exactly(program: &Program, columns: &[Vec<f32>]) -> Vec<f64> {
        let wide: Vec<Vec<f64>> = columns.iter().map(|c| c.iter().map(|&x| f64::from(x)).collect()).collect();
        reference::evaluate(program, &wide.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// Same nulls (an infinity is one), values within `tolerance`.
    fn assert_close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
        assert_eq!(got.len(), want.len());
        for (i, (&a, &b)) in got.iter().zip(want).enumerate() {
            let close = if a.is_finite() {
                (f64::from(a) - b).abs() <= tolerance * b.abs().max(1.0)
            } else {
                b.is_nan()
            };
            assert!(close, "{what}, row {i}: expected {b}, got {a}");
        }
    }

    #[test]
    fn every_operator_equals_its_definition_on_columns_with_nulls() {
        for one_null_in in [3, 50, usize::MAX] {
            let columns = columns_of(11, ROWS, one_null_in);
            let shard = shard_of(&columns);
            for e in TABLE {
                for window in if e.op.windowed() { vec![e.min_window, 7, 64, 333] } else { vec![0] } {
                    let operands: Vec<Program> = (0..e.arity as u32).map(leaf).collect();
                    let program = Program::apply(e.op, window, &operands);
                    let got = columns_into_vec(&program, &shard);
                    assert_close(&format!("{}({window})", e.name), &got, &exactly(&program, &columns), 3e-6);
                }
            }
        }
    }

    fn columns_into_vec(program: &Program, shard: &Shard) -> Vec<f32> {
        columns(std::slice::from_ref(program), shard).unwrap()
    }

    #[test]
    fn every_pointwise_operator_equals_its_definition_on_extreme_values() {
        let extremes = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            1e-12,
            0.99e-12,
            -1.01e-12,
            1e-17,
            1e-30,
            1e-40,
            1e30,
            -3e38,
            0.4,
            -0.3999,
            9.9,
            10.1,
            88.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            0.7,
            1.5,
            1e4,
            -2.5,
            1e-7,
        ];
        let n = extremes.len();
        let grid = |step: usize| (0..n * n).map(|i| extremes[(i / step) % n]).collect::<Vec<f32>>();
        let columns = vec![grid(1), grid(n), grid(3), grid(5)];
        let shard = shard_of(&columns);
        // What a shard holds: infinities are null, tiny values are zero.
        let held: Vec<Vec<f32>> = shard.columns.iter().map(|c| c[..n * n].to_vec()).collect();
        for e in TABLE.iter().filter(|e| !e.op.windowed()) {
            let operands: Vec<Program> = (0..e.arity as u32).map(leaf).collect();
            let program = Program::apply(e.op, 0, &operands);
            let want: Vec<f64> = exactly(&program, &held)
                .iter()
                .map(|&x| if (x as f32).is_finite() { x } else { f64::NAN })
                .collect();
            assert_close(e.name, &columns_into_vec(&program, &shard), &want, 1e-6);
        }
    }

    #[test]
    fn an_overflow_stays_null_in_every_operator() {
        let columns = vec![vec![1e30f32; 10]; 4];
        let shard = shard_of(&columns);
        let infinite = Program::apply(Op::Cube, 0, &[leaf(0)]);
        for e in TABLE {
            let mut operands = vec![leaf(0); e.arity];
            for k in 0..e.arity {
                operands[k] = infinite.clone();
                let window = if e.op.windowed() { 2 } else { 0 };
                let got = columns_into_vec(&Program::apply(e.op, window, &operands), &shard);
                assert!(got.iter().all(|x| !x.is_finite()), "{} operand {k}: {got:?}", e.name);
                operands[k] = leaf(0);
            }
        }
    }

    #[test]
    fn near_the_end_of_f32_a_value_is_right_or_null_and_never_another() {
        let mut draw = Draw::new(31, 0, 0, 0);
        for size in [1e17f32, 1e18, 1e19, 1e20, 1e24] {
            let mut columns = columns_of(17, ROWS, usize::MAX);
            columns[0] =
                (0..ROWS).map(|i| if i % 4 == 3 { size } else { size * draw.unit() as f32 / 8.0 }).collect();
            let shard = shard_of(&columns);
            for op in [Op::Std, Op::Zscore, Op::Corr, Op::Skew, Op::Kurt, Op::Slope] {
                for window in [4, 64, 1000] {
                    let operands: Vec<Program> = (0..op.arity() as u32).map(leaf).collect();
                    let program = Program::apply(op, window, &operands);
                    let got = columns_into_vec(&program, &shard);
                    for (i, (&a, b)) in got.iter().zip(exactly(&program, &columns)).enumerate() {
                        let near = (f64::from(a) - b).abs() <= 1e-5 * b.abs().max(1.0);
                        assert!(!a.is_finite() || near, "{op:?}({window}) of {size}, row {i}: {a}, not {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn formulas_equal_their_definition() {
        let columns = columns_of(5, ROWS, 60);
        let shard = shard_of(&columns);
        let text = |t: &str| crate::gp::text::parse(t, &["a", "b", "c", "d"].map(String::from)).unwrap();
        for t in [
            "(a + b) * (c - d) + (a / 2 - b) * 3",
            "2 - (a - b) / (3 - c)",
            "zscore(a * b, 200) - lag(c + 1, 5)",
            "sma(ema(abs(a) + b, 5), 900)",
            "ts_max(a - b, 3) - ts_min(tanh(a), 1024)",
            "if_greater(a, 0.5, b + c, sma(2, 10))",
            "rank(a + b, 100) * (a + b)",
            "corr(a, a + b, 50)",
            "sum(square(a), 10) / delta(b, 1000)",
            "(1 + 2) * a",
        ] {
            let program = text(t);
            assert_close(t, &columns_into_vec(&program, &shard), &exactly(&program, &columns), 2e-5);
        }
    }

    /// Rows `first ..` of the columns as a shard of their own.
    fn part(columns: &[Vec<f32>], first: usize, rows: usize) -> Shard {
        let mut shard = Shard::new(first, rows, columns.len()).unwrap();
        for (at, column) in columns.iter().enumerate() {
            shard.set_column(at, &column[first..first + rows]).unwrap();
        }
        shard
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|x| if x.is_finite() { x.to_bits() } else { u32::MAX }).collect()
    }

    #[test]
    fn values_do_not_depend_on_where_a_shard_was_cut_nor_on_their_company() {
        let rows = 24 * TILE + 300;
        let columns_of_all = columns_of(9, rows, 40);
        let whole = shard_of(&columns_of_all);
        let mut draw = Draw::new(4, 0, 0, 0);
        let programs: Vec<Program> = (0..60).map(|_| sample::program(&mut draw, 4, 4)).collect();
        let together = columns(&programs, &whole).unwrap();
        for (p, program) in programs.iter().enumerate() {
            let expected = bits(&together[p * rows..(p + 1) * rows]);
            assert_eq!(expected, bits(&columns_into_vec(program, &whole)), "alone: {program:?}");
            let halo = halo(std::slice::from_ref(program));
            let first = TILE * (1 + draw.below(20));
            let shard = part(&columns_of_all, first, rows - first);
            let cut = bits(&columns_into_vec(program, &shard));
            let from = halo.min(rows - first);
            assert_eq!(expected[first + from..], cut[from..], "from row {first}: {program:?}");
        }
    }

    #[test]
    fn single_tiles_have_the_values_of_the_whole() {
        let columns_of_all = columns_of(10, 12 * TILE, 40);
        let shard = shard_of(&columns_of_all);
        let mut draw = Draw::new(6, 0, 0, 0);
        let programs: Vec<Program> = (0..40).map(|_| sample::program(&mut draw, 4, 4)).collect();
        let rows = shard.rows;
        let whole = columns(&programs, &shard).unwrap();
        let mut values = vec![0.0; whole.len()];
        let population = Population::new(&programs, 4, true);
        population.run(&shard, &[2, 3, 9, 11], &mut Columns { rows, values: &mut values }).unwrap();
        for (p, program) in programs.iter().enumerate() {
            for tile in [2, 3, 9, 11] {
                let at = p * rows + tile * TILE;
                assert_eq!(
                    bits(&whole[at..at + TILE]),
                    bits(&values[at..at + TILE]),
                    "tile {tile}: {program:?}"
                );
            }
        }
    }

    #[test]
    fn sharing_changes_no_bit() {
        let columns_of_all = columns_of(12, ROWS, 30);
        let shard = shard_of(&columns_of_all);
        let mut draw = Draw::new(8, 0, 0, 0);
        let programs: Vec<Program> = (0..300).map(|_| sample::program(&mut draw, 2, 3)).collect();
        let population = Population::new(&programs, 4, true);
        assert!(population.distinct < population.operators);
        let mut apart = vec![0.0; programs.len() * ROWS];
        columns_into(&programs, false, &shard, &mut apart).unwrap();
        assert_eq!(bits(&columns(&programs, &shard).unwrap()), bits(&apart));
    }

    /// Quiet stretches, nulls, spikes that cancel what is around them.
    fn hostile(draw: &mut Draw, rows: usize) -> Vec<f32> {
        let mut level = 0.0f32;
        let mut next = |draw: &mut Draw| match draw.below(40) {
            0 => f32::NAN,
            1 => 1e12,
            2..12 => level,
            _ => {
                level = draw.normal() as f32;
                level
            }
        };
        (0..rows).map(|_| next(draw)).collect()
    }

    #[test]
    fn no_bit_of_a_value_depends_on_a_later_row() {
        let mut draw = Draw::new(21, 0, 0, 0);
        for round in 0..12 {
            let columns_of_all: Vec<Vec<f32>> = match round % 2 {
                0 => (0..2).map(|_| sample::column(&mut draw, ROWS, usize::MAX)).collect(),
                _ => (0..2).map(|_| hostile(&mut draw, ROWS)).collect(),
            };
            let cut = TILE / 2 + draw.below(2 * TILE);
            let later = [f32::NAN, 1e15, 0.0][round % 3];
            let mut changed = columns_of_all.clone();
            for column in &mut changed {
                column[cut..].iter_mut().step_by(1 + round / 3).for_each(|x| *x = later);
            }
            for e in TABLE.iter().filter(|e| e.op.windowed()) {
                for window in [e.min_window, 5, 64, 333, 1000] {
                    let operands: Vec<Program> = (0..e.arity as u32).map(leaf).collect();
                    let program = Program::apply(e.op, window, &operands);
                    let whole = columns_into_vec(&program, &shard_of(&columns_of_all));
                    let other = columns_into_vec(&program, &shard_of(&changed));
                    let what = format!("{}({window}), cut at {cut}, then {later}", e.name);
                    assert_eq!(bits(&whole[..cut]), bits(&other[..cut]), "{what}");
                }
            }
        }
    }

    #[test]
    fn a_shard_without_its_halo_is_refused() {
        let shard = Shard::new(4 * TILE, 2 * TILE, 1).unwrap();
        let program = Program::apply(Op::Sma, 5, &[leaf(0)]);
        let mut values = vec![0.0; shard.rows];
        let mut sink = Columns { rows: shard.rows, values: &mut values };
        let population = Population::new(std::slice::from_ref(&program), 1, true);
        assert!(population.run(&shard, &[0], &mut sink).is_err());
        assert!(population.run(&shard, &[1], &mut sink).is_ok());
    }
}
