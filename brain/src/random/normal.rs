//! Normal random numbers: Box-Muller on counter-based words, a block at a time.
//!
//! z = sqrt(-2 ln u) (sin, cos)(2 pi v) with 31 random bits in u and 32 in v: exactly normal but for the grid, reaching
//! to sqrt(-2 ln 2^-32) = 6.66 standard deviations (Box and Muller 1958).

use super::philox::{Counter, philox_block, uniform};
use crate::numeric::{self, BLOCK, Kernel, dispatch};

const QUARTER: usize = BLOCK / 4;

/// The standard normal numbers `BLOCK block` to `BLOCK block + BLOCK - 1` of that counter's sequence.
#[inline(always)]
pub fn normal_block(seed: u64, counter: Counter, block: u32, out: &mut [f32; BLOCK]) {
    let mut words = [[0; QUARTER]; 4];
    philox_block(seed, counter, block, &mut words);
    for half in 0..2 {
        for i in 0..QUARTER {
            let radius = (-2.0f32 * numeric::ln(uniform(words[2 * half][i]))).sqrt();
            let (sine, cosine) = numeric::sin_cos_turns(words[2 * half + 1][i]);
            out[2 * half * QUARTER + i] = radius * sine;
            out[(2 * half + 1) * QUARTER + i] = radius * cosine;
        }
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
