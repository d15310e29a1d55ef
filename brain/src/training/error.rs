//! What can go wrong in training.

use super::parameters::ParameterError;
use crate::spec::CompileError;

/// Why training can't begin or go on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainingError {
    /// A batch doesn't fit the network, or errors the outputs.
    #[error("batch: {what}")]
    Batch {
        /// What was expected, and what was found.
        what: String,
    },
    /// What was recorded elsewhere doesn't fit the network or the batch.
    #[error("recording: {what}")]
    Recording {
        /// What was expected, and what was found.
        what: String,
    },
    /// A rate is wished for where there is none.
    #[error("rate regularisation: {what}")]
    Rate {
        /// What is wrong.
        what: String,
    },
    /// A number became infinite or undefined. Nothing was changed by the step in which it did.
    #[error("update {update}: {place} is no longer a finite number; the state before this update is kept")]
    NotFinite {
        /// Number of the update, from 0.
        update: u64,
        /// The loss, the population, or the tensor's gradient.
        place: String,
    },
    /// Parameters don't fit the network.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The network can't be trained.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Settings name what the network doesn't have.
    #[error("{list}: the network has no {name:?}")]
    Unknown {
        /// The setting.
        list: String,
        /// The name.
        name: String,
    },
    /// A saved state doesn't fit.
    #[error("saved training: {0}")]
    Saved(String),
}
