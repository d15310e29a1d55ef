//! Damped least squares on the model's Jacobian.
//!
//! With J the model's Jacobian and r what is missing, positions in mm and rotations as rotation vectors that count for 100 mm a radian,
//! dq = J^T (J J^T + lambda^2)^-1 r. Joints at a limit that want to go further are left out, and it is solved again, at most twice. The damping follows Levenberg
//! and Marquardt: it shrinks while the measured pose comes nearer, and grows when it went away. Where nothing has come of many steps, joints at their limits
//! bar the way: all of them draw back towards the middle of their range, and it goes on from there.

use nalgebra::{Matrix6xX, Vector6};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::damped;

/// Settings of the solver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JacobianSettings {
    /// Damping at the start (mm).
    pub damping_mm: f64,
    /// Factor of the damping after a step that came nearer.
    pub damping_falls: f64,
    /// Factor of the damping after a step that went away.
    pub damping_rises: f64,
    /// Least and greatest damping (mm).
    pub damping_limits_mm: [f64; 2],
    /// Largest step of a joint value.
    pub largest_step: f64,
    /// Error beyond which it isn't longer in one step (mm).
    pub largest_error_mm: f64,
    /// Distance that a radian counts for (mm).
    pub mm_per_rad: f64,
    /// Steps in which the error must fall by 2 % of itself, or else joints draw back; 0 never does.
    pub patience: u32,
    /// What joint values are multiplied by then.
    pub draws_back_to: f64,
}

/// Share of the least error so far by which it must fall to count.
const WORTH: f64 = 0.02;

impl Default for JacobianSettings {
    fn default() -> Self {
        JacobianSettings {
            damping_mm: 20.0,
            damping_falls: 0.85,
            damping_rises: 2.0,
            damping_limits_mm: [2.0, 300.0],
            largest_step: 0.2,
            largest_error_mm: 100.0,
            mm_per_rad: 100.0,
            patience: 25,
            draws_back_to: 0.5,
        }
    }
}

impl JacobianSettings {
    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let [low, high] = self.damping_limits_mm;
        for (key, value, good) in [
            ("damping_mm", self.damping_mm, (low..=high).contains(&self.damping_mm)),
            ("damping_limits_mm", low, low > 0.0 && low <= high && high.is_finite()),
            ("damping_falls", self.damping_falls, self.damping_falls > 0.0 && self.damping_falls <= 1.0),
            ("damping_rises", self.damping_rises, self.damping_rises >= 1.0 && self.damping_rises.is_finite()),
            ("largest_step", self.largest_step, self.largest_step > 0.0 && self.largest_step <= 2.0),
            ("largest_error_mm", self.largest_error_mm, self.largest_error_mm > 0.0 && self.largest_error_mm.is_finite()),
            ("draws_back_to", self.draws_back_to, (0.0..=1.0).contains(&self.draws_back_to)),
            ("mm_per_rad", self.mm_per_rad, self.mm_per_rad >= 0.0 && self.mm_per_rad.is_finite()),
        ] {
            if !good {
                return Err(format!("jacobian.{key} can't be {value}"));
            }
        }
        Ok(())
    }
}

/// The solver's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jacobian {
    damping_mm: f64,
    last_error_mm: Option<f64>,
    least_error_mm: f64,
    /// Steps since the error last fell to speak of.
    waited: u32,
}

impl Jacobian {
    /// Before the first step.
    pub fn new(settings: &JacobianSettings) -> Jacobian {
        Jacobian { damping_mm: settings.damping_mm, last_error_mm: None, least_error_mm: f64::INFINITY, waited: 0 }
    }

    /// One step. `jacobian` is in metres and radians, so is `missing`; without `orientation` rotations count for nothing.
    pub fn step(
        &mut self,
        settings: &JacobianSettings,
        jacobian: &Matrix6xX<f64>,
        missing: &Vector6<f64>,
        orientation: bool,
        joints: &mut [f64],
    ) {
        let radian = if orientation { settings.mm_per_rad } else { 0.0 };
        let weights = Vector6::new(1e3, 1e3, 1e3, radian, radian, radian);
        let mut missing = missing.component_mul(&weights);
        let error_mm = missing.norm();
        if let Some(last) = self.last_error_mm {
            let factor = if error_mm > last { settings.damping_rises } else { settings.damping_falls };
            let [low, high] = settings.damping_limits_mm;
            self.damping_mm = (self.damping_mm * factor).clamp(low, high);
        }
        self.last_error_mm = Some(error_mm);
        if self.is_stuck(settings, error_mm) {
            *self = Jacobian::new(settings);
            joints.iter_mut().for_each(|joint| *joint *= settings.draws_back_to);
            return;
        }
        if error_mm > settings.largest_error_mm {
            missing *= settings.largest_error_mm / error_mm;
        }
        let columns: Vec<Vector6<f64>> = jacobian.column_iter().map(|column| column.component_mul(&weights)).collect();
        let step = damped::step(&columns, vec![true; joints.len()], joints, self.damping_mm, &missing);
        damped::go(joints, &step, settings.largest_step);
    }

