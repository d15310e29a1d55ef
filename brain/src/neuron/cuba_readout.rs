//! The readout `cuba_readout`: a synaptic current that decays, before a leaky integrator that never fires; its value is what is read out.
//!
//! Each tick of length h, with beta = exp(-h/tau_syn) and kappa = exp(-h/tau):
//! 1. i = beta i + (a + bias_syn), where a is the sum of the weights that arrive
//! 2. y = kappa y + g (i + bias), with the current of this tick, and g = 1, or 1 - kappa if input is scaled
//!
//! What holds of delays into `leaky_readout` holds here. Source: NIR's `CubaLI`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LeakyReadout, PerNeuron};

/// Parameters of the readout. Values carry the unit of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CubaReadout {
    /// Time constant of the synaptic current (ms).
    pub tau_syn_ms: PerNeuron,
    /// Time constant of the value (ms).
    pub tau_ms: PerNeuron,
    /// Constant current of every tick, added to the synapse's.
    pub bias: PerNeuron,
    /// Constant input of every tick, added to what arrives at the synapse.
    pub bias_syn: PerNeuron,
    /// Whether the value takes 1 - kappa of the current. What arrives at the synapse is never scaled.
    pub scaled_input: bool,
}

impl Default for CubaReadout {
    fn default() -> Self {
        let LeakyReadout { tau_ms, bias, scaled_input } = LeakyReadout::default();
        CubaReadout { tau_syn_ms: 5.0.into(), tau_ms, bias, bias_syn: 0.0.into(), scaled_input }
    }
}

impl CubaReadout {
    /// The integrator behind the synapse.
    pub fn integrator(&self) -> LeakyReadout {
        LeakyReadout { tau_ms: self.tau_ms.clone(), bias: self.bias.clone(), scaled_input: self.scaled_input }
    }
}
