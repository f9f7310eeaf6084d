//! What JavaScript sees: exports of a few lines that call plain Rust. The only file that knows WASM exists.

use crate::error::Error;
use wasm_bindgen::prelude::*;

/// An error as JavaScript gets it: an `Error` whose `name` is the code and which has a `hint`.
impl From<Error> for JsValue {
    fn from(e: Error) -> JsValue {
        let js = js_sys::Error::new(&e.message);
        js.set_name(e.code.name());
        let _ = js_sys::Reflect::set(&js, &"hint".into(), &e.hint.into());
        js.into()
    }
}

// ---- Formulas ----------------------------------------------------------------------------------
// A population is a packed `Uint32Array` (see `gp::program`); errors are usage errors of the caller.

use crate::gp::{eval, fingerprint, op, pointwise, program, reference, shard, simplify, text, vary};
use crate::{label, score};

/// The table of operators, the kinds and the variations, as JSON
/// `{operators: [{code, name, sign, arity, minWindow, commutative, default, cost, kinds, meaning, nulls}],
/// kinds: [name], variations: [{name, parents}], sums: [name], tileRows, maxWindow}`.
#[wasm_bindgen(js_name = formulaTable)]
pub fn formula_table() -> String {
    let names = |names: Vec<&str>| names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(",");
    let variations =
        vary::VARIATIONS.map(|(_, name, parents)| format!("{{\"name\":\"{name}\",\"parents\":{parents}}}"));
    format!(
        "{{\"operators\":{},\"kinds\":[{}],\"variations\":[{}],\"sums\":[{}],\"tileRows\":{},\"maxWindow\":{}}}",
        op::table_json(),
        names(op::KINDS[..5].iter().map(|k| k.1).collect()),
        variations.join(","),
        names(score::SUMS.to_vec()),
        pointwise::TILE,
        op::MAX_WINDOW
    )
}

/// The packed programs of `texts` over the named columns. Fails at the first text that does not parse.
#[wasm_bindgen(js_name = parseFormulas)]
pub fn parse_formulas(texts: Vec<String>, columns: Vec<String>) -> Result<Vec<u32>, JsValue> {
    let programs = texts.iter().map(|t| text::parse(t, &columns)).collect::<Result<Vec<_>, Error>>()?;
    Ok(program::encode(&programs))
}

/// The text of each program.
#[wasm_bindgen(js_name = printFormulas)]
pub fn print_formulas(programs: &[u32], columns: Vec<String>) -> Result<Vec<String>, JsValue> {
    let programs = program::decode(programs, columns.len())?;
    Ok(programs.iter().map(|p| text::print(p, &columns)).collect())
}

/// The simplified programs, in the same order.
#[wasm_bindgen(js_name = simplifyFormulas)]
pub fn simplify_formulas(programs: &[u32], columns: usize) -> Result<Vec<u32>, JsValue> {
    let programs = program::decode(programs, columns)?;
    Ok(program::encode(&programs.iter().map(simplify::simplify).collect::<Vec<_>>()))
}

/// Of each program `[nodes, depth, look-back in rows, cost in additions]`.
#[wasm_bindgen(js_name = measureFormulas)]
pub fn measure_formulas(programs: &[u32], columns: usize) -> Result<Vec<f64>, JsValue> {
    let programs = program::decode(programs, columns)?;
    let measures =
        |p: &program::Program| [p.len() as f64, p.depth() as f64, p.look_back() as f64, f64::from(p.cost())];
    Ok(programs.iter().flat_map(measures).collect())
}

/// Rows that a shard must hold before its first scored tile for these programs (a multiple of `tileRows`),
/// unless it starts at row 0.
#[wasm_bindgen(js_name = haloRows)]
pub fn halo_rows(programs: &[u32], columns: usize) -> Result<usize, JsValue> {
    Ok(eval::halo(&program::decode(programs, columns)?))
}

/// The values of one program in f64, from its definition: NaN is null. `columns` holds `count` columns of
/// equal length one after the other, of one symbol. When they do not start at the symbol's first row, the
/// first `look-back` results are to be dropped.
#[wasm_bindgen(js_name = evaluateExactly)]
pub fn evaluate_exactly(packed: &[u32], columns: &[f64], count: usize) -> Result<Vec<f64>, JsValue> {
    if count == 0 || !columns.len().is_multiple_of(count) {
        return Err(Error::usage(format!(
            "columns: expected a multiple of {count} values, got {}",
            columns.len()
        ))
        .into());
    }
    let programs = program::decode(packed, count)?;
    let [one] = programs.as_slice() else {
        return Err(Error::usage(format!("programs: expected one, got {}", programs.len())).into());
    };
    let rows = columns.len() / count;
    let slices: Vec<&[f64]> = (0..count).map(|c| &columns[c * rows..(c + 1) * rows]).collect();
    Ok(reference::evaluate(one, &slices))
}

