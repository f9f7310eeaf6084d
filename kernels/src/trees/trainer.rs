//! Boosting as one of several shards does it. Each shard holds a range of the rows; all take the same steps:
//! [`Trainer::advance`] up to the next message, every shard gets every other's, and on. The decisions rest on
//! what all know and are the same everywhere.

use super::grow::{Grower, Soil};
use super::histogram::{Layout, RowCodes};
use super::loss::{Derivatives, Truth};
use super::quantise::{FixedPoint, Quantiser, purpose};
use super::settings::{Loss, Settings};
use super::split::{Rules, SplitColumn};
use super::tree::Tree;
use crate::error::{Code, Error, Result};
use crate::gp::random::Draw;
use std::ops::Range;

/// Losses are added up by blocks of this many rows; a shard begins at a multiple of it.
pub const BLOCK: usize = 4096;
/// Bytes of histograms that a shard may keep.
const MOST_HISTOGRAM_BYTES: usize = 1 << 30;

/// Rows of one kind that a shard holds, and what all shards know of them.
#[derive(Default)]
pub struct Part {
    /// Codes by column, one column after the other.
    pub codes: Vec<u8>,
    pub target: Vec<f64>,
    /// Without weights (in all shards): 1 each.
    pub weighted: bool,
    pub weight: Vec<f64>,
    /// Place of the shard's first row among those of all shards, a multiple of [`BLOCK`].
    pub first: u64,
    /// Rows of all shards, and the sum of their weights.
    pub all_rows: u64,
    pub all_weight: f64,
}

impl Part {
    fn rows(&self) -> usize {
        self.target.len()
    }

    fn truth(&self) -> Truth<'_> {
        Truth { target: &self.target, weight: &self.weight }
    }

    fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let rows = self.rows();
        (0..rows).step_by(BLOCK).map(move |begin| begin..(begin + BLOCK).min(rows))
    }

    fn check(&self, name: &str, columns: &[SplitColumn], settings: &Settings) -> Result<()> {
        let wrong = |what: String| Err(Error::input(format!("{name}: {what}")));
        let rows = self.rows();
        if rows * columns.len() != self.codes.len() || rows > u32::MAX as usize {
            return wrong(format!(
                "expected {rows} codes of {} columns, got {}",
                columns.len(),
                self.codes.len()
            ));
        }
        let weights = if self.weighted { rows } else { 0 };
        if self.weight.len() != weights {
            return wrong(format!("expected {weights} weights, got {}", self.weight.len()));
        }
        if !self.first.is_multiple_of(BLOCK as u64) || self.first + rows as u64 > self.all_rows {
            return wrong(format!("expected a shard of whole blocks, got rows from {}", self.first));
        }
        let fits = |&t: &f64| match settings.loss {
            Loss::L2 => t.abs() <= 1e100,
            Loss::Binary => t == 0.0 || t == 1.0,
            Loss::Multiclass => (0..settings.outputs).any(|k| t == k as f64),
        };
        match self.target.iter().find(|t| !fits(t)) {
            Some(t) => wrong(format!("expected targets that fit the loss, got {t}")),
            None => Ok(()),
        }
    }
}

/// What the next messages are about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Start,
    Status,
    Histogram,
    Candidates,
    LeafSums,
    Done,
}

pub struct Trainer {
    settings: Settings,
    columns: Vec<SplitColumn>,
    shard: usize,
    shards: usize,
    train: Part,
    validation: Part,
    train_scores: Vec<f64>,
    validation_scores: Vec<f64>,
    derivatives: Derivatives,
    /// Whether every second derivative is 1.
    unit: bool,
    /// Greatest magnitude of the derivatives by output, over all shards.
    greatest: Vec<[f64; 2]>,
    packed: Vec<i64>,
    row_codes: RowCodes,
    quantiser: Quantiser,
    rules: Rules,
    grower: Grower,
    stage: Stage,
    output: usize,
    message: Vec<f64>,
    inbox: Vec<Vec<f64>>,
    trees: Vec<Tree>,
    history: Vec<[f64; 2]>,
    best_round: usize,
}

