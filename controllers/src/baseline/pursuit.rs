//! The ceiling of lane following: pure pursuit of the lane's centre, by the true pose.
//!
//! The rear axle's middle is steered onto the arc that meets the lane's centre line at a distance ahead:
//! steering = atan(2 L sin(alpha) / lookahead), alpha being the angle to that point (Coulter 1992, CMU-RI-TR-92-01).

use embody_robots::{Action, ActionSpec, Checkpoint, CheckpointError, Need, Pose, Stage, TimeStep, checkpoint};
use nalgebra::{Point3, Vector2};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::centre_line::CentreLine;
use crate::controller::{ControllerError, Privileged};
use crate::slots::Slots;

/// Settings of pure pursuit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PursuitSettings {
    /// The link whose x axis points forward and whose origin is the middle of the rear axle.
    pub link: String,
    /// Distance between the axles (m).
    pub wheelbase_m: f64,
    /// Distance to the point that is pursued (m).
    pub lookahead_m: f64,
}

impl Default for PursuitSettings {
    fn default() -> Self {
        PursuitSettings { link: "chassis".into(), wheelbase_m: 2.0, lookahead_m: 3.0 }
    }
}

/// Steers after a point on the lane's centre line.
pub struct Pursuit {
    settings: PursuitSettings,
    line: CentreLine,
    slots: Slots<1>,
    /// The point of the line that was last nearest.
    last: Option<usize>,
}

impl Pursuit {
    /// Along the closed line through `centre_m` in driving order (m, world axes), for a body that takes `action`.
    ///
    /// # Errors
    /// If a setting or the line can't be, or the body has no drive that takes one value.
    pub fn new(settings: &PursuitSettings, centre_m: Vec<[f64; 2]>, action: &ActionSpec) -> Result<Self, ControllerError> {
        for (key, value) in [("wheelbase_m", settings.wheelbase_m), ("lookahead_m", settings.lookahead_m)] {
            if !(value > 0.0 && value <= super::MOST) {
                return Err(unfit(format!("{key}: expected a length above zero of at most {} m, found {value}", super::MOST)));
            }
        }
        let (line, slots) = (CentreLine::new(centre_m).map_err(unfit)?, Slots::single(action).map_err(unfit)?);
        Ok(Pursuit { settings: settings.clone(), line, slots, last: None })
    }

    /// The steering angle from a pose (rad, to the left).
    fn steering(&mut self, pose: &Pose) -> f64 {
        let lookahead_m = self.settings.lookahead_m;
        let at = pose.translation.vector.xy();
        let nearest = self.line.nearest(at, self.last, lookahead_m);
        self.last = Some(nearest);
        let target = self.line.ahead(at, nearest, lookahead_m);
        let ahead = pose.inverse_transform_point(&Point3::new(target.x, target.y, pose.translation.z)).coords.xy();
        libm::atan(2.0 * self.settings.wheelbase_m * sine(ahead) / ahead.norm().max(lookahead_m))
    }
}

/// The sine of the angle to a point; what lies behind is turned to as sharply as what lies beside.
fn sine(ahead: Vector2<f64>) -> f64 {
    if ahead.x < 0.0 { 1f64.copysign(ahead.y) } else { ahead.y / ahead.norm().max(f64::MIN_POSITIVE) }
}

fn unfit(why: impl ToString) -> ControllerError {
    ControllerError::Unfit { controller: "pursuit".into(), why: why.to_string() }
}

impl Privileged for Pursuit {
    fn needs(&self) -> Vec<Need> {
        vec![Need::Pose(self.settings.link.clone())]
    }

    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.last = None;
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let pose = truth.pose(&self.settings.link).map_err(unfit)?;
        let steering = self.steering(&pose);
        self.slots.write(action, [steering as f32]);
        Ok(())
    }
}

impl Checkpoint for Pursuit {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("pursuit", &self.last)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let last: Option<usize> = checkpoint::from_bytes("pursuit", bytes)?;
        if let Some(found) = last.filter(|last| *last >= self.line.len()) {
            let why = format!("expected a point below {}, found {found}", self.line.len());
            return Err(CheckpointError::Malformed { part: "pursuit".into(), why });
        }
        self.last = last;
        Ok(())
    }
}