/// A range of rows of one symbol, kept in this instance: copy the columns in once, then evaluate.
#[wasm_bindgen]
pub struct Shard(shard::Shard);

#[wasm_bindgen]
impl Shard {
    /// `first_row` counts from the symbol's first row and is a multiple of `tileRows`. Columns start null.
    #[wasm_bindgen(constructor)]
    pub fn new(first_row: usize, rows: usize, columns: usize) -> Result<Shard, JsValue> {
        Ok(Shard(shard::Shard::new(first_row, rows, columns)?))
    }

    /// Column `at`, one value a row; NaN is null.
    #[wasm_bindgen(js_name = setColumn)]
    pub fn set_column(&mut self, at: usize, values: &[f32]) -> Result<(), JsValue> {
        Ok(self.0.set_column(at, values)?)
    }

    /// Target and weight of each row; a row is scored where both are finite and the weight is positive.
    /// Forgets the portfolio.
    #[wasm_bindgen(js_name = setTarget)]
    pub fn set_target(&mut self, target: &[f32], weight: &[f32]) -> Result<(), JsValue> {
        Ok(self.0.set_target(target, weight)?)
    }

    /// As `setTarget`, less a linear baseline: per fold an intercept and one coefficient for each of `columns`
    /// (of the column less its mean; null counts as the mean). A tile of fold 0xffffffff is not scored.
    #[wasm_bindgen(js_name = setResidual)]
    pub fn set_residual(
        &mut self,
        target: &[f32],
        weight: &[f32],
        columns: &[u32],
        means: &[f64],
        coefficients: &[f64],
        fold_of_tile: &[u32],
    ) -> Result<(), JsValue> {
        Ok(self.0.set_residual(
            target,
            weight,
            &shard::Baseline { columns, means, coefficients, fold_of_tile },
        )?)
    }

    /// The block of each tile, from 0 within the shard; 0xffffffff for a tile that is not scored.
    #[wasm_bindgen(js_name = setBlocks)]
    pub fn set_blocks(&mut self, block_of_tile: &[u32]) -> Result<(), JsValue> {
        Ok(self.0.set_blocks(block_of_tile)?)
    }

    /// The portfolio: its formulas are evaluated here and kept as `(f - mean) * scale`, 0 where null.
    #[wasm_bindgen(js_name = setPortfolio)]
    pub fn set_portfolio(&mut self, programs: &[u32], means: &[f32], scales: &[f32]) -> Result<(), JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        Ok(score::set_members(&mut self.0, &programs, means, scales)?)
    }

    /// Block sums `[program][block][sums, then Σ w f g_k, then Σ w g_k]` (the g_k only with `portfolio`);
    /// one pivot a program; of the tiles whose absolute number is `phase` modulo `stride`.
    pub fn evaluate(
        &self,
        programs: &[u32],
        pivots: &[f32],
        portfolio: bool,
        stride: usize,
        phase: usize,
    ) -> Result<Vec<f64>, JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        Ok(score::evaluate(&programs, pivots, &self.0, portfolio, score::Subset { stride, phase })?)
    }

    /// The search's f32 values of each program, one column after the other, NaN for null. Rows of the halo
    /// that the programs need are NaN.
    pub fn values(&self, programs: &[u32]) -> Result<Vec<f32>, JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        Ok(eval::columns(&programs, &self.0)?)
    }

    /// Of each program `[key low, key high, mean, deviation, coverage]` on this shard as a sample: equal keys
    /// mean equal values up to offset, scale and sign; key 0 is constant or empty.
    pub fn fingerprints(&self, programs: &[u32]) -> Result<Vec<f64>, JsValue> {
        let programs = program::decode(programs, self.0.columns.len())?;
        let print = |f: fingerprint::Fingerprint| {
            [f64::from(f.key as u32), f64::from((f.key >> 32) as u32), f.mean, f.deviation, f.coverage]
        };
        Ok(fingerprint::fingerprints(&programs, &self.0)?.into_iter().flat_map(print).collect())
    }
}

/// Room for the values of a few programs, kept in this instance and used again.
#[wasm_bindgen]
pub struct Values {
    rows: usize,
    values: Vec<f32>,
}

#[wasm_bindgen]
impl Values {
    /// Room for `programs` columns of `rows` rows.
    #[wasm_bindgen(constructor)]
    pub fn new(programs: usize, rows: usize) -> Result<Values, JsValue> {
        match programs.checked_mul(rows).filter(|&n| n <= 1 << 28) {
            Some(n) => Ok(Values { rows, values: vec![f32::NAN; n] }),
            None => {
                Err(Error::usage(format!("values: expected at most 2^28, got {programs} times {rows}"))
                    .into())
            }
        }
    }

