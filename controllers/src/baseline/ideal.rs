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
    /// The goal (m) [default: the task's].
    pub goal_m: Option<[f64; 2]>,
    /// Speed (m/s) [default: the drive's top speed].
    pub speed_m_s: Option<f64>,
}

impl Default for IdealSettings {
    fn default() -> Self {
        IdealSettings { frame: "ball".into(), goal_m: None, speed_m_s: None }
    }
}

/// Heads straight for the goal. It has no state.
pub struct Ideal {
    frame: String,
    goal_m: [f64; 2],
    speed_m_s: f64,
}

impl Ideal {
    /// With the given settings; `goal_m` and `top_speed_m_s` are what they leave open.
    pub fn new(settings: &IdealSettings, goal_m: [f64; 2], top_speed_m_s: f64) -> Result<Self, ControllerError> {
        let (goal_m, speed_m_s) = (settings.goal_m.unwrap_or(goal_m), settings.speed_m_s.unwrap_or(top_speed_m_s));
        if let Some(value) = [goal_m[0], goal_m[1], speed_m_s].iter().find(|value| !(-MOST..=MOST).contains(*value)) {
            let why = format!("expected goal_m and speed_m_s of at most {MOST} either way, found {value}");
            return Err(ControllerError::Unfit { controller: "ideal".into(), why });
        }
        Ok(Ideal { frame: settings.frame.clone(), goal_m, speed_m_s })
    }
}

impl Privileged for Ideal {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: "ideal".into(), why };
        let at = truth.pose(&self.frame).map_err(|e| unfit(e.to_string()))?.translation;
        let (dx, dy) = (self.goal_m[0] - at.x, self.goal_m[1] - at.y);
        let distance = (dx * dx + dy * dy).sqrt();
        let scale = if distance > 0.0 { self.speed_m_s / distance } else { 0.0 };
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
