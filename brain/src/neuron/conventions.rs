//! Choices in which published spiking neurons differ, spelled out so that none is hidden.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a membrane potential fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// v > threshold.
    #[default]
    Above,
    /// v >= threshold.
    AtLeast,
}

/// What a spike does to the membrane potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// The threshold is subtracted in the next tick, after the decay: v = alpha v + I - z threshold, z of the tick before.
    #[default]
    SubtractNextTick,
    /// The threshold is subtracted at once, and what is left decays.
    Subtract,
    /// The potential is set to zero at once.
    Zero,
}

/// Which threshold a subtracting reset of an adaptive neuron takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetBy {
    /// The one that the neuron has without adaptation.
    #[default]
    Base,
    /// The adapted one, as it stands in the tick of the subtraction.
    Adapted,
}
