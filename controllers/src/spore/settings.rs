//! Settings of the SPORE controller.

use embody_brain::neuron::Poisson;
use embody_brain::plasticity::spore::Spore;
use embody_robots::Nanos;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decoder::DecoderSettings;
use crate::encoder::EncoderSettings;
use crate::reward::Scale;

/// The most synapses, a few hundred bytes of memory each.
const MOST_SYNAPSES: usize = 1 << 22;

/// Settings of the SPORE controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SporeSettings {
    /// Motor neurons.
    pub motor_neurons: usize,
    /// Synapses from each visual to each motor neuron.
    pub synapses_per_pair: usize,
    /// Low-pass filter of the motor neurons' spikes.
    pub motor_filter: Nanos,
    /// Window of the running means that the reward is compared with.
    pub reward_window: Nanos,
    /// What the dopamine is scaled by: the reward's running mean, or its standard deviation.
    pub reward_scale: Scale,
    /// Least value that the dopamine is scaled by.
    pub reward_floor: f64,
    /// From events to the visual neurons' spikes.
    pub encoder: EncoderSettings,
    /// From the motor neurons' rates to the action.
    pub decoder: DecoderSettings,
    /// The motor neurons.
    pub neuron: Poisson,
    /// The synapses.
    pub plasticity: Spore,
}

impl Default for SporeSettings {
    fn default() -> Self {
        SporeSettings {
            motor_neurons: 8,
            synapses_per_pair: 1,
            motor_filter: Nanos::from_millis(100),
            reward_window: Nanos::from_secs(750),
            reward_scale: Scale::Mean,
            reward_floor: 0.02,
            encoder: EncoderSettings::default(),
            decoder: DecoderSettings::default(),
            neuron: Poisson::default(),
            plasticity: Spore::default(),
        }
    }
}

impl SporeSettings {
    /// Looks for what can't be, whatever the body, and names the key.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=4096).contains(&self.motor_neurons) || self.motor_filter.0 == 0 || self.reward_window.0 == 0 {
            return Err("motor_neurons must be 1 to 4096, motor_filter and reward_window above zero".into());
        }
        if !(self.reward_floor.is_finite() && self.reward_floor > 0.0) {
            return Err(format!("reward_floor: expected a finite number above zero, found {}", self.reward_floor));
        }
        Ok(())
    }

    /// Whether that many visual neurons leave the synapses within memory.
    pub(super) fn check_synapses(&self, visual: usize) -> Result<(), String> {
        let pairs = visual * self.motor_neurons;
        if pairs.checked_mul(self.synapses_per_pair).is_none_or(|synapses| synapses > MOST_SYNAPSES) {
            let found = self.synapses_per_pair;
            return Err(format!(
                "synapses_per_pair: expected at most {MOST_SYNAPSES} synapses in all, found {found} for each of {pairs} pairs"
            ));
        }
        Ok(())
    }
}
