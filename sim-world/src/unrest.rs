//! The unrest of a camera's mount: slow random motion along both horizontal axes.
//!
//! An Ornstein-Uhlenbeck process per axis in its exact discretisation, so that its statistics don't depend on the
//! control period. Not here: tilt and turn.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::normal::normal_pair;

/// An Ornstein-Uhlenbeck process per horizontal axis: at each step x <- a x + s n with a = exp(-dt / tau), s = deviation sqrt(1 - a^2) and n standard normal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unrest {
    deviation_m: f64,
    decay: f64,
    kick_m: f64,
    offset_m: [f64; 2],
    rng: ChaCha8Rng,
}

impl Unrest {
    /// A process of that stationary deviation (m) and correlation time (s), advanced by `dt_s` at a time.
    pub(crate) fn new(deviation_m: f64, time_constant_s: f64, dt_s: f64) -> Unrest {
        let decay = libm::exp(-dt_s / time_constant_s);
        let kick_m = deviation_m * (1.0 - decay * decay).sqrt();
        Unrest { deviation_m, decay, kick_m, offset_m: [0.0; 2], rng: ChaCha8Rng::seed_from_u64(0) }
    }

    /// Draws the start from the stationary distribution.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.rng = ChaCha8Rng::seed_from_u64(seed);
        self.offset_m = [0.0; 2];
        if self.deviation_m > 0.0 {
            self.offset_m = normal_pair(&mut self.rng).map(|n| n * self.deviation_m);
        }
    }

    /// Goes on by one step.
    pub(crate) fn advance(&mut self) {
        if self.deviation_m > 0.0 {
            let kicks = normal_pair(&mut self.rng);
            for (offset, n) in self.offset_m.iter_mut().zip(kicks) {
                *offset = self.decay * *offset + self.kick_m * n;
            }
        }
    }

    /// Where the camera stands, relative to its mount (m).
    pub(crate) fn offset_m(&self) -> [f32; 2] {
        self.offset_m.map(|x| x as f32)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]
mod tests {
    use super::*;

    #[test]
    fn deviation_and_correlation_are_those_asked_for_at_any_step() {
        for dt_s in [0.001, 0.02, 0.1] {
            let mut unrest = Unrest::new(0.1, 0.05, dt_s);
            // Many short runs from the stationary start: the deviation must be right from the first step on.
            let (mut square, mut product, runs) = (0.0, 0.0, 40_000);
            for seed in 0..runs {
                unrest.reset(seed);
                let before = unrest.offset_m;
                unrest.advance();
                square += (before[0].powi(2) + unrest.offset_m[1].powi(2)) / 2.0;
                product += before[0] * unrest.offset_m[0];
            }
            let (square, product) = (square / runs as f64, product / runs as f64);
            // Four standard errors of a variance and of a covariance.
            assert!((square / 0.01 - 1.0).abs() < 4.0 / (runs as f64).sqrt(), "variance {square}");
            assert!((product / 0.01 - libm::exp(-dt_s / 0.05)).abs() < 6.0 / (runs as f64).sqrt(), "covariance {product}");
        }
    }

    #[test]
    fn a_firm_mount_stays_where_it_is() {
        let mut unrest = Unrest::new(0.0, 0.05, 0.02);
        unrest.reset(3);
        unrest.advance();
        assert_eq!(unrest.offset_m(), [0.0, 0.0]);
    }
}
