//! Neurons that fire at random, as their membrane potential.
//!
//! NIR has no escape rate. What it has is all that comes before one: a `poisson_dbl_exp` neuron's potential is a difference of leaky
//! integrators,
//!
//! V = n_e (fall - rise)_exc + n_i (fall - rise)_inh + bias, with n = tau_fall / (tau_fall - tau_rise).
//!
//! A population of them becomes a bank of LI nodes for each of these, `<name>.exc.fall` and so on, behind the positive or the negative weights
//! of its projections; Scale nodes weigh the banks into its Output. A bank that no weight reaches isn't there.

use std::collections::BTreeMap;

use embody_brain::neuron::{LeakyReadout, PerNeuron, Poisson};
use embody_brain::{Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};

use super::export::{Export, ExportSettings, export};
use super::exported::{Cells, Leaky, matrix, parameters};
use crate::nir::{Array, Finding, Graph, NirError, Unit};

/// The neuron model's name.
pub(super) const MODEL: &str = "poisson_dbl_exp";

/// Why such neurons can't be exported as they are.
pub(super) fn refusal(name: &str) -> NirError {
    let why = format!(
        "NIR has no neuron like {MODEL:?}, which fires at random; its membrane potential can be exported in its place (--poisson potentials)"
    );
    NirError::inexpressible(name, "model", why)
}

/// Makes a graph of a network as [`export`] does, in which populations of `poisson_dbl_exp` neurons are their membrane potentials, exactly but for
/// rounding: what a population's Output gives, plus its bias, is V at the end of each step. Notes tell what is left out, with the constants of the
/// rate c1 V + c2 exp(c3 V).
///
/// # Errors
/// As [`export`]; and by the population's name, if others hear its spikes.
pub fn export_potentials(
    spec: &NetworkSpec,
    learned: &BTreeMap<String, Vec<f32>>,
    settings: &ExportSettings,
) -> Result<Export, NirError> {
    let stochastic = Stochastic::all(spec)?;
    let mut rest = NetworkSpec { tick_ns: spec.tick_ns, ..NetworkSpec::default() };
    let mut banks = Vec::new();
    let mut projections = Vec::new();
    for projection in &spec.projections {
        let into = stochastic.iter().find(|s| s.population.name == projection.target);
        match into {
            Some(into) => projections.extend(into.split(spec, projection, learned.get(&projection.name))?),
            None => projections.push(projection.clone()),
        }
    }
    for population in &spec.populations {
        let Some(of) = stochastic.iter().find(|s| s.population.name == population.name) else {
            rest.populations.push(population.clone());
            continue;
        };
        let reached: Vec<Bank> = of.banks().filter(|bank| projections.iter().any(|p| p.target == bank.fall)).collect();
        if reached.is_empty() {
            return Err(NirError::node(&population.name, "expected weights that lead to it, found none"));
        }
        for bank in reached {
            rest.populations.push(bank.falling()?);
            banks.push(bank);
        }
    }
    rest.projections = projections;
    let plain = |name: &&String| !stochastic.iter().any(|s| s.population.name == **name);
    rest.readouts = spec.readouts.iter().filter(plain).cloned().collect();
    let mut others = learned.clone();
    others.retain(|name, _| spec.projections.iter().any(|p| p.name == *name && plain(&&p.target)));
    let mut made = export(&rest, &others, settings)?;
    for bank in &banks {
        let read_out = spec.readouts.contains(&bank.population);
        bank.complete(&mut made.graph, read_out, made.discretisation.dt_s, settings)?;
    }
    made.notes.extend(stochastic.iter().map(Stochastic::note));
    Ok(made)
}

/// A population of such neurons.
struct Stochastic<'a> {
    population: &'a Population,
    model: Poisson,
}

