//! The whole training over shards in one process.

use super::bins::Bins;
use super::forest::Forest;
use super::settings::{Loss, Settings};
use super::split::SplitColumn;
use super::trainer::{BLOCK, Part, Trainer};
use super::tree::Tree;
use crate::error::Result;
use crate::gp::random::Draw;

pub fn settings() -> Settings {
    Settings {
        loss: Loss::L2,
        outputs: 1,
        rounds: 10,
        leaves: 8,
        rate: 0.3,
        min_rows: 5,
        min_hessian: 1e-3,
        min_gain: 0.0,
        early_stop: 0,
        row_sample: 1.0,
        column_sample: 1.0,
        l2: 0.0,
        monotone: vec![],
        seed: 1,
    }
}

/// Columns, target and weight of all rows; those from `train` on are validation rows.
#[derive(Clone)]
struct Data {
    columns: Vec<Vec<f64>>,
    target: Vec<f64>,
    weight: Vec<f64>,
    train: usize,
}

struct Trained {
    bins: Vec<Bins>,
    trees: Vec<Tree>,
    history: Vec<[f64; 2]>,
    best_round: usize,
}

/// Trains on `shards` shards whose messages are passed on in this thread.
fn train(data: &Data, settings: &Settings, shards: usize) -> Result<Trained> {
    let bins: Vec<Bins> = data.columns.iter().map(|c| Bins::new(&c[..data.train], 255, 1, 0)).collect();
    let codes: Vec<Vec<u8>> = bins.iter().zip(&data.columns).map(|(b, c)| b.encode(c)).collect();
    let mut trainers = Vec::new();
    for shard in 0..shards {
        let part = |from: usize, to: usize| part_of(data, &codes, from, to, shard, shards);
        let columns = bins.iter().enumerate().map(|(c, b)| SplitColumn {
            numbers: b.numbers(),
            nulls: b.nulls,
            monotone: settings.monotone.get(c).copied().unwrap_or(0),
        });
        let bias = vec![0.0; settings.outputs];
        let (own, validation) = (part(0, data.train), part(data.train, data.target.len()));
        trainers.push(Trainer::new(
            settings.clone(),
            columns.collect(),
            bias,
            (shard, shards),
            own,
            validation,
        )?);
    }
    while trainers.iter_mut().map(Trainer::advance).fold(false, |any, more| any | more) {
        let messages: Vec<Vec<f64>> = trainers.iter().map(|t| t.message().to_vec()).collect();
        for (to, trainer) in trainers.iter_mut().enumerate() {
            for (from, message) in messages.iter().enumerate().filter(|m| m.0 != to) {
                trainer.receive(from, &message[trainer.wanted(message.len())])?;
            }
        }
    }
    let (trees, history) = (trainers[0].trees().to_vec(), trainers[0].history().to_vec());
    assert!(trainers.iter().all(|t| t.trees() == trees), "all shards hold the same trees");
    Ok(Trained { bins, trees, history, best_round: trainers[0].best_round() })
}

/// The rows of one shard among rows `from .. to`, cut at whole blocks.
fn part_of(data: &Data, codes: &[Vec<u8>], from: usize, to: usize, shard: usize, shards: usize) -> Part {
    let blocks = (to - from).div_ceil(BLOCK);
    let border = |s: usize| (from + blocks * s / shards * BLOCK).min(to);
    let own = border(shard)..border(shard + 1);
    let weight = |range: std::ops::Range<usize>| data.weight.get(range).unwrap_or(&[]).to_vec();
    let all_weight: f64 =
        if data.weight.is_empty() { (to - from) as f64 } else { weight(from..to).iter().sum() };
    Part {
        codes: codes.iter().flat_map(|c| c[own.clone()].to_vec()).collect(),
        target: data.target[own.clone()].to_vec(),
        weighted: !data.weight.is_empty(),
        weight: weight(own.clone()),
        first: (own.start - from) as u64,
        all_rows: (to - from) as u64,
        all_weight,
    }
}

impl Trained {
    /// The trees as the forest takes them.
    fn forest(&self, settings: &Settings) -> Forest {
        let mut packed = Vec::new();
        for tree in &self.trees {
            packed.push(tree.nodes.len() as f64);
            for n in &tree.nodes {
                let upper = self.bins[n.split.column].upper.get(n.split.bin).copied().unwrap_or(f64::MAX);
                packed.extend([n.split.column as f64, upper, f64::from(u8::from(n.split.nulls_left))]);
                packed.extend([f64::from(n.left), f64::from(n.right)]);
            }
            packed.extend(tree.leaves.iter().map(|l| l.value));
        }
        Forest::new(settings.loss, self.bins.len(), vec![0.0; settings.outputs], &packed).unwrap()
    }

