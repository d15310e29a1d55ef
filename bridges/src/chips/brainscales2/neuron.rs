//! The spiking neuron of hxtorch's mock: a leaky integrate-and-fire neuron with a current, in steps.
//!
//! One step, in this order, with x the weights that arrive:
//! 1. v = a_m (v - leak) + leak + (1 - a_m) i, with the i of the step before
//! 2. i = a_s i + x
//! 3. a spike where v > threshold (strict), then v = reset
//!
//! At first i is 0 and v the leak. So a spike acts on v one step after it arrives. The chip's circuits move their membranes on by
//! [`MockNeuron::membrane`], with deviations, noise and a refractory time of their own; [`MockNeuron::step`] is the oracle that they are tested
//! against. What the mock does in the loop, v and z of the chip in the place of the software's, is `embody_brain::training`'s, for all chips.
//! Source: electronicvisions/hxtorch, `spiking/functional/lif`.

/// Constants of a neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MockNeuron {
    /// a_m = e^(-dt/tau_mem).
    pub membrane_decay: f32,
    /// a_s = e^(-dt/tau_syn); 0 for a current that is gone after a step.
    pub synapse_decay: f32,
    /// Potential to which it leaks.
    pub leak: f32,
    /// Potential above which it fires.
    pub threshold: f32,
    /// Potential after a spike.
    pub reset: f32,
}

/// What changes of a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MockState {
    /// Potential.
    pub v: f32,
    /// Current.
    pub current: f32,
}

impl MockNeuron {
    /// The state at first.
    pub fn at_rest(&self) -> MockState {
        MockState { v: self.leak, current: 0.0 }
    }

    /// The potential to which a step takes the membrane.
    #[inline(always)]
    pub fn membrane(&self, state: &MockState) -> f32 {
        let a = self.membrane_decay;
        a * (state.v - self.leak) + self.leak + (1.0 - a) * state.current
    }

    /// One step. Returns whether the neuron fires.
    #[inline(always)]
    pub fn step(&self, state: &mut MockState, x: f32) -> bool {
        state.v = self.membrane(state);
        state.current = self.synapse_decay * state.current + x;
        let spike = state.v > self.threshold;
        if spike {
            state.v = self.reset;
        }
        spike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEURON: MockNeuron = MockNeuron { membrane_decay: 0.75, synapse_decay: 0.5, leak: 1.0, threshold: 3.0, reset: -1.0 };

    #[test]
    fn a_step_takes_the_old_current() {
        let mut state = NEURON.at_rest();
        assert_eq!(state, MockState { v: 1.0, current: 0.0 });
        assert!(!NEURON.step(&mut state, 16.0));
        assert_eq!(state, MockState { v: 1.0, current: 16.0 }, "what arrives waits a step");
        assert!(NEURON.step(&mut state, 0.0), "0.25 x 16 + 1 is above 3");
        assert_eq!(state, MockState { v: -1.0, current: 8.0 }, "v is the reset, the current goes on");
        assert!(!NEURON.step(&mut state, 0.0));
        assert_eq!(state, MockState { v: 0.75 * -2.0 + 1.0 + 2.0, current: 4.0 });
    }

    #[test]
    fn the_threshold_itself_is_not_enough() {
        let mut state = MockState { v: 1.0, current: 8.0 };
        assert!(!NEURON.step(&mut state, 0.0) && state.v == 3.0);
    }
}
