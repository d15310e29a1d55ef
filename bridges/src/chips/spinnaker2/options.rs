//! What a user may choose of an emulated SpiNNaker 2.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chips::Place;
use crate::chips::integer::Rounding;
use crate::chips::options::within;

/// In what numbers an element's program computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// Single-precision floats, as py-spinnaker2's programs.
    #[default]
    Float,
    /// s16.15, as sPyNNaker's.
    Fixed,
}

/// What a user may choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpiNNaker2Options {
    /// Where plasticity rules run; unsaid, on the chip if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plasticity: Option<Place>,
    /// Where neurons run; unsaid, on the chip if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neuron: Option<Place>,
    /// In what numbers neurons on the chip compute.
    pub arithmetic: Arithmetic,
    /// Whether neurons that the program lacks (in s16.15: a reset that subtracts, a refractory neuron that integrates) are replaced by those
    /// that it has (reset to zero, held there). If not they are refused.
    pub approximate: bool,
    /// How weights between two steps are stored: dense connections of py-spinnaker2 take the nearest step, its convolutions cut off. What a rule
    /// requests is rounded at random either way.
    pub rounding: Rounding,
    /// The weight that is stored as 127, in the unit of the network: 1e-6 to 1e6. Larger ones saturate. Unsaid, the largest that enters a population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest_weight: Option<f32>,
}

impl SpiNNaker2Options {
    /// Errors name the option and what it must be.
    pub fn check(&self) -> Result<(), String> {
        self.largest_weight.map_or(Ok(()), |w| within("largest_weight", w, [1e-6, 1e6]))
    }
}
