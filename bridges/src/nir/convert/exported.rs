//! Populations and projections of a network as the numbers of a graph's nodes.

use embody_brain::neuron::{PerNeuron, Reset as After};
use embody_brain::{Model, Projection, Synapses};
use serde::Deserialize;

use super::time::{milliseconds, seconds};
use crate::nir::{Array, Integration, NirError, Unit, Value};

/// The parameters that `lif`, `cuba_lif` and their readouts share, and thresholds of those that fire.
pub(super) struct Leaky<'a> {
    /// Time constant (ms) and constant input of the synapse, if there is one.
    pub(super) synapse: Option<[&'a PerNeuron; 2]>,
    pub(super) tau_ms: &'a PerNeuron,
    pub(super) bias: &'a PerNeuron,
    pub(super) scaled_input: bool,
    pub(super) fire: Option<(Vec<f64>, After)>,
}

/// What a population's neurons are.
pub(super) struct Cells {
    synapse: Option<Synapse>,
    /// Time constants (s) in the graph, and what each neuron keeps of itself.
    tau_s: Vec<f64>,
    decay: Vec<f64>,
    /// What arrives is multiplied by.
    gain: Vec<f64>,
    /// Constant input, added to what arrives.
    pub(super) bias: Vec<f64>,
    /// Thresholds, and when they are subtracted or not.
    pub(super) fire: Option<(Vec<f64>, After)>,
    pub(super) input: bool,
}

/// Synapses, and what is behind them.
struct Synapse {
    /// Time constants (s) in the graph.
    tau_s: Vec<f64>,
    /// The potentials to which constant currents behind the synapses lead.
    v_leak: Vec<f64>,
}

impl Cells {
    /// An input, which computes nothing.
    pub(super) fn input() -> Cells {
        let none = Vec::new;
        Cells { synapse: None, tau_s: none(), decay: none(), gain: none(), bias: none(), fire: None, input: true }
    }

    /// `size` neurons of a population, in steps of `dt_s`.
    pub(super) fn leaky(name: &str, size: usize, leaky: Leaky, dt_s: f64, integration: Integration) -> Result<Cells, NirError> {
        let (tau_s, decay) = decays(name, "tau_ms", leaky.tau_ms, size, dt_s, integration)?;
        if integration == Integration::Euler && decay.contains(&1.0) && decay.iter().any(|&kept| kept != 1.0) {
            let why = "forward Euler has no time constant for neurons that keep everything beside others that don't";
            return Err(NirError::inexpressible(name, "tau_ms", why));
        }
        // In single precision, as substrates have it.
        let gain = decay.iter().map(|&kept| if leaky.scaled_input { f64::from(1.0 - kept as f32) } else { 1.0 });
        let gain: Vec<f64> = gain.collect();
        let mut bias = each(name, "bias", leaky.bias, size)?;
        let mut synapse = None;
        if let Some([tau_syn_ms, bias_syn]) = leaky.synapse {
            let (tau_syn_s, kept) = decays(name, "tau_syn_ms", tau_syn_ms, size, dt_s, integration)?;
            for (key, decay) in [("tau_ms", &decay), ("tau_syn_ms", &kept)] {
                if decay.contains(&1.0) {
                    let why = "a neuron of NIR with a synapse has a leak in both, and this one keeps everything";
                    return Err(NirError::inexpressible(name, key, why));
                }
            }
            let v_leak = (0..size).map(|i| gain[i] * bias[i] / (1.0 - decay[i])).collect();
            synapse = Some(Synapse { tau_s: tau_syn_s, v_leak });
            bias = each(name, "bias_syn", bias_syn, size)?;
        }
        Ok(Cells { synapse, tau_s, decay, gain, bias, fire: leaky.fire, input: false })
    }

