//! A step of py-spinnaker2's neurons on a processing element: single-precision floats of the Cortex-M4F, sums of 8-bit weights.
//!
//! With i the sum of the weights that arrive, a whole number: current c = d_s c + i, v = d v + (c + offset), a spike where v > threshold
//! (strict), then the reset. A neuron without a current of its own has d_s = 0. What is recorded is v after the reset.

/// What a spike does to the potential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScaledReset {
    /// It becomes this.
    To(f32),
    /// The threshold is subtracted.
    Subtract,
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
}

/// What changes of a neuron.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScaledState {
    /// Potential.
    pub v: f32,
    /// Current.
    pub current: f32,
}

impl ScaledNeuron {
    /// One step in which weights of the sum `input` arrive. Returns whether the neuron fires.
    #[inline(always)]
    pub fn step(&self, state: &mut ScaledState, input: i32) -> bool {
        state.current = self.synapse_decay * state.current + input as f32;
        state.v = self.decay * state.v + (state.current + self.offset);
        let spike = state.v > self.threshold;
        if spike {
            state.v = match self.reset {
                ScaledReset::To(v) => v,
                ScaledReset::Subtract => state.v - self.threshold,
            };
        }
        spike
    }
}

#[cfg(test)]
mod tests {
    use super::super::scaling::{Integration, Lif};
    use super::*;

    /// Input, potential and spike of each step, as py-spinnaker2 recorded them on the chip.
    const TRACE: &str = include_str!("../../../tests/data/spinnaker2/lif_spinnaker2.csv");

    #[test]
    fn the_recorded_neuron_is_reproduced() {
        // There, the weight's scale was set by hand and the weight stored in 8 bits.
        let w_scale = 102.02;
        let lif = Lif { tau_s: 2.5e-3, r: 1.0, v_leak: 0.0, v_threshold: 0.1 };
        let scaled = lif.scale(Integration::Forward, 1e-4, w_scale, 0.0, ScaledReset::To(0.0)).unwrap();
        assert!((scaled.neuron.threshold - 255.05).abs() < 1e-4);
        let (mut state, mut spikes, mut worst) = (ScaledState::default(), Vec::new(), 0.0f64);
        let mut steps = 0;
        for (step, line) in TRACE.lines().enumerate() {
            let row: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            let [input, v, spike] = row[..] else { panic!("three columns") };
            let fired = scaled.neuron.step(&mut state, 102 * input as i32);
            assert_eq!(fired, spike == 1.0, "step {step}");
            spikes.extend(fired.then_some(step));
            worst = worst.max((f64::from(state.v) / w_scale - v).abs());
            steps += 1;
        }
        assert_eq!((steps, spikes), (1000, vec![460, 510, 710, 760]));
        assert!(worst < 9e-7, "{worst:e}");
    }

    #[test]
    fn a_current_acts_in_the_step_in_which_it_arrives_and_a_reset_may_subtract() {
        let neuron = ScaledNeuron { decay: 0.5, synapse_decay: 0.5, threshold: 10.0, offset: 1.0, reset: ScaledReset::Subtract };
        let mut state = ScaledState::default();
        assert!(!neuron.step(&mut state, 9));
        assert_eq!(state, ScaledState { v: 10.0, current: 9.0 }, "the threshold itself isn't enough");
        assert!(neuron.step(&mut state, 0));
        assert_eq!(state, ScaledState { v: 0.5, current: 4.5 });
    }
}
