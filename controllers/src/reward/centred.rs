//! Centred dopamine: reward against what has been usual, (r - m) / max(s, floor).
//!
//! m is the running mean of the reward, s that mean or the standard deviation about it. SPORE's original normaliser is r / m, which is
//! never zero on average: with it the constant part drives every gradient's noise; centred, a flat reward teaches nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a reward's distance from the mean is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The running mean.
    #[default]
    Mean,
    /// The standard deviation: the root of the running mean of r^2 less the square of that of r.
    Deviation,
}

/// The normaliser of the reward: running means over one window, of r and of r^2.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Centred {
    mean: f64,
    mean_square: f64,
}

impl Centred {
    /// With means of zero.
    pub fn new() -> Self {
        Centred::default()
    }

    /// Takes the reward of one control period, and gives the dopamine of the next: `keep` is exp(-period / window) of the
    /// running means, `floor` the least value it is divided by.
    pub fn dopamine(&mut self, reward: f64, keep: f64, scale: Scale, floor: f64) -> f32 {
        self.mean = keep * self.mean + (1.0 - keep) * reward;
        self.mean_square = keep * self.mean_square + (1.0 - keep) * reward * reward;
        let usual = match scale {
            Scale::Mean => self.mean,
            Scale::Deviation => (self.mean_square - self.mean * self.mean).max(0.0).sqrt(),
        };
        let divisor = if usual > floor { usual } else { floor };
        ((reward - self.mean) / divisor) as f32
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
            last = centred.dopamine(0.5, 0.99, Scale::Mean, 0.02);
        }
        assert!(last.abs() < 1e-6);
        let surprise = centred.dopamine(1.0, 0.99, Scale::Mean, 0.02);
        assert!((surprise - (1.0 - 0.505) / 0.505).abs() < 1e-5);
        assert!(centred.dopamine(0.0, 0.99, Scale::Mean, 0.02) < 0.0);
    }

    #[test]
    fn over_its_deviation_dopamine_has_a_variance_of_one_whatever_the_rewards_unit() {
        for unit in [1.0, 0.1] {
            let mut centred = Centred::new();
            // Mean 0.3, deviation 0.2.
            let dopamine = |step: usize| {
                let reward = unit * if step.is_multiple_of(2) { 0.1 } else { 0.5 };
                f64::from(centred.dopamine(reward, 0.9999, Scale::Deviation, 0.001))
            };
            let late: Vec<f64> = (0..200_000).map(dopamine).skip(150_000).collect();
            let variance = late.iter().map(|dopamine| dopamine * dopamine).sum::<f64>() / late.len() as f64;
            assert!((variance - 1.0).abs() < 0.01, "{variance}");
        }
        let mut flat = Centred::new();
        let last = (0..10_000).map(|_| flat.dopamine(0.5, 0.99, Scale::Deviation, 0.02)).last();
        assert!(last.unwrap().abs() < 1e-6);
    }
}
