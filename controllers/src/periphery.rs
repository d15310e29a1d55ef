//! What stands on both sides of a spiking controller's network: senses to spikes before it, spikes to an action behind it.

use embody_robots::{Nanos, seed};
use rand_chacha::ChaCha8Rng;

use crate::decoder::{Decoder, DecoderSettings, Filter, Rates};
use crate::encoder::{Encoder, EncoderSettings};
use crate::spore::Loop;
use crate::telemetry::Spike;

/// The most neural ticks in a control period, which all have memory of their own.
const MOST_TICKS: u64 = 100_000;

/// What a periphery is made of; each part has the settings of its own kind.
pub(crate) struct Parts<'a> {
    /// From events to spikes; none for a network that sees no events.
    pub encoder: Option<&'a EncoderSettings>,
    /// From rates to the action.
    pub decoder: &'a DecoderSettings,
    /// Time constant of the rates' filter.
    pub motor_filter: Nanos,
    /// Neurons that are read.
    pub motor_neurons: usize,
}

/// An encoder, and the filter and decoder of the neurons that are read.
pub(crate) struct Periphery {
    pub encoder: Encoder,
    pub filter: Filter,
    pub decoder: Decoder,
}

/// All of it that changes: random numbers to come, and rates.
pub(crate) type PeripheryState = (Option<ChaCha8Rng>, Rates);

impl Periphery {
    /// For a body and the loop's periods; random numbers follow from `seed`.
    ///
    /// # Errors
    /// If the body lacks what is needed, or a setting can't be, which is named.
    pub fn new(parts: &Parts, around: &Loop, seed: u64) -> Result<Self, String> {
        let (ticks, tick) = (ticks(around)?, around.neural_tick);
        let encoder = match parts.encoder {
            Some(encoder) => Encoder::new(encoder, &around.observation, tick, ticks, seed::stream(seed, "encoder"))?,
            None => Encoder::blind(tick, ticks),
        };
        let decoder = Decoder::new(parts.decoder, parts.motor_neurons, &around.action)?;
        if parts.motor_filter == Nanos::ZERO {
            return Err("motor_filter: expected a time above zero, found 0s".into());
        }
        let filter = Filter::new(parts.motor_neurons, parts.motor_filter.as_secs_f64(), tick.as_secs_f64());
        Ok(Periphery { encoder, filter, decoder })
    }

    /// The encoder's spikes of the last control period.
    pub fn seen(&self) -> impl Iterator<Item = Spike> {
        let ticks = (0..).zip(self.encoder.ticks());
        ticks.flat_map(|(tick, spikes)| spikes.iter().map(move |&neuron| Spike { tick, neuron }))
    }

    /// Its state, written as a [`PeripheryState`].
    pub fn state(&self) -> (Option<&ChaCha8Rng>, &Rates) {
        (self.encoder.state(), self.filter.rates())
    }

    /// Continues from a state if `rest` does too; what is refused changes nothing here.
    pub fn restore(&mut self, state: PeripheryState, rest: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        let before = (self.encoder.state().cloned(), self.filter.rates().clone());
        let restored = self.set(state).and_then(|()| rest());
        if restored.is_err() {
            self.set(before)?;
        }
        restored
    }

    fn set(&mut self, (encoder, rates): PeripheryState) -> Result<(), String> {
        self.encoder.set_state(encoder)?;
        self.filter.set_rates(rates)
    }
}

/// Neural ticks in a control period.
fn ticks(around: &Loop) -> Result<usize, String> {
    let (tick, period) = (around.neural_tick, around.control_period);
    let ticks = period.whole_multiple_of(tick).ok_or_else(|| format!("neural tick {tick} doesn't divide {period}"))?;
    if ticks > MOST_TICKS {
        return Err(format!("expected at most {MOST_TICKS} neural ticks in a control period, found {ticks}"));
    }
    Ok(ticks as usize)
}
