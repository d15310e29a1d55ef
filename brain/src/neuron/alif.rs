//! The adaptive leaky integrate-and-fire neuron, `alif`: a threshold that rises with every spike.
//!
//! Each tick of length h, with alpha = exp(-h/tau), rho = exp(-h/tau_adaptation) and z the spike of the tick before:
//! 1. b = rho b + r z, with r = 1, or 1 - rho if adaptation is scaled; A = threshold + beta b
//! 2. v = alpha v + g (I + bias) - z threshold, or - z A if the reset is by the adapted threshold; g as in [`Lif`](super::Lif)
//! 3. a spike if v > A, unless refractory
//!
//! With beta = 0 it is the plain neuron, to the bit; a list of betas mixes both in one population. Of the two published conventions, the
//! one of LSNNs scales input and adaptation (Bellec et al. 2018), that of e-prop scales neither (Bellec et al. 2020).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, PerNeuron, Reset, ResetBy};

/// Parameters of the neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alif {
    /// Time constant of the membrane (ms).
    pub tau_ms: PerNeuron,
    /// Potential at which it fires when it hasn't fired for long.
    pub threshold: PerNeuron,
    /// Constant input of every tick, added to what arrives.
    pub bias: PerNeuron,
    /// How much the threshold rises with the adaptation variable.
    pub beta: PerNeuron,
    /// Time constant of the adaptation (ms).
    pub tau_adaptation_ms: PerNeuron,
    /// Time after a spike in which there is none (ms): whole ticks; see [`Lif`](super::Lif).
    pub refractory_ms: f64,
    /// Whether input is scaled by 1 - alpha.
    pub scaled_input: bool,
    /// Whether a spike's share in the adaptation is scaled by 1 - rho.
    pub scaled_adaptation: bool,
    /// What a spike does to the potential.
    pub reset: Reset,
    /// Which threshold a subtracting reset takes away.
    pub reset_by: ResetBy,
    /// When it fires.
    pub comparison: Comparison,
}

impl Default for Alif {
    fn default() -> Self {
        Alif {
            tau_ms: 20.0.into(),
            threshold: 1.0.into(),
            bias: 0.0.into(),
            beta: 0.07.into(),
            tau_adaptation_ms: 200.0.into(),
            refractory_ms: 0.0,
            scaled_input: false,
            scaled_adaptation: false,
            reset: Reset::default(),
            reset_by: ResetBy::default(),
            comparison: Comparison::default(),
        }
    }
}