    /// The neurons as a node: LIF and LI, whose gain in a step is (dt/tau) r; IF and I, where it is dt r, of neurons that keep everything;
    /// behind synapses CubaLIF and CubaLI, whose gain is (dt/tau_syn) w_in (dt/tau_mem) r.
    pub(super) fn unit(&self, dt_s: f64) -> Unit {
        let size = self.tau_s.len();
        let array = |values: Vec<f64>| Value::from(Array::f64s(values));
        if self.synapse.is_none() && self.decay.iter().all(|&kept| kept == 1.0) {
            let r = array(self.gain.iter().map(|gain| gain / dt_s).collect());
            return match &self.fire {
                Some((threshold, _)) => Unit::new("IF", [("r", r), ("v_threshold", array(threshold.clone()))]),
                None => Unit::new("I", [("r", r)]),
            };
        }
        let zeros = || array(vec![0.0; size]);
        let r = array((0..size).map(|i| self.gain[i] * self.tau_s[i] / dt_s).collect());
        let mut parameters = vec![("r", r)];
        match &self.synapse {
            None => parameters.extend([("tau", array(self.tau_s.clone())), ("v_leak", zeros())]),
            Some(Synapse { tau_s, v_leak }) => parameters.extend([
                ("tau_mem", array(self.tau_s.clone())),
                ("v_leak", array(v_leak.clone())),
                ("tau_syn", array(tau_s.clone())),
                ("w_in", array(tau_s.iter().map(|tau| tau / dt_s).collect())),
            ]),
        }
        if let Some((threshold, _)) = &self.fire {
            parameters.extend([("v_threshold", array(threshold.clone())), ("v_reset", zeros())]);
        }
        let kind = match (&self.synapse, &self.fire) {
            (None, Some(_)) => "LIF",
            (None, None) => "LI",
            (Some(_), Some(_)) => "CubaLIF",
            (Some(_), None) => "CubaLI",
        };
        let mut unit = Unit::new(kind, []);
        unit.parameters.extend(parameters.into_iter().map(|(key, value)| (key.to_string(), value)));
        unit
    }

    /// What a loop takes from each neuron so that a subtraction at once becomes one in the next tick.
    pub(super) fn late_reset(&self, threshold: &[f64]) -> Vec<f64> {
        let taken = |i: usize| match self.decay[i] {
            1.0 => 0.0,
            kept => -(1.0 - kept) * threshold[i] / self.gain[i],
        };
        (0..threshold.len()).map(taken).collect()
    }
}

/// Time constants (s) under which a graph's states decay as a population's with these (ms), and what each keeps of itself in a step.
fn decays(
    name: &str,
    key: &str,
    tau_ms: &PerNeuron,
    size: usize,
    dt_s: f64,
    integration: Integration,
) -> Result<(Vec<f64>, Vec<f64>), NirError> {
    let tau_ms = each(name, key, tau_ms, size)?;
    if let Some(tau) = tau_ms.iter().find(|&&tau| tau <= 0.0) {
        return Err(NirError::node(name, format!("{key}: expected times above zero, found {tau}")));
    }
    let decay: Vec<f64> = tau_ms.iter().map(|tau| libm::exp(-milliseconds(dt_s) / tau)).collect();
    let tau_s = tau_ms.iter().zip(&decay).map(|(&tau, kept)| match integration {
        Integration::Exponential => seconds(tau),
        Integration::Euler => dt_s / (1.0 - kept),
    });
    Ok((tau_s.collect(), decay))
}

pub(super) fn parameters<'a, P: Deserialize<'a>>(name: &str, model: &'a Model) -> Result<P, NirError> {
    P::deserialize(&model.parameters).map_err(|e| NirError::node(name, e.to_string()))
}

/// One finite number for each neuron.
pub(super) fn each(name: &str, key: &str, parameter: &PerNeuron, size: usize) -> Result<Vec<f64>, NirError> {
    if let PerNeuron::Each(values) = parameter
        && values.len() != size
    {
        return Err(NirError::node(name, format!("{key}: expected {size} numbers, found {}", values.len())));
    }
    match parameter.values().iter().find(|v| !v.is_finite()) {
        Some(value) => Err(NirError::node(name, format!("{key}: expected finite numbers, found {value}"))),
        None => Ok((0..size).map(|i| parameter.of(i)).collect()),
    }
}

/// The weights of a projection as (targets, sources), the synapses of a pair added up in order as substrates do.
pub(super) fn matrix(
    projection: &Projection,
    learned: Option<&Vec<f32>>,
    sources: usize,
    targets: usize,
) -> Result<Vec<f32>, NirError> {
    let (weights, per_pair) = match (&projection.synapses, learned) {
        (Synapses::Fixed(weights), None) => (weights, 1),
        (Synapses::Fixed(_), Some(weights)) => (weights, 1),
        (Synapses::Plastic { per_pair, .. }, Some(weights)) => (weights, *per_pair),
        (Synapses::Plastic { .. }, None) => {
            return Err(NirError::inexpressible(
                &projection.name,
                "rule",
                "NIR has no plasticity: the learned weights must be given",
            ));
        }
    };
    if Some(weights.len()) != sources.checked_mul(targets).and_then(|pairs| pairs.checked_mul(per_pair)) {
        let why = format!("expected {sources} x {per_pair} x {targets} weights, found {}", weights.len());
        return Err(NirError::node(&projection.name, why));
    }
    let weight = |target: usize, source: usize| {
        (0..per_pair).fold(0.0, |sum: f32, k| sum + weights[(source * per_pair + k) * targets + target])
    };
    Ok((0..targets).flat_map(|target| (0..sources).map(move |source| weight(target, source))).collect())
}
