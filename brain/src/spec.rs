//! Descriptions of networks: pure data in SI units, the same for every substrate. No chip's field appears here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A network: populations, the projections between them, what goes in and what is read out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Length of one neural tick (ns).
    pub tick_ns: u64,
    /// Groups of like neurons.
    pub populations: Vec<Population>,
    /// Synapses between two populations.
    pub projections: Vec<Projection>,
    /// Names of the populations whose spikes, or values if they are readouts, are read out, in the order of a tick's output.
    pub readouts: Vec<String>,
}

/// A group of like neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Unique within the network.
    pub name: String,
    /// Number of neurons.
    pub size: usize,
    /// What they are. Inputs of spikes come in a tick's input in the order in which they stand here.
    pub kind: PopulationKind,
}

/// What a population's neurons are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum PopulationKind {
    /// Their spikes are given from outside.
    Input,
    /// Their values are given from outside, and act on every tick as if a spike of that height arrived.
    Analogue,
    /// They are computed by a neuron model.
    Neurons(Model),
}

/// A neuron model or a plasticity rule: the name it is registered under, and its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Name of the model.
    pub name: String,
    /// Its parameters, as its own parameter type writes them.
    pub parameters: Value,
}

impl Model {
    /// The model called `name` with the given parameters.
    pub fn new(name: &str, parameters: &impl Serialize) -> Result<Model, CompileError> {
        let parameters = serde_json::to_value(parameters)
            .map_err(|e| CompileError::Invalid { part: name.into(), why: format!("its parameters can't be written: {e}") })?;
        Ok(Model { name: name.into(), parameters })
    }
}

/// All-to-all synapses from one population to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Unique within the network.
    pub name: String,
    /// Name of the source population.
    pub source: String,
    /// Name of the target population.
    pub target: String,
    /// Time from a spike to its effect on the target (ns): whole ticks. At least one between populations that fire; none is allowed from
    /// an input, and into a population that is read out and never fires: neither can close a circle.
    pub delay_ns: u64,
    /// What the synapses are.
    pub synapses: Synapses,
}

/// What the synapses of a projection are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Synapses {
    /// Fixed weights: `weights[i * targets + j]` from source i to target j, in the unit of the target's membrane potential.
    Fixed(Vec<f32>),
    /// Synapses that learn.
    Plastic {
        /// Synapses of each pair.
        per_pair: usize,
        /// The rule by which they do.
        rule: Model,
    },
}

impl NetworkSpec {
    /// The population called `name`.
    pub fn population(&self, name: &str) -> Option<&Population> {
        self.populations.iter().find(|population| population.name == name)
    }

    /// How many synapses a projection has; none if one of its populations isn't there, or there are more than can be counted.
    pub fn synapses(&self, projection: &Projection) -> Option<usize> {
        let pairs = self.population(&projection.source)?.size.checked_mul(self.population(&projection.target)?.size)?;
        match projection.synapses {
            Synapses::Fixed(_) => Some(pairs),
            Synapses::Plastic { per_pair, .. } => per_pair.checked_mul(pairs),
        }
    }

    /// The same network with fixed weights in the place of rules: those that `learned` gives by the projection's name, as
    /// [`Network::weights`](crate::Network::weights) does. The synapses of a pair are added up in their order, as substrates do.
    ///
    /// # Errors
    /// By the projection's name, if there are none, or another number of them.
    pub fn with_learned(&self, learned: impl Fn(&str) -> Option<Vec<f32>>) -> Result<NetworkSpec, CompileError> {
        let mut fixed = self.clone();
        for (projection, described) in fixed.projections.iter_mut().zip(&self.projections) {
            let Synapses::Plastic { per_pair, .. } = described.synapses else { continue };
            let invalid = |why: String| CompileError::invalid(&described.name, why);
            let weights =
                learned(&described.name).ok_or_else(|| invalid("expected what it has learned, found nothing".into()))?;
            let target = self.population(&described.target);
            let (expected, targets) = (self.synapses(described), target.map_or(0, |target| target.size));
            if expected != Some(weights.len()) || targets == 0 || per_pair == 0 {
                return Err(invalid(format!("expected {} weights, found {}", expected.unwrap_or_default(), weights.len())));
            }
            let source = |rows: &[f32]| -> Vec<f32> {
                (0..targets).map(|at| rows.iter().skip(at).step_by(targets).fold(0.0, |sum, weight| sum + weight)).collect()
            };
            projection.synapses = Synapses::Fixed(weights.chunks_exact(per_pair * targets).flat_map(source).collect());
        }
        Ok(fixed)
    }

    /// How many synapses learn.
    pub fn plastic_synapses(&self) -> usize {
        let plastic = self.projections.iter().filter(|projection| matches!(projection.synapses, Synapses::Plastic { .. }));
        plastic.filter_map(|projection| self.synapses(projection)).sum()
    }
}

/// Why a network can't run on a substrate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// The description contradicts itself.
    #[error("{part}: {why}")]
    Invalid {
        /// The population, projection or model.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// The substrate can't do that.
    #[error("{substrate} can't run {feature}")]
    Unsupported {
        /// What was asked for.
        feature: String,
        /// Of which substrate.
        substrate: String,
    },
    /// The substrate has too little of something.
    #[error("{substrate} can't hold the network: {resource}: expected at most {limit}, found {demand}")]
    Exceeds {
        /// Which substrate.
        substrate: String,
        /// What it has too little of, and for which part.
        resource: String,
        /// What there is.
        limit: f64,
        /// What is asked for.
        demand: f64,
    },
}

impl CompileError {
    /// [`CompileError::Invalid`]: what is wrong with a part.
    pub fn invalid(part: impl Into<String>, why: impl Into<String>) -> CompileError {
        CompileError::Invalid { part: part.into(), why: why.into() }
    }

    /// [`CompileError::Unsupported`]: what a substrate can't run.
    pub fn unsupported(substrate: impl Into<String>, feature: impl Into<String>) -> CompileError {
        CompileError::Unsupported { feature: feature.into(), substrate: substrate.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_becomes_fixed_and_pairs_are_added_up() {
        let population = |name: &str, size| Population { name: name.into(), size, kind: PopulationKind::Input };
        let projection = |name: &str, synapses| Projection {
            name: name.into(),
            source: "a".into(),
            target: "b".into(),
            delay_ns: 1,
            synapses,
        };
        let rule = Model { name: "r".into(), parameters: Value::Null };
        let spec = NetworkSpec {
            tick_ns: 1,
            populations: vec![population("a", 2), population("b", 2)],
            projections: vec![
                projection("fixed", Synapses::Fixed(vec![1.0; 4])),
                projection("learns", Synapses::Plastic { per_pair: 2, rule }),
            ],
            readouts: Vec::new(),
        };
        let learned = |name: &str| (name == "learns").then(|| vec![1.0, 2.0, 10.0, 20.0, 3.0, 4.0, 30.0, 40.0]);
        let fixed = spec.with_learned(learned).unwrap();
        assert_eq!(fixed.projections[0], spec.projections[0]);
        assert_eq!(fixed.projections[1].synapses, Synapses::Fixed(vec![11.0, 22.0, 33.0, 44.0]));
        let said = |learned: Option<Vec<f32>>| spec.with_learned(|_| learned.clone()).unwrap_err().to_string();
        assert!(said(None).contains("learns: expected what it has learned"));
        assert!(said(Some(vec![0.0; 7])).contains("learns: expected 8 weights, found 7"));
    }
}