    fn predict(&self, settings: &Settings, columns: &[Vec<f64>]) -> Vec<f64> {
        self.forest(settings).predict(&columns.concat(), true).unwrap()
    }
}

/// A step, a slope, a product and noise; one row in ten of column 1 is null and means 2.
fn data(rows: usize, seed: u64) -> Data {
    let mut draw = Draw::new(seed, 0, 0, 0);
    let mut columns = vec![Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let mut target = Vec::new();
    for _ in 0..rows {
        let x: Vec<f64> = (0..5).map(|_| draw.unit()).collect();
        let null = draw.one_in(10);
        let slope = if null { 2.0 } else { x[1] };
        target.push(f64::from(u8::from(x[0] > 0.4)) + slope + x[2] * x[3] + 0.1 * draw.normal());
        columns.iter_mut().zip(&x).for_each(|(c, &x)| c.push(x));
        if null {
            *columns[1].last_mut().unwrap() = f64::NAN;
        }
    }
    Data { columns, target, weight: vec![], train: rows * 4 / 5 }
}

fn classes(mut data: Data, count: usize) -> Data {
    data.target.iter_mut().for_each(|t| *t = (t.abs() / 3.0 * count as f64).floor().min(count as f64 - 1.0));
    data
}

fn weighted(mut data: Data) -> Data {
    let mut draw = Draw::new(77, 0, 0, 0);
    data.weight = data.target.iter().map(|_| 0.1 + draw.unit()).collect();
    data
}

#[test]
fn boosting_learns_each_loss_and_reports_the_loss_of_its_own_predictions() {
    let d = data(12_000, 1);
    let cases = [
        (d.clone(), settings()),
        (weighted(d.clone()), settings()),
        (classes(d.clone(), 2), Settings { loss: Loss::Binary, ..settings() }),
        (weighted(classes(d, 3)), Settings { loss: Loss::Multiclass, outputs: 3, ..settings() }),
    ];
    for (data, settings) in cases {
        let trained = train(&data, &settings, 2).unwrap();
        let first = trained.history[0];
        let last = *trained.history.last().unwrap();
        assert!(last[0] < 0.75 * first[0] && last[1] < 0.75 * first[1], "{:?}", trained.history);
        let rows = data.target.len();
        let raw = trained.predict(&settings, &data.columns);
        let by_output: Vec<f64> = (0..settings.outputs)
            .flat_map(|k| raw.iter().skip(k).step_by(settings.outputs).copied())
            .collect();
        let truth = super::loss::Truth { target: &data.target, weight: &data.weight };
        let weight = |i: usize| data.weight.get(i).copied().unwrap_or(1.0);
        let sum = settings.loss.total(&truth, &by_output, data.train..rows);
        let expected = sum / (data.train..rows).map(weight).sum::<f64>();
        assert!((last[1] / expected - 1.0).abs() < 1e-9, "{} {expected}", last[1]);
    }
}

#[test]
fn the_model_is_the_same_for_any_number_of_shards() {
    let d = data(5 * BLOCK + 77, 2);
    let sampled = Settings { row_sample: 0.6, column_sample: 0.5, early_stop: 3, ..settings() };
    let cases = [
        (d.clone(), settings()),
        (weighted(d.clone()), sampled.clone()),
        (
            classes(d.clone(), 2),
            Settings { loss: Loss::Binary, monotone: vec![1, 1, 0, 0, 0], ..sampled.clone() },
        ),
        (weighted(classes(d, 3)), Settings { loss: Loss::Multiclass, outputs: 3, ..sampled }),
    ];
    for (data, settings) in cases {
        let one = train(&data, &settings, 1).unwrap();
        assert!(one.trees.iter().any(|t| t.nodes.len() == 7));
        for shards in [2, 3, 7] {
            let other = train(&data, &settings, shards).unwrap();
            assert_eq!(one.trees, other.trees, "{shards} shards");
            assert_eq!(one.history, other.history);
        }
    }
}

#[test]
fn answers_keep_to_the_signs_of_monotone_columns() {
    let mut d = data(6000, 4);
    // Column 0 rises in truth: told to fall, it may only be ignored. Column 1 rises but for noise.
    let mut draw = Draw::new(8, 0, 0, 0);
    d.target.iter_mut().for_each(|t| *t += draw.normal());
    let settings = Settings { monotone: vec![-1, 1, 0, 0, 0], leaves: 31, rounds: 30, ..settings() };
    let told = train(&d, &settings, 2).unwrap();
    let free = train(&d, &Settings { monotone: vec![], ..settings.clone() }, 2).unwrap();
    let mut breaks = 0;
    for row in 0..20 {
        for (column, sign) in [(0, -1.0), (1, 1.0)] {
            let mut columns: Vec<Vec<f64>> = d.columns.iter().map(|c| vec![c[row]; 200]).collect();
            columns[column] = (0..200).map(|i| f64::from(i) / 160.0 - 0.1).collect();
            let least = |t: &Trained| {
                let answers = t.predict(&settings, &columns);
                answers.windows(2).map(|w| sign * (w[1] - w[0])).fold(0.0, f64::min)
            };
            assert!(least(&told) >= -1e-12, "row {row}, column {column}");
            breaks += usize::from(least(&free) < -1e-6);
        }
    }
    assert!(breaks > 20, "without the signs the answers would break them");
}

#[test]
fn leaves_hold_their_least_rows_and_answer_the_exact_mean() {
    let d = data(3000, 6);
    let settings = Settings { min_rows: 100, rounds: 1, rate: 1.0, ..settings() };
    let trained = train(&d, &settings, 3).unwrap();
    let tree = &trained.trees[0];
    assert_eq!(tree.leaves.len(), 8);
    assert!(tree.leaves.iter().all(|l| l.rows >= 100.0));
    assert_eq!(tree.leaves.iter().map(|l| l.rows).sum::<f64>(), d.train as f64);
    let answers = trained.predict(&settings, &d.columns);
    for leaf in &tree.leaves {
        let own: Vec<f64> = (0..d.train).filter(|&i| answers[i] == leaf.value).map(|i| d.target[i]).collect();
        assert_eq!(own.len() as f64, leaf.rows);
        assert!((own.iter().sum::<f64>() / leaf.rows - leaf.value).abs() < 1e-12);
    }
}

#[test]
fn early_stop_ends_after_so_many_rounds_without_a_better_one() {
    let mut d = data(2000, 7);
    let mut draw = Draw::new(9, 0, 0, 0);
    d.target = (0..2000).map(|_| draw.normal()).collect();
    let settings = Settings { early_stop: 4, rounds: 100, ..settings() };
    let trained = train(&d, &settings, 2).unwrap();
    assert_eq!(trained.history.len(), trained.best_round + 4);
    let least = trained.history.iter().map(|l| l[1]).fold(f64::INFINITY, f64::min);
    assert_eq!(trained.history[trained.best_round - 1][1], least);
}

#[test]
fn whatever_the_columns_hold_is_learnt_or_ignored() {
    let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -f64::MAX, 0.0, -0.0, 1e-310, 7.0];
    let mut draw = Draw::new(31, 0, 0, 0);
    for case in 0..60 {
        let rows = 1 + draw.below(if case % 3 == 0 { 4 } else { 200 });
        let value = |draw: &mut Draw| if draw.one_in(2) { strange[draw.below(9)] } else { draw.normal() };
        let columns = (0..1 + case % 4).map(|_| (0..rows).map(|_| value(&mut draw)).collect()).collect();
        let loss = [Loss::L2, Loss::Binary, Loss::Multiclass][case % 3];
        let target = (0..rows).map(|_| draw.below(2) as f64).collect();
        let outputs = if loss == Loss::Multiclass { 2 } else { 1 };
        let settings = Settings { loss, outputs, leaves: 300, min_rows: 1, min_hessian: 0.0, ..settings() };
        let d = Data { columns, target, weight: vec![], train: rows - rows / 4 };
        let trained = train(&d, &settings, 1 + case % 5).unwrap();
        assert!(trained.history.iter().all(|l| l[0].is_finite()));
        assert!(trained.predict(&settings, &d.columns).iter().all(|a| a.is_finite()));
    }
}

#[test]
fn what_cannot_be_trained_is_an_error() {
    let d = data(100, 1);
    let error = |data: &Data, settings: &Settings| train(data, settings, 1).err().expect("an error").message;
    let change = |change: fn(&mut Data)| {
        let mut changed = d.clone();
        change(&mut changed);
        error(&changed, &settings())
    };
    assert!(change(|d| d.target[3] = f64::NAN).contains("expected targets that fit the loss, got NaN"));
    assert!(change(|d| d.weight = vec![0.0; 100]).contains("a weight above 0"));
    assert!(change(|d| d.train = 0).contains("at least one"));
    assert!(change(|d| d.columns.clear()).contains("columns: expected at least one"));
    let binary = Settings { loss: Loss::Binary, ..settings() };
    assert!(error(&d, &binary).contains("fit the loss"));
    let huge = Settings { leaves: 4096, ..settings() };
    let wide = Data { columns: vec![d.columns[0].clone(); 400], ..d.clone() };
    assert_eq!(train(&wide, &huge, 1).err().map(|e| e.code), Some(crate::error::Code::Resource));
}