impl<'a> Stochastic<'a> {
    fn all(spec: &'a NetworkSpec) -> Result<Vec<Self>, NirError> {
        let of = |population: &'a Population| match &population.kind {
            PopulationKind::Neurons(model) if model.name == MODEL => Some(Self::new(spec, population, model)),
            _ => None,
        };
        spec.populations.iter().filter_map(of).collect()
    }

    fn new(spec: &NetworkSpec, population: &'a Population, model: &Model) -> Result<Self, NirError> {
        let name = &population.name;
        let model: Poisson = parameters(name, model)?;
        if let Some(heard) = spec.projections.iter().find(|projection| projection.source == *name) {
            let why = format!("{:?} leads from it: a potential has no spikes that others could hear", heard.name);
            return Err(NirError::inexpressible(name, "model", why));
        }
        let times = [
            ["tau_rise_exc_ms", "tau_fall_exc_ms"].into_iter().zip([model.tau_rise_exc_ms, model.tau_fall_exc_ms]),
            ["tau_rise_inh_ms", "tau_fall_inh_ms"].into_iter().zip([model.tau_rise_inh_ms, model.tau_fall_inh_ms]),
        ];
        if let Some((key, found)) = times.into_iter().flatten().find(|(_, tau)| !(tau.is_finite() && *tau > 0.0)) {
            return Err(NirError::node(name, format!("{key}: expected a time above zero, found {found}")));
        }
        if model.tau_rise_exc_ms == model.tau_fall_exc_ms || model.tau_rise_inh_ms == model.tau_fall_inh_ms {
            return Err(NirError::node(name, "tau_rise and tau_fall: expected two different values"));
        }
        Ok(Stochastic { population, model })
    }

    /// The excitatory and the inhibitory bank, whether or not anything reaches them.
    fn banks(&self) -> impl Iterator<Item = Bank> {
        let (Population { name, size, .. }, p) = (self.population, &self.model);
        let of = [("exc", p.tau_rise_exc_ms, p.tau_fall_exc_ms), ("inh", p.tau_rise_inh_ms, p.tau_fall_inh_ms)];
        let (name, size) = (name.clone(), *size);
        of.into_iter().map(move |(sign, rise_ms, fall_ms)| Bank {
            population: name.clone(),
            size,
            fall: format!("{name}.{sign}.fall"),
            rise: format!("{name}.{sign}.rise"),
            rise_ms,
            fall_ms,
        })
    }

    /// A projection's positive and negative weights, each to their bank. The first keeps the projection's name.
    fn split(
        &self,
        spec: &NetworkSpec,
        projection: &Projection,
        learned: Option<&Vec<f32>>,
    ) -> Result<Vec<Projection>, NirError> {
        let source = spec.population(&projection.source);
        let source =
            source.ok_or_else(|| NirError::node(&projection.name, format!("there is no population {:?}", projection.source)))?;
        let (sources, targets) = (source.size, self.population.size);
        // As (targets, sources); networks have it the other way round.
        let matrix = matrix(projection, learned, sources, targets)?;
        let weights = |sign: f32| -> Vec<f32> {
            let kept = |weight: f32| if weight * sign > 0.0 { weight } else { 0.0 };
            (0..sources).flat_map(|i| (0..targets).map(move |j| (i, j))).map(|(i, j)| kept(matrix[j * sources + i])).collect()
        };
        let [excites, inhibits] = [1.0, -1.0].map(|sign| matrix.iter().any(|weight| weight * sign > 0.0));
        let mut split: Vec<Projection> = Vec::new();
        for (bank, (there, sign)) in self.banks().zip([(excites || !inhibits, 1.0), (inhibits, -1.0)]) {
            if there {
                let name = if split.is_empty() { projection.name.clone() } else { format!("{}.inh", projection.name) };
                let synapses = Synapses::Fixed(weights(sign));
                split.push(Projection { name, target: bank.fall, synapses, ..projection.clone() });
            }
        }
        Ok(split)
    }

    fn note(&self) -> Finding {
        let p = &self.model;
        let reset = if p.with_reset { " and the reset of potentials by a spike" } else { "" };
        let homeostasis = match p.homeostasis_speed_mv {
            0.0 => String::new(),
            speed => format!(", homeostasis (to {} Hz, {speed} mV a spike)", p.target_rate_hz),
        };
        let why = format!(
            "it is exported as its membrane potential. Left out are the spike generator with a dead time of {} ms{reset}{homeostasis}: \
             spikes come at c1 V + c2 exp(c3 V), with V = output + bias, bias {} mV, c1 {} Hz/mV, c2 {} Hz, c3 {} /mV",
            p.dead_time_ms, p.bias_mv, p.c1_hz_per_mv, p.c2_hz, p.c3_per_mv
        );
        Finding { node: self.population.name.clone(), why }
    }
}

/// Two leaky integrators for each neuron of a population, for weights of one sign.
struct Bank {
    population: String,
    size: usize,
    /// Their nodes' names.
    fall: String,
    rise: String,
    rise_ms: f64,
    fall_ms: f64,
}

impl Bank {
    /// The falling integrators as a population, behind which the export puts the weights.
    fn falling(&self) -> Result<Population, NirError> {
        let readout = LeakyReadout { tau_ms: self.fall_ms.into(), ..LeakyReadout::default() };
        let model = Model::new("leaky_readout", &readout).map_err(|e| NirError::node(&self.fall, e.to_string()))?;
        Ok(Population { name: self.fall.clone(), size: self.size, kind: PopulationKind::Neurons(model) })
    }

    /// Adds the rising integrators behind the same weights, and the difference of both.
    fn complete(&self, graph: &mut Graph, read_out: bool, dt_s: f64, settings: &ExportSettings) -> Result<(), NirError> {
        let (tau_ms, bias) = (PerNeuron::from(self.rise_ms), PerNeuron::from(0.0));
        let leaky = Leaky { synapse: None, tau_ms: &tau_ms, bias: &bias, scaled_input: false, fire: None };
        let rising = Cells::leaky(&self.rise, self.size, leaky, dt_s, settings.integration)?.unit(dt_s);
        add(graph, &self.rise, rising)?;
        let before: Vec<String> = graph.edges.iter().filter(|(_, to)| *to == self.fall).map(|(from, _)| from.clone()).collect();
        before.iter().for_each(|from| graph.connect(from, &self.rise));
        if !read_out {
            return Ok(());
        }
        let output = format!("{}.output", self.population);
        let shape = Array::i64s(vec![self.size as i64]).into();
        graph.nodes.entry(output.clone()).or_insert_with(|| Unit::new("Output", [("shape", shape)]).into());
        let n = self.fall_ms / (self.fall_ms - self.rise_ms);
        for (node, factor) in [(&self.fall, n), (&self.rise, -n)] {
            let gain = format!("{node}.gain");
            add(graph, &gain, Unit::new("Scale", [("scale", Array::f64s(vec![factor; self.size]).into())]))?;
            graph.connect(node, &gain);
            graph.connect(&gain, &output);
        }
        Ok(())
    }
}

/// Adds a node of a name of its own.
fn add(graph: &mut Graph, name: &str, unit: Unit) -> Result<(), NirError> {
    match graph.nodes.insert(name.into(), unit.into()) {
        None => Ok(()),
        Some(_) => Err(NirError::node(name, "a population or projection has this name, which the potentials need")),
    }
}
