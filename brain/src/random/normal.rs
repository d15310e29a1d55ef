//! Normal random numbers: Box-Muller on counter-based words, a block at a time.
//!
//! z = sqrt(-2 ln u) (sin, cos)(2 pi v) with 31 random bits in u (as many as an `f32` holds of them) and 32 in v: exactly normal but for the grid, reaching
//! to sqrt(-2 ln 2^-32) = 6.66 standard deviations (Box and Muller 1958).

use super::philox::{Counter, Philox};
use crate::numeric::{self, BLOCK, Kernel, dispatch};

const QUARTER: usize = BLOCK / 4;
const HALF: usize = BLOCK / 2;

/// The standard normal numbers `BLOCK block` to `BLOCK block + BLOCK - 1` of that generator's sequence.
///
/// All radii come first, then all angles: the many steps of one logarithm wait for each other, those of several don't.
#[inline(always)]
pub fn normal_block(generator: &Philox, block: u32, out: &mut [f32; BLOCK]) {
    let mut pairs = [[0; QUARTER]; 2];
    generator.pairs(block, &mut pairs);
    let [radii, angles] = &pairs;
    let mut radius = [0.0; HALF];
    for (radius, &word) in radius.iter_mut().zip(bytemuck::cast_slice(radii)) {
        *radius = numeric::minus_two_ln(word).sqrt();
    }
    let (first, second) = out.split_at_mut(HALF);
    for (((x, y), radius), &word) in first.iter_mut().zip(second).zip(radius).zip(bytemuck::cast_slice(angles)) {
        let point = numeric::unit_circle(word);
        [*x, *y] = point.map(|z| radius * z);
    }
}

/// Fills `out` with the first standard normal numbers of that counter's sequence.
pub fn fill_normals(kernel: Kernel, seed: u64, counter: Counter, out: &mut [f32]) {
    let generator = &Philox::new(seed, counter);
    dispatch!(kernel, fill(generator: &Philox, out: &mut [f32]));
}

#[inline(always)]
fn fill(generator: &Philox, out: &mut [f32]) {
    let mut numbers = [0.0; BLOCK];
    for (block, chunk) in out.chunks_mut(BLOCK).enumerate() {
        normal_block(generator, block as u32, &mut numbers);
        chunk.copy_from_slice(&numbers[..chunk.len()]);
    }
}