    fn is_stuck(&mut self, settings: &JacobianSettings, error_mm: f64) -> bool {
        self.waited += 1;
        if error_mm < (1.0 - WORTH) * self.least_error_mm {
            (self.least_error_mm, self.waited) = (error_mm, 0);
        }
        settings.patience > 0 && self.waited >= settings.patience
    }
}

#[cfg(test)]
mod tests {
    use embody_robots::trunk::Trunk;

    use super::*;

    #[test]
    fn on_the_true_jacobian_a_goal_is_reached_in_a_few_steps() {
        let trunk = Trunk::new(10).unwrap();
        let settings = JacobianSettings::default();
        let goal = trunk.tip(&[0.3, -0.2, 0.1].repeat(10));
        let (mut solver, mut joints, mut jacobian) = (Jacobian::new(&settings), vec![0.0; 30], Matrix6xX::zeros(30));
        let mut steps = 0;
        loop {
            let tip = trunk.tip(&joints);
            let missing = crate::forward_model::pose::missing(&goal, &tip);
            if missing.fixed_rows::<3>(0).norm() < 1e-4 && missing.fixed_rows::<3>(3).norm() < 1e-3 {
                break;
            }
            assert!(steps < 60, "{missing}");
            trunk.jacobian(&joints, &mut jacobian);
            solver.step(&settings, &jacobian, &missing, true, &mut joints);
            steps += 1;
        }
    }

    #[test]
    fn a_joint_at_its_limit_is_left_out_and_no_step_is_too_long() {
        let settings = JacobianSettings::default();
        let mut jacobian = Matrix6xX::zeros(2);
        jacobian.column_mut(0)[0] = 0.1;
        jacobian.column_mut(1)[0] = 0.01;
        let mut joints = [1.0, 0.0];
        let missing = Vector6::new(0.5, 0.0, 0.0, 0.0, 0.0, 0.0);
        Jacobian::new(&settings).step(&settings, &jacobian, &missing, true, &mut joints);
        assert_eq!(joints, [1.0, 0.2]);
    }

    #[test]
    fn where_nothing_comes_of_it_joints_draw_back() {
        let settings = JacobianSettings { patience: 3, ..JacobianSettings::default() };
        let (jacobian, mut joints) = (Matrix6xX::zeros(2), [1.0, -0.4]);
        let mut solver = Jacobian::new(&settings);
        let missing = Vector6::new(0.1, 0.0, 0.0, 0.0, 0.0, 0.0);
        for _ in 0..3 {
            solver.step(&settings, &jacobian, &missing, true, &mut joints);
            assert_eq!(joints, [1.0, -0.4]);
        }
        solver.step(&settings, &jacobian, &missing, true, &mut joints);
        assert_eq!(joints, [0.5, -0.2]);
        assert_eq!(solver, Jacobian::new(&settings), "it begins anew");
    }

    #[test]
    fn damping_falls_and_rises_with_what_was_measured() {
        let settings = JacobianSettings::default();
        let (jacobian, mut joints) = (Matrix6xX::zeros(1), [0.0]);
        let mut solver = Jacobian::new(&settings);
        for (error_m, damping_mm) in [(0.1, 20.0), (0.05, 17.0), (0.06, 34.0)] {
            let missing = Vector6::new(error_m, 0.0, 0.0, 0.0, 0.0, 0.0);
            solver.step(&settings, &jacobian, &missing, true, &mut joints);
            assert!((solver.damping_mm - damping_mm).abs() < 1e-9);
        }
        assert!(JacobianSettings { damping_falls: 1.5, ..settings }.check().unwrap_err().contains("damping_falls"));
    }
}
