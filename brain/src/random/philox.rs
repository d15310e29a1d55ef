//! Philox4x32, a counter-based generator: a keyed bijection of 128-bit counters.
//!
//! Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). Seven rounds are the fewest
//! that pass TestU01's BigCrush there; ten are its default with a margin. We use seven: every draw is of a fresh counter.

/// Rounds in use.
const ROUNDS: usize = 7;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// What a draw is for: the high 96 bits of the counter. The low 32 count within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Which stream, such as a purpose or a population.
    pub stream: u32,
    /// Which moment, such as a tick or an update.
    pub time: u64,
}

/// The generator of one seed, stream and moment: all but the low word of the counter, and the keys of all rounds.
#[derive(Clone, Copy, Debug)]
pub struct Philox {
    keys: [[u64; 2]; ROUNDS],
    high: [u64; 3],
}

impl Philox {
    /// Key and counter from a seed and what the numbers are for.
    pub fn new(seed: u64, counter: Counter) -> Philox {
        let keys = keys([seed as u32, (seed >> 32) as u32]);
        Philox { keys, high: [counter.time & LOW, counter.time >> 32, u64::from(counter.stream)] }
    }

    /// Four random words for each of `N` counters, those with low words `N block` to `N block + N - 1`: `pairs[0][i]` is word 0 of the
    /// `i`-th, with word 1 above it in the high half, `pairs[1][i]` words 2 and 3.
    #[inline(always)]
    pub fn pairs<const N: usize>(&self, block: u32, pairs: &mut [[u64; N]; 2]) {
        let [time, time_high, stream] = self.high;
        let first = u64::from(block.wrapping_mul(N as u32));
        for i in 0..N {
            let [a, b, c, d] = philox(&self.keys, [first + i as u64, time, time_high, stream]);
            pairs[0][i] = (a & LOW) | (b << 32);
            pairs[1][i] = (c & LOW) | (d << 32);
        }
    }
}

/// The words of [`Philox::pairs`] by number: `words[k][i]` is word `k` of the `i`-th counter.
#[inline(always)]
pub fn philox_block<const N: usize>(seed: u64, counter: Counter, block: u32, words: &mut [[u32; N]; 4]) {
    let mut pairs = [[0; N]; 2];
    Philox::new(seed, counter).pairs(block, &mut pairs);
    for i in 0..N {
        for (k, pairs) in pairs.iter().enumerate() {
            words[2 * k][i] = pairs[i] as u32;
            words[2 * k + 1][i] = (pairs[i] >> 32) as u32;
        }
    }
}

const LOW: u64 = 0xffff_ffff;

/// The bijection. Words are carried in the low halves of 64-bit lanes, where a vector multiplication takes and leaves them; what
/// stands in the high halves doesn't matter and is left there.
#[inline(always)]
fn philox<const R: usize>(keys: &[[u64; 2]; R], mut x: [u64; 4]) -> [u64; 4] {
    for key in keys {
        let p0 = (x[0] & LOW) * u64::from(MULTIPLIERS[0]);
        let p1 = (x[2] & LOW) * u64::from(MULTIPLIERS[1]);
        x = [(p1 >> 32) ^ x[1] ^ key[0], p1, (p0 >> 32) ^ x[3] ^ key[1], p0];
    }
    x
}

/// The keys of all rounds.
fn keys<const R: usize>(key: [u32; 2]) -> [[u64; 2]; R] {
    std::array::from_fn(|round| std::array::from_fn(|i| u64::from(key[i].wrapping_add(WEYL[i].wrapping_mul(round as u32)))))
}

/// A random word as a number in (0, 1], uniform: in steps of 2^-31, or of an `f32` where those are longer, 2^-24 near 1.
#[inline(always)]
pub fn uniform(word: u32) -> f32 {
    ((word >> 1) as i32 as f32 + 0.5) * (1.0 / 2_147_483_648.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of Random123's kat_vectors (philox4x32, 7 and 10 rounds).
    #[test]
    fn known_answers_hold() {
        fn philox<const R: usize>(key: [u32; 2], x: [u32; 4]) -> [u32; 4] {
            super::philox::<R>(&keys(key), x.map(u64::from)).map(|x| x as u32)
        }
        assert_eq!(philox::<7>([0, 0], [0; 4]), [0x5f6f_b709, 0x0d89_3f64, 0x4f12_1f81, 0x4f73_0a48]);
        assert_eq!(philox::<10>([0, 0], [0; 4]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox::<10>([u32::MAX; 2], [u32::MAX; 4]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = philox::<10>([0xa409_3822, 0x299f_31d0], [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344]);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn blocks_are_consecutive_counters() {
        let counter = Counter { stream: 3, time: 1 << 40 };
        let (mut wide, mut narrow) = ([[0; 16]; 4], [[0; 4]; 4]);
        philox_block(9, counter, 1, &mut wide);
        philox_block(9, counter, 6, &mut narrow);
        assert_eq!(wide[2][8..12], narrow[2]);
    }
}
