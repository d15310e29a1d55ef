//! The metrics of NeuroBench 2.3 of a trained network over a batch, under NeuroBench's own JSON keys, so that figures can be laid beside
//! those that others publish.
//!
//! [`measure`] counts what a forward pass did: sparsity, changed potentials, synaptic and neuron operations, parameters and their bytes.
//! [`r2`], [`smape`] and [`mse`] compare predictions with labels. Where NeuroBench has layers of torch, a network here has populations and
//! projections: activations are the outputs of each population of spiking neurons, a call of a connection layer is a projection in a tick.
//! Potentials are computed once more from the trace's spikes, so that any trace will do, whatever it kept; that takes another forward
//! pass.
//!
//! Not here: time and energy, which are a machine's and not a network's; the rate of execution, which a task declares; accuracy of
//! classification, which needs a task's way from outputs to classes; operations of plasticity, since what is trained here has fixed
//! synapses. Neuron operations are only known for `lif` and `leaky_readout`: NeuroBench has no cost for the others, and none is made up.
//!
//! Source: Yik et al. 2025, "The NeuroBench framework for benchmarking neuromorphic computing algorithms and systems", Nature
//! Communications, and version 2.3 of its harness, whose conventions hold where the article leaves a choice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::numeric::Real;
use crate::spec::PopulationKind;
use crate::training::activity::{Activity, Role};
use crate::training::{Batch, Trace, TrainableNetwork, TrainingError};

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
    })
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// The coefficient of determination, mean over coordinates of 1 - sum (y - p)^2 / sum (y - mean y)^2, summed up in `f64`; NeuroBench has
/// N = 2, the x and y of a velocity. At most 1; without unit.
///
/// None for other numbers of labels than of predictions, for no labels, no coordinates, or a coordinate whose labels are all equal.
pub fn r2<T: Real, const N: usize>(predictions: &[[T; N]], labels: &[[T; N]]) -> Option<f64> {
    let count = paired(predictions, labels)?;
    let coordinate = |k: usize| {
        let first = labels[0][k];
        if labels.iter().all(|label| label[k] == first) {
            return None;
        }
        let mean = labels.iter().map(|label| label[k].f64()).sum::<f64>() / count;
        let spread: f64 = labels.iter().map(|label| square(label[k].f64() - mean)).sum();
        let missed: f64 = predictions.iter().zip(labels).map(|(p, y)| square(y[k].f64() - p[k].f64())).sum();
        Some(1.0 - missed / spread)
    };
    let sum = (0..N).map(coordinate).sum::<Option<f64>>()?;
    (N > 0).then(|| sum / N as f64)
}

/// The symmetric mean absolute percentage error, 200 mean(|p - y| / (|p| + |y|)), summed up in `f64`, from 0 to 200 (%); 200 if that is
/// undefined, as it is if a prediction and its label are both zero.
///
/// None for other numbers of labels than of predictions, or for no labels.
pub fn smape<T: Real>(predictions: &[T], labels: &[T]) -> Option<f64> {
    let count = paired(predictions, labels)?;
    let pairs = predictions.iter().zip(labels).map(|(p, y)| (p.f64(), y.f64()));
    let error = 200.0 * pairs.map(|(p, y)| (p - y).abs() / (p.abs() + y.abs())).sum::<f64>() / count;
    Some(if error.is_nan() { 200.0 } else { error })
}

/// The mean of (p - y)^2, summed up in `f64`, in the square of the labels' unit.
///
/// None for other numbers of labels than of predictions, or for no labels.
pub fn mse<T: Real>(predictions: &[T], labels: &[T]) -> Option<f64> {
    let count = paired(predictions, labels)?;
    Some(predictions.iter().zip(labels).map(|(p, y)| square(p.f64() - y.f64())).sum::<f64>() / count)
}

fn square(x: f64) -> f64 {
    x * x
}

