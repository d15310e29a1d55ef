//! How a network is differentiated, and on how many threads.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::surrogate::Surrogate;

/// How a network is differentiated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Threads; their number doesn't change results.
    pub threads: usize,
    /// What stands for the derivative of a spike.
    pub surrogate: Surrogate,
    /// The same for single populations, by name.
    pub surrogates: BTreeMap<String, Surrogate>,
    /// Whether gradients flow through the adaptation of a threshold or, for `se_adlif`, from adaptation to spikes.
    pub through_adaptation: bool,
    /// Whether gradients flow from the reset to the spike that caused it.
    pub through_reset: bool,
    /// Spikes are smooth functions of the potential whose derivative is the surrogate: a network whose gradients are exact, for tests
    /// by finite differences. What a refractory neuron may do still hangs on the threshold.
    pub smoothed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            threads: 1,
            surrogate: Surrogate::default(),
            surrogates: BTreeMap::new(),
            through_adaptation: true,
            through_reset: true,
            smoothed: false,
        }
    }
}

/// A wish for the rate of every neuron of a population: adds strength times the sum over neurons of (rate - target)^2 to the loss, with
/// the rate as the mean over batch and ticks, in spikes per tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateTarget {
    /// Name of the population.
    pub population: String,
    /// The rate (Hz).
    pub target_hz: f64,
    /// Factor of the squares.
    pub strength: f64,
}
