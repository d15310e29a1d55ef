use super::*;
use crate::neuron::{Alif, LeakyReadout, Lif};
use crate::spec::{Model, NetworkSpec, Population, Projection, Synapses};
use crate::training::{Input, Keep, Recording, Settings};

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
                execution_rate: None,
                prediction: None,
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
    for other in
        [values(3, 1, vec![1.0, 1.0, 2.0]), values(2, 1, vec![1.0; 2]), values(4, 1, vec![1.0; 4]), values(3, 2, vec![1.0; 6])]
    {
        assert!(matches!(measure(&network, &other, &trace), Err(TrainingError::Batch { .. })));
    }
    let mut parameters = network.parameters().clone();
    parameters.tensors[0].values[0] = 0.3;
    network.set_parameters(&parameters)?;
    assert!(matches!(measure(&network, &batch, &trace), Err(TrainingError::Batch { .. })));
    Ok(())
}

/// What was recorded elsewhere can't be computed once more: its potentials count if they were kept, and are missed if they weren't.
#[test]
fn passes_made_elsewhere_are_counted_from_the_states_that_were_kept() -> Done {
    let spec = spec(PopulationKind::Analogue, [1, 2], Model::new("lif", &Lif::default())?, vec![0.1, 0.2]);
    let network = TrainableNetwork::new(&spec, &Settings::default())?;
    let batch = values(3, 1, vec![1.0; 3]);
    let (spikes, potentials) = ([vec![1], vec![], vec![0, 1]], [0.5, 0.0, 0.5, 0.25, 0.0, 0.0]);
    let recording = Recording { population: "out", spikes: &spikes, potentials: &potentials };
    let adopted = |keep| network.adopt(&batch, &[recording], keep);
    assert!(matches!(measure(&network, &batch, &adopted(Keep::default())?), Err(TrainingError::Batch { .. })));
    let found = measure(&network, &batch, &adopted(Keep { parameters: true, ..Keep::default() })?)?;
    assert_eq!((found.activation_sparsity, found.membrane_updates), (0.5, 5.0), "neuron 0 rests in tick 1");
    // Of this network's own passes both ways count the same.
    let own = |keep| measure(&network, &batch, &network.forward(&batch, keep, None)?);
    assert_eq!(own(Keep::default())?, own(Keep { parameters: true, ..Keep::default() })?);
    Ok(())
}

#[test]
fn keys_are_those_of_neurobench_and_are_read_again() -> Done {
    let spec = spec(PopulationKind::Analogue, [3, 3], Model::new("lif", &Lif::default())?, W.to_vec());
    let mut found = run(&spec, &values(1, 1, vec![0.0, 1.3, -1.0]), Keep::default())?;
    let bare = serde_json::to_value(&found)?;
    assert_eq!(serde_json::from_value::<NeuroBench>(bare)?, found);
    let mut agreement = Agreement::new(1);
    agreement.push(&[1.0], &[2.0]);
    (found.prediction, found.execution_rate) = (agreement.figures(), Some(10.0));
    let json = serde_json::to_value(&found)?;
    let sorted = |value: &serde_json::Value| {
        let mut keys: Vec<&str> = value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        keys.sort();
        keys.join(", ")
    };
    assert_eq!(
        sorted(&json),
        "ActivationSparsity, ActivationSparsityByLayer, ConnectionSparsity, ExecutionRate, Footprint, MSE, MembraneUpdates, \
         NeuronOperations, ParameterCount, R2, SMAPE, SynapticOperations"
    );
    assert_eq!(sorted(&json["NeuronOperations"]), "Effective Neuron Ops, Neuron Dense Ops");
    assert_eq!(sorted(&json["SynapticOperations"]), "Dense, Effective_ACs, Effective_MACs");
    assert_eq!(serde_json::from_value::<NeuroBench>(json)?, found);
    Ok(())
}
