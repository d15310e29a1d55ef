//! The population vector: each of n neurons pulls in its own direction, evenly spaced round the circle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the population vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VectorSettings {
    /// What each Hz of a neuron's rate asks for, in the unit of the action (such as (m/s)/Hz or (rad/s)/Hz).
    pub gain_per_hz: f64,
}

impl Default for VectorSettings {
    fn default() -> Self {
        VectorSettings { gain_per_hz: 0.1 }
    }
}

/// The direction of each of `neurons` neurons: neuron k's is (cos 2 pi k/n, sin 2 pi k/n).
pub fn directions(neurons: usize) -> Vec<[f32; 2]> {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / neurons as f64;
    (0..neurons).map(|k| [libm::cos(angle(k)) as f32, libm::sin(angle(k)) as f32]).collect()
}

/// sum_k a_k direction_k.
pub fn sum(weights: &[f32], directions: &[[f32; 2]]) -> [f32; 2] {
    let mut sum = [0.0; 2];
    for (weight, direction) in weights.iter().zip(directions.iter().cycle()) {
        sum[0] += weight * direction[0];
        sum[1] += weight * direction[1];
    }
    sum
}
