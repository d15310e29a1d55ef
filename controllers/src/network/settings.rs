//! Settings of a network that somebody brings along.

use std::collections::BTreeMap;

use embody_robots::Nanos;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decoder::DecoderSettings;
use crate::encoder::EncoderSettings;

/// How a step of a NIR graph is integrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphIntegration {
    /// As the file states it.
    #[default]
    Stated,
    /// Forward Euler.
    Euler,
    /// Exact decay, and input as impulses.
    Exponential,
}

/// What a spike does to the potential of a NIR graph's neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphReset {
    /// As the file states it.
    #[default]
    Stated,
    /// It goes to the reset potential.
    Zero,
    /// The threshold is taken away.
    Subtract,
}

/// Settings of a network that somebody brings along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// The network: a NIR file, or a description (.json) as embody nir convert writes it; a relative path starts at this file's folder.
    pub file: String,
    /// Length of a step of a NIR graph, which must be the neural tick; 0s is what the file states.
    pub dt: Nanos,
    /// How a step of a NIR graph is integrated.
    pub integration: GraphIntegration,
    /// What a spike does in a NIR graph.
    pub reset: GraphReset,
    /// The input that the encoder feeds; unsaid, the only one that no field feeds. One that holds values gets 1 for a spike and 0 for none.
    pub input: String,
    /// Inputs that hold the values of a dense field of the observation, each with the field's name: the values of a control step stand for all of its ticks.
    pub observations: BTreeMap<String, String>,
    /// The readout that the decoder reads; unsaid, the only one.
    pub output: String,
    /// Low-pass filter of the spikes that are read. A readout of values isn't filtered: the decoder gets those of the last tick in the place of rates.
    pub motor_filter: Nanos,
    /// From events to spikes.
    pub encoder: EncoderSettings,
    /// From rates, or values, to the action.
    pub decoder: DecoderSettings,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        NetworkSettings {
            file: String::new(),
            dt: Nanos::ZERO,
            integration: GraphIntegration::Stated,
            reset: GraphReset::Stated,
            input: String::new(),
            observations: BTreeMap::new(),
            output: String::new(),
            motor_filter: Nanos::from_millis(100),
            encoder: EncoderSettings::default(),
            decoder: DecoderSettings::default(),
        }
    }
}
