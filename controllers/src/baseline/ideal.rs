//! The ceiling of planar reaching: straight to the goal at top speed, by the true position.

use embody_robots::{Action, ActionSpec, Checkpoint, CheckpointError, Need, Stage, TimeStep, checkpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MOST;
use crate::controller::{ControllerError, Privileged};
use crate::slots::Slots;

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
    slots: Slots<2>,
}

impl Ideal {
    /// With the given settings, for a body that takes `action`; `goal_m` is the goal if they leave it open.
    ///
    /// # Errors
    /// If the body has no drive that takes two values, or a setting can't be.
    pub fn new(settings: &IdealSettings, goal_m: [f64; 2], action: &ActionSpec) -> Result<Self, ControllerError> {
        let slots = Slots::pair(action).map_err(unfit)?;
        let (goal_m, speed_m_s) = (settings.goal_m.unwrap_or(goal_m), settings.speed_m_s.unwrap_or(slots.most(action)));
        if let Some(value) = [goal_m[0], goal_m[1], speed_m_s].iter().find(|value| !(-MOST..=MOST).contains(*value)) {
            let why = format!("expected goal_m and speed_m_s of at most {MOST} either way, found {value}");
            return Err(unfit(why));
        }
        Ok(Ideal { frame: settings.frame.clone(), goal_m, speed_m_s, slots })
    }
}

fn unfit(why: impl ToString) -> ControllerError {
    ControllerError::Unfit { controller: "ideal".into(), why: why.to_string() }
}

impl Privileged for Ideal {
    fn needs(&self) -> Vec<Need> {
        vec![Need::Pose(self.frame.clone())]
    }

    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let at = truth.pose(&self.frame).map_err(unfit)?.translation;
        let (dx, dy) = (self.goal_m[0] - at.x, self.goal_m[1] - at.y);
        let distance = (dx * dx + dy * dy).sqrt();
        let scale = if distance > 0.0 { self.speed_m_s / distance } else { 0.0 };
        self.slots.write(action, [(dx * scale) as f32, (dy * scale) as f32]);
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