    /// Evaluates as many programs as there is room for; without `share` each computes all of its own subtrees.
    pub fn evaluate(&mut self, shard: &Shard, programs: &[u32], share: bool) -> Result<(), JsValue> {
        let programs = program::decode(programs, shard.0.columns.len())?;
        Ok(eval::columns_into(&programs, share, &shard.0, &mut self.values)?)
    }

    /// A copy of the values of program `at`, NaN for null.
    pub fn column(&self, at: usize) -> Vec<f32> {
        self.values.chunks(self.rows.max(1)).nth(at).unwrap_or(&[]).to_vec()
    }
}

/// Forward log returns of one symbol's rows, and the last row that each has seen.
#[wasm_bindgen]
pub struct Labels(label::Labels);

#[wasm_bindgen]
impl Labels {
    /// `ts` in µs; `horizon` in the unit `us`, `trades` or `bars` (minutes); a label that would cross a hole of
    /// more than `gap_reset_min` whole minutes, or the end of the data, is null.
    #[wasm_bindgen(constructor)]
    pub fn new(
        ts: &[i64],
        price: &[f64],
        unit: &str,
        horizon: f64,
        gap_reset_min: u32,
    ) -> Result<Labels, JsValue> {
        if ts.len() != price.len() {
            return Err(
                Error::usage(format!("price: expected {} rows, got {}", ts.len(), price.len())).into()
            );
        }
        if !(1.0..=1e15).contains(&horizon) {
            return Err(Error::usage(format!("horizon: expected 1 to 1e15, got {horizon}")).into());
        }
        let horizon = match unit {
            "us" => label::Horizon::Micros(horizon as i64),
            "trades" => label::Horizon::Trades(horizon as usize),
            "bars" => label::Horizon::Bars(horizon as i64),
            _ => return Err(Error::usage(format!("horizon: expected us, trades or bars, got {unit}")).into()),
        };
        Ok(Labels(label::forward_returns(ts, price, horizon, i64::from(gap_reset_min))))
    }

    /// Log return of each row, NaN for none.
    pub fn values(&self) -> Vec<f64> {
        self.0.value.clone()
    }

    /// The last row of each label's span, 0xffffffff for none.
    #[wasm_bindgen(js_name = endRows)]
    pub fn end_rows(&self) -> Vec<u32> {
        self.0.end_row.clone()
    }
}

/// The average uniqueness of each label given the last row of its span (0xffffffff: no label, 0): its weight.
/// The sum is the effective number of observations.
#[wasm_bindgen]
pub fn uniqueness(end_rows: &[u32]) -> Vec<f64> {
    label::uniqueness(end_rows)
}

/// What generated formulas may be made of.
#[wasm_bindgen]
pub struct Vocabulary(vary::Vocabulary);

#[wasm_bindgen]
impl Vocabulary {
    /// `kinds` has the code of each column's kind (its place in the table's `kinds`), `terminals` the columns to
    /// draw from, `operators` codes, `windows` rows.
    #[wasm_bindgen(constructor)]
    pub fn new(
        kinds: &[u8],
        terminals: Vec<u32>,
        operators: &[u8],
        windows: Vec<u16>,
        max_nodes: usize,
        max_depth: usize,
    ) -> Result<Vocabulary, JsValue> {
        let kind = |&k: &u8| {
            op::KINDS[..5]
                .get(k as usize)
                .map(|k| k.0)
                .ok_or_else(|| Error::usage(format!("kinds: expected 0 to 4, got {k}")))
        };
        let operator = |&c: &u8| {
            op::Op::from_code(c)
                .ok_or_else(|| Error::usage(format!("operators: expected a code of the table, got {c}")))
        };
        let vocabulary = vary::Vocabulary {
            kinds: kinds.iter().map(kind).collect::<Result<_, Error>>()?,
            terminals,
            operators: operators.iter().map(operator).collect::<Result<_, Error>>()?,
            windows,
            max_nodes,
            max_depth,
        };
        vocabulary.check()?;
        Ok(Vocabulary(vocabulary))
    }

    /// New formulas: `tasks` holds for each `[variation, first parent, second parent]`, parents by their place in
    /// `parents` (ignored where the variation takes none). The i-th is individual `first + i` of the generation.
    pub fn vary(
        &self,
        parents: &[u32],
        tasks: &[u32],
        seed: f64,
        generation: u32,
        first: u32,
    ) -> Result<Vec<u32>, JsValue> {
        let parents = program::decode(parents, self.0.kinds.len())?;
        Ok(program::encode(&vary::vary_all(
            &self.0,
            &parents,
            tasks,
            seed as u64,
            u64::from(generation),
            u64::from(first),
        )?))
    }

    /// Whether each program keeps to the kinds (people's formulas need not).
    pub fn typed(&self, programs: &[u32]) -> Result<Vec<u8>, JsValue> {
        let programs = program::decode(programs, self.0.kinds.len())?;
        Ok(programs.iter().map(|p| u8::from(self.0.kind(p).is_some())).collect())
    }
}
