//! The ceiling of planar reaching: straight to the goal at top speed, by the true position.

use embody_robots::{Action, Checkpoint, CheckpointError, Stage, TimeStep, checkpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MOST;
use crate::controller::{ControllerError, Privileged};

/// Settings of the ideal controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdealSettings {
    /// The frame that is to reach the goal.
    pub frame: String,
    /// The goal (m).
    pub goal_m: [f64; 2],
    /// Speed (m/s).
    pub speed_m_s: f64,
}

impl Default for IdealSettings {
    fn default() -> Self {
        IdealSettings { frame: "ball".into(), goal_m: [0.0, 0.0], speed_m_s: 2.0 }
    }
}

/// Heads straight for the goal. It has no state.
pub struct Ideal(IdealSettings);

impl Ideal {
    /// With the given settings.
    pub fn new(settings: &IdealSettings) -> Result<Self, ControllerError> {
        let [x, y] = settings.goal_m;
        if let Some(value) = [x, y, settings.speed_m_s].iter().find(|value| !(-MOST..=MOST).contains(*value)) {
            let why = format!("expected goal_m and speed_m_s of at most {MOST} either way, found {value}");
            return Err(ControllerError::Unfit { controller: "ideal".into(), why });
        }
        Ok(Ideal(settings.clone()))
    }
}

impl Privileged for Ideal {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: "ideal".into(), why };
        let at = truth.pose(&self.0.frame).map_err(|e| unfit(e.to_string()))?.translation;
        let (dx, dy) = (self.0.goal_m[0] - at.x, self.0.goal_m[1] - at.y);
        let distance = (dx * dx + dy * dy).sqrt();
        let scale = if distance > 0.0 { self.0.speed_m_s / distance } else { 0.0 };
        let drive = action.fields.iter_mut().find(|field| field.len() == 2);
        let drive = drive.ok_or_else(|| unfit("the body has no drive that takes two values".into()))?;
        drive.copy_from_slice(&[(dx * scale) as f32, (dy * scale) as f32]);
        Ok(())
    }
}

impl Checkpoint for Ideal {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        Ok(Vec::new())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        checkpoint::from_bytes("ideal", bytes)
    }
}
