//! The current-based leaky integrate-and-fire neuron, `cuba_lif`: a synaptic current that decays, before a membrane that is that of `lif`.
//!
//! Each tick of length h, with beta = exp(-h/tau_syn), alpha = exp(-h/tau) and z the spike of the tick before:
//! 1. i = beta i + (a + bias_syn), where a is the sum of the weights that arrive
//! 2. v = alpha v + g (i + bias) - z threshold, with the current of this tick, and g = 1, or 1 - alpha if input is scaled
//! 3. a spike if v > threshold, unless refractory
//!
//! [`Reset`] has the other ways in which a spike may act on v; none acts on i. As the law is linear up to the spike, a weight of the synapse
//! (w_in of NIR), a resistance, and any gain that a discretisation gives either equation go into the weights and constants; forward Euler,
//! which decays by 1 - h/tau, has the time constants whose exponentials that is.
//!
//! Sources: NIR's `CubaLIF` (Pedersen et al. 2024, "Neuromorphic intermediate representation"); PyNN's `IF_curr_exp`; Lava's `LIF`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, Lif, PerNeuron, Reset};

/// Parameters of the neuron. Potentials and weights share one unit, relative to rest, that the network chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CubaLif {
    /// Time constant of the synaptic current (ms).
    pub tau_syn_ms: PerNeuron,
    /// Time constant of the membrane (ms).
    pub tau_ms: PerNeuron,
    /// Potential at which it fires.
    pub threshold: PerNeuron,
    /// Constant current of every tick, added to the synapse's on its way to the membrane.
    pub bias: PerNeuron,
    /// Constant input of every tick, added to what arrives at the synapse. In the end, it is as a `bias` of bias_syn / (1 - beta).
    pub bias_syn: PerNeuron,
    /// Time after a spike in which there is none (ms): whole ticks. A neuron that fires in tick t may fire again in tick
    /// t + 1 + refractory_ms / h; it integrates meanwhile.
    pub refractory_ms: f64,
    /// Whether the membrane takes 1 - alpha of the current, which then has the unit of the potential to which it leads. What arrives at the
    /// synapse is never scaled.
    pub scaled_input: bool,
    /// What a spike does to the potential.
    pub reset: Reset,
    /// When it fires.
    pub comparison: Comparison,
}

impl Default for CubaLif {
    fn default() -> Self {
        let Lif { tau_ms, threshold, bias, refractory_ms, scaled_input, reset, comparison } = Lif::default();
        let (tau_syn_ms, bias_syn) = (5.0.into(), 0.0.into());
        CubaLif { tau_syn_ms, tau_ms, threshold, bias, bias_syn, refractory_ms, scaled_input, reset, comparison }
    }
}

impl CubaLif {
    /// The membrane behind the synapse.
    pub fn membrane(&self) -> Lif {
        Lif {
            tau_ms: self.tau_ms.clone(),
            threshold: self.threshold.clone(),
            bias: self.bias.clone(),
            refractory_ms: self.refractory_ms,
            scaled_input: self.scaled_input,
            reset: self.reset,
            comparison: self.comparison,
        }
    }
}
