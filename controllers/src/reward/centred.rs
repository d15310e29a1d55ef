//! Centred dopamine: reward against what has been usual, (r - m) / max(m, floor).
//!
//! m is the running mean of the reward. SPORE's original normaliser is r / m, which is never zero on average: with it the
//! constant part drives every gradient's noise; centred, a flat reward teaches nothing.

use serde::{Deserialize, Serialize};

/// The normaliser of the reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Centred {
    mean: f64,
}

impl Centred {
    /// With a mean of zero.
    pub fn new() -> Self {
        Centred { mean: 0.0 }
    }

    /// Takes the reward of one control period, and gives the dopamine of the next: `keep` is exp(-period / window) of the
    /// running mean, `floor` the least value it is divided by.
    pub fn dopamine(&mut self, reward: f64, keep: f64, floor: f64) -> f32 {
        self.mean = keep * self.mean + (1.0 - keep) * reward;
        let divisor = if self.mean > floor { self.mean } else { floor };
        ((reward - self.mean) / divisor) as f32
    }
}

impl Default for Centred {
    fn default() -> Self {
        Centred::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_reward_gives_no_dopamine_and_a_surprise_gives_its_share() {
        let mut centred = Centred::new();
        let mut last = 1.0;
        for _ in 0..10_000 {
            last = centred.dopamine(0.5, 0.99, 0.02);
        }
        assert!(last.abs() < 1e-6);
        let surprise = centred.dopamine(1.0, 0.99, 0.02);
        assert!((surprise - (1.0 - 0.505) / 0.505).abs() < 1e-5);
        assert!(centred.dopamine(0.0, 0.99, 0.02) < 0.0);
    }
}
