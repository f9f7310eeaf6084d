//! Constants refined by Levenberg–Marquardt over a table whose rows have no order. A formula is a sum of terms;
//! offset and coefficients of the terms are always their best ones (variable projection), so that the steps
//! are of the constants within the terms alone. Everything in f64, and the same for a formula whatever else is
//! refined beside it.

use super::normal::{Linear, Normal};
use super::program::{Node, Program};
use super::simplify::simplify;
use super::tape::{CHUNK, Rows, Tape};
use super::terms::{join, split};
use crate::error::{Error, Result};

/// Constants of a formula that are refined, at most.
const MAX_PARAMETERS: usize = 10;
/// Rows that the steps of a batch look at.
pub const GLANCE: usize = 256;
/// Share of the target's squares below which a formula is exact but for rounding.
pub const EXACT: f64 = 1e-13;
/// A formula whose value is missing in more than this share of the rows is worth nothing.
const MOST_LOST: f64 = 0.5;

/// A table in f64, its rows in random order, and a target of mean 0.
pub struct Table {
    pub columns: Vec<Vec<f64>>,
    pub target: Vec<f64>,
    /// The mean that was taken off the target.
    pub mean: f64,
    /// Row i belongs to block i mod `blocks`.
    pub blocks: usize,
    /// Σ target².
    pub squares: f64,
}

/// How formulas are refined.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Steps of Levenberg–Marquardt, at most.
    pub steps: usize,
    /// What a node costs: a term of n nodes stays where it lowers ln(squares) · rows by more than n times that.
    pub price: f64,
    /// The rows that the steps look at; coefficients are fitted on all rows.
    pub from: usize,
    pub rows: usize,
}

/// A refined formula and what it is worth.
#[derive(Clone, Debug)]
pub struct Refined {
    pub program: Program,
    /// Share of the target's squares that the formula with its best offset and scale leaves.
    pub loss: f64,
    /// Share of the rows with a value.
    pub coverage: f64,
    /// The loss within each block, as a share of the mean square of the whole target.
    pub blocks: Vec<f64>,
}

impl Table {
    /// Columns one after the other, each as long as the target, which is less its mean.
    pub fn new(columns: &[f64], target: &[f64], mean: f64, blocks: usize) -> Result<Table> {
        let rows = target.len();
        if rows == 0 || blocks == 0 || blocks > rows || !columns.len().is_multiple_of(rows) {
            return Err(Error::usage(format!(
                "table: expected columns of {rows} rows and 1 to {rows} blocks, got {} values and {blocks} blocks",
                columns.len()
            )));
        }
        if target.iter().any(|y| !y.is_finite()) {
            return Err(Error::usage("table: expected a target in every row, got one without"));
        }
        Ok(Table {
            columns: columns.chunks(rows).map(<[f64]>::to_vec).collect(),
            target: target.to_vec(),
            mean,
            blocks,
            squares: target.iter().map(|y| y * y).sum(),
        })
    }

    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// The effort of a batch: other rows in every generation, so that constants do not settle on a few of them.
    pub fn effort(&self, steps: usize, price: f64, generation: u64) -> Effort {
        let rows = self.rows().min(GLANCE);
        let from = (generation as usize).wrapping_mul(GLANCE / 2) % (self.rows() - rows + 1);
        Effort { steps, price, from, rows }
    }

    /// The formula with its constants refined on some rows, its coefficients fitted on all, and without the
    /// terms that are not worth their nodes. None where it says nothing.
    pub fn refine(&self, program: &Program, effort: Effort) -> Option<Refined> {
        let terms = self.descend(split(program), effort);
        if terms.is_empty() {
            return None;
        }
        let mut tape = Tape::new(&terms, self.rows().min(CHUNK));
        let normal = self.normal(&mut tape, 0, self.rows(), false);
        if normal.count < MOST_LOST * self.rows() as f64 {
            return None;
        }
        let linear = self.prune(&normal, &terms, effort.price)?;
        self.measure(&mut tape, &terms, &linear)
    }

