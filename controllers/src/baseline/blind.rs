//! Chance: straight runs at top speed, with random turns, knowing nothing of the goal.
//!
//! A run ends after a random time, or at a wall: the next one then leads away from it. To notice walls it reads its true contacts: a
//! walker that went on pushing at them would be a weaker baseline than chance can offer.

use embody_robots::{Action, Checkpoint, CheckpointError, Contact, Nanos, Stage, TimeStep, checkpoint};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MOST;
use crate::controller::{ControllerError, Privileged};

/// Settings of the blind walker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlindSettings {
    /// The frame that is driven.
    pub frame: String,
    /// Speed (m/s) [default: the drive's top speed].
    pub speed_m_s: Option<f64>,
    /// Mean length of a straight run; lengths are exponentially distributed.
    pub mean_run: Nanos,
}

impl Default for BlindSettings {
    fn default() -> Self {
        BlindSettings { frame: "ball".into(), speed_m_s: None, mean_run: Nanos::from_secs(10) }
    }
}

/// Walks straight on until a turn is due, then in a direction drawn anew.
pub struct Blind {
    settings: BlindSettings,
    speed_m_s: f64,
    control_period_s: f64,
    /// Kept so that nothing is allocated.
    contacts: Vec<Contact>,
    state: Walk,
}

#[derive(Clone, Serialize, Deserialize)]
struct Walk {
    random: ChaCha8Rng,
    velocity: [f32; 2],
    /// Control steps until the next turn.
    left: u64,
}

impl Blind {
    /// With the given settings, for control periods of the given length; `top_speed_m_s` is what the settings leave open.
    pub fn new(settings: &BlindSettings, top_speed_m_s: f64, control_period: Nanos, seed: u64) -> Result<Self, ControllerError> {
        let speed_m_s = settings.speed_m_s.unwrap_or(top_speed_m_s);
        if settings.mean_run.0 == 0 || !(-MOST..=MOST).contains(&speed_m_s) {
            let why = format!(
                "expected mean_run above zero and speed_m_s of at most {MOST} either way, found {} and {}",
                settings.mean_run, speed_m_s
            );
            return Err(ControllerError::Unfit { controller: "blind".into(), why });
        }
        let state = Walk { random: ChaCha8Rng::seed_from_u64(seed), velocity: [0.0; 2], left: 0 };
        Ok(Blind {
            settings: settings.clone(),
            speed_m_s,
            control_period_s: control_period.as_secs_f64(),
            contacts: Vec::new(),
            state,
        })
    }
}

impl Privileged for Blind {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.state.left = 0;
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        let unfit = |why: String| ControllerError::Unfit { controller: "blind".into(), why };
        let centre = truth.pose(&self.settings.frame).map_err(|e| unfit(e.to_string()))?.translation.vector;
        self.contacts.clear();
        truth.contacts(&self.settings.frame, &mut self.contacts).map_err(|e| unfit(e.to_string()))?;
        let walls = self.contacts.iter().filter(|contact| contact.other != "ground").map(|contact| contact.point_m - centre);
        let into_wall = |[vx, vy]: [f32; 2]| walls.clone().any(|wall| wall.x * f64::from(vx) + wall.y * f64::from(vy) > 0.0);
        if self.state.left == 0 || into_wall(self.state.velocity) {
            // In a corner three quarters of all directions are barred; that none of so many is free doesn't happen.
            for _ in 0..100 {
                let angle = std::f64::consts::TAU * self.state.random.random::<f64>();
                let speed = self.speed_m_s;
                self.state.velocity = [(speed * libm::cos(angle)) as f32, (speed * libm::sin(angle)) as f32];
                if !into_wall(self.state.velocity) {
                    break;
                }
            }
            let run_s = -self.settings.mean_run.as_secs_f64() * libm::log(1.0 - self.state.random.random::<f64>());
            self.state.left = 1 + (run_s / self.control_period_s) as u64;
        }
        self.state.left -= 1;
        let drive = action.fields.iter_mut().find(|field| field.len() == 2);
        let unfit =
            || ControllerError::Unfit { controller: "blind".into(), why: "the body has no drive that takes two values".into() };
        drive.ok_or_else(unfit)?.copy_from_slice(&self.state.velocity);
        Ok(())
    }
}

impl Checkpoint for Blind {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("blind", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("blind", bytes)?;
        Ok(())
    }
}
