//! Random programs and columns for the tests of this folder.

use super::op::{Op, TABLE};
use super::program::{Node, Program};
use super::random::Draw;

/// A program of any operators over `columns` columns, kinds disregarded.
pub fn program(draw: &mut Draw, columns: usize, depth: usize) -> Program {
    if depth == 0 || draw.one_in(5) {
        let constant = draw.one_in(4);
        return Program::leaf(if constant {
            any_constant(draw)
        } else {
            Node::Column(draw.below(columns) as u32)
        });
    }
    let op = TABLE[draw.below(TABLE.len())].op;
    let operands: Vec<Program> = (0..op.arity()).map(|_| program(draw, columns, depth - 1)).collect();
    Program::apply(op, window(draw, op, 40), &operands)
}

pub fn window(draw: &mut Draw, op: Op, most: usize) -> u16 {
    let least = op.entry().min_window;
    if op.windowed() { least + draw.below(most - least as usize) as u16 } else { 0 }
}

fn any_constant(draw: &mut Draw) -> Node {
    Node::Constant(match draw.below(5) {
        0 => draw.below(7) as f64 - 3.0,
        1 => f64::from_bits(draw.bits() & !(1 << 62)),
        2 => -0.0,
        _ => draw.normal(),
    })
}

/// A column with some nulls, ties and runs of equal values.
pub fn column(draw: &mut Draw, rows: usize, one_null_in: usize) -> Vec<f32> {
    let mut last = 0.0;
    let mut value = |draw: &mut Draw| {
        last = match draw.below(8) {
            0 => draw.below(4) as f32,
            1 => last,
            _ => draw.normal() as f32,
        };
        if draw.one_in(one_null_in) { f32::NAN } else { last }
    };
    (0..rows).map(|_| value(draw)).collect()
}
