//! A step of py-spinnaker2's neurons on a processing element: single-precision floats of the Cortex-M4F, sums of 8-bit weights.
//!
//! With i the sum of the weights that arrive: current c = d_s c + i, v = d v + (c + offset), a spike where v > threshold (strict), then the
//! reset. A neuron without a current of its own has d_s = 0. What is recorded is v after the reset.
//!
//! Beyond py-spinnaker2's models, an element's program can have a refractory time, a reset that subtracts in the next step, and a spike
//! at the threshold itself, as this project's neurons do.

use serde::{Deserialize, Serialize};

/// What a spike does to the potential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScaledReset {
    /// It becomes this.
    To(f32),
    /// The threshold is subtracted.
    Subtract,
    /// The threshold is subtracted in the next step, after the decay.
    SubtractNextStep,
}

/// Constants of a neuron, potentials in units of a scaled weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScaledNeuron {
    /// What a step leaves of the potential.
    pub decay: f32,
    /// What a step leaves of the current; 0 for a neuron without one.
    pub synapse_decay: f32,
    /// Potential above which it fires.
    pub threshold: f32,
    /// Added to the potential in every step.
    pub offset: f32,
    /// What a spike does.
    pub reset: ScaledReset,
    /// Whether the threshold itself is enough to fire.
    pub at_threshold: bool,
    /// Steps after a spike in which there is none; it integrates meanwhile.
    pub refractory: u32,
}

/// What changes of a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScaledState {
    /// Potential.
    pub v: f32,
    /// Current.
    pub current: f32,
    /// Steps for which it stays refractory.
    pub left: u32,
    /// Whether it fired in the step before.
    pub fired: bool,
}

impl ScaledNeuron {
    /// One step in which weights of the sum `input` arrive. Returns whether the neuron fires.
    #[inline(always)]
    pub fn step(&self, state: &mut ScaledState, input: f32) -> bool {
        state.current = self.synapse_decay * state.current + input;
        state.v = self.decay * state.v + (state.current + self.offset);
        if state.fired && self.reset == ScaledReset::SubtractNextStep {
            state.v -= self.threshold;
        }
        let reached = state.v > self.threshold || (self.at_threshold && state.v == self.threshold);
        state.fired = reached && state.left == 0;
        state.left = if state.fired { self.refractory } else { state.left.saturating_sub(1) };
        if state.fired {
            match self.reset {
                ScaledReset::To(v) => state.v = v,
                ScaledReset::Subtract => state.v -= self.threshold,
                ScaledReset::SubtractNextStep => (),
            }
        }
        state.fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEURON: ScaledNeuron = ScaledNeuron {
        decay: 0.5,
        synapse_decay: 0.5,
        threshold: 10.0,
        offset: 1.0,
        reset: ScaledReset::Subtract,
        at_threshold: false,
        refractory: 0,
    };

    #[test]
    fn a_current_acts_in_the_step_in_which_it_arrives_and_a_reset_may_subtract() {
        let mut state = ScaledState::default();
        assert!(!NEURON.step(&mut state, 9.0));
        assert_eq!([state.v, state.current], [10.0, 9.0], "the threshold itself isn't enough");
        assert!(NEURON.step(&mut state, 0.0));
        assert_eq!([state.v, state.current], [0.5, 4.5]);
        let mut state = ScaledState::default();
        assert!(ScaledNeuron { at_threshold: true, ..NEURON }.step(&mut state, 9.0), "unless it is said to be");
    }

    #[test]
    fn a_refractory_neuron_integrates_and_a_late_reset_follows_the_decay() {
        let neuron = ScaledNeuron { synapse_decay: 0.0, reset: ScaledReset::SubtractNextStep, refractory: 1, ..NEURON };
        let mut state = ScaledState::default();
        assert!(neuron.step(&mut state, 39.0) && state.v == 40.0);
        assert!(!neuron.step(&mut state, 9.0) && state.v == 20.0, "0.5 x 40 + 10 - 10, above the threshold but refractory");
        assert!(neuron.step(&mut state, 0.0) && state.v == 11.0);
    }
}
