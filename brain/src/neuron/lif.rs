//! The leaky integrate-and-fire neuron, `lif`.
//!
//! Each tick of length h, with alpha = exp(-h/tau) and z the spike of the tick before:
//! 1. v = alpha v + g (I + bias) - z threshold, with g = 1, or 1 - alpha if inputs are scaled; I is the sum of the weights that arrive
//! 2. a spike if v > threshold, unless refractory
//!
//! [`Reset`] has the other ways in which a spike may act on v. Potentials and weights share one unit, relative to rest, that the network
//! chooses; they carry none. Source: Bellec et al. 2020, "A solution to the learning dilemma for recurrent networks of spiking neurons".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, PerNeuron, Reset};

/// Parameters of the neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lif {
    /// Time constant of the membrane (ms).
    pub tau_ms: PerNeuron,
    /// Potential at which it fires.
    pub threshold: PerNeuron,
    /// Constant input of every tick, added to what arrives.
    pub bias: PerNeuron,
    /// Time after a spike in which there is none (ms): whole ticks. A neuron that fires in tick t may fire again in tick
    /// t + 1 + refractory_ms / h; it integrates meanwhile.
    pub refractory_ms: f64,
    /// Whether input is scaled by 1 - alpha.
    pub scaled_input: bool,
    /// What a spike does to the potential.
    pub reset: Reset,
    /// When it fires.
    pub comparison: Comparison,
}

impl Default for Lif {
    fn default() -> Self {
        Lif {
            tau_ms: 20.0.into(),
            threshold: 1.0.into(),
            bias: 0.0.into(),
            refractory_ms: 0.0,
            scaled_input: false,
            reset: Reset::default(),
            comparison: Comparison::default(),
        }
    }
}
