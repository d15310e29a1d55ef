//! Straight on: an action of zeros, whatever happens.

use embody_robots::{Action, Checkpoint, CheckpointError, TimeStep, checkpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::controller::{Controller, ControllerError};

/// Commands zero. It has neither settings nor state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Straight {}

impl Controller for Straight {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, action: &mut Action) -> Result<(), ControllerError> {
        action.fields.iter_mut().for_each(|values| values.fill(0.0));
        Ok(())
    }

    fn set_learning(&mut self, _learning: bool) {}
}

impl Checkpoint for Straight {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        Ok(Vec::new())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        checkpoint::from_bytes("straight", bytes)
    }
}