    /// The formula with its constants at their best values on the first rows, and written as short as it can be
    /// without saying less: each constant with the fewest digits that leave the squares as they are.
    pub fn polish(&self, program: &Program, effort: Effort) -> Option<Refined> {
        let refined = self.refine(program, effort)?;
        let mut best = refined.program;
        let most = refined.loss.max(EXACT) * (1.0 + 1e-2 / self.rows() as f64);
        for at in 0..best.len() {
            let Node::Constant(x) = best.nodes[at] else { continue };
            for digits in 0..8 {
                let mut short = best.clone();
                short.nodes[at] = Node::Constant(rounded(x, digits));
                if self.alone(&short).is_some_and(|loss| loss <= most) {
                    best = short;
                    break;
                }
            }
        }
        let best = simplify(&self.shortened(best, most));
        let mut tape = Tape::new(std::slice::from_ref(&best), self.rows().min(CHUNK));
        let linear = self.normal(&mut tape, 0, self.rows(), false).linear(&[true]);
        self.measure(&mut tape, &[best], &linear)
    }

    /// The formula with operators replaced by one of their operands wherever that says no less.
    fn shortened(&self, mut best: Program, most: f64) -> Program {
        let mut at = 0;
        while at < best.len() {
            let starts = best.starts();
            let shorter = best.operands(&starts, at).into_iter().find_map(|operand| {
                let own = &best.nodes[starts[operand]..=operand];
                let nodes = [&best.nodes[..starts[at]], own, &best.nodes[at + 1..]].concat();
                Some(Program { nodes }).filter(|p| self.alone(p).is_some_and(|loss| loss <= most))
            });
            match shorter {
                // What stood before it may be superfluous now.
                Some(program) => (best, at) = (program, 0),
                None => at += 1,
            }
        }
        best
    }

    /// The loss of a formula as it is, but for offset and scale.
    fn alone(&self, program: &Program) -> Option<f64> {
        let mut tape = Tape::new(std::slice::from_ref(program), self.rows().min(CHUNK));
        let linear = self.normal(&mut tape, 0, self.rows(), false).linear(&[true]);
        let loss = linear.squares / self.squares;
        (loss.is_finite() && linear.weights[0] != 0.0).then_some(loss)
    }

    /// The terms with their constants moved as long as it helps.
    fn descend(&self, terms: Vec<Program>, effort: Effort) -> Vec<Program> {
        let rows = effort.rows.min(self.rows() - effort.from);
        let mut tape = Tape::new(&terms, rows.min(CHUNK));
        tape.parameters.truncate(MAX_PARAMETERS);
        tape.owners.truncate(MAX_PARAMETERS);
        if tape.parameters.is_empty() || effort.steps == 0 {
            return terms;
        }
        let used = vec![true; tape.roots.len()];
        let mut normal = self.normal(&mut tape, effort.from, rows, true);
        let mut linear = normal.linear(&used);
        if !linear.squares.is_finite() {
            return terms;
        }
        let floor = 0.01 * EXACT * self.squares * rows as f64 / self.rows() as f64;
        let mut damping = 1e-3;
        for _ in 0..effort.steps {
            let Some(step) = normal.step(&linear, &tape.owners, damping) else { break };
            let before: Vec<f64> = tape.parameters.iter().map(|&p| tape.constant(p)).collect();
            let after: Vec<f64> = before.iter().zip(&step).map(|(x, d)| x + d).collect();
            if !after.iter().all(|x| x.is_finite()) {
                break;
            }
            set(&mut tape, &after);
            let next = self.normal(&mut tape, effort.from, rows, true);
            let fit = next.linear(&used);
            if fit.squares < linear.squares {
                let gained = 1.0 - fit.squares / linear.squares;
                (normal, linear) = (next, fit);
                damping = (damping * 0.1).max(1e-9);
                if gained < 1e-3 || linear.squares < floor {
                    break;
                }
            } else {
                set(&mut tape, &before);
                damping *= 20.0;
                if damping > 1e6 {
                    break;
                }
            }
        }
        tape.programs()
    }

