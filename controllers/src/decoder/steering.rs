//! Steering: each of n neurons stands for an angle, and their mean, weighted by their rates, is steered.
//!
//! The angles phi_k are evenly spaced from -max_angle (right) to max_angle (left), as in Kaiser et al. 2019.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of steering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SteeringSettings {
    /// The angle of the last neuron, and that of the first to the other side (degrees).
    pub max_angle_deg: f64,
}

impl Default for SteeringSettings {
    fn default() -> Self {
        SteeringSettings { max_angle_deg: 30.0 }
    }
}

/// The angle of each of `neurons` neurons (rad); straight on for a single one.
pub fn angles(neurons: usize, max_angle_deg: f64) -> Vec<f32> {
    let last = neurons.saturating_sub(1) as f64;
    let share = |k: usize| if neurons > 1 { 2.0 * k as f64 / last - 1.0 } else { 0.0 };
    (0..neurons).map(|k| (max_angle_deg.to_radians() * share(k)) as f32).collect()
}

/// sum_k a_k phi_k / sum_k a_k (rad), or zero where the sum is.
pub fn mean(weights: &[f32], angles: &[f32]) -> f32 {
    let pulls = || weights.iter().zip(angles.iter().cycle());
    let whole: f32 = weights.iter().sum();
    if whole > 0.0 { pulls().map(|(weight, angle)| weight * angle).sum::<f32>() / whole } else { 0.0 }
}
