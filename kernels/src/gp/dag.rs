//! A population as a directed graph: identical subtrees once, operands of commutative operators in one
//! order; and the plan that computes a chunk of it tile by tile in buffers reused by liveness.

use super::decay::remembers;
use super::op::Op;
use super::pointwise::{Fused, Shape, TILE, fuses};
use super::program::{Node, Program};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Formulas of one plan: their live buffers stay within the second-level cache.
pub const CHUNK: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    Column(u32),
    /// The bits of an f32.
    Constant(u32),
    Apply(Op, u16),
}

const NO_ARG: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Value {
    source: Source,
    args: [u32; 4],
}

/// A quick hash of a few words: populations are our own, nobody chooses collisions.
#[derive(Default)]
struct Mixing(u64);

impl Hasher for Mixing {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|&word| self.write_u64(u64::from_le_bytes(word)));
        rest.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }

    fn write_u16(&mut self, x: u16) {
        self.write_u64(u64::from(x));
    }

    fn write_u32(&mut self, x: u32) {
        self.write_u64(u64::from(x));
    }

    fn write_u64(&mut self, x: u64) {
        self.0 = (self.0.rotate_left(26) ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

/// The distinct values of a population, operands before what uses them.
#[derive(Default)]
pub struct Dag {
    values: Vec<Value>,
    index: HashMap<Value, u32, BuildHasherDefault<Mixing>>,
    uses: Vec<u32>,
    sizes: Vec<u32>,
    /// The value of each program.
    pub roots: Vec<u32>,
}

impl Dag {
    /// The graph of valid programs; without `share` every operator keeps its own value.
    pub fn new(programs: &[Program], share: bool) -> Dag {
        let mut dag = Dag::default();
        for p in programs {
            let root = dag.add(p, share);
            dag.roots.push(root);
        }
        dag
    }

    fn add(&mut self, program: &Program, share: bool) -> u32 {
        let mut stack: Vec<u32> = Vec::new();
        for &node in &program.nodes {
            let mut args = [NO_ARG; 4];
            let at = stack.len() - node.arity();
            for (slot, id) in args.iter_mut().zip(stack.drain(at..)) {
                *slot = id;
            }
            let source = match node {
                Node::Column(c) => Source::Column(c),
                Node::Constant(x) => Source::Constant((x as f32).to_bits()),
                Node::Apply(op, n) => Source::Apply(op, n),
            };
            stack.push(self.intern(source, args, share));
        }
        stack[0]
    }

    fn intern(&mut self, source: Source, mut args: [u32; 4], share: bool) -> u32 {
        if let Source::Apply(op, _) = source
            && op.entry().commutative
            && args[0] > args[1]
        {
            args.swap(0, 1);
        }
        let value = Value { source, args };
        let is_leaf = !matches!(source, Source::Apply(..));
        if (share || is_leaf)
            && let Some(&id) = self.index.get(&value)
        {
            return id;
        }
        let id = self.values.len() as u32;
        let used = args.into_iter().filter(|&a| a != NO_ARG);
        self.sizes.push(1 + used.clone().map(|a| self.sizes[a as usize]).sum::<u32>());
        used.for_each(|a| self.uses[a as usize] += 1);
        self.uses.push(0);
        self.values.push(value);
        self.index.insert(value, id);
        id
    }

    /// Operators of the graph; of a population without sharing as many as its formulas have.
    pub fn operators(&self) -> usize {
        self.values.iter().filter(|v| matches!(v.source, Source::Apply(..))).count()
    }

    /// The programs in chunks, those with the same largest shared subtree side by side.
    pub fn chunks(&self) -> Vec<Vec<u32>> {
        let mut largest_shared = vec![NO_ARG; self.values.len()];
        for (i, v) in self.values.iter().enumerate() {
            let own = (self.uses[i] > 1 && self.sizes[i] > 1).then_some(i as u32);
            let below = v.args.iter().filter(|&&a| a != NO_ARG).map(|&a| largest_shared[a as usize]);
            largest_shared[i] = own
                .or(below.filter(|&s| s != NO_ARG).max_by_key(|&s| (self.sizes[s as usize], s)))
                .unwrap_or(NO_ARG);
        }
        let mut order: Vec<u32> = (0..self.roots.len() as u32).collect();
        order.sort_by_key(|&p| (largest_shared[self.roots[p as usize] as usize], p));
        order.chunks(CHUNK).map(<[u32]>::to_vec).collect()
    }
}

/// Where a step reads: a column, a constant, or a tile of the arena (an offset in values; what windows
/// need lies before it).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    Nothing,
    Column(u32),
    Constant(f32),
    Buffer(usize),
}

/// One instruction of the register machine.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Apply {
        op: Op,
        window: u16,
        args: [Operand; 4],
        out: usize,
    },
    /// Two or three operators in one pass; every operand is a column or a buffer.
    Fused {
        ops: Fused,
        args: [Operand; 4],
        out: usize,
    },
    /// A constant that a window looks at.
    Fill {
        value: f32,
        out: usize,
    },
    /// The value of a program is complete.
    Root {
        program: u32,
        value: Operand,
    },
}

