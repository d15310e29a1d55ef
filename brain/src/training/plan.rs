//! A network with its names resolved and its weights laid out, ready to be run forwards and backwards.
//!
//! What a network may be is checked by the float substrate's own compiler; only what can't be differentiated is refused here.

use std::sync::Arc;

use super::model::{Cell, TrainableModel};
use super::panels::Panels;
use super::parameters::{ParameterError, Parameters, Tensor};
use super::surrogate::Slopes;
use super::{Settings, unsupported};
use crate::models::Models;
use crate::neuron::PerNeuron;
use crate::numeric::{Real, padded};
use crate::spec::{CompileError, NetworkSpec, PopulationKind, Synapses};
use crate::substrate::{FloatSubstrate, Substrate};

/// A population.
#[derive(Clone, Debug)]
pub(super) struct PopulationPlan<T> {
    pub name: String,
    pub size: usize,
    /// Size, padded.
    pub n: usize,
    pub kind: Kind<T>,
}

/// What a population is.
#[derive(Clone, Debug)]
pub(super) enum Kind<T> {
    /// An input, of values or of spikes.
    Input { analogue: bool },
    /// Neurons that fire.
    Neurons { model: TrainableModel, cell: Cell<T>, slopes: Slopes<T> },
    /// Readouts.
    Readout { model: TrainableModel, cell: Cell<T> },
}

/// A projection.
#[derive(Clone, Debug)]
pub(super) struct ProjectionPlan<T> {
    pub source: usize,
    pub target: usize,
    /// In ticks.
    pub delay: usize,
    pub weights: Panels<T>,
}

/// The network.
#[derive(Clone, Debug)]
pub(super) struct Plan<T> {
    pub spec: NetworkSpec,
    pub tick_ms: f64,
    pub populations: Vec<PopulationPlan<T>>,
    pub projections: Vec<ProjectionPlan<T>>,
    /// The readouts whose values come out, in the order of the spec's `readouts`.
    pub outputs: Vec<usize>,
    /// Inputs in their order.
    pub inputs: Vec<usize>,
    /// The longest delay, at least 1.
    pub history: usize,
}

impl<T: Real> Plan<T> {
    pub fn new(spec: &NetworkSpec, settings: &Settings) -> Result<Self, CompileError> {
        FloatSubstrate::new(Arc::new(Models::default())).compile(spec)?;
        let invalid = |part: &str, why: String| CompileError::Invalid { part: part.into(), why };
        for surrogate in settings.surrogates.values().chain([&settings.surrogate]) {
            surrogate.check().map_err(|why| invalid("training", why))?;
        }
        if let Some(name) = settings.surrogates.keys().find(|name| spec.population(name).is_none()) {
            return Err(invalid("training", format!("surrogates: there is no population {name:?}")));
        }
        let tick_ms = spec.tick_ns as f64 / 1e6;
        let (mut populations, mut inputs) = (Vec::new(), Vec::new());
        for (i, population) in spec.populations.iter().enumerate() {
            let kind = match &population.kind {
                PopulationKind::Neurons(model) => {
                    let model = TrainableModel::read(model)?;
                    let cell = model.cell(population.size, tick_ms).map_err(|why| invalid(&population.name, why))?;
                    if model.is_readout() {
                        Kind::Readout { model, cell }
                    } else {
                        let surrogate = settings.surrogates.get(&population.name).unwrap_or(&settings.surrogate);
                        let slopes = Slopes::new(surrogate, cell.thresholds());
                        Kind::Neurons { model, cell, slopes }
                    }
                }
                kind => {
                    inputs.push(i);
                    Kind::Input { analogue: *kind == PopulationKind::Analogue }
                }
            };
            let (name, size) = (population.name.clone(), population.size);
            populations.push(PopulationPlan { name, size, n: padded(size), kind });
        }
        let find = |name: &str| spec.populations.iter().position(|p| p.name == name).unwrap_or_default();
        let mut projections = Vec::new();
        for projection in &spec.projections {
            let (source, target) = (find(&projection.source), find(&projection.target));
            let Synapses::Fixed(weights) = &projection.synapses else {
                return Err(unsupported(format!("the plasticity rule of the projection {:?}", projection.name)));
            };
            let weights: Vec<T> = weights.iter().map(|&w| T::of_f32(w)).collect();
            let weights = Panels::new(&weights, populations[source].size, populations[target].size);
            let delay = (projection.delay_ns / spec.tick_ns) as usize;
            projections.push(ProjectionPlan { source, target, delay, weights });
        }
        let is_readout = |&i: &usize| matches!(populations[i].kind, Kind::Readout { .. });
        let outputs = spec.readouts.iter().map(|name| find(name)).filter(is_readout).collect();
        let history = projections.iter().map(|p| p.delay).max().unwrap_or(1).max(1);
        Ok(Plan { spec: spec.clone(), tick_ms, populations, projections, outputs, inputs, history })
    }

