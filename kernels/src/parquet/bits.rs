//! The bit-level encodings of Parquet: variable-length integers, the hybrid of runs and packed bits
//! (definition levels, dictionary indices) and DELTA_BINARY_PACKED. Source: Apache Parquet, Encodings.md.

/// Appends an unsigned LEB128 integer.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed integer, small magnitudes short.
pub fn zigzag(out: &mut Vec<u8>, value: i64) {
    varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Bits that the largest value needs.
pub fn width_of(largest: u64) -> u32 {
    64 - largest.leading_zeros()
}

/// Packs values of `width` bits one behind the other, the lowest bit first; the last byte is filled with zeros.
fn pack(out: &mut Vec<u8>, values: &[u64], width: u32) {
    let (mut held, mut bits) = (0u128, 0u32);
    for &value in values {
        held |= u128::from(value) << bits;
        bits += width;
        if bits >= 64 {
            out.extend_from_slice(&(held as u64).to_le_bytes());
            held >>= 64;
            bits -= 64;
        }
    }
    out.extend_from_slice(&held.to_le_bytes()[..bits.div_ceil(8) as usize]);
}

/// [`pack`] for values below 2^32, the common case.
fn pack_narrow(out: &mut Vec<u8>, values: impl Iterator<Item = u32>, width: u32) {
    let (mut held, mut bits) = (0u64, 0u32);
    for value in values {
        held |= u64::from(value) << bits;
        bits += width;
        if bits >= 32 {
            out.extend_from_slice(&(held as u32).to_le_bytes());
            held >>= 32;
            bits -= 32;
        }
    }
    out.extend_from_slice(&held.to_le_bytes()[..bits.div_ceil(8) as usize]);
}

/// Appends one run of the hybrid encoding.
pub fn run(out: &mut Vec<u8>, value: u32, length: usize, width: u32) {
    varint(out, (length as u64) << 1);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Appends `length` values as one packed stretch of the hybrid encoding; a reader drops what fills the last group.
pub fn packed(out: &mut Vec<u8>, values: impl Iterator<Item = u32>, length: usize, width: u32) {
    let groups = length.div_ceil(8);
    varint(out, ((groups as u64) << 1) | 1);
    let start = out.len();
    pack_narrow(out, values, width);
    out.resize(start + groups * width as usize, 0);
}

const BLOCK: usize = 128;
const MINIBLOCK: usize = 32;

/// DELTA_BINARY_PACKED. Differences wrap, as the format says, so that any i64 will do.
pub fn delta(out: &mut Vec<u8>, values: &[i64]) {
    varint(out, BLOCK as u64);
    varint(out, (BLOCK / MINIBLOCK) as u64);
    varint(out, values.len() as u64);
    zigzag(out, values.first().copied().unwrap_or(0));
    for start in (1..values.len()).step_by(BLOCK) {
        delta_block(out, &values[start - 1..values.len().min(start + BLOCK)]);
    }
}

/// One block: the value before it, and its own.
fn delta_block(out: &mut Vec<u8>, values: &[i64]) {
    let mut deltas = [0i64; BLOCK];
    let count = values.len() - 1;
    for (delta, pair) in deltas.iter_mut().zip(values.windows(2)) {
        *delta = pair[1].wrapping_sub(pair[0]);
    }
    let least = deltas[..count].iter().copied().min().unwrap_or(0);
    zigzag(out, least);
    let mut above = [0u64; BLOCK];
    for (above, delta) in above.iter_mut().zip(&deltas[..count]) {
        *above = delta.wrapping_sub(least) as u64;
    }
    let widths_at = out.len();
    out.extend_from_slice(&[0; BLOCK / MINIBLOCK]);
    for m in 0..count.div_ceil(MINIBLOCK) {
        let mini = &above[m * MINIBLOCK..(m + 1) * MINIBLOCK];
        let width = width_of(mini.iter().fold(0, |bits, value| bits | value));
        out[widths_at + m] = width as u8;
        match width {
            0 => {}
            1..=32 => pack_narrow(out, mini.iter().map(|v| *v as u32), width),
            _ => pack(out, mini, width),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `count` values of `width` bits off bytes.
    fn unpack(bytes: &[u8], width: u32, count: usize) -> Vec<u64> {
        let bit = |i: usize| u64::from(bytes[i / 8] >> (i % 8) & 1);
        (0..count).map(|i| (0..width as usize).map(|b| bit(i * width as usize + b) << b).sum()).collect()
    }

    #[test]
    fn packed_bits_unpack_for_every_width() {
        for width in 1..=64u32 {
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let values: Vec<u64> = (0..32u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask).collect();
            let mut out = Vec::new();
            pack(&mut out, &values, width);
            assert_eq!(out.len(), 4 * width as usize);
            assert_eq!(unpack(&out, width, 32), values);
            if width <= 32 {
                let mut narrow = Vec::new();
                pack_narrow(&mut narrow, values.iter().map(|v| *v as u32), width);
                assert_eq!(narrow, out);
            }
        }
    }

    #[test]
    fn the_example_of_the_format() {
        // Encodings.md: the numbers 0 … 7 in three bits.
        let mut out = Vec::new();
        packed(&mut out, 0..8, 8, 3);
        assert_eq!(out, [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn a_packed_stretch_is_filled_to_whole_groups() {
        let mut out = Vec::new();
        packed(&mut out, [1, 0, 1].into_iter(), 3, 1);
        assert_eq!(out, [3, 0b101]);
    }
}
