//! The neuron models and plasticity rules that a substrate knows, by name.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::neuron::{
    Alif, BuildError, CubaLif, CubaReadout, CurrentKernel, LeakyReadout, Lif, NeuronKernel, Poisson, PoissonKernel,
    PopulationContext, SeAdLif,
};
use crate::plasticity::spore::{Spore, SporeKernel};
use crate::plasticity::{ProjectionContext, RuleKernel};

type BuildNeurons = Box<dyn Fn(&Value, &PopulationContext) -> Result<Box<dyn NeuronKernel>, BuildError> + Send + Sync>;
type BuildRule = Box<dyn Fn(&Value, &ProjectionContext) -> Result<Box<dyn RuleKernel>, BuildError> + Send + Sync>;

/// Neuron models and plasticity rules by name.
pub struct Models {
    neurons: BTreeMap<&'static str, BuildNeurons>,
    rules: BTreeMap<&'static str, BuildRule>,
}

impl Default for Models {
    /// The built-in ones, a line each.
    fn default() -> Self {
        let mut models = Models { neurons: BTreeMap::new(), rules: BTreeMap::new() };
        models.neuron("poisson_dbl_exp", |p: &Poisson, context| Ok(Box::new(PoissonKernel::new(p, context)?)));
        models.neuron("lif", |p: &Lif, context| Ok(Box::new(CurrentKernel::lif(p, context)?)));
        models.neuron("alif", |p: &Alif, context| Ok(Box::new(CurrentKernel::alif(p, context)?)));
        models.neuron("se_adlif", |p: &SeAdLif, context| Ok(Box::new(CurrentKernel::se_adlif(p, context)?)));
        models.neuron("leaky_readout", |p: &LeakyReadout, context| Ok(Box::new(CurrentKernel::leaky_readout(p, context)?)));
        models.neuron("cuba_lif", |p: &CubaLif, context| Ok(Box::new(CurrentKernel::cuba_lif(p, context)?)));
        models.neuron("cuba_readout", |p: &CubaReadout, context| Ok(Box::new(CurrentKernel::cuba_readout(p, context)?)));
        models.rule("spore", |p: &Spore, context| Ok(Box::new(SporeKernel::new(p, context)?)));
        models
    }
}

impl Models {
    /// Adds a neuron model; one of the same name is replaced.
    pub fn neuron<P: DeserializeOwned>(
        &mut self,
        name: &'static str,
        build: impl Fn(&P, &PopulationContext) -> Result<Box<dyn NeuronKernel>, BuildError> + Send + Sync + 'static,
    ) {
        self.neurons.insert(name, Box::new(move |value, context| build(&parameters(value)?, context)));
    }

    /// Adds a plasticity rule; one of the same name is replaced.
    pub fn rule<P: DeserializeOwned>(
        &mut self,
        name: &'static str,
        build: impl Fn(&P, &ProjectionContext) -> Result<Box<dyn RuleKernel>, BuildError> + Send + Sync + 'static,
    ) {
        self.rules.insert(name, Box::new(move |value, context| build(&parameters(value)?, context)));
    }

    /// Builds a population of the named model.
    pub fn build_neurons(
        &self,
        name: &str,
        value: &Value,
        context: &PopulationContext,
    ) -> Result<Box<dyn NeuronKernel>, BuildError> {
        let build = self.neurons.get(name).ok_or_else(|| unknown("neuron model", name, self.neurons.keys()))?;
        build(value, context)
    }

    /// Builds the synapses of a projection under the named rule.
    pub fn build_rule(&self, name: &str, value: &Value, context: &ProjectionContext) -> Result<Box<dyn RuleKernel>, BuildError> {
        let build = self.rules.get(name).ok_or_else(|| unknown("plasticity rule", name, self.rules.keys()))?;
        build(value, context)
    }
}

fn parameters<P: DeserializeOwned>(value: &Value) -> Result<P, BuildError> {
    P::deserialize(value).map_err(|e| e.to_string())
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a &'static str>) -> BuildError {
    format!("there is no {what} {name:?}; known: {}", known.copied().collect::<Vec<_>>().join(", "))
}
