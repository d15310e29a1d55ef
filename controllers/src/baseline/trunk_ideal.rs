//! The ceiling of reaching with a trunk: damped least squares on the true kinematics.
//!
//! Every iteration moves the joint values by J^T (J J^T + lambda^2)^-1 r, J the true Jacobian where they are and r what the measured tip lacks to
//! the goal: place in mm, and rotation vector times [`MM_PER_RAD`]. Joints at a limit that would go beyond are left out, and it is solved again. It
//! knows which modules are jammed and which is longer. With motors that give way under gravity it is the measured pose that closes the gap.

use embody_robots::robot::{Actuator, Platforms, RobotSpec};
use embody_robots::{Action, Checkpoint, CheckpointError, Need, Stage, TimeStep, Trunk, checkpoint};
use nalgebra::{Matrix6, Matrix6xX, Vector3, Vector6};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{ControllerError, Privileged};

/// What a radian counts against a place (mm).
const MM_PER_RAD: f64 = 100.0;

/// How often joints at their limits are left out and the rest is solved again.
const SOLVES: usize = 3;

/// Settings of the ideal controller of a trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkIdealSettings {
    /// Damping lambda (mm per unit of a joint value).
    pub damping_mm: f64,
    /// Greatest change of a joint value in an iteration.
    pub greatest_step: f64,
    /// Greatest length of what is to be made good in an iteration, of place and of rotation each (mm).
    pub greatest_residual_mm: f64,
}

impl Default for TrunkIdealSettings {
    fn default() -> Self {
        TrunkIdealSettings { damping_mm: 5.0, greatest_step: 0.5, greatest_residual_mm: 100.0 }
    }
}

/// Follows the true Jacobian.
pub struct TrunkIdeal {
    settings: TrunkIdealSettings,
    orientation: bool,
    trunk: Trunk,
    platforms: Platforms,
    jacobian: Matrix6xX<f64>,
    /// The joint values that were asked for last.
    joints: Vec<f64>,
}

impl TrunkIdeal {
    /// For a robot that is a trunk, and the goal's place alone or its orientation too.
    ///
    /// # Errors
    /// If the robot is no trunk, or a setting can't be.
    pub fn new(settings: &TrunkIdealSettings, robot: &RobotSpec, orientation: bool) -> Result<Self, ControllerError> {
        let positive = [
            ("damping_mm", settings.damping_mm),
            ("greatest_step", settings.greatest_step),
            ("greatest_residual_mm", settings.greatest_residual_mm),
        ];
        if let Some((key, value)) = positive.into_iter().find(|(_, value)| !(*value > 0.0 && *value <= super::MOST)) {
            return Err(unfit(format!("{key}: expected a number above zero, at most {:e}, found {value}", super::MOST)));
        }
        let [Actuator::Trunk { platforms, .. }] = robot.actuators.as_slice() else {
            return Err(unfit("expected a robot that is a trunk, found another"));
        };
        let trunk = platforms.trunk().ok_or_else(|| unfit("expected a trunk with modules, found none"))?;
        Ok(TrunkIdeal {
            settings: settings.clone(),
            orientation,
            trunk,
            platforms: platforms.clone(),
            jacobian: Matrix6xX::zeros(0),
            joints: platforms.start(),
        })
    }

    /// What the tip lacks to the goal, in the base's axes: place (mm), and rotation times [`MM_PER_RAD`].
    fn residual(&self, truth: &dyn Stage) -> Result<Vector6<f64>, ControllerError> {
        let [base, tip, goal] = [BASE, TIP, GOAL].map(|name| truth.pose(name).map_err(unfit));
        let base = base?.inverse();
        let (tip, goal) = (base * tip?, base * goal?);
        let place = self.cut((goal.translation.vector - tip.translation.vector) * 1e3);
        let turn = if self.orientation { rotation_vector(&(goal.rotation * tip.rotation.inverse())) } else { Vector3::zeros() };
        let turn = self.cut(turn * MM_PER_RAD);
        Ok(Vector6::new(place.x, place.y, place.z, turn.x, turn.y, turn.z))
    }

