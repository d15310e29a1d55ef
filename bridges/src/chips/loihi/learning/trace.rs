//! Traces of spikes in whole numbers of 7 bits.
//!
//! Between epochs a trace is one number. Within an epoch it is what follows from that: it decays step by step, and jumps at the *last* spike
//! of the epoch. A spike before that one has added its impulse at once, undecayed, when the next came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest value of a trace: 7 bits.
pub const MOST: u8 = 127;

/// A trace; the default has no impulse and stays 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trace {
    /// Time constant of its decay (ticks).
    pub tau_ticks: f64,
    /// What a spike adds: 0 to 127.
    pub impulse: u8,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { tau_ticks: 20.0, impulse: 0 }
    }
}

impl Trace {
    /// Looks for values that can't be.
    pub fn check(&self, name: &str) -> Result<(), String> {
        if !(self.tau_ticks > 0.0 && self.tau_ticks.is_finite()) {
            return Err(format!("{name}.tau_ticks: expected a number above zero, found {}", self.tau_ticks));
        }
        if self.impulse > MOST {
            return Err(format!("{name}.impulse: expected 0 to {MOST}, found {}", self.impulse));
        }
        Ok(())
    }

    /// The value with another impulse.
    pub fn spiked(&self, value: u8) -> u8 {
        value.saturating_add(self.impulse).min(MOST)
    }

    /// The value a step later: x exp(-1/tau), rounded down, or up if `random` (0..1) lies below the fraction.
    pub fn decayed(&self, value: u8, random: f64) -> u8 {
        let exact = f64::from(value) * libm::exp(-1.0 / self.tau_ticks);
        let whole = libm::floor(exact);
        whole as u8 + u8::from(random < exact - whole)
    }

    /// The values after each step of an epoch that begins with `value` and has its last spike in step `spike` (from 1; 0 for none).
    pub fn epoch(&self, value: u8, spike: u8, random: f64, values: &mut [u8]) {
        let mut value = value;
        for (step, out) in (1u32..).zip(values) {
            value = self.decayed(value, random);
            if step == u32::from(spike) {
                value = self.spiked(value);
            }
            *out = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_decays_and_jumps_within_its_bits() {
        let trace = Trace { tau_ticks: 20.0, impulse: 16 };
        let mut values = [0; 4];
        trace.epoch(0, 2, 1.0, &mut values);
        assert_eq!(values, [0, 16, 15, 14]);
        trace.epoch(120, 1, 1.0, &mut values);
        assert_eq!(values, [127, 120, 114, 108]);
    }

    #[test]
    fn it_rounds_up_as_often_as_the_fraction_says() {
        let trace = Trace { tau_ticks: 20.0, impulse: 16 };
        // 16 exp(-1/20) = 15.2197.
        assert_eq!([trace.decayed(16, 0.2196), trace.decayed(16, 0.2198)], [16, 15]);
    }
}
