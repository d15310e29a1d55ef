//! Gradient descent on the joint values, with Adam.
//!
//! The rate falls with the smallest distance so far: rate ln(1 + d_min)/ln(1 + d_0), distances in mm, d_0 that after the first step
//! (Traub, Legenstein, Otte 2021, as their code has it).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::damped::LIMIT;

/// Settings of the solver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdamSettings {
    /// Rate at the start.
    pub rate: f64,
    /// How long gradients and their squares are remembered.
    pub betas: [f64; 2],
    /// Factor of the quaternion's error against that of the position.
    pub orientation_weight: f64,
    /// Factor of the gradients that keep the prediction of all modules near what is measured; 0 leaves them out.
    pub regulariser: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        AdamSettings { rate: 0.1, betas: [0.9, 0.999], orientation_weight: 20.0, regulariser: 1e-3 }
    }
}

impl AdamSettings {
    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        for (key, value, good) in [
            ("rate", self.rate, self.rate > 0.0 && self.rate <= 2.0),
            ("betas", self.betas[0], (0.0..1.0).contains(&self.betas[0])),
            ("betas", self.betas[1], (0.0..1.0).contains(&self.betas[1])),
            ("orientation_weight", self.orientation_weight, (0.0..=1e6).contains(&self.orientation_weight)),
            ("regulariser", self.regulariser, (0.0..=1e6).contains(&self.regulariser)),
        ] {
            if !good {
                return Err(format!("adam.{key} can't be {value}"));
            }
        }
        Ok(())
    }
}

/// The solver's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    means: Vec<f64>,
    squares: Vec<f64>,
    steps: i32,
    /// Distance after the first step, and the smallest (mm).
    first_mm: Option<f64>,
    least_mm: f64,
}

/// Keeps a division by a square root finite.
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Before the first step, for that many joints.
    pub fn new(joints: usize) -> Adam {
        Adam { means: vec![0.0; joints], squares: vec![0.0; joints], steps: 0, first_mm: None, least_mm: f64::INFINITY }
    }

    /// Whether it is the state of that many joints.
    pub(crate) fn fits(&self, joints: usize) -> bool {
        self.means.len() == joints && self.squares.len() == joints
    }

    /// One step down the gradient, from where the tip is measured `distance_mm` away.
    pub fn step(&mut self, settings: &AdamSettings, gradient: &[f64], distance_mm: f64, joints: &mut [f64]) {
        self.least_mm = self.least_mm.min(distance_mm);
        if self.steps == 1 {
            self.first_mm = Some(distance_mm);
        }
        let log = |distance_mm: f64| libm::log(1.0 + distance_mm);
        let scale = self.first_mm.filter(|first| *first > 0.0).map_or(1.0, |first| (log(self.least_mm) / log(first)).min(1.0));
        self.steps += 1;
        let [first, second] = settings.betas;
        let corrected = |beta: f64| 1.0 - libm::pow(beta, f64::from(self.steps));
        let (mean_scale, square_scale) = (1.0 / corrected(first), 1.0 / corrected(second));
        for (joint, gradient) in gradient.iter().enumerate() {
            let mean = &mut self.means[joint];
            *mean = first * *mean + (1.0 - first) * gradient;
            let square = &mut self.squares[joint];
            *square = second * *square + (1.0 - second) * gradient * gradient;
            let step = scale * settings.rate * mean_scale * self.means[joint]
                / (libm::sqrt(square_scale * self.squares[joint]) + EPSILON);
            joints[joint] = (joints[joint] - step).clamp(-LIMIT, LIMIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_and_later_ones_shrink_with_the_distance() {
        let settings = AdamSettings { rate: 0.1, ..AdamSettings::default() };
        let (mut adam, mut joints) = (Adam::new(2), [0.0, 0.95]);
        adam.step(&settings, &[3.0, -2.0], 100.0, &mut joints);
        assert!((joints[0] + 0.1).abs() < 1e-7 && joints[1] == 1.0, "{joints:?}");
        adam.step(&settings, &[3.0, -2.0], 100.0, &mut joints);
        let before = joints[0];
        adam.step(&settings, &[3.0, -2.0], 9.0, &mut joints);
        let expected = 0.1 * libm::log(10.0) / libm::log(101.0);
        assert!((before - joints[0] - expected).abs() < 1e-6, "{}", before - joints[0]);
        assert!(AdamSettings { rate: f64::NAN, ..settings }.check().unwrap_err().contains("adam.rate"));
    }
}
