//! E-prop: gradients without a way back in time, from traces at the synapses and a learning signal at the neurons.
//!
//! For one population of `lif` or `alif` neurons, recurrent or not, between inputs and one leaky readout. Each tick, for synapse i -> j, with
//! x the input and, for recurrent synapses, the spikes of the tick before, and g the gain of input:
//! - eps_v = alpha eps_v + g x
//! - e = psi_j (eps_v - beta_j eps_a), then eps_a = rho eps_a + r e (r the share of a spike in the adaptation)
//! - ebar = kappa ebar + g_out e, with the readout's decay and gain; zbar likewise of the spikes
//!
//! The gradient is sum_t L_j ebar with L_j = sum_k B_kj err_k, that of the readout's weights sum_t err_k zbar_j. Rate regularisation adds
//! (strength / T) (rate_j - target) sum_t e, rates in spikes per tick. psi is the [`Surrogate`](super::Surrogate).
//!
//! It is the exact gradient where neurons aren't recurrent, but for what flows through the reset (a test holds it to backpropagation); otherwise an
//! approximation that can be computed while time runs. Source: Bellec et al. 2020.
//!
//! Not here: batches (sequences come one by one, or tick by tick).

mod learner;
mod synapses;

pub use learner::{EProp, cross_entropy, squared_error};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LearningRate, Optimiser, RateTarget, Settings};

/// How errors at the readout become learning signals at the neurons.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Feedback {
    /// Through the readout's own weights.
    #[default]
    Symmetric,
    /// Through weights drawn from N(0, 1), which stay as they are.
    Random {
        /// Seed of the draw.
        seed: u64,
    },
    /// Through weights drawn from N(0, 1) that change as the readout's do; both decay by a factor 1 - `decay` in each update.
    Adaptive {
        /// Seed of the draw.
        seed: u64,
        /// How much both lose in an update.
        decay: f64,
    },
    /// Through given weights, which stay as they are: `weights[j * outputs + k]` from output k to neuron j.
    Given {
        /// The weights.
        weights: Vec<f64>,
    },
}

/// How a network learns by e-prop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EPropSettings {
    /// What stands for the derivative of a spike; its other settings don't matter here.
    pub network: Settings,
    /// Learning signals.
    pub feedback: Feedback,
    /// How gradients become changes.
    pub optimiser: Optimiser,
    /// How large these are.
    pub learning_rate: LearningRate,
    /// A wish for firing rates.
    pub rate: Option<RateTarget>,
    /// Recurrent synapses from a neuron to itself keep the weight zero.
    pub no_autapses: bool,
}
