//! How py-spinnaker2 brings neurons to the chip: 8-bit weights, and potentials in units of a scaled weight.
//!
//! All weights that enter a population are multiplied by one w_scale, so that the largest becomes 127. What a weight means for the potential
//! goes into threshold and offset. For a neuron c = d_s c + i, v = d v + g (c + b) a unit of potential is scale = w_scale / g on the chip:
//! threshold = v_threshold scale, offset = w_scale b. That is what its NIR import computes, with k = dt/tau (forward Euler) or
//! 1 - e^(-dt/tau) (exponential):
//! - LIF: g = k R, b = v_leak / R + bias; so scale = w_scale / (k R), offset = k v_leak scale + bias w_scale
//! - CuBa-LIF: g = k_m R k_s w_in, b = v_leak / (R k_s w_in) + bias / k_s; so offset = k_m v_leak scale + bias w_scale / k_s
//! - IF: d = 1, g = R, b = bias; the step's length doesn't enter
//!
//! Weights of dense connections are rounded to the nearest whole number, those of convolutions cut off toward zero: the chip is told which
//! ([`SpiNNaker2Options::rounding`](super::SpiNNaker2Options::rounding)). Source: py-spinnaker2, its NIR import.

use super::step::{ScaledNeuron, ScaledReset};

/// The greatest 8-bit weight.
pub const LARGEST_WEIGHT: f64 = 127.0;

/// A neuron in the unit of its weights: c = d_s c + i, v = d v + g (c + b), a spike at a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unscaled {
    /// d: what a step leaves of the potential.
    pub decay: f64,
    /// d_s: what a step leaves of the current; 0 for a neuron without one.
    pub synapse_decay: f64,
    /// g: potential of a unit of current.
    pub gain: f64,
    /// b: constant current.
    pub constant: f64,
    /// Potential at which it fires.
    pub threshold: f64,
}

impl Unscaled {
    /// Chip units per unit of potential, at `w_scale` of them per unit of weight.
    pub fn scale(&self, w_scale: f64) -> f64 {
        w_scale / self.gain
    }

    /// The neuron in the chip's numbers: one that is never refractory, and fires above its threshold.
    pub fn scaled(&self, w_scale: f64, reset: ScaledReset) -> ScaledNeuron {
        ScaledNeuron {
            decay: self.decay as f32,
            synapse_decay: self.synapse_decay as f32,
            threshold: (self.threshold * self.scale(w_scale)) as f32,
            offset: (self.constant * w_scale) as f32,
            reset,
            at_threshold: false,
            refractory: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// tau = 2.5 ms at steps of 0.1 ms, R = 2, v_leak = 0.25, v_threshold = 0.1, bias = 0.5.
    #[test]
    fn scales_are_those_of_the_import() {
        let reset = ScaledReset::To(0.0);
        let (k, k_s, r, w_in) = (0.04, 0.1, 2.0, 4.0);
        let lif = Unscaled { decay: 0.96, synapse_decay: 0.0, gain: k * r, constant: 0.25 / r + 0.5, threshold: 0.1 };
        let neuron = lif.scaled(100.0, reset);
        // scale = 100 / 0.08, offset = 0.04 x 0.25 x 1250 + 0.5 x 100.
        assert!((lif.scale(100.0) - 1250.0).abs() < 1e-9);
        assert_eq!([neuron.decay, neuron.threshold, neuron.offset], [0.96, 125.0, 62.5]);
        let gain = k * r * k_s * w_in;
        let cuba = Unscaled { synapse_decay: 0.9, gain, constant: 0.25 / (r * k_s * w_in) + 0.5 / k_s, ..lif };
        let neuron = cuba.scaled(100.0, reset);
        // scale = 100 / (0.08 x 0.1 x 4), offset = 0.04 x 0.25 x 3125 + 0.5 x 100 / 0.1.
        assert!((cuba.scale(100.0) - 3125.0).abs() < 1e-9);
        assert_eq!([neuron.synapse_decay, neuron.offset], [0.9, 531.25]);
        let integrator = Unscaled { decay: 1.0, synapse_decay: 0.0, gain: r, constant: 0.5, threshold: 1.0 };
        let neuron = integrator.scaled(100.0, reset);
        assert_eq!([neuron.decay, neuron.threshold, neuron.offset], [1.0, 50.0, 50.0]);
    }
}