    /// All tensors with the values that the spec gives them.
    pub fn parameters(&self) -> Parameters<T> {
        let mut tensors = Vec::new();
        for (projection, spec) in self.projections.iter().zip(&self.spec.projections) {
            let Synapses::Fixed(weights) = &spec.synapses else { continue };
            let shape = vec![self.populations[projection.source].size, self.populations[projection.target].size];
            let values = weights.iter().map(|&w| T::of_f32(w)).collect();
            tensors.push(Tensor { name: format!("weights/{}", spec.name), shape, values });
        }
        for population in &self.populations {
            let (Kind::Neurons { model, .. } | Kind::Readout { model, .. }) = &population.kind else { continue };
            for (name, values) in model.parameters() {
                let values: Vec<T> = values.values().iter().map(|&v| T::of(v)).collect();
                tensors.push(Tensor { name: format!("{}/{name}", population.name), shape: vec![values.len()], values });
            }
        }
        Parameters { tensors }
    }

    /// Takes other values, whose names and shapes have been checked. After an error nothing has changed.
    pub fn set(&mut self, parameters: &Parameters<T>, settings: &Settings) -> Result<(), ParameterError> {
        let count = self.projections.len();
        let mut tensors = parameters.tensors[count.min(parameters.tensors.len())..].iter();
        let mut changed = Vec::new();
        for (i, population) in self.populations.iter().enumerate() {
            let (Kind::Neurons { model, .. } | Kind::Readout { model, .. }) = &population.kind else { continue };
            let mut model = model.clone();
            for parameter in model.parameters_mut() {
                let Some(tensor) = tensors.next() else { continue };
                let values: Vec<f64> = tensor.values.iter().map(|v| v.f64()).collect();
                *parameter = match parameter {
                    PerNeuron::Shared(_) => PerNeuron::Shared(values[0]),
                    PerNeuron::Each(_) => PerNeuron::Each(values),
                };
            }
            let cell = model.cell(population.size, self.tick_ms);
            let cell = cell.map_err(|why| ParameterError::Value { name: population.name.clone(), why })?;
            changed.push((i, model, cell));
        }
        for (i, new_model, new_cell) in changed {
            let population = &mut self.populations[i];
            match &mut population.kind {
                Kind::Neurons { model, cell, slopes } => {
                    let surrogate = settings.surrogates.get(&population.name).unwrap_or(&settings.surrogate);
                    *slopes = Slopes::new(surrogate, new_cell.thresholds());
                    (*model, *cell) = (new_model, new_cell);
                }
                Kind::Readout { model, cell } => (*model, *cell) = (new_model, new_cell),
                Kind::Input { .. } => (),
            }
        }
        for (projection, tensor) in self.projections.iter_mut().zip(&parameters.tensors) {
            projection.weights.fill(&tensor.values, self.populations[projection.target].size);
        }
        Ok(())
    }

    /// The network with the given values, as a spec.
    pub fn spec(&self, parameters: &Parameters<T>) -> Result<NetworkSpec, CompileError> {
        let mut spec = self.spec.clone();
        for (projection, tensor) in spec.projections.iter_mut().zip(&parameters.tensors) {
            projection.synapses = Synapses::Fixed(tensor.values.iter().map(|w| w.f64() as f32).collect());
        }
        for (population, plan) in spec.populations.iter_mut().zip(&self.populations) {
            if let Kind::Neurons { model, .. } | Kind::Readout { model, .. } = &plan.kind {
                population.kind = PopulationKind::Neurons(model.write()?);
            }
        }
        Ok(spec)
    }

    /// Whether the projection is delivered after neurons have fired: without delay, from neurons into a readout.
    pub fn is_late(&self, projection: &ProjectionPlan<T>) -> bool {
        projection.delay == 0 && matches!(self.populations[projection.source].kind, Kind::Neurons { .. })
    }
}
