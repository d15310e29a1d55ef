//! Random search: an action drawn evenly within its bounds, anew in every control step.
//!
//! It learns nothing from what it sees; a task that keeps the best pose of many makes a search of it. Given as many poses as a controller used,
//! it tells what luck alone would have found.

use embody_robots::{Action, ActionSpec, Checkpoint, CheckpointError, TimeStep, checkpoint};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{Controller, ControllerError};

/// Settings of random search: none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RandomPosesSettings {}

/// Draws actions.
pub struct RandomPoses {
    spec: ActionSpec,
    random: ChaCha8Rng,
}

impl RandomPoses {
    /// For actions of `spec`.
    pub fn new(spec: &ActionSpec) -> RandomPoses {
        RandomPoses { spec: spec.clone(), random: ChaCha8Rng::seed_from_u64(0) }
    }
}

impl Controller for RandomPoses {
    fn begin_episode(&mut self, seed: u64) -> Result<(), ControllerError> {
        self.random = ChaCha8Rng::seed_from_u64(seed);
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        for (values, field) in action.fields.iter_mut().zip(&self.spec.fields) {
            let [least, most] = field.bounds;
            for value in values {
                *value = least + (most - least) * self.random.random::<f32>();
            }
        }
        Ok(())
    }

    fn set_learning(&mut self, _learning: bool) {}
}

impl Checkpoint for RandomPoses {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("random-poses", &self.random)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.random = checkpoint::from_bytes("random-poses", bytes)?;
        Ok(())
    }
}