    fn cut(&self, vector: Vector3<f64>) -> Vector3<f64> {
        vector * (self.settings.greatest_residual_mm / vector.norm()).min(1.0)
    }

    /// The change of every joint value that makes good the residual.
    fn step(&mut self, residual: &Vector6<f64>) -> Vec<f64> {
        self.trunk.jacobian(&self.joints, &mut self.jacobian);
        let turning = if self.orientation { MM_PER_RAD } else { 0.0 };
        let scale = Vector6::new(1e3, 1e3, 1e3, turning, turning, turning);
        let columns: Vec<Vector6<f64>> = self.jacobian.column_iter().map(|column| column.component_mul(&scale)).collect();
        let mut free: Vec<bool> = (0..columns.len()).map(|joint| !self.platforms.modules[joint / 3].jammed).collect();
        let mut step = vec![0.0; columns.len()];
        for _ in 0..SOLVES {
            let damping = Matrix6::identity() * (self.settings.damping_mm * self.settings.damping_mm);
            let used = columns.iter().zip(&free).filter(|(_, free)| **free);
            let square = used.fold(damping, |sum, (column, _)| sum + column * column.transpose());
            let pull = square.try_inverse().map_or(Vector6::zeros(), |inverse| inverse * residual);
            for ((step, column), free) in step.iter_mut().zip(&columns).zip(&free) {
                *step = if *free { column.dot(&pull) } else { 0.0 };
            }
            let stuck = |joint: usize| self.joints[joint].abs() >= 1.0 && step[joint] * self.joints[joint] > 0.0;
            let stuck: Vec<usize> = (0..step.len()).filter(|joint| stuck(*joint)).collect();
            stuck.iter().for_each(|joint| (free[*joint], step[*joint]) = (false, 0.0));
            if stuck.is_empty() {
                break;
            }
        }
        step
    }
}

const BASE: &str = embody_robots::catalogue::trunk::BASE;
const TIP: &str = embody_robots::catalogue::trunk::TIP;
const GOAL: &str = embody_robots::catalogue::trunk::GOAL;

/// The rotation vector of a rotation, at most half a turn long, by functions that have the same bits everywhere.
fn rotation_vector(rotation: &nalgebra::UnitQuaternion<f64>) -> Vector3<f64> {
    let (sine, cosine) = (rotation.imag().norm(), rotation.w);
    if sine == 0.0 {
        return Vector3::zeros();
    }
    rotation.imag() * (2.0 * libm::atan2(sine * cosine.signum(), cosine.abs()) / sine)
}

fn unfit(why: impl ToString) -> ControllerError {
    ControllerError::Unfit { controller: "trunk-ideal".into(), why: why.to_string() }
}

impl Privileged for TrunkIdeal {
    fn needs(&self) -> Vec<Need> {
        [BASE, TIP, GOAL].map(|name| Need::Pose(name.into())).to_vec()
    }

    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.joints = self.platforms.start();
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let residual = self.residual(truth)?;
        let step = self.step(&residual);
        let greatest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        let share = (self.settings.greatest_step / greatest).min(1.0);
        for ((joint, step), value) in self.joints.iter_mut().zip(step).zip(&mut action.fields[0]) {
            *joint = (*joint + share * step).clamp(-1.0, 1.0);
            *value = *joint as f32;
        }
        Ok(())
    }
}

impl Checkpoint for TrunkIdeal {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("trunk-ideal", &self.joints)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let joints: Vec<f64> = checkpoint::from_bytes("trunk-ideal", bytes)?;
        if joints.len() != self.joints.len() {
            let why = format!("expected {} joint values, found {}", self.joints.len(), joints.len());
            return Err(CheckpointError::Malformed { part: "trunk-ideal".into(), why });
        }
        self.joints = joints;
        Ok(())
    }
}
