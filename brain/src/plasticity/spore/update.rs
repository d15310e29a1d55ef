//! The end of a Delta for a block of synapses: g, theta and w. Both forms call this, with the same noise.

use std::array;

use super::arrays::Arrays;
use super::coefficients::{Annealed, Coefficients};
use crate::numeric::{BLOCK, Real, WIDTH};
use crate::random::{Counter, normal_block};

/// Streams of the generator.
pub(super) const THETA_NOISE: u32 = 0x5350_0001;
pub(super) const GRADIENT_NOISE: u32 = 0x5350_0002;
pub(super) const THETA_INIT: u32 = 0x5350_0003;

/// Which numbers of the noise a block of synapses gets.
pub(super) struct Noise {
    pub seed: u64,
    /// Number of the Delta that ends.
    pub update: u64,
    pub block: u32,
}

/// theta of one block at the end of a Delta, and the noise on g. Returns whether any synapse is to be retracted or to form again:
/// then theta and w disagree on it until [`renew_weights`].
#[inline(always)]
pub(super) fn renew_theta<T: Real>(
    synapses: &mut Arrays<T>,
    of: &Noise,
    c: &Coefficients<T>,
    annealed: &Annealed<T>,
) -> bool {
    let Arrays { theta, g, w, .. } = synapses;
    let range = of.block as usize * BLOCK..(of.block as usize + 1) * BLOCK;
    let (theta, _) = theta[range.clone()].as_chunks_mut::<WIDTH>();
    let (g, _) = g[range.clone()].as_chunks_mut::<WIDTH>();
    let (w, _) = w[range].as_chunks::<WIDTH>();
    let zero = T::of(0.0);
    let mut numbers = [0.0; BLOCK];
    if annealed.gradient_noise > zero {
        normal_block(of.seed, Counter { stream: GRADIENT_NOISE, time: of.update }, of.block, &mut numbers);
        for ((g, w), noise) in g.iter_mut().zip(w).zip(numbers.as_chunks::<WIDTH>().0) {
            // A retracted synapse keeps g at 0.
            let noise: [T; WIDTH] = array::from_fn(|i| if w[i] > zero { T::of_f32(noise[i]) } else { zero });
            *g = array::from_fn(|i| g[i] + annealed.gradient_noise * noise[i]);
        }
    }
    normal_block(of.seed, Counter { stream: THETA_NOISE, time: of.update }, of.block, &mut numbers);
    // Copied out so that the loop reads registers.
    let (c_g, max_change, mu, low, high) = (c.c_g, c.max_change, c.mu, c.theta_min, c.theta_max);
    let (rate, prior, sigma) = (annealed.rate, annealed.prior, annealed.noise);
    let mut rewired = [0; WIDTH];
    for (((theta, g), w), noise) in theta.iter_mut().zip(g).zip(w).zip(numbers.as_chunks::<WIDTH>().0) {
        // Worked on by value: the compiler can't know that the arrays don't overlap.
        let (was, g, w) = (*theta, *g, *w);
        let mut is = [zero; WIDTH];
        for i in 0..WIDTH {
            let pull = c_g * g[i];
            let pull = if pull < -max_change { -max_change } else { pull };
            let pull = if pull > max_change { max_change } else { pull };
            let t = was[i] + prior * (mu - was[i]) + rate * pull + sigma * T::of_f32(noise[i]);
            let t = if t < low { low } else { t };
            is[i] = if t > high { high } else { t };
        }
        for i in 0..WIDTH {
            rewired[i] |= 0u32.wrapping_sub(u32::from((is[i] >= zero) != (w[i] > zero)));
        }
        *theta = is;
    }
    rewired != [0; WIDTH]
}

/// w of one block from its theta.
#[inline(always)]
pub(super) fn renew_weights<T: Real>(synapses: &mut Arrays<T>, block: usize, c: &Coefficients<T>) {
    let range = block * BLOCK..(block + 1) * BLOCK;
    let (theta, _) = synapses.theta[range.clone()].as_chunks::<WIDTH>();
    let (w, _) = synapses.w[range].as_chunks_mut::<WIDTH>();
    let c = [c.theta0, c.w0];
    for (theta, w) in theta.iter().zip(w) {
        *w = theta.map(|theta| weight(theta, c));
    }
}

/// w of one theta, from theta0 and w0.
#[inline(always)]
pub(super) fn weight<T: Real>(theta: T, [theta0, w0]: [T; 2]) -> T {
    // Worked out in either case, so that a loop over synapses becomes vector code.
    let weight = w0 * (theta - theta0).exp_within();
    if theta >= T::of(0.0) { weight } else { T::of(0.0) }
}

/// The initial theta of `len` synapses: normal, limited to the allowed range.
pub(super) fn initial_theta<T: Real>(mean: f64, deviation: f64, c: &Coefficients<T>, seed: u64, len: usize) -> Vec<T> {
    let mut noise = vec![0.0; len];
    crate::random::fill_normals(crate::numeric::Kernel::detect(), seed, Counter { stream: THETA_INIT, time: 0 }, &mut noise);
    noise
        .into_iter()
        .map(|n| {
            let theta = T::of(mean) + T::of(deviation) * T::of_f32(n);
            let theta = if theta < c.theta_min { c.theta_min } else { theta };
            if theta > c.theta_max { c.theta_max } else { theta }
        })
        .collect()
}
