//! Normal random numbers: Box-Muller on counter-based words, a block at a time.
//!
//! z = sqrt(-2 ln u) (sin, cos)(2 pi v) with 31 random bits in u and 32 in v: exactly normal but for the grid, reaching
//! to sqrt(-2 ln 2^-32) = 6.66 standard deviations (Box and Muller 1958).

use super::philox::{Counter, philox_block, uniform};
use crate::numeric::{self, BLOCK, Kernel, dispatch};

const QUARTER: usize = BLOCK / 4;
const HALF: usize = BLOCK / 2;

/// The standard normal numbers `BLOCK block` to `BLOCK block + BLOCK - 1` of that counter's sequence.
///
/// All radii come first, then all angles: the many steps of one logarithm wait for each other, those of several don't.
#[inline(always)]
pub fn normal_block(seed: u64, counter: Counter, block: u32, out: &mut [f32; BLOCK]) {
    let mut words = [[0; QUARTER]; 4];
    philox_block(seed, counter, block, &mut words);
    let words = words.as_flattened();
    let mut radius = [0.0; HALF];
    for i in 0..HALF {
        radius[i] = (-2.0f32 * numeric::ln(uniform(words[i]))).sqrt();
    }
    for i in 0..HALF {
        let (sine, cosine) = numeric::sin_cos_turns(words[HALF + i]);
        out[i] = radius[i] * sine;
        out[HALF + i] = radius[i] * cosine;
    }
}

/// Fills `out` with the first standard normal numbers of that counter's sequence.
pub fn fill_normals(kernel: Kernel, seed: u64, counter: Counter, out: &mut [f32]) {
    dispatch!(kernel, fill(seed: u64, counter: Counter, out: &mut [f32]));
}

#[inline(always)]
fn fill(seed: u64, counter: Counter, out: &mut [f32]) {
    let mut numbers = [0.0; BLOCK];
    for (block, chunk) in out.chunks_mut(BLOCK).enumerate() {
        normal_block(seed, counter, block as u32, &mut numbers);
        chunk.copy_from_slice(&numbers[..chunk.len()]);
    }
}
