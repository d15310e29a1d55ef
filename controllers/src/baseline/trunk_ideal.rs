//! The ceiling of reaching with a trunk: damped least squares on the true kinematics.
//!
//! Every iteration moves the joint values by J^T (J J^T + lambda^2)^-1 r, J the true Jacobian where they are and r what the measured tip lacks to
//! the goal: place in mm, and rotation vector times [`MM_PER_RAD`]. Joints at a limit that would go beyond are left out, and it is solved again. It
//! knows which modules are jammed and which is longer. With motors that give way under gravity it is the measured pose that closes the gap.

use embody_robots::robot::{Platforms, RobotSpec};
use embody_robots::{Action, Checkpoint, CheckpointError, Need, Stage, TimeStep, Trunk, checkpoint, rotation};
use nalgebra::{Matrix6xX, Vector3, Vector6};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{ControllerError, Privileged};
use crate::damped;

/// What a radian counts against a place (mm).
const MM_PER_RAD: f64 = 100.0;

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
        let platforms = Platforms::of(robot).ok_or_else(|| unfit("expected a robot that is a trunk, found another"))?;
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
        let turn = if self.orientation { rotation::vector(&(goal.rotation * tip.rotation.inverse())) } else { Vector3::zeros() };
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
        let free = (0..columns.len()).map(|joint| !self.platforms.modules[joint / 3].jammed).collect();
        damped::step(&columns, free, &self.joints, self.settings.damping_mm, residual)
    }
}

const BASE: &str = embody_robots::catalogue::trunk::BASE;
const TIP: &str = embody_robots::catalogue::trunk::TIP;
const GOAL: &str = embody_robots::catalogue::trunk::GOAL;

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
        damped::go(&mut self.joints, &step, self.settings.greatest_step);
        for (value, joint) in action.fields[0].iter_mut().zip(&self.joints) {
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
