//! The end of a Delta for a block of synapses: g, theta and w. Both forms call this, with the same noise.

use std::array;

use super::arrays::Arrays;
use super::coefficients::{Annealed, Coefficients};
use crate::numeric::{BLOCK, Real, WIDTH};
use crate::random::{Counter, Philox, normal_block};

/// Streams of the generator.
const THETA_NOISE: u32 = 0x5350_0001;
const GRADIENT_NOISE: u32 = 0x5350_0002;
const THETA_INIT: u32 = 0x5350_0003;

/// The noise of one Delta.
pub(super) struct Noise {
    theta: Philox,
    gradient: Philox,
}

impl Noise {
    /// That of the Delta numbered `update`.
    pub(super) fn new(seed: u64, update: u64) -> Noise {
        let of = |stream| Philox::new(seed, Counter { stream, time: update });
        Noise { theta: of(THETA_NOISE), gradient: of(GRADIENT_NOISE) }
    }
}

/// theta of one block at the end of a Delta, and the noise on g. Returns whether any synapse is to be retracted or to form again:
/// then theta and w disagree on it until [`renew_weights`].
#[inline(always)]
pub(super) fn renew_theta<T: Real>(
    synapses: &mut Arrays<T>,
    block: usize,
    noise: &Noise,
    c: &Coefficients<T>,
    annealed: &Annealed<T>,
) -> bool {
    let Arrays { theta, g, w, .. } = synapses;
    let range = block * BLOCK..(block + 1) * BLOCK;
    let (theta, _) = theta[range.clone()].as_chunks_mut::<WIDTH>();
    let (g, _) = g[range.clone()].as_chunks_mut::<WIDTH>();
    let (w, _) = w[range].as_chunks::<WIDTH>();
    let zero = T::of(0.0);
    let mut numbers = [0.0; BLOCK];
    if annealed.gradient_noise > zero {
        normal_block(&noise.gradient, block as u32, &mut numbers);
        for ((g, w), noise) in g.iter_mut().zip(w).zip(numbers.as_chunks::<WIDTH>().0) {
            // A retracted synapse keeps g at 0.
            let noise: [T; WIDTH] = array::from_fn(|i| if w[i] > zero { T::of_f32(noise[i]) } else { zero });
            *g = array::from_fn(|i| g[i] + annealed.gradient_noise * noise[i]);
        }
    }
    normal_block(&noise.theta, block as u32, &mut numbers);
    // Copied out so that the loop reads registers.
    let (mu, low, high) = (c.mu, c.theta_min, c.theta_max);
    let (gain, limit, prior, sigma) = (annealed.gain, annealed.limit, annealed.prior, annealed.noise);
    let mut rewired = [0; WIDTH];
    for (((theta, g), w), noise) in theta.iter_mut().zip(g).zip(w).zip(numbers.as_chunks::<WIDTH>().0) {
        // Worked on by value: the compiler can't know that the arrays don't overlap.
        let (was, g, w) = (*theta, *g, *w);
        let mut is = [zero; WIDTH];
        for i in 0..WIDTH {
            let pull = gain * g[i];
            let pull = if pull < -limit { -limit } else { pull };
            let pull = if pull > limit { limit } else { pull };
            let t = (was[i] + prior * (mu - was[i])) + (pull + sigma * T::of_f32(noise[i]));
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
    let (theta, w) = (&synapses.theta.as_chunks::<BLOCK>().0[block], &mut synapses.w.as_chunks_mut::<BLOCK>().0[block]);
    let c = [c.theta0, c.w0];
    // Worked out apart: the compiler can't know that the arrays don't overlap.
    let mut new = [T::of(0.0); BLOCK];
    for i in 0..BLOCK {
        new[i] = weight(theta[i], c);
    }
    *w = new;
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
