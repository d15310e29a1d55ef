//! Neurons of a graph as a population's model.
//!
//! With u = v - v_reset a neuron of NIR is a `lif` or `leaky_readout` to the letter: alpha is the step's decay, the step's gain times r goes
//! into the weights, and what pulls u towards v_leak is a constant bias. Forward Euler decays by 1 - dt/tau, and so gets the time constant
//! whose exponential that is.

use embody_brain::neuron::{Comparison, Reset as After};
use embody_brain::neuron::{LeakyReadout, Lif, PerNeuron};

use super::time::milliseconds;
use crate::nir::operator::Neuron;
use crate::nir::{Discretisation, Integration, NirError, Reset};

/// Long enough that exp(-h/tau) is 1 to the bit (ms).
const FOR_EVER_MS: f64 = 1e30;

/// What a node of neurons becomes.
pub(super) struct Cells {
    /// Time constant of each (ms).
    pub tau_ms: Vec<f64>,
    /// What each keeps of itself in a tick.
    pub decay: Vec<f64>,
    /// What each multiplies what arrives by: this goes into weights and biases.
    pub gain: Vec<f64>,
    /// Constant input of each, besides that of the graph's biases.
    pub bias: Vec<f64>,
    /// Threshold of each, if they fire.
    pub threshold: Option<Vec<f64>>,
}

impl Cells {
    /// `count` neurons of a node.
    pub(super) fn of(name: &str, neuron: &Neuron, count: usize, d: &Discretisation) -> Result<Cells, NirError> {
        if neuron.synapse.is_some() {
            let why = "no neuron model of a network has a synapse whose current decays";
            return Err(NirError::inexpressible(name, "tau_syn", why));
        }
        let mut cells = Cells { tau_ms: Vec::new(), decay: Vec::new(), gain: Vec::new(), bias: Vec::new(), threshold: None };
        for i in 0..count {
            let v_reset = neuron.fire.as_ref().map_or(0.0, |[_, v_reset]| v_reset.of(i));
            let (tau_ms, decay, gain, bias) = match &neuron.leak {
                None => (FOR_EVER_MS, 1.0, d.dt_s * neuron.r.of(i), 0.0),
                Some([tau, v_leak]) => {
                    let [decay, gain] = d.coefficients("tau", tau.of(i)).map_err(|why| NirError::node(name, why))?;
                    // Of what is missing to v_leak a step makes good what it doesn't keep.
                    let bias = (1.0 - decay) * (v_leak.of(i) - v_reset);
                    (time_constant_ms(tau.of(i), decay, d), decay, gain * neuron.r.of(i), bias)
                }
            };
            cells.tau_ms.push(tau_ms);
            cells.decay.push(decay);
            cells.gain.push(gain);
            cells.bias.push(bias);
        }
        if let Some([threshold, v_reset]) = &neuron.fire {
            let height = |i| threshold.of(i) - v_reset.of(i);
            cells.threshold = Some(positive(name, "v_threshold", "above v_reset", (0..count).map(height).collect())?);
        }
        Ok(cells)
    }

    /// A Threshold node: neurons that keep nothing.
    pub(super) fn threshold(name: &str, threshold: Vec<f64>, d: &Discretisation) -> Result<Cells, NirError> {
        let count = threshold.len();
        Ok(Cells { threshold: Some(positive(name, "threshold", "above zero", threshold)?), ..Cells::readout(count, d) })
    }

    /// Readouts that keep nothing: what arrives is their value.
    pub(super) fn readout(count: usize, d: &Discretisation) -> Cells {
        Cells {
            tau_ms: vec![forgetful_ms(d); count],
            decay: vec![0.0; count],
            gain: vec![1.0; count],
            bias: vec![0.0; count],
            threshold: None,
        }
    }

    /// The parameters of a population that fires.
    pub(super) fn lif(&self, threshold: &[f64], reset: After) -> Lif {
        Lif {
            tau_ms: shared(&self.tau_ms),
            threshold: shared(threshold),
            bias: shared(&self.bias),
            refractory_ms: 0.0,
            scaled_input: false,
            reset,
            comparison: Comparison::Above,
        }
    }

    /// The parameters of a population that doesn't.
    pub(super) fn leaky_readout(&self) -> LeakyReadout {
        LeakyReadout { tau_ms: shared(&self.tau_ms), bias: shared(&self.bias), scaled_input: false }
    }
}

/// What a reset is called by neuron models.
pub(super) fn reset(reset: Reset) -> After {
    match reset {
        Reset::Zero => After::Zero,
        Reset::Subtract => After::Subtract,
    }
}

fn positive(name: &str, key: &str, expected: &str, values: Vec<f64>) -> Result<Vec<f64>, NirError> {
    match values.iter().position(|&v| v <= 0.0) {
        None => Ok(values),
        Some(at) => {
            Err(NirError::inexpressible(name, key, format!("expected {expected} in a network, found {} less", -values[at])))
        }
    }
}

/// So short that exp(-h/tau) is zero.
fn forgetful_ms(d: &Discretisation) -> f64 {
    milliseconds(d.dt_s) / 1000.0
}

/// The time constant whose exponential decays as a step does.
fn time_constant_ms(tau_s: f64, decay: f64, d: &Discretisation) -> f64 {
    match d.integration {
        Integration::Exponential => milliseconds(tau_s),
        Integration::Euler if decay <= 0.0 => forgetful_ms(d),
        Integration::Euler => -milliseconds(d.dt_s) / libm::log(decay),
    }
}

/// One number if all are equal.
pub(super) fn shared(values: &[f64]) -> PerNeuron {
    match values {
        [first, rest @ ..] if rest.iter().all(|v| v == first) => PerNeuron::Shared(*first),
        _ => PerNeuron::Each(values.to_vec()),
    }
}
