//! What a user may ask of every chip.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On the chip, in its own numbers. What it can't do is an error.
    Chip,
    /// On the host beside it, in `f32`.
    Host,
}

/// Where a user wants things to run. Unsaid is: on the chip as far as it can, else on the host where that is customary, and reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Plasticity rules and their state.
    pub plasticity: Option<Place>,
    /// Neurons.
    pub neuron: Option<Place>,
}
