//! One neuron per window of pixels, which fires Poisson spikes at a rate tied to the window's events.
//!
//! With n events in the last control period P, min(spikes_per_event n, max_rate P) spikes are expected in the next, drawn tick by
//! tick: at most one a tick. As the paper on lane following has it (Kaiser et al. 2019), whose constants are open.

use embody_robots::Nanos;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WindowSettings {
    /// Width of a window (pixels); it divides that of every camera.
    pub width: u16,
    /// Height of a window (pixels); it divides that of every camera.
    pub height: u16,
    /// Expected spikes for each event.
    pub spikes_per_event: f64,
    /// Greatest rate of a neuron (Hz).
    pub max_rate_hz: f64,
}

impl Default for WindowSettings {
    fn default() -> Self {
        WindowSettings { width: 8, height: 8, spikes_per_event: 0.06, max_rate_hz: 100.0 }
    }
}

/// The law, and the random numbers that it draws.
pub(super) struct Windows {
    spikes_per_event: f64,
    max_rate_hz: f64,
    random: ChaCha8Rng,
    /// Events of each window, kept so that nothing is allocated.
    events: Vec<u32>,
}

impl Windows {
    pub(super) fn new(settings: &WindowSettings, seed: u64) -> Result<Self, String> {
        for (key, value) in [("spikes_per_event", settings.spikes_per_event), ("max_rate_hz", settings.max_rate_hz)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(format!("encoder.windows.{key}: expected a finite number of at least zero, found {value}"));
            }
        }
        Ok(Windows {
            spikes_per_event: settings.spikes_per_event,
            max_rate_hz: settings.max_rate_hz,
            random: ChaCha8Rng::seed_from_u64(seed),
            events: Vec::new(),
        })
    }

    /// Adds the spikes for events, each given by its neuron out of `neurons`.
    pub(super) fn encode(&mut self, seen: impl Iterator<Item = u32>, neurons: usize, tick: Nanos, spikes: &mut [Vec<u32>]) {
        self.events.clear();
        self.events.resize(neurons, 0);
        seen.for_each(|neuron| self.events[neuron as usize] += 1);
        let most = self.max_rate_hz * tick.as_secs_f64();
        let per_event = self.spikes_per_event / spikes.len() as f64;
        for spikes in spikes {
            for (neuron, events) in (0..).zip(&self.events).filter(|(_, events)| **events > 0) {
                let probability = (per_event * f64::from(*events)).min(most);
                if self.random.random::<f64>() < probability {
                    spikes.push(neuron);
                }
            }
        }
    }

    pub(super) fn random(&self) -> &ChaCha8Rng {
        &self.random
    }

    pub(super) fn set_random(&mut self, random: ChaCha8Rng) {
        self.random = random;
    }
}