impl Trainer {
    /// Shard number `shard` of `shards`; `bias` are the scores before the first tree, by output.
    pub fn new(
        settings: Settings,
        columns: Vec<SplitColumn>,
        bias: Vec<f64>,
        (shard, shards): (usize, usize),
        train: Part,
        validation: Part,
    ) -> Result<Trainer> {
        settings.check(columns.len())?;
        if columns.is_empty() || shard >= shards || bias.len() != settings.outputs {
            return Err(Error::usage(format!("columns: expected at least one, got {}", columns.len())));
        }
        train.check("training rows", &columns, &settings)?;
        validation.check("validation rows", &columns, &settings)?;
        let weighs = |part: &Part| part.all_rows > 0 && part.all_weight > 0.0;
        if !weighs(&train) {
            return Err(Error::input("training rows: expected at least one with a weight above 0, got none"));
        }
        if settings.early_stop > 0 && !weighs(&validation) {
            return Err(Error::usage("earlyStop: expected validation rows, got none"));
        }
        let bins: usize = columns.iter().map(|c| c.numbers + 1).sum();
        if bins.saturating_mul(24 * (settings.leaves + 2)) > MOST_HISTOGRAM_BYTES {
            let message = format!("leaves: {} leaves of {bins} bins need too much memory", settings.leaves);
            return Err(Error::new(Code::Resource, message).hint("Lower --leaves."));
        }
        Ok(Trainer::prepare(settings, columns, bias, (shard, shards), train, validation))
    }

    fn prepare(
        settings: Settings,
        columns: Vec<SplitColumn>,
        bias: Vec<f64>,
        (shard, shards): (usize, usize),
        train: Part,
        validation: Part,
    ) -> Trainer {
        let scores = |part: &Part| bias.iter().flat_map(|&b| std::iter::repeat_n(b, part.rows())).collect();
        let unit = settings.loss.unit_hessian(train.weighted);
        let words = settings.outputs * train.rows();
        let derivatives =
            Derivatives { gradient: vec![0.0; words], hessian: vec![0.0; if unit { 0 } else { words }] };
        let quantiser = Quantiser::new(0.0, None, [0; 3]);
        let mut trainer = Trainer {
            unit,
            train_scores: scores(&train),
            validation_scores: scores(&validation),
            derivatives,
            greatest: vec![[0.0; 2]; settings.outputs],
            packed: vec![0; train.rows()],
            row_codes: RowCodes::default(),
            rules: rules(&settings, &quantiser),
            quantiser,
            grower: Grower::default(),
            stage: Stage::Start,
            output: 0,
            message: Vec::new(),
            inbox: vec![Vec::new(); shards],
            trees: Vec::new(),
            history: Vec::new(),
            best_round: 0,
            settings,
            columns,
            shard,
            shards,
            train,
            validation,
        };
        if trainer.settings.column_sample >= 1.0 {
            let all: Vec<usize> = (0..trainer.columns.len()).collect();
            trainer.row_codes.fill(&trainer.train.codes, trainer.train.rows(), &all);
        }
        trainer
    }

    /// Works up to the next message and says whether there is one; false: the training is over.
    pub fn advance(&mut self) -> bool {
        self.stage = self.step();
        if self.stage != Stage::Histogram {
            self.inbox[self.shard].clone_from(&self.message);
        }
        self.stage != Stage::Done
    }

    /// What all other shards are to receive, after [`Trainer::advance`].
    pub fn message(&self) -> &[f64] {
        &self.message
    }

    /// Which of another shard's message of `words` words this shard needs.
    pub fn wanted(&self, words: usize) -> Range<usize> {
        if self.stage == Stage::Histogram { self.grower.wanted() } else { 0..words }
    }

    /// Takes the wanted words of the message of another shard.
    pub fn receive(&mut self, from: usize, words: &[f64]) -> Result<()> {
        let expected = if self.stage == Stage::Histogram { self.grower.wanted().len() } else { words.len() };
        if from >= self.shards || from == self.shard || words.len() != expected {
            let got = words.len();
            return Err(Error::usage(format!("message {from}: expected {expected} words, got {got}")));
        }
        if self.stage == Stage::Histogram {
            self.grower.add_histogram(words);
        } else {
            self.inbox[from].clear();
            self.inbox[from].extend_from_slice(words);
        }
        Ok(())
    }

    /// `[training loss, validation loss]` of each round so far; the second is NaN without validation rows.
    pub fn history(&self) -> &[[f64; 2]] {
        &self.history
    }

    /// The round, from 1, with the least validation loss; the last one without early stop.
    pub fn best_round(&self) -> usize {
        self.best_round
    }

