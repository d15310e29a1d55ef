//! The end of a Delta for a block of synapses: g, theta and w. Both forms call this, with the same noise.

use super::coefficients::{Annealed, Coefficients};
use crate::numeric::{BLOCK, Real};
use crate::random::{Counter, normal_block};

/// Streams of the generator.
pub(super) const THETA_NOISE: u32 = 0x5350_0001;
pub(super) const GRADIENT_NOISE: u32 = 0x5350_0002;
pub(super) const THETA_INIT: u32 = 0x5350_0003;

/// The synapses of one block, worked on in place.
pub(super) struct Block<'a, T> {
    pub theta: &'a mut [T; BLOCK],
    pub e: &'a mut [T; BLOCK],
    pub g: &'a mut [T; BLOCK],
    pub w: &'a mut [T; BLOCK],
}

/// g, theta and w of one block at the end of the Delta numbered `counter`. Returns whether any synapse was retracted or
/// formed again.
#[inline(always)]
pub(super) fn end_of_delta<T: Real>(
    block: Block<'_, T>,
    c: &Coefficients<T>,
    annealed: &Annealed<T>,
    seed: u64,
    update: u64,
    number: u32,
) -> bool {
    let Block { theta, e, g, w } = block;
    let mut noise = [0.0; BLOCK];
    if annealed.gradient_noise > T::of(0.0) {
        normal_block(seed, Counter { stream: GRADIENT_NOISE, time: update }, number, &mut noise);
        for i in 0..BLOCK {
            // A retracted synapse keeps g at 0.
            let n = if w[i] > T::of(0.0) { T::of_f32(noise[i]) } else { T::of(0.0) };
            g[i] += annealed.gradient_noise * n;
        }
    }
    normal_block(seed, Counter { stream: THETA_NOISE, time: update }, number, &mut noise);
    let zero = T::of(0.0);
    // Copied out so that the loop reads registers.
    let (c_g, max_change, mu, theta0, w0, low, high) = (c.c_g, c.max_change, c.mu, c.theta0, c.w0, c.theta_min, c.theta_max);
    let (rate, prior, sigma) = (annealed.rate, annealed.prior, annealed.noise);
    // First every theta, then every weight: a long chain of operations waits for itself, short ones of many synapses overlap.
    for i in 0..BLOCK {
        let pull = c_g * g[i];
        let pull = if pull < -max_change { -max_change } else { pull };
        let pull = if pull > max_change { max_change } else { pull };
        let t = theta[i] + prior * (mu - theta[i]) + rate * pull + sigma * T::of_f32(noise[i]);
        let t = if t < low { low } else { t };
        theta[i] = if t > high { high } else { t };
    }
    let mut rewired = false;
    for i in 0..BLOCK {
        let alive = theta[i] >= zero;
        let weight = w0 * (theta[i] - theta0).exp();
        // A choice between the number and zero would become a masked store, which is slow.
        let keep = if alive { T::of(1.0) } else { zero };
        e[i] *= keep;
        g[i] *= keep;
        rewired |= alive != (w[i] > zero);
        w[i] = if alive { weight } else { zero };
    }
    rewired
}

/// w of one theta.
#[inline(always)]
pub(super) fn weight<T: Real>(theta: T, c: &Coefficients<T>) -> T {
    if theta >= T::of(0.0) { c.w0 * (theta - c.theta0).exp() } else { T::of(0.0) }
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
