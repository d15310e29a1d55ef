//! Neurons of a graph as a population's model.
//!
//! With u = v - v_reset a neuron of NIR is a `lif` or `leaky_readout` to the letter, and one with a synapse a `cuba_lif` or `cuba_readout`:
//! alpha is the step's decay, the steps' gains times r and w_in go into the weights, and what pulls u towards v_leak is a constant bias. A
//! synapse's current so counts in units of the potential that it adds in a step. Forward Euler decays by 1 - dt/tau, and so gets the time
//! constant whose exponential that is.

use embody_brain::neuron::{Comparison, Reset as After};
use embody_brain::neuron::{CubaLif, CubaReadout, LeakyReadout, Lif, PerNeuron};
use embody_brain::{CompileError, Model};

use super::time::milliseconds;
use crate::nir::operator::{Elementwise, Neuron};
use crate::nir::{Discretisation, Integration, NirError, Reset};

/// Long enough that exp(-h/tau) is 1 to the bit (ms).
const FOR_EVER_MS: f64 = 1e30;

/// What a node of neurons becomes.
pub(super) struct Cells {
    /// Time constant and decay of the synapses, if the node has any.
    pub synapse: Option<Decays>,
    /// Those of the membranes.
    pub membrane: Decays,
    /// What each multiplies what arrives by: this goes into weights and biases.
    pub gain: Vec<f64>,
    /// Constant input of each from the graph's biases, added to what arrives.
    pub bias: Vec<f64>,
    /// Constant input of each membrane, from its leak.
    pub pull: Vec<f64>,
    /// Threshold of each, if they fire.
    pub threshold: Option<Vec<f64>>,
}

/// How states decay.
#[derive(Default)]
pub(super) struct Decays {
    /// Time constant of each (ms).
    pub tau_ms: Vec<f64>,
    /// What each keeps of itself in a tick.
    pub decay: Vec<f64>,
}

impl Decays {
    /// `count` states without a leak.
    fn for_ever(count: usize) -> Decays {
        Decays { tau_ms: vec![FOR_EVER_MS; count], decay: vec![1.0; count] }
    }

    /// `count` states that keep nothing.
    fn forgetful(count: usize, d: &Discretisation) -> Decays {
        Decays { tau_ms: vec![forgetful_ms(d); count], decay: vec![0.0; count] }
    }

    /// `count` states with the time constants of that key; `gain` is multiplied by what each takes of its input in a step.
    fn of(key: &str, tau: &Elementwise, d: &Discretisation, gain: &mut [f64]) -> Result<Decays, String> {
        let mut decays = Decays::default();
        for (i, taken) in gain.iter_mut().enumerate() {
            let [decay, gain] = d.coefficients(key, tau.of(i))?;
            decays.tau_ms.push(time_constant_ms(tau.of(i), decay, d));
            decays.decay.push(decay);
            *taken *= gain;
        }
        Ok(decays)
    }
}

impl Cells {
    /// `count` neurons of a node.
    pub(super) fn of(name: &str, neuron: &Neuron, count: usize, d: &Discretisation) -> Result<Cells, NirError> {
        let refuse = |why: String| NirError::node(name, why);
        let mut gain: Vec<f64> = (0..count).map(|i| neuron.r.of(i)).collect();
        let v_reset = |i: usize| neuron.fire.as_ref().map_or(0.0, |[_, v_reset]| v_reset.of(i));
        let (membrane, pull) = match &neuron.leak {
            None => {
                gain.iter_mut().for_each(|gain| *gain *= d.dt_s);
                (Decays::for_ever(count), vec![0.0; count])
            }
            Some([tau, v_leak]) => {
                let key = if neuron.synapse.is_some() { "tau_mem" } else { "tau" };
                let membrane = Decays::of(key, tau, d, &mut gain).map_err(refuse)?;
                // Of what is missing to v_leak a step makes good what it doesn't keep.
                let pull = membrane.decay.iter().enumerate().map(|(i, decay)| (1.0 - decay) * (v_leak.of(i) - v_reset(i)));
                let pull = pull.collect();
                (membrane, pull)
            }
        };
        let mut synapse = None;
        if let Some([tau, w_in]) = &neuron.synapse {
            synapse = Some(Decays::of("tau_syn", tau, d, &mut gain).map_err(refuse)?);
            gain.iter_mut().enumerate().for_each(|(i, gain)| *gain *= w_in.of(i));
        }
        let mut threshold = None;
        if let Some([v_threshold, v_reset]) = &neuron.fire {
            let height = |i| v_threshold.of(i) - v_reset.of(i);
            threshold = Some(positive(name, "v_threshold", "above v_reset", (0..count).map(height).collect())?);
        }
        Ok(Cells { synapse, membrane, gain, bias: vec![0.0; count], pull, threshold })
    }