    /// The trees of all rounds; that of output k in round r at `r * outputs + k`.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    fn step(&mut self) -> Stage {
        match self.stage {
            Stage::Start => self.report(),
            Stage::Status => self.begin_round(),
            Stage::Histogram => self.search(),
            Stage::Candidates => {
                self.grower.decide(&self.inbox);
                self.grow()
            }
            Stage::LeafSums => self.finish_tree(),
            Stage::Done => Stage::Done,
        }
    }

    fn round(&self) -> u64 {
        (self.trees.len() / self.settings.outputs) as u64
    }

    /// Derivatives at the present scores; tells their greatest magnitudes and the losses by block.
    fn report(&mut self) -> Stage {
        let (settings, truth) = (&self.settings, self.train.truth());
        let mut losses = Vec::new();
        for block in self.train.blocks() {
            losses.push(settings.loss.derive(&truth, &self.train_scores, block, &mut self.derivatives));
        }
        let rows = self.train.rows().max(1);
        let greatest = |values: &[f64], k: usize| {
            let own = values.chunks(rows).nth(k).unwrap_or(&[]);
            own.iter().fold(0.0f64, |top, x| top.max(x.abs()))
        };
        self.message.clear();
        for k in 0..settings.outputs {
            self.message.push(greatest(&self.derivatives.gradient, k));
            self.message.push(greatest(&self.derivatives.hessian, k));
        }
        self.message.push(losses.len() as f64);
        self.message.append(&mut losses);
        let (part, scores) = (&self.validation, &self.validation_scores);
        self.message.extend(part.blocks().map(|block| settings.loss.total(&part.truth(), scores, block)));
        Stage::Status
    }

    /// Takes the reports: the losses of the round before, and whether to go on.
    fn begin_round(&mut self) -> Stage {
        let outputs = self.settings.outputs;
        let mut losses = [0.0; 2];
        self.greatest.fill([0.0; 2]);
        for message in &self.inbox {
            let (greatest, blocks) = message.split_at(2 * outputs);
            for (own, other) in self.greatest.iter_mut().zip(greatest.chunks_exact(2)) {
                (0..2).for_each(|i| own[i] = own[i].max(other[i]));
            }
            let (train, validation) = blocks[1..].split_at(blocks[0] as usize);
            train.iter().for_each(|x| losses[0] += x);
            validation.iter().for_each(|x| losses[1] += x);
        }
        let means = [losses[0] / self.train.all_weight, losses[1] / self.validation.all_weight];
        if self.round() > 0 && !self.record(means) || self.round() as usize == self.settings.rounds {
            return Stage::Done;
        }
        self.output = 0;
        self.begin_tree()
    }

    /// Notes the losses of a round; false when the training is to stop.
    fn record(&mut self, losses: [f64; 2]) -> bool {
        let best = self.best_round.checked_sub(1).map_or(f64::INFINITY, |b| self.history[b][1]);
        self.history.push(losses);
        let round = self.history.len();
        if self.settings.early_stop == 0 || losses[1] < best {
            self.best_round = round;
        }
        round - self.best_round < self.settings.early_stop.max(1)
    }

    /// Draws rows and columns, packs the derivatives of one output and begins the histogram of the root.
    fn begin_tree(&mut self) -> Stage {
        let key = [self.settings.seed, self.round(), self.output as u64];
        let [gradient, hessian] = self.greatest[self.output];
        self.quantiser = Quantiser::new(gradient, (!self.unit).then_some(hessian), key);
        self.rules = rules(&self.settings, &self.quantiser);
        let mut packed = std::mem::take(&mut self.packed);
        let (gradient, hessian) = self.own_derivatives();
        self.quantiser.pack(self.train.first, gradient, hessian, &mut packed);
        self.packed = packed;
        self.draw_columns(key, if self.unit { 2 } else { 3 });
        self.draw_rows();
        self.add_up()
    }

    /// The derivatives of the present output.
    fn own_derivatives(&self) -> (&[f64], &[f64]) {
        let rows = self.train.rows();
        let own = self.output * rows..(self.output + 1) * rows;
        (
            &self.derivatives.gradient[own.clone()],
            if self.unit { &[] } else { &self.derivatives.hessian[own] },
        )
    }

    fn draw_columns(&mut self, key: [u64; 3], fields: usize) {
        let all = self.columns.len();
        let mut columns: Vec<usize> = (0..all).collect();
        if self.settings.column_sample < 1.0 {
            let count = ((all as f64 * self.settings.column_sample).round() as usize).clamp(1, all);
            let mut draw = Draw::new(key[0], key[1], key[2], purpose::COLUMNS);
            (0..count).for_each(|i| columns.swap(i, i + draw.below(all - i)));
            columns.truncate(count);
            columns.sort_unstable();
            self.row_codes.fill(&self.train.codes, self.train.rows(), &columns);
        }
        let bins = |c: usize| self.columns[c].numbers + usize::from(self.columns[c].nulls);
        self.grower.plant(Layout::new(columns, bins, fields), self.shard, self.shards);
    }

    fn draw_rows(&mut self) {
        let draw = Draw::new(self.settings.seed, self.round(), 0, purpose::ROWS);
        let (share, first) = (self.settings.row_sample, self.train.first);
        let drawn = |row: &u32| share >= 1.0 || draw.unit_at(first + u64::from(*row) + 1) < share;
        let rows = 0..self.train.rows() as u32;
        let followers = &mut self.grower.followers;
        followers.drawn.plant(rows.clone().filter(drawn));
        let left_out = if share < 1.0 { rows } else { 0..0 };
        followers.left_out.plant(left_out.filter(|row| !drawn(row)));
        followers.validation.plant(0..self.validation.rows() as u32);
    }

    fn add_up(&mut self) -> Stage {
        let ((grower, message), soil) = self.parts();
        grower.histogram(&soil, message);
        Stage::Histogram
    }

    fn search(&mut self) -> Stage {
        let ((grower, message), soil) = self.parts();
        grower.candidates(&soil, message);
        Stage::Candidates
    }

    fn grow(&mut self) -> Stage {
        let ((grower, _), soil) = self.parts();
        if grower.split(&soil) {
            return self.add_up();
        }
        let fixed = self.fixed_point();
        let mut message = std::mem::take(&mut self.message);
        let (gradient, hessian) = self.own_derivatives();
        self.grower.leaf_sums(gradient, hessian, &fixed, &mut message);
        self.message = message;
        Stage::LeafSums
    }

    fn fixed_point(&self) -> [FixedPoint; 2] {
        self.greatest[self.output].map(|greatest| FixedPoint::new(greatest, self.train.all_rows))
    }

    /// Takes the exact sums of the leaves, adds the tree to the scores and goes on to the next.
    fn finish_tree(&mut self) -> Stage {
        let (fixed, unit) = (self.fixed_point(), self.unit);
        let inbox = std::mem::take(&mut self.inbox);
        let ((grower, _), soil) = self.parts();
        let tree = grower.finish(&inbox, &fixed, unit, &soil);
        self.inbox = inbox;
        let (train, validation) = (self.train.rows(), self.validation.rows());
        let followers = &self.grower.followers;
        let scores = &mut self.train_scores[self.output * train..(self.output + 1) * train];
        followers.drawn.add_to(scores, |leaf| tree.leaves[leaf].value);
        followers.left_out.add_to(scores, |leaf| tree.leaves[leaf].value);
        let scores = &mut self.validation_scores[self.output * validation..(self.output + 1) * validation];
        followers.validation.add_to(scores, |leaf| tree.leaves[leaf].value);
        self.trees.push(tree);
        self.output += 1;
        if self.output < self.settings.outputs { self.begin_tree() } else { self.end_round() }
    }

    /// Ends the training when a round over all rows and columns found nothing to split.
    fn end_round(&mut self) -> Stage {
        let kept = self.trees.len() - self.settings.outputs;
        let samples = self.settings.row_sample < 1.0 || self.settings.column_sample < 1.0;
        if !samples && self.trees[kept..].iter().all(|t| t.nodes.is_empty()) {
            self.trees.truncate(kept);
            return Stage::Done;
        }
        self.report()
    }

    fn parts(&mut self) -> ((&mut Grower, &mut Vec<f64>), Soil<'_>) {
        let soil = Soil {
            settings: &self.settings,
            columns: &self.columns,
            rules: &self.rules,
            quantiser: &self.quantiser,
            row_codes: &self.row_codes,
            train_codes: &self.train.codes,
            validation_codes: &self.validation.codes,
            derivatives: &self.packed,
        };
        ((&mut self.grower, &mut self.message), soil)
    }
}

fn rules(settings: &Settings, quantiser: &Quantiser) -> Rules {
    Rules {
        min_rows: settings.min_rows as f64,
        min_hessian: settings.min_hessian,
        min_gain: settings.min_gain,
        l2: settings.l2,
        gradient_step: quantiser.gradient_step,
        hessian_step: quantiser.hessian_step,
    }
}