/// How many pairs there are, if as many of both and at least one.
fn paired<T>(predictions: &[T], labels: &[T]) -> Option<f64> {
    (predictions.len() == labels.len() && !labels.is_empty()).then_some(labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::{Alif, LeakyReadout, Lif};
    use crate::spec::{Model, NetworkSpec, Population, Projection, Synapses};
    use crate::training::{Input, Keep, Settings};

    type Done = Result<(), Box<dyn std::error::Error>>;

    /// The matrix [out, in] of the check, as the spec lays it out: [in, out].
    const W: [f32; 9] = [1.3, 0.0, -1.1, 0.0, 1.2, 2.7, -3.2, -5.1, 0.0];

    fn spec(input: PopulationKind, sizes: [usize; 2], model: Model, weights: Vec<f32>) -> NetworkSpec {
        let population = |name: &str, size, kind| Population { name: name.into(), size, kind };
        NetworkSpec {
            tick_ns: 1_000_000,
            populations: vec![population("in", sizes[0], input), population("out", sizes[1], PopulationKind::Neurons(model))],
            projections: vec![projection("forward", "in", "out", 0, weights)],
            readouts: vec!["out".into()],
        }
    }

    fn projection(name: &str, source: &str, target: &str, delay_ns: u64, weights: Vec<f32>) -> Projection {
        let (name, source, target) = (name.into(), source.into(), target.into());
        Projection { name, source, target, delay_ns, synapses: Synapses::Fixed(weights) }
    }

    fn values(steps: usize, samples: usize, values: Vec<f32>) -> Batch<f32> {
        Batch { steps, samples, inputs: vec![Input::Values(values)] }
    }

    fn run(spec: &NetworkSpec, batch: &Batch<f32>, keep: Keep) -> Result<NeuroBench, Box<dyn std::error::Error>> {
        let network = TrainableNetwork::new(spec, &Settings::default())?;
        let trace = network.forward(batch, keep, None)?;
        Ok(measure(&network, batch, &trace)?)
    }

    #[test]
    fn one_product_has_four_effective_operations_of_nine() -> Done {
        let spec = spec(PopulationKind::Analogue, [3, 3], Model::new("leaky_readout", &LeakyReadout::default())?, W.to_vec());
        let found = run(&spec, &values(1, 1, vec![0.0, 1.3, -1.0]), Keep::default())?;
        let expected = SynapticOperations { effective_macs: 4.0, effective_acs: 0.0, dense: 9.0 };
        assert_eq!(found.synaptic_operations, expected);
        assert_eq!(found.connection_sparsity, 0.3333);
        // One sequence whose inputs aren't all of -1, 0 and 1 makes multiply-accumulates of the whole tick, and of that tick alone.
        let found =
            run(&spec, &values(2, 2, [[0.0, 1.0, -1.0], [0.0, 1.3, 0.0], [0.0, 1.0, -1.0], [0.0; 3]].concat()), Keep::default())?;
        let expected = SynapticOperations { effective_macs: 3.0, effective_acs: 2.0, dense: 18.0 };
        assert_eq!(found.synaptic_operations, expected);
        assert_eq!((found.activation_sparsity, found.activation_sparsity_by_layer.len()), (0.0, 0));
        Ok(())
    }

    #[test]
    fn a_dense_layer_of_leaky_neurons_is_counted_as_neurobench_does() -> Done {
        let lif = Lif { threshold: 1e6.into(), ..Lif::default() };
        let spec = spec(PopulationKind::Analogue, [20, 5], Model::new("lif", &lif)?, vec![0.25; 100]);
        for checkpoint_every in [None, Some(3)] {
            for parameters in [false, true] {
                let found = run(&spec, &values(10, 5, vec![1.0; 1000]), Keep { parameters, checkpoint_every })?;
                let expected = NeuroBench {
                    footprint: 412,
                    parameter_count: 103,
                    connection_sparsity: 0.0,
                    activation_sparsity: 1.0,
                    activation_sparsity_by_layer: [("out".to_owned(), 1.0)].into(),
                    membrane_updates: 50.0,
                    neuron_operations: Some(NeuronOperations { effective: 200.0, dense: 200.0 }),
                    synaptic_operations: SynapticOperations { effective_macs: 0.0, effective_acs: 1000.0, dense: 1000.0 },
                };
                assert_eq!(found, expected);
            }
        }
        Ok(())
    }

    #[test]
    fn only_potentials_that_change_are_updates() -> Done {
        let lif = Lif::default();
        let spec = spec(PopulationKind::Input, [1, 2], Model::new("lif", &lif)?, vec![0.5, 0.0]);
        // 40 ticks are several windows; the first neuron's potential decays from tick 20 on, the second one's stays zero.
        let spikes = |t: usize| if t == 20 { vec![0] } else { Vec::new() };
        let batch = Batch { steps: 40, samples: 1, inputs: vec![Input::Spikes((0..40).map(spikes).collect())] };
        for checkpoint_every in [None, Some(16)] {
            let found = run(&spec, &batch, Keep { checkpoint_every, ..Keep::default() })?;
            assert_eq!(found.membrane_updates, 22.0);
            assert_eq!(found.neuron_operations, Some(NeuronOperations { effective: 88.0, dense: 320.0 }));
            let expected = SynapticOperations { effective_macs: 0.0, effective_acs: 1.0, dense: 80.0 };
            assert_eq!(found.synaptic_operations, expected);
        }
        Ok(())
    }

    #[test]
    fn spikes_are_activations_and_reach_projections_after_their_delay() -> Done {
        let lif = Lif { threshold: 0.5.into(), ..Lif::default() };
        let mut spec = spec(PopulationKind::Input, [1, 2], Model::new("lif", &lif)?, vec![0.6, 0.0]);
        spec.projections.push(projection("back", "out", "out", 2_000_000, vec![0.0, -0.1, 0.0, 0.0]));
        let spikes = |at: usize| Input::Spikes((0..4).map(|t| if t == at { vec![0] } else { Vec::new() }).collect());
        let early = run(&spec, &Batch { steps: 4, samples: 1, inputs: vec![spikes(1)] }, Keep::default())?;
        assert_eq!(early.activation_sparsity, 1.0 - 1.0 / 8.0);
        assert_eq!(early.activation_sparsity_by_layer, [("out".to_owned(), 0.875)].into());
        assert_eq!(early.synaptic_operations.effective_acs, 2.0);
        // What would arrive after the last tick isn't counted, until a pass that goes on has it arrive.
        let late = Batch { steps: 4, samples: 1, inputs: vec![spikes(2)] };
        let network = TrainableNetwork::new(&spec, &Settings::default())?;
        let trace = network.forward(&late, Keep::default(), None)?;
        assert_eq!(measure(&network, &late, &trace)?.synaptic_operations.effective_acs, 1.0);
        let silent = Batch { inputs: vec![spikes(4)], ..late };
        let on = measure(&network, &silent, &network.forward(&silent, Keep::default(), Some(&trace.carry()))?)?;
        assert_eq!((on.synaptic_operations.effective_acs, on.activation_sparsity), (1.0, 1.0));
        Ok(())
    }

    #[test]
    fn what_has_no_cost_gets_no_neuron_operations() -> Done {
        let spec = spec(PopulationKind::Analogue, [1, 2], Model::new("alif", &Alif::default())?, vec![0.1, 0.2]);
        let found = run(&spec, &values(3, 1, vec![1.0; 3]), Keep::default())?;
        assert_eq!((found.neuron_operations, found.membrane_updates), (None, 6.0));
        Ok(())
    }

    #[test]
    fn traces_of_something_else_are_refused() -> Done {
        let spec = spec(PopulationKind::Analogue, [1, 2], Model::new("lif", &Lif::default())?, vec![0.1, 0.2]);
        let mut network = TrainableNetwork::new(&spec, &Settings::default())?;
        let batch = values(3, 1, vec![1.0; 3]);
        let trace = network.forward(&batch, Keep::default(), None)?;
        assert!(measure(&network, &batch, &trace).is_ok());
        let mut delayed = spec.clone();
        delayed.projections[0].delay_ns = 9_000_000;
        let delayed = TrainableNetwork::new(&delayed, &Settings::default())?;
        assert!(matches!(measure(&delayed, &batch, &trace), Err(TrainingError::Batch { .. })));
        for other in [
            values(3, 1, vec![1.0, 1.0, 2.0]),
            values(2, 1, vec![1.0; 2]),
            values(4, 1, vec![1.0; 4]),
            values(3, 2, vec![1.0; 6]),
        ] {
            assert!(matches!(measure(&network, &other, &trace), Err(TrainingError::Batch { .. })));
        }
        let mut parameters = network.parameters().clone();
        parameters.tensors[0].values[0] = 0.3;
        network.set_parameters(&parameters)?;
        assert!(matches!(measure(&network, &batch, &trace), Err(TrainingError::Batch { .. })));
        Ok(())
    }

    #[test]
    fn keys_are_those_of_neurobench_and_are_read_again() -> Done {
        let spec = spec(PopulationKind::Analogue, [3, 3], Model::new("lif", &Lif::default())?, W.to_vec());
        let found = run(&spec, &values(1, 1, vec![0.0, 1.3, -1.0]), Keep::default())?;
        let json = serde_json::to_value(&found)?;
        let sorted = |value: &serde_json::Value| {
            let mut keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            keys.sort();
            keys.join(", ")
        };
        assert_eq!(
            sorted(&json),
            "ActivationSparsity, ActivationSparsityByLayer, ConnectionSparsity, Footprint, MembraneUpdates, NeuronOperations, \
             ParameterCount, SynapticOperations"
        );
        assert_eq!(sorted(&json["NeuronOperations"]), "Effective Neuron Ops, Neuron Dense Ops");
        assert_eq!(sorted(&json["SynapticOperations"]), "Dense, Effective_ACs, Effective_MACs");
        assert_eq!(serde_json::from_value::<NeuroBench>(json)?, found);
        Ok(())
    }

    #[test]
    fn figures_of_tasks() {
        assert_eq!(smape(&[1.0, 0.0], &[1.0, 0.0]), Some(200.0));
        assert_eq!(smape(&[1.0, 3.0], &[1.0, 1.0]), Some(50.0));
        assert_eq!(smape(&[1.0, -3.0], &[-1.0, 3.0]), Some(200.0));
        assert_eq!(mse(&[1.0f32, 3.0], &[1.0, 1.0]), Some(2.0));
        assert_eq!((mse::<f32>(&[], &[]), smape(&[1.0], &[1.0, 2.0])), (None, None));
        // Along x all is right, along y the mean of the labels is all that is known.
        assert_eq!(r2(&[[0.0, 2.0], [1.0, 2.0]], &[[0.0, 1.0], [1.0, 3.0]]), Some(0.5));
        assert_eq!(r2(&[[0.0, 2.0], [1.0, 2.0]], &[[0.0, 2.0], [1.0, 2.0]]), None);
        assert_eq!(r2(&[[0.0f32; 2]], &[]), None);
        assert_eq!(r2::<f64, 0>(&[[]], &[[]]), None);
    }
}
