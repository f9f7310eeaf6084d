//! XXH64 (Yann Collet, xxHash specification 0.1.1), the checksum at the end of zstd frames.

const P1: u64 = 0x9E37_79B1_85EB_CA87;
const P2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const P3: u64 = 0x1656_67B1_9E37_79F9;
const P4: u64 = 0x85EB_CA77_C2B2_AE63;
const P5: u64 = 0x27D4_EB2F_1656_67C5;

/// Bytes that the four lanes take at once.
const STRIPE: usize = 32;

/// The digest of bytes that come in pieces, with seed 0.
#[derive(Clone, Debug)]
pub struct Xxh64 {
    lanes: [u64; 4],
    held: Vec<u8>,
    length: u64,
}

impl Default for Xxh64 {
    fn default() -> Self {
        let lanes = [P1.wrapping_add(P2), P2, 0, 0u64.wrapping_sub(P1)];
        Xxh64 { lanes, held: Vec::with_capacity(STRIPE), length: 0 }
    }
}

impl Xxh64 {
    pub fn update(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let fill = if self.held.is_empty() { 0 } else { bytes.len().min(STRIPE - self.held.len()) };
        self.held.extend_from_slice(&bytes[..fill]);
        if self.held.len() == STRIPE {
            let whole = std::mem::take(&mut self.held);
            self.stripes(&whole);
        }
        let rest = self.stripes(&bytes[fill..]).to_vec();
        self.held.extend(rest);
    }

    /// Takes whole stripes; answers what is left.
    fn stripes<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (stripes, rest) = bytes.as_chunks::<STRIPE>();
        for stripe in stripes {
            let (words, _) = stripe.as_chunks::<8>();
            for (lane, word) in self.lanes.iter_mut().zip(words) {
                *lane = round(*lane, u64::from_le_bytes(*word));
            }
        }
        rest
    }

    pub fn digest(&self) -> u64 {
        let mut hash = if self.length >= STRIPE as u64 {
            let joined = [1, 7, 12, 18]
                .iter()
                .zip(self.lanes)
                .fold(0u64, |sum, (turn, lane)| sum.wrapping_add(lane.rotate_left(*turn)));
            self.lanes
                .iter()
                .fold(joined, |hash, lane| (hash ^ round(0, *lane)).wrapping_mul(P1).wrapping_add(P4))
        } else {
            P5
        };
        hash = hash.wrapping_add(self.length);
        let (words, rest) = self.held.as_chunks::<8>();
        for word in words {
            hash = (hash ^ round(0, u64::from_le_bytes(*word)))
                .rotate_left(27)
                .wrapping_mul(P1)
                .wrapping_add(P4);
        }
        let (halves, rest) = rest.as_chunks::<4>();
        for half in halves {
            let half = u64::from(u32::from_le_bytes(*half));
            hash = (hash ^ half.wrapping_mul(P1)).rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
        }
        for byte in rest {
            hash = (hash ^ u64::from(*byte).wrapping_mul(P5)).rotate_left(11).wrapping_mul(P1);
        }
        avalanche(hash)
    }
}

fn round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1)
}

fn avalanche(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(P2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(P3);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(bytes: &[u8]) -> u64 {
        let mut sum = Xxh64::default();
        sum.update(bytes);
        sum.digest()
    }

    #[test]
    fn published_digests() {
        assert_eq!(digest(b""), 0xEF46_DB37_51D8_E999);
        assert_eq!(digest(b"a"), 0xD24E_C4F1_A98C_6E5B);
        assert_eq!(digest(b"abc"), 0x44BC_2CF5_AD77_0999);
        assert_eq!(digest(b"123456789"), 0x8CB8_41DB_40E6_AE83);
        // What `zstd --check` wrote behind these bytes.
        let text: Vec<u8> = (0..1000u32).flat_map(|i| format!("{i},").into_bytes()).collect();
        assert_eq!(digest(&text) as u32, ZSTD_OF_TEXT);
    }

    const ZSTD_OF_TEXT: u32 = 0xD17E_31EA;

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let bytes: Vec<u8> = (0..211u32).map(|i| (i * i % 251) as u8).collect();
        for cut in 0..=bytes.len() {
            for second in [cut, (cut + 5).min(bytes.len()), (cut + 40).min(bytes.len())] {
                let mut sum = Xxh64::default();
                for piece in [&bytes[..cut], &bytes[cut..second], &bytes[second..]] {
                    sum.update(piece);
                }
                assert_eq!(sum.digest(), digest(&bytes), "{cut} {second}");
            }
        }
    }
}