    /// The normal equations of the tape's terms, and of the derivatives by its parameters, over some rows.
    fn normal(&self, tape: &mut Tape, first: usize, rows: usize, derivatives: bool) -> Normal {
        let terms = tape.roots.len();
        let parameters = if derivatives { tape.parameters.len() } else { 0 };
        let width = terms + parameters + 1;
        let room = rows.min(CHUNK);
        let mut sums = Sums::new(width, room);
        let mut chunk = vec![0.0; width * room];
        for from in (first..first + rows).step_by(CHUNK) {
            let own = Rows { columns: &self.columns, from, len: CHUNK.min(first + rows - from) };
            self.fill(tape, own, derivatives, &mut chunk, room);
            sums.lost += settle(&mut chunk, room, width, terms, own.len, &mut sums.present);
            sums.add(&chunk, own.len);
        }
        sums.normal(terms)
    }

    /// The best coefficients of the tape's terms on a stretch of rows, whose values stay in the tape.
    pub(super) fn glance(&self, tape: &mut Tape, rows: Rows) -> Vec<f64> {
        let terms = tape.roots.len();
        let mut sums = Sums::new(terms + 1, rows.len);
        let mut chunk = vec![0.0; (terms + 1) * rows.len];
        self.fill(tape, rows, false, &mut chunk, rows.len);
        settle(&mut chunk, rows.len, terms + 1, terms, rows.len, &mut sums.present);
        sums.add(&chunk, rows.len);
        sums.normal(terms).linear(&vec![true; terms]).weights
    }

    /// Values, derivatives and target of a chunk, column by column with room for so many rows.
    fn fill(&self, tape: &mut Tape, rows: Rows, derivatives: bool, chunk: &mut [f64], room: usize) {
        tape.forward(rows);
        let mut columns = chunk.chunks_exact_mut(room);
        for (&root, out) in tape.roots.iter().zip(&mut columns) {
            out[..rows.len].copy_from_slice(tape.value(root, rows));
        }
        if derivatives {
            tape.reverse(rows);
            for (&p, out) in tape.parameters.iter().zip(&mut columns) {
                out[..rows.len].copy_from_slice(tape.derivative(p, rows.len));
            }
        }
        if let Some(out) = columns.next() {
            out[..rows.len].copy_from_slice(&self.target[rows.from..rows.from + rows.len]);
        }
    }

    /// Drops the least of the terms as long as one is not worth its nodes.
    fn prune(&self, normal: &Normal, terms: &[Program], price: f64) -> Option<Linear> {
        let rows = self.rows() as f64;
        let floor = EXACT * self.squares;
        let mut used = vec![true; terms.len()];
        loop {
            let linear = normal.linear(&used);
            for (k, u) in used.iter_mut().enumerate() {
                *u = *u && linear.weights[k] != 0.0;
            }
            let costs = normal.prices(&used, &linear.weights);
            let worth = |k: usize| {
                let loss = rows * (costs[k] / linear.squares.max(floor)).ln_1p();
                loss - price * (terms[k].len() + 2) as f64
            };
            let count = used.iter().filter(|u| **u).count();
            let least =
                (0..terms.len()).filter(|&k| used[k]).min_by(|&a, &b| worth(a).total_cmp(&worth(b)))?;
            if count == 1 || worth(least) >= 0.0 {
                return linear.squares.is_finite().then_some(linear);
            }
            used[least] = false;
        }
    }