    /// A Threshold node: neurons that keep nothing.
    pub(super) fn threshold(name: &str, threshold: Vec<f64>, d: &Discretisation) -> Result<Cells, NirError> {
        let count = threshold.len();
        Ok(Cells { threshold: Some(positive(name, "threshold", "above zero", threshold)?), ..Cells::readout(count, d) })
    }

    /// Readouts that keep nothing: what arrives is their value.
    pub(super) fn readout(count: usize, d: &Discretisation) -> Cells {
        let (gain, bias, pull) = (vec![1.0; count], vec![0.0; count], vec![0.0; count]);
        Cells { synapse: None, membrane: Decays::forgetful(count, d), gain, bias, pull, threshold: None }
    }

    /// Whether a constant input leaves something behind from tick to tick.
    pub(super) fn keeps_constants(&self) -> bool {
        let kept = |i: usize| {
            let membrane = self.membrane.decay[i] != 0.0;
            let synapse = self.synapse.as_ref().is_some_and(|synapse| synapse.decay[i] != 0.0);
            (self.pull[i] != 0.0 && membrane) || (self.bias[i] != 0.0 && (membrane || synapse))
        };
        (0..self.bias.len()).any(kept)
    }

    /// The population's model.
    pub(super) fn model(&self, reset: After) -> Result<Model, CompileError> {
        match (&self.threshold, &self.synapse) {
            (Some(threshold), None) => Model::new("lif", &self.lif(threshold, reset)),
            (Some(threshold), Some(synapse)) => Model::new("cuba_lif", &self.cuba_lif(synapse, threshold, reset)),
            (None, None) => Model::new("leaky_readout", &self.leaky_readout()),
            (None, Some(synapse)) => Model::new("cuba_readout", &self.cuba_readout(synapse)),
        }
    }

    /// What is added to the potential in every tick where there is no synapse.
    fn constant(&self) -> PerNeuron {
        shared(&self.bias.iter().zip(&self.pull).map(|(bias, pull)| bias + pull).collect::<Vec<f64>>())
    }

    fn lif(&self, threshold: &[f64], reset: After) -> Lif {
        Lif {
            tau_ms: shared(&self.membrane.tau_ms),
            threshold: shared(threshold),
            bias: self.constant(),
            refractory_ms: 0.0,
            scaled_input: false,
            reset,
            comparison: Comparison::Above,
        }
    }

    fn leaky_readout(&self) -> LeakyReadout {
        LeakyReadout { tau_ms: shared(&self.membrane.tau_ms), bias: self.constant(), scaled_input: false }
    }

    fn cuba_lif(&self, synapse: &Decays, threshold: &[f64], reset: After) -> CubaLif {
        CubaLif {
            tau_syn_ms: shared(&synapse.tau_ms),
            tau_ms: shared(&self.membrane.tau_ms),
            threshold: shared(threshold),
            bias: shared(&self.pull),
            bias_syn: shared(&self.bias),
            refractory_ms: 0.0,
            scaled_input: false,
            reset,
            comparison: Comparison::Above,
        }
    }

    fn cuba_readout(&self, synapse: &Decays) -> CubaReadout {
        CubaReadout {
            tau_syn_ms: shared(&synapse.tau_ms),
            tau_ms: shared(&self.membrane.tau_ms),
            bias: shared(&self.pull),
            bias_syn: shared(&self.bias),
            scaled_input: false,
        }
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
