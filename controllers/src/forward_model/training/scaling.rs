//! In what units a network learns poses: centred, and by their spread over the training set.

use embody_robots::trunk::Trunk;

use crate::forward_model::model::Scaling;
use crate::forward_model::network::VALUES;
use crate::forward_model::pose;
use crate::forward_model::sampler::Sampler;

/// Poses from which centre and spread are taken.
const SCALING_POSES: usize = 4096;

/// The least spread that values are divided by: some hardly move.
const LEAST_SPREAD: f64 = 0.02;

impl Scaling {
    /// Centre and spread of every module's values over the training set: one spread for a module's place, and one for its rotation.
    pub(super) fn of_training_set(trunk: &Trunk, seed: u64) -> Scaling {
        let size = VALUES * trunk.modules();
        let mut sampler = Sampler::new(trunk.modules(), seed);
        let mut ends = Vec::new();
        let (mut sums, mut squares) = (vec![0.0; size], vec![0.0; size]);
        for _ in 0..SCALING_POSES {
            trunk.forward(&sampler.mixed(), &mut ends);
            for (at, value) in ends.iter().flat_map(pose::values).enumerate() {
                sums[at] += value;
                squares[at] += value * value;
            }
        }
        let count = SCALING_POSES as f64;
        let centre: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let mut scale = vec![0.0; size];
        for module in 0..trunk.modules() {
            for part in [0..3, 3..VALUES] {
                let places = VALUES * module + part.start..VALUES * module + part.end;
                let variance = places.clone().map(|at| squares[at] / count - centre[at] * centre[at]).sum::<f64>();
                let spread = libm::sqrt((variance / places.len() as f64).max(0.0)).max(LEAST_SPREAD);
                scale[places].fill(spread as f32);
            }
        }
        Scaling { centre: centre.iter().map(|&value| value as f32).collect(), scale }
    }
}