    /// The formula of the terms and its errors, row by row.
    fn measure(&self, tape: &mut Tape, terms: &[Program], linear: &Linear) -> Option<Refined> {
        let program = simplify(&join(terms, &linear.weights)?);
        let rows = self.rows();
        let mut sum = Residuals { blocks: vec![0.0; self.blocks], ..Residuals::default() };
        let offset = self.offset(tape, linear);
        let mut fitted = vec![0.0; CHUNK];
        for from in (0..rows).step_by(CHUNK) {
            let own = Rows { columns: &self.columns, from, len: CHUNK.min(rows - from) };
            if rows > CHUNK {
                tape.forward(own);
            }
            let fitted = &mut fitted[..own.len];
            fitted.fill(offset);
            for (&root, &w) in tape.roots.iter().zip(&linear.weights).filter(|(_, w)| **w != 0.0) {
                for (f, x) in fitted.iter_mut().zip(tape.value(root, own)) {
                    *f += w * x;
                }
            }
            sum.add(fitted, &self.target[from..from + own.len], from);
        }
        let mean = self.squares / rows as f64;
        let per_block = |(b, s): (usize, &f64)| s / (mean * ((rows - b).div_ceil(self.blocks)) as f64);
        let coverage = sum.present / rows as f64;
        let loss = sum.squares / self.squares;
        let known = loss.is_finite() && coverage >= MOST_LOST && !program.is_empty();
        known.then(|| Refined {
            program,
            loss,
            coverage,
            blocks: sum.blocks.iter().enumerate().map(per_block).collect(),
        })
    }

    /// The offset that goes with the coefficients. Leaves the values of the last chunk in the tape.
    fn offset(&self, tape: &mut Tape, linear: &Linear) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for from in (0..self.rows()).step_by(CHUNK) {
            let own = Rows { columns: &self.columns, from, len: CHUNK.min(self.rows() - from) };
            tape.forward(own);
            for i in 0..own.len {
                let mut left = self.target[from + i];
                for (&root, &w) in tape.roots.iter().zip(&linear.weights).filter(|(_, w)| **w != 0.0) {
                    left -= w * tape.value(root, own)[i];
                }
                if left.is_finite() {
                    sum += left;
                    count += 1.0;
                }
            }
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

#[derive(Default)]
struct Residuals {
    squares: f64,
    present: f64,
    blocks: Vec<f64>,
}

impl Residuals {
    /// A row without a value is one that is answered with the mean.
    fn add(&mut self, fitted: &[f64], target: &[f64], from: usize) {
        let blocks = self.blocks.len();
        let mut block = from % blocks;
        for (f, y) in fitted.iter().zip(target) {
            let known = f.is_finite();
            let left = if known { y - f } else { *y };
            self.present += f64::from(u8::from(known));
            self.squares += left * left;
            self.blocks[block] += left * left;
            block = if block + 1 == blocks { 0 } else { block + 1 };
        }
    }
}

/// To `digits` significant digits; none: to an integer.
fn rounded(x: f64, digits: usize) -> f64 {
    let text = if digits == 0 { format!("{x:.0}") } else { format!("{x:.*e}", digits - 1) };
    // No negative zero.
    text.parse().unwrap_or(x) + 0.0
}

fn set(tape: &mut Tape, constants: &[f64]) {
    for (i, &x) in constants.iter().enumerate() {
        tape.set_constant(tape.parameters[i], x);
    }
}

/// Rows where a term has no value leave the fit: they become 0 everywhere, and the squares of their targets are
/// returned. A derivative that is not finite counts as 0. Adds the rows with a value to `present`.
fn settle(
    chunk: &mut [f64],
    room: usize,
    width: usize,
    terms: usize,
    len: usize,
    present: &mut Vec<f64>,
) -> f64 {
    present.clear();
    present.resize(len, 1.0);
    let mut sum = 0.0;
    for column in chunk[..terms * room].chunks_exact(room) {
        sum += column[..len].iter().map(|x| x * 0.0).sum::<f64>();
    }
    let mut lost = 0.0;
    if sum != 0.0 {
        for i in 0..len {
            if (0..terms).all(|k| chunk[k * room + i].is_finite()) {
                continue;
            }
            present[i] = 0.0;
            lost += chunk[(width - 1) * room + i].powi(2);
            (0..width).for_each(|k| chunk[k * room + i] = 0.0);
        }
    }
    for column in chunk[terms * room..(width - 1) * room].chunks_exact_mut(room) {
        for x in &mut column[..len] {
            *x = if x.is_finite() { *x } else { 0.0 };
        }
    }
    lost
}

/// Sums of products of columns less pivots, over chunks.
struct Sums {
    width: usize,
    room: usize,
    pivots: Vec<f64>,
    count: f64,
    sums: Vec<f64>,
    products: Vec<f64>,
    present: Vec<f64>,
    lost: f64,
    shifted: Vec<f64>,
}

impl Sums {
    fn new(width: usize, room: usize) -> Sums {
        Sums {
            width,
            room,
            pivots: Vec::new(),
            count: 0.0,
            sums: vec![0.0; width],
            products: vec![0.0; width * width],
            present: Vec::new(),
            lost: 0.0,
            shifted: vec![0.0; width * room],
        }
    }

    fn add(&mut self, chunk: &[f64], len: usize) {
        let count: f64 = self.present.iter().sum();
        let room = self.room;
        let columns = || chunk.chunks_exact(room).map(|c| &c[..len]);
        if self.pivots.is_empty() {
            self.pivots = columns().map(|c| total(c) / count.max(1.0)).collect();
        }
        for ((column, out), &pivot) in
            columns().zip(self.shifted.chunks_exact_mut(self.room)).zip(&self.pivots)
        {
            for ((o, x), p) in out.iter_mut().zip(column).zip(&self.present) {
                *o = x - pivot * p;
            }
        }
        self.count += count;
        for i in 0..self.width {
            let a = &self.shifted[i * self.room..][..len];
            self.sums[i] += total(a);
            for j in 0..=i {
                self.products[i * self.width + j] += dot(a, &self.shifted[j * self.room..][..len]);
            }
        }
    }

    fn normal(self, terms: usize) -> Normal {
        let (width, n) = (self.width, self.count.max(1.0));
        let mut products = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..=i {
                let centred = self.products[i * width + j] - self.sums[i] * self.sums[j] / n;
                products[i * width + j] = centred;
                products[j * width + i] = centred;
            }
        }
        let means = self.pivots.iter().zip(&self.sums).map(|(p, s)| p + s / n).collect();
        Normal { terms, width, count: self.count, means, products, lost: self.lost }
    }
}

const LANES: usize = 8;

/// Σ a b, in eight sums side by side.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (mut x, mut y) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (x, y) in (&mut x).zip(&mut y) {
        for k in 0..LANES {
            sums[k] += x[k] * y[k];
        }
    }
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(x, y)| x * y).sum();
    folded(sums) + rest
}

