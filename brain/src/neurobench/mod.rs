//! The metrics of NeuroBench 2.3 of a trained network over a batch, under NeuroBench's own JSON keys, so that figures can be laid beside
//! those that others publish.
//!
//! [`measure`] counts what a forward pass did: sparsity, changed potentials, synaptic and neuron operations, parameters and their bytes.
//! An [`Agreement`] compares predictions with labels. Where NeuroBench has layers of torch, a network here has populations and
//! projections: activations are the outputs of each population of spiking neurons, a call of a connection layer is a projection in a tick.
//! Potentials are computed once more from the trace's spikes, so that any trace will do, whatever it kept; that takes another forward
//! pass.
//!
//! Not here: time and energy, which are a machine's and not a network's; accuracy of classification, which needs a task's way from outputs to classes; operations of plasticity, since what is trained here has fixed
//! synapses. Neuron operations are only known for `lif` and `leaky_readout`: NeuroBench has no cost for the others, and none is made up.
//!
//! Source: Yik et al. 2025, "The NeuroBench framework for benchmarking neuromorphic computing algorithms and systems", Nature
//! Communications, and version 2.3 of its harness, whose conventions hold where the article leaves a choice.

mod agreement;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::PopulationKind;
use crate::training::activity::{Activity, Role};
use crate::training::{Batch, Trace, TrainableNetwork, TrainingError};

pub use agreement::{Agreement, Prediction};

/// Operations of a leaky neuron in a tick in which its potential changes, by NeuroBench's table (`Leaky`, either reset).
const LEAKY: f64 = 4.0;

/// What [`measure`] finds. Whatever counts events is averaged over the batch's sequences, and summed up over ticks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NeuroBench {
    /// Bytes of all tensors of [`TrainableNetwork::parameters`], 4 for each number. What torch keeps as a buffer, such as time constants
    /// and thresholds, is among them; neurons' states, and the padding and layout in this crate's memory, are not.
    pub footprint: u64,
    /// Numbers in these tensors: weights and neurons' parameters, one that a population shares once. NeuroBench leaves out a neuron's
    /// parameters where torch doesn't train them; here all can be trained.
    pub parameter_count: u64,
    /// Zeros / weights over all projections, rounded to 4 decimals as NeuroBench does; 0 without weights. From 0 to 1.
    pub connection_sparsity: f64,
    /// 1 - outputs that aren't zero / outputs, over all spiking neurons, ticks and sequences; 0 without spiking neurons. From 0 to 1.
    pub activation_sparsity: f64,
    /// The same of each population of spiking neurons, by name.
    pub activation_sparsity_by_layer: BTreeMap<String, f64>,
    /// Potentials that changed, for each sequence: all neurons' in the first tick, then those that aren't equal to the bit after a
    /// tick and after the one before, resets included. Readouts, whose values leak as potentials do, are counted.
    pub membrane_updates: f64,
    /// Operations of neurons; none if a population's model is neither `lif` nor `leaky_readout`, for which alone there is a cost.
    pub neuron_operations: Option<NeuronOperations>,
    /// Operations of synapses.
    pub synaptic_operations: SynapticOperations,
    /// How often the network is run in real time, as its user declares (Hz).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_rate: Option<f64>,
    /// How well it predicts, where there is something to predict.
    #[serde(flatten)]
    pub prediction: Option<Prediction>,
}

/// Operations of neurons, for each sequence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeuronOperations {
    /// Membrane updates x cost; 4 operations for a leaky neuron.
    #[serde(rename = "Effective Neuron Ops")]
    pub effective: f64,
    /// Neurons x ticks x cost: as if every potential changed in every tick.
    #[serde(rename = "Neuron Dense Ops")]
    pub dense: f64,
}

/// Operations of synapses, for each sequence. In each tick a projection does one for every synapse whose weight isn't zero and whose input,
/// what its source sent as long ago as its delay says, isn't zero; biases don't count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynapticOperations {
    /// Multiply-accumulates: operations of a projection in ticks in which some input, of any sequence in the batch, isn't -1, 0 or 1.
    #[serde(rename = "Effective_MACs")]
    pub effective_macs: f64,
    /// Accumulates: those in all other ticks.
    #[serde(rename = "Effective_ACs")]
    pub effective_acs: f64,
    /// Synapses x ticks: as if no input and no weight were zero.
    #[serde(rename = "Dense")]
    pub dense: f64,
}

/// Measures a network over a batch by its forward pass `trace`, which may have kept anything.
///
/// An error says if the trace is of another network, other parameters or another batch, as far as shapes, inputs and states tell, or if
/// potentials are undefined (NaN).
pub fn measure(network: &TrainableNetwork<f32>, batch: &Batch<f32>, trace: &Trace<f32>) -> Result<NeuroBench, TrainingError> {
    let Activity { populations, operations } = network.activity(batch, trace)?;
    let samples = batch.samples as f64;
    let spec = network.spec()?;
    let tensors = &network.parameters().tensors;
    let parameter_count = tensors.iter().map(|tensor| tensor.values.len() as u64).sum();
    // Weights come first: one tensor for each projection.
    let weights = tensors[..spec.projections.len()].iter().flat_map(|tensor| &tensor.values);
    let (count, zeros) = weights.fold((0u64, 0u64), |(count, zeros), &w| (count + 1, zeros + u64::from(w == 0.0)));
    let outputs = |size: usize| (size * batch.steps * batch.samples) as u64;
    let spiking = || populations.iter().filter(|population| population.role == Role::Spiking);
    let neurons = || populations.iter().filter(|population| population.role != Role::Input);
    let updates = neurons().map(|population| population.updates).sum::<u64>() as f64 / samples;
    let is_leaky = |kind: &PopulationKind| match kind {
        PopulationKind::Neurons(model) => matches!(&model.name[..], "lif" | "leaky_readout"),
        PopulationKind::Input | PopulationKind::Analogue => true,
    };
    let neuron_operations = spec.populations.iter().all(|population| is_leaky(&population.kind)).then(|| NeuronOperations {
        effective: updates * LEAKY,
        dense: (neurons().map(|population| population.size).sum::<usize>() * batch.steps) as f64 * LEAKY,
    });
    Ok(NeuroBench {
        footprint: parameter_count * size_of::<f32>() as u64,
        parameter_count,
        connection_sparsity: libm::round(share(zeros, count) * 1e4) / 1e4,
        activation_sparsity: {
            let all = spiking().map(|population| outputs(population.size)).sum();
            share(all - spiking().map(|population| population.events).sum::<u64>(), all)
        },
        activation_sparsity_by_layer: spiking()
            .map(|population| {
                let all = outputs(population.size);
                (population.name.clone(), share(all - population.events, all))
            })
            .collect(),
        membrane_updates: updates,
        neuron_operations,
        synaptic_operations: SynapticOperations {
            effective_macs: operations.multiply_accumulates as f64 / samples,
            effective_acs: operations.accumulates as f64 / samples,
            dense: operations.dense as f64 / samples,
        },
        execution_rate: None,
        prediction: None,
    })
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

#[cfg(test)]
mod tests;