/// A buffer that keeps rows of earlier tiles: where its tile is, how many rows it keeps before it, and its lead.
#[derive(Clone, Copy, Debug)]
pub struct History {
    pub at: usize,
    pub kept: usize,
    pub lead: usize,
}

/// The steps of one chunk, run once a tile.
#[derive(Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Of each step its lead: in how many tiles before one that counts it must run too, for later windows.
    pub leads: Vec<usize>,
    pub histories: Vec<History>,
    /// Distinct values, those read in place included, with a lead of at least 0, 1, ….
    pub values: Vec<usize>,
    /// Tiles that hold a constant throughout: offset and value.
    pub constants: Vec<(usize, f32)>,
    /// Values in the arena.
    pub arena: usize,
    /// Tiles to run before one whose values count.
    pub warm_tiles: usize,
    /// Rows before such a tile that columns must have (none are needed before row 0).
    pub halo: usize,
}

impl Plan {
    /// The plan of the given programs of the graph.
    pub fn new(dag: &Dag, programs: &[u32]) -> Plan {
        Planner::new(dag, programs).plan(programs)
    }
}

struct Planner<'a> {
    dag: &'a Dag,
    /// Uses that are still to come, by value; 0 for values of other chunks.
    pending: Vec<u32>,
    /// Rows of the past that windows ask of a value, and the lead that follows.
    kept: Vec<usize>,
    lead: Vec<usize>,
    /// Buffers that a subtree needs at once (Sethi–Ullman).
    need: Vec<u32>,
    place: Vec<Option<Operand>>,
    /// Used by one operator alone and fit to be computed with it.
    fusible: Vec<bool>,
    free: Vec<usize>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(dag: &'a Dag, programs: &[u32]) -> Self {
        let n = dag.values.len();
        let mut planner = Planner {
            dag,
            pending: vec![0; n],
            kept: vec![0; n],
            lead: vec![0; n],
            need: vec![0; n],
            place: vec![None; n],
            fusible: vec![false; n],
            free: Vec::new(),
            plan: Plan::default(),
        };
        planner.count_uses(programs);
        planner.measure();
        planner.find_leads();
        planner.find_fusible(programs);
        planner
    }

    fn args(&self, id: u32) -> impl Iterator<Item = u32> + use<> {
        self.dag.values[id as usize].args.into_iter().take_while(|&a| a != NO_ARG)
    }

    /// Counts uses by operators and by programs; a program's own root is not fusible.
    fn count_uses(&mut self, programs: &[u32]) {
        let mut seen = vec![false; self.dag.values.len()];
        for &p in programs {
            let root = self.dag.roots[p as usize];
            self.pending[root as usize] += 1;
            let mut todo = vec![root];
            while let Some(id) = todo.pop() {
                if std::mem::replace(&mut seen[id as usize], true) {
                    continue;
                }
                for a in self.args(id) {
                    self.pending[a as usize] += 1;
                    todo.push(a);
                }
            }
        }
    }

    /// What each value asks of the past and of buffers, operands first.
    fn measure(&mut self) {
        let mut halo = vec![0usize; self.dag.values.len()];
        for (i, v) in self.dag.values.iter().enumerate() {
            let Source::Apply(op, n) = v.source else { continue };
            if self.pending[i] == 0 {
                continue;
            }
            let (tiles, kept) = (op.warm_tiles(n as usize, TILE), op.kept(n as usize));
            let mut needs: Vec<u32> = Vec::with_capacity(4);
            for a in v.args.into_iter().take_while(|&a| a != NO_ARG).map(|a| a as usize) {
                halo[i] = halo[i].max(halo[a] + tiles * TILE);
                // Whatever keeps rows gets a tile, a constant too, that nothing else takes.
                self.kept[a] = self.kept[a].max(kept);
                needs.push(self.need[a]);
            }
            needs.sort_unstable_by(|a, b| b.cmp(a));
            self.need[i] = needs.iter().zip(0..).map(|(n, k)| n + k).max().unwrap_or(0).max(1);
            self.plan.halo = self.plan.halo.max(halo[i]);
        }
    }

    /// What later windows look back on, users first. Columns are there; a step that remembers its own earlier
    /// tiles runs in them itself.
    fn find_leads(&mut self) {
        for i in (0..self.dag.values.len()).rev().filter(|&i| self.pending[i] > 0) {
            let Source::Apply(op, n) = self.dag.values[i].source else { continue };
            let reads = |a: u32| !matches!(self.dag.values[a as usize].source, Source::Column(_));
            let computed: Vec<u32> = self.args(i as u32).filter(|&a| reads(a)).collect();
            let below = self.lead[i] + op.warm_tiles(n as usize, TILE);
            if remembers(op) && !computed.is_empty() {
                self.lead[i] = below;
            }
            for a in computed {
                self.lead[a as usize] = self.lead[a as usize].max(below);
            }
        }
        let used = || (0..self.lead.len()).filter(|&i| self.pending[i] > 0);
        let longest = used().map(|i| self.lead[i]).max().unwrap_or(0);
        self.plan.warm_tiles = longest;
        self.plan.values = (0..=longest).map(|d| used().filter(|&i| self.lead[i] >= d).count()).collect();
    }

    fn find_fusible(&mut self, programs: &[u32]) {
        for (i, v) in self.dag.values.iter().enumerate() {
            let fits = matches!(v.source, Source::Apply(op, _) if fuses(op));
            self.fusible[i] = fits && self.pending[i] == 1 && self.kept[i] == 0;
        }
        for &p in programs {
            self.fusible[self.dag.roots[p as usize] as usize] = false;
        }
    }

    /// The operands that are computed in one pass with `id`.
    fn absorbed(&self, id: u32) -> [bool; 2] {
        match self.dag.values[id as usize].source {
            Source::Apply(op, _) if fuses(op) => {
                let [a, b, ..] = self.dag.values[id as usize].args;
                [self.fusible[a as usize], self.fusible[b as usize]]
            }
            _ => [false; 2],
        }
    }

    /// What must be there before `id` is computed: its operands, or theirs where they are absorbed.
    fn inputs(&self, id: u32) -> Vec<u32> {
        let absorbed = self.absorbed(id);
        let mut inputs = Vec::with_capacity(4);
        for (k, a) in self.args(id).enumerate() {
            if k < 2 && absorbed[k] { inputs.extend(self.args(a)) } else { inputs.push(a) }
        }
        inputs
    }

    fn plan(mut self, programs: &[u32]) -> Plan {
        for &p in programs {
            let root = self.dag.roots[p as usize];
            self.emit(root);
            let value = self.place[root as usize].expect("emitted");
            self.push(Step::Root { program: p, value }, 0);
            self.release(root);
        }
        self.plan
    }

    /// Emits what `root` needs and is not there yet, the operand that needs most buffers first.
    fn emit(&mut self, root: u32) {
        let mut todo = vec![(root, false)];
        while let Some((id, ready)) = todo.pop() {
            if self.place[id as usize].is_some() {
                continue;
            }
            if ready {
                self.emit_value(id);
                continue;
            }
            todo.push((id, true));
            let mut args = self.inputs(id);
            args.sort_by_key(|&a| self.need[a as usize]);
            todo.extend(args.into_iter().map(|a| (a, false)));
        }
    }

    fn emit_value(&mut self, id: u32) {
        let value = self.dag.values[id as usize];
        let windowed_over = self.kept[id as usize] > 0;
        let place = match value.source {
            Source::Column(c) => Operand::Column(c),
            Source::Constant(bits) if windowed_over => {
                let out = self.allocate(id);
                self.push(Step::Fill { value: f32::from_bits(bits), out }, self.lead[id as usize]);
                Operand::Buffer(out)
            }
            Source::Constant(bits) => Operand::Constant(f32::from_bits(bits)),
            Source::Apply(op, window) => self.emit_operator(id, op, window),
        };
        self.place[id as usize] = Some(place);
    }

    fn emit_operator(&mut self, id: u32, op: Op, window: u16) -> Operand {
        let absorbed = self.absorbed(id);
        let mut inputs = self.inputs(id);
        if absorbed == [false, true] {
            // The absorbed operand comes first: top(c, left(a, b)).
            inputs.rotate_left(1);
        }
        let mut args = [Operand::Nothing; 4];
        for (slot, &a) in args.iter_mut().zip(&inputs) {
            *slot = self.place[a as usize].expect("operands come first");
        }
        if absorbed != [false; 2] {
            args = args.map(|a| self.in_memory(a));
        }
        inputs.iter().for_each(|&a| self.release(a));
        let out = self.allocate(id);
        let step = match self.fused(id, op, absorbed) {
            Some(ops) => Step::Fused { ops, args, out },
            None => Step::Apply { op, window, args, out },
        };
        self.push(step, self.lead[id as usize]);
        Operand::Buffer(out)
    }

    fn push(&mut self, step: Step, lead: usize) {
        self.plan.steps.push(step);
        self.plan.leads.push(lead);
    }

    fn fused(&self, id: u32, top: Op, absorbed: [bool; 2]) -> Option<Fused> {
        let [a, b, ..] = self.dag.values[id as usize].args;
        let op_of = |id: u32| match self.dag.values[id as usize].source {
            Source::Apply(op, _) => op,
            _ => top,
        };
        match absorbed {
            [true, true] => Some(Fused { shape: Shape::Both, top, left: op_of(a), right: op_of(b) }),
            [true, false] => Some(Fused { shape: Shape::Left, top, left: op_of(a), right: top }),
            [false, true] => Some(Fused { shape: Shape::Right, top, left: op_of(b), right: top }),
            [false, false] => None,
        }
    }

    /// The operand itself, or a tile that holds the constant.
    fn in_memory(&mut self, operand: Operand) -> Operand {
        let Operand::Constant(x) = operand else { return operand };
        let same = |(_, y): &&(usize, f32)| y.to_bits() == x.to_bits();
        if let Some(&(at, _)) = self.plan.constants.iter().find(same) {
            return Operand::Buffer(at);
        }
        let at = self.plan.arena;
        self.plan.arena += TILE;
        self.plan.constants.push((at, x));
        Operand::Buffer(at)
    }

    /// A tile in the arena: the last one freed, or a new one; with its past before it where kept.
    fn allocate(&mut self, id: u32) -> usize {
        let kept = self.kept[id as usize].next_multiple_of(4);
        if kept == 0
            && let Some(out) = self.free.pop()
        {
            return out;
        }
        let out = self.plan.arena + kept;
        self.plan.arena = out + TILE;
        if kept > 0 {
            let lead = self.lead[id as usize];
            self.plan.histories.push(History { at: out, kept, lead });
        }
        out
    }

    /// One use of a value is done; after the last its buffer may be taken, unless it keeps a past.
    fn release(&mut self, id: u32) {
        let id = id as usize;
        self.pending[id] -= 1;
        if self.pending[id] == 0
            && self.kept[id] == 0
            && let Some(Operand::Buffer(out)) = self.place[id]
        {
            self.free.push(out);
        }
    }
}