/// Σ a, in eight sums side by side.
pub fn total(a: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let mut x = a.chunks_exact(LANES);
    for x in &mut x {
        for k in 0..LANES {
            sums[k] += x[k];
        }
    }
    folded(sums) + x.remainder().iter().sum::<f64>()
}

fn folded(s: [f64; LANES]) -> f64 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::random::Draw;
    use crate::gp::{reference, text};

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    /// A table of three normal columns whose target is a formula less its mean, plus noise.
    fn table(rows: usize, target: &str, noise: f64) -> Table {
        let mut draw = Draw::new(5, 0, 0, 0);
        let columns: Vec<Vec<f64>> = (0..3).map(|_| (0..rows).map(|_| draw.normal()).collect()).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut y = reference::evaluate(&text::parse(target, &names()).unwrap(), &slices);
        y.iter_mut().for_each(|y| *y += noise * draw.normal());
        let mean = y.iter().sum::<f64>() / rows as f64;
        y.iter_mut().for_each(|y| *y -= mean);
        Table::new(&columns.concat(), &y, mean, 16).unwrap()
    }

    fn refine(table: &Table, formula: &str, steps: usize) -> Refined {
        let program = text::parse(formula, &names()).unwrap();
        table.refine(&program, Effort { steps, price: 2.0, from: 0, rows: table.rows() }).unwrap()
    }

    #[test]
    fn constants_within_terms_go_to_their_best_values() {
        for rows in [300, 3000] {
            let table = table(rows, "5 * exp(a * -0.7) + 2 * tanh(b * 1.5 + 0.25) - 3", 0.0);
            let found = refine(&table, "exp(a * -0.5) + tanh(b * 1.2 + 0.1)", 20);
            assert!(found.loss < EXACT, "{rows}: {}", found.loss);
            let constants: Vec<f64> = found.program.nodes.iter().filter_map(constant).collect();
            for want in [-0.7, 1.5, 0.25, 0.4] {
                assert!(constants.iter().any(|c| (c - want).abs() < 1e-5), "{want}: {constants:?}");
            }
        }
    }

    fn constant(node: &crate::gp::program::Node) -> Option<f64> {
        if let crate::gp::program::Node::Constant(c) = node { Some(*c) } else { None }
    }

    #[test]
    fn polishing_writes_constants_as_short_as_they_may_be() {
        let table = table(500, "3 * exp(a * -0.5) + 1.5 * b * c", 0.0);
        let program = text::parse("exp(a * -0.4 + (b - b)) + b * c * sign(square(c) + 1)", &names()).unwrap();
        let found = table.polish(&program, Effort { steps: 30, price: 2.0, from: 0, rows: 500 }).unwrap();
        assert_eq!(text::print(&found.program, &names()), "b * c * 0.5 + exp(a * -0.5)");
        assert!(found.loss < EXACT, "{}", found.loss);
    }

    #[test]
    fn terms_that_say_nothing_are_pruned() {
        let table = table(1000, "a * b + 2 * c", 0.1);
        let found = refine(&table, "a * b + c * 0.1 + tanh(a) + square(b)", 5);
        let text = text::print(&found.program, &names());
        assert!(text.starts_with("a * b + c * 1.99") || text.starts_with("a * b + c * 2.0"), "{text}");
    }

    #[test]
    fn the_loss_is_the_share_of_squares_left_and_blocks_share_it() {
        let table = table(1001, "a * b + 2 * c", 1.0);
        let found = refine(&table, "a * b - c", 0);
        let slices: Vec<&[f64]> = table.columns.iter().map(Vec::as_slice).collect();
        let f = reference::evaluate(&found.program, &slices);
        let n = f.len() as f64;
        let (mf, my) = (f.iter().sum::<f64>() / n, table.target.iter().sum::<f64>() / n);
        let (mut ff, mut fy, mut yy) = (0.0, 0.0, 0.0);
        for (f, y) in f.iter().zip(&table.target) {
            ff += (f - mf) * (f - mf);
            fy += (f - mf) * (y - my);
            yy += (y - my) * (y - my);
        }
        assert!((found.loss - (1.0 - fy * fy / (ff * yy))).abs() < 1e-12);
        let mean: f64 = (0..16).map(|b| found.blocks[b] * (1001 - b).div_ceil(16) as f64).sum::<f64>() / n;
        assert!((mean - found.loss).abs() < 1e-12, "{mean} {}", found.loss);
    }

    #[test]
    fn rows_without_a_value_are_answered_with_the_mean() {
        let mut table = table(1000, "a * b", 0.0);
        for i in (0..1000).step_by(4) {
            table.columns[0][i] = f64::NAN;
        }
        let found = refine(&table, "a * b", 3);
        assert_eq!(found.coverage, 0.75);
        let lost: f64 = (0..1000).step_by(4).map(|i| table.target[i].powi(2)).sum();
        assert!((found.loss - lost / table.squares).abs() < 1e-9);
    }

    #[test]
    fn what_says_nothing_is_none_and_nothing_traps() {
        let table = table(100, "a", 0.0);
        for formula in ["3", "log(-1 - square(a))", "a / (b - b)", "exp(exp(exp(square(a) * 100)))"] {
            let program = text::parse(formula, &names()).unwrap();
            assert!(
                table.refine(&program, Effort { steps: 5, price: 1.0, from: 0, rows: 100 }).is_none(),
                "{formula}"
            );
        }
        let mut draw = Draw::new(9, 0, 0, 0);
        for _ in 0..3000 {
            let program = crate::gp::sample::program(&mut draw, 3, 5);
            if let Some(found) = table.refine(&program, Effort { steps: 4, price: 1.0, from: 20, rows: 50 }) {
                found.program.check(3).unwrap();
                assert!(found.loss.is_finite() && found.blocks.len() == 16);
            }
        }
    }
}
