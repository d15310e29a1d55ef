//! Backward passes over spikes and potentials that come from elsewhere.

mod common;

use std::sync::Arc;

use common::{batch, everything, loss, network, number, population};
use embody_brain::neuron::{LeakyReadout, Lif, Reset, ResetBy};
use embody_brain::substrate::Compiled;
use embody_brain::training::{
    Backward, Batch, CrossEntropy, Gradients, Input, Keep, Outputs, Recording, Sample, SampleMut, Settings, Trace,
    TrainableNetwork, Trainer, TrainerSettings, TrainingError,
};
use embody_brain::{
    FloatSubstrate, Models, Network, NetworkSpec, Population, PopulationKind, Probe, Synapses, TickInput, TickOutput,
};
use proptest::prelude::*;

const RESETS: [(Reset, ResetBy); 5] = [
    (Reset::SubtractNextTick, ResetBy::Base),
    (Reset::SubtractNextTick, ResetBy::Adapted),
    (Reset::Subtract, ResetBy::Base),
    (Reset::Subtract, ResetBy::Adapted),
    (Reset::Zero, ResetBy::Base),
];
const KEEP: Keep = Keep { parameters: true, checkpoint_every: None };
const NAMES: [&str; 5] = ["lif", "alif", "se", "out", "late"];

/// What a population did.
struct Recorded {
    name: &'static str,
    spikes: Vec<Vec<u32>>,
    potentials: Vec<f32>,
}

impl Recorded {
    fn as_recording(&self) -> Recording<'_, f32> {
        Recording { population: self.name, spikes: &self.spikes, potentials: &self.potentials }
    }
}

fn recordings(recorded: &[Recorded]) -> Vec<Recording<'_, f32>> {
    recorded.iter().map(Recorded::as_recording).collect()
}

/// All populations of `everything` on the float substrate.
fn on_the_substrate(spec: &NetworkSpec, batch: &Batch<f32>) -> Vec<Recorded> {
    let spec = NetworkSpec { readouts: NAMES.iter().map(|name| (*name).into()).collect(), ..spec.clone() };
    let (Input::Spikes(spikes), Input::Values(values)) = (&batch.inputs[0], &batch.inputs[1]) else { unreachable!() };
    let count = batch.steps * batch.samples;
    let blank = |name| {
        let size = spec.population(name).unwrap().size;
        Recorded { name, spikes: vec![Vec::new(); count], potentials: vec![0.0; count * size] }
    };
    let mut recorded: Vec<_> = NAMES.iter().copied().map(blank).collect();
    for sample in 0..batch.samples {
        let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), &spec, 1).unwrap();
        let mut output = TickOutput::default();
        for t in 0..batch.steps {
            let at = t * batch.samples + sample;
            network.set_values("values", &values[at * 3..at * 3 + 3]).unwrap();
            network.tick(TickInput { spikes: &[&spikes[at]], ..TickInput::default() }, &mut output);
            for (number, recorded) in recorded.iter_mut().enumerate() {
                recorded.spikes[at].clone_from(&output.spikes[number]);
                let potentials = network.probe(&Probe::Membrane(recorded.name.into())).unwrap();
                recorded.potentials[at * potentials.len()..][..potentials.len()].copy_from_slice(&potentials);
            }
        }
    }
    recorded
}

fn gradients(network: &TrainableNetwork<f32>, trace: &Trace<f32>) -> Gradients<f32> {
    let (_, errors) = network.evaluate(trace, &loss);
    network.backward(trace, &errors, Backward { parameters: true, inputs: true, truncate_every: None }).unwrap()
}

fn bits(gradients: &Gradients<f32>) -> Vec<u32> {
    let weights = gradients.parameters.tensors.iter().flat_map(|tensor| &tensor.values).map(|g| g.to_bits());
    let inputs = |inputs: &Outputs<f32>| -> Vec<u32> {
        let of = |sample: usize, t: usize| (0..2).flat_map(move |i| inputs.sample(sample).values(i, t));
        let all = (0..inputs.samples()).flat_map(|s| (0..inputs.steps()).flat_map(move |t| of(s, t)));
        all.map(|g| g.to_bits()).collect()
    };
    weights.chain(inputs(gradients.inputs.as_ref().unwrap())).collect()
}

#[test]
fn what_the_float_substrate_did_gives_the_same_gradients_to_the_bit() {
    for (reset, reset_by) in RESETS {
        for scaled in [false, true] {
            let spec = everything(reset, reset_by, scaled);
            // More sequences than are summed up at once.
            let batch = batch::<f32>(&spec, 60, 19, 5);
            let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
            let ordinary = network.forward(&batch, KEEP, None).unwrap();
            let recorded = on_the_substrate(&spec, &batch);
            assert!(recorded[..3].iter().all(|recorded| recorded.spikes.iter().any(|spikes| !spikes.is_empty())));
            for count in [0, 1, 3, 5] {
                let trace = network.adopt(&batch, &recordings(&recorded[..count]), KEEP).unwrap();
                assert!(trace.outputs == ordinary.outputs, "{reset:?}, {count} recorded");
                assert!(
                    bits(&gradients(&network, &trace)) == bits(&gradients(&network, &ordinary)),
                    "{reset:?} by {reset_by:?}, scaled: {scaled}, {count} recorded"
                );
            }
        }
    }
}

/// One input of values, a neuron, a readout, and weights that can be counted with.
fn pair() -> NetworkSpec {
    let mut spec = network(
        vec![
            Population { name: "in".into(), size: 1, kind: PopulationKind::Analogue },
            population("lif", 1, "lif", &Lif { reset: Reset::Zero, refractory_ms: 0.0, ..Lif::default() }),
            population("out", 1, "leaky_readout", &LeakyReadout::default()),
        ],
        &[("in", "lif", 0, 1.0), ("lif", "out", 0, 1.0)],
        &["out"],
    );
    for (projection, w) in spec.projections.iter_mut().zip([0.5, 2.0]) {
        projection.synapses = Synapses::Fixed(vec![w]);
    }
    spec
}

/// The error is 1 in the second tick's output.
fn last(_: usize, outputs: Sample<'_, f32>, errors: &mut SampleMut<'_, f32>) -> f64 {
    errors.values(0, 1)[0] = 1.0;
    f64::from(outputs.values(0, 1)[0])
}

#[test]
fn psi_is_that_of_the_recorded_potential_and_spikes_are_the_recorded_ones() {
    // In software nothing would fire: 0.5 x 1, then 0.5 x 0.6 more. It was recorded that the first tick had a spike, and 0.6 the second.
    let batch = Batch { steps: 2, samples: 1, inputs: vec![Input::Values(vec![1.0, 0.6])] };
    let network = TrainableNetwork::<f32>::new(&pair(), &Settings::default()).unwrap();
    let recording = Recording { population: "lif", spikes: &[vec![0], vec![]], potentials: &[-0.1, 0.6] };
    let trace = network.adopt(&batch, &[recording], KEEP).unwrap();
    assert_eq!(trace.spikes(1, 0, 0), [0]);
    let decay = libm::expf(-1.0 / 20.0);
    assert!((trace.outputs.sample(0).values(0, 1)[0] - 2.0 * decay).abs() < 1e-6);
    let (_, errors) = network.evaluate(&trace, &last);
    let gradients = network.backward(&trace, &errors, Backward::default()).unwrap().parameters;
    // psi = 0.3 (1 - |v - 1|): 0.18 at 0.6, and 0.3 at the threshold, which a neuron that fired was at least at. V of the second tick is 0.18 x 2;
    // a reset takes v = 1 away from it; nothing else flows through.
    let second = 0.18 * 2.0;
    let first = 0.3 * (decay * 2.0 - decay * second);
    let expected = [first + 0.6 * second, decay];
    for (tensor, expected) in gradients.tensors.iter().zip(expected) {
        assert!((tensor.values[0] - expected).abs() < 1e-6, "{}: {:?}, expected {expected}", tensor.name, tensor.values);
    }
    // A readout that was recorded shows what was recorded.
    let readout = Recording { population: "out", spikes: &[vec![], vec![]], potentials: &[7.0, -3.0] };
    let trace = network.adopt(&batch, &[recording, readout], KEEP).unwrap();
    assert_eq!([0, 1].map(|t| trace.outputs.sample(0).values(0, t)[0]), [7.0, -3.0]);
    assert_eq!(network.backward(&trace, &errors, Backward::default()).unwrap().parameters, gradients, "it is linear");
}

#[test]
fn refractory_times_follow_what_was_recorded() {
    let mut spec = pair();
    let lif = Lif { reset: Reset::Zero, refractory_ms: 2.0, ..Lif::default() };
    spec.populations[1] = population("lif", 1, "lif", &lif);
    // The software alone would fire in the first tick, and be refractory for two.
    let batch = Batch { steps: 4, samples: 1, inputs: vec![Input::Values(vec![4.0, 0.0, 0.0, 0.0])] };
    let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
    let active = |spikes: &[Vec<u32>]| {
        let recording = Recording { population: "lif", spikes, potentials: &[0.9; 4] };
        network.adopt(&batch, &[recording], KEEP).unwrap().shares(1, 1).1
    };
    assert_eq!(active(&[vec![], vec![], vec![], vec![]]), 1.0, "it never fired, and was always free to");
    assert_eq!(active(&[vec![], vec![0], vec![], vec![]]), 0.5, "it was refractory after the second tick");
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let batch = Batch { steps: 2, samples: 1, inputs: vec![Input::Values(vec![1.0, 0.6])] };
    let network = TrainableNetwork::<f32>::new(&pair(), &Settings::default()).unwrap();
    let (silent, spikes) = ([vec![], vec![]], [vec![0], vec![]]);
    let refused = |recordings: &[Recording<'_, f32>], keep, part: &str| {
        let error = network.adopt(&batch, recordings, keep).unwrap_err();
        assert!(matches!(error, TrainingError::Recording { .. }) && error.to_string().contains(part), "{error}");
    };
    let good = Recording { population: "lif", spikes: &silent, potentials: &[0.0, 0.0] };
    refused(&[Recording { population: "nobody", ..good }], KEEP, "no neurons or readouts \"nobody\"");
    refused(&[Recording { population: "in", ..good }], KEEP, "no neurons or readouts \"in\"");
    refused(&[good, good], KEEP, "\"lif\" stands there twice");
    refused(&[Recording { spikes: &silent[..1], ..good }], KEEP, "\"lif\": expected spikes of 2 ticks, found 1");
    refused(&[Recording { potentials: &[0.0], ..good }], KEEP, "\"lif\": expected 2 x 1 potentials, found 1");
    refused(&[Recording { potentials: &[0.0, f32::NAN], ..good }], KEEP, "neuron 0 of \"lif\" in tick 1 of sequence 0");
    refused(&[Recording { spikes: &[vec![], vec![1]], ..good }], KEEP, "tick 1 of sequence 0: expected numbers below 1");
    refused(&[Recording { spikes: &[vec![0, 0], vec![]], ..good }], KEEP, "sorted and without repeats, found [0, 0]");
    refused(&[Recording { population: "out", spikes: &spikes, ..good }], KEEP, "expected none, of a readout, found [0]");
    refused(&[good], Keep { checkpoint_every: Some(1), ..KEEP }, "expected no checkpoints");
    let smoothed = TrainableNetwork::<f32>::new(&pair(), &Settings { smoothed: true, ..Settings::default() }).unwrap();
    assert!(smoothed.adopt(&batch, &[good], KEEP).unwrap_err().to_string().contains("smoothed"));
    let other = Batch { steps: 3, ..batch.clone() };
    assert!(matches!(network.adopt(&other, &[good], KEEP), Err(TrainingError::Batch { .. })));
}

#[test]
fn updates_by_adopted_passes_are_ordinary_ones_if_the_passes_are() {
    let spec = everything(Reset::Zero, ResetBy::Base, false);
    let batch = batch::<f32>(&spec, 30, 5, 6);
    let settings = TrainerSettings { neurons: vec!["lif/bias".into()], ..TrainerSettings::default() };
    let mut ordinary = Trainer::<f32>::new(&spec, &settings).unwrap();
    let mut adopting = ordinary.clone();
    for _ in 0..3 {
        let recorded = on_the_substrate(&adopting.network().spec().unwrap(), &batch);
        let here = ordinary.update(&batch, &loss).unwrap();
        let there = adopting.update_with(&loss, |network, keep| network.adopt(&batch, &recordings(&recorded), keep)).unwrap();
        assert_eq!(here, there);
        assert!(ordinary.save() == adopting.save());
    }
    ordinary.update(&batch, &loss).unwrap();
    adopting.update(&batch, &loss).unwrap();
    assert!(ordinary.save() == adopting.save(), "an ordinary update goes on from there");
    let other = TrainableNetwork::<f32>::new(&pair(), &Settings::default()).unwrap();
    let trace = other.forward(&Batch { steps: 1, samples: 1, inputs: vec![Input::Values(vec![1.0])] }, KEEP, None).unwrap();
    let error = adopting.update_with(&loss, |_, _| Ok(trace)).unwrap_err();
    assert!(error.to_string().contains("another's") && ordinary.save() == adopting.save(), "{error}");
}

#[test]
fn cross_entropy_has_the_errors_of_its_differences() {
    let spec = everything(Reset::Zero, ResetBy::Base, false);
    let network = TrainableNetwork::<f64>::new(&spec, &Settings::default()).unwrap();
    let mut trace = network.forward(&batch::<f64>(&spec, 8, 3, 6), Keep::default(), None).unwrap();
    let entropy = CrossEntropy { readout: 1, ticks: 5, labels: &[2, 0, 3], weight: 0.5 };
    for (sample, t) in (0..3).flat_map(|sample| (0..8).map(move |t| (sample, t))) {
        for (i, y) in trace.outputs.sample_mut(sample).values(1, t).iter_mut().enumerate() {
            *y = 3.0 * number(8, (sample * 8 + t) * 4 + i);
        }
    }
    let (_, errors) = network.evaluate(&trace, &entropy);
    for (sample, t, i) in [(0, 2, 0), (0, 3, 2), (1, 7, 0), (2, 5, 1), (2, 7, 3)] {
        let mut changed = |by: f64| {
            trace.outputs.sample_mut(sample).values(1, t)[i] += by;
            let loss = network.evaluate(&trace, &entropy).0;
            trace.outputs.sample_mut(sample).values(1, t)[i] -= by;
            loss
        };
        let difference = (changed(1e-5) - changed(-1e-5)) / 2e-5;
        let found = errors.sample(sample).values(1, t)[i];
        assert!((found - difference).abs() < 1e-8 && (t < 3 || found != 0.0), "{found} {difference}");
    }
    for t in 3..8 {
        trace.outputs.sample_mut(0).values(1, t).copy_from_slice(&[0.5, 0.5, 0.1, 0.2]);
    }
    assert_eq!(entropy.class(trace.outputs.sample(0)), 0, "the first of several");
    for labels in [&[2, 0][..], &[2, 0, 4]] {
        assert!(network.evaluate(&trace, &CrossEntropy { labels, ..entropy }).0.is_nan());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_recording_is_adopted_or_refused_and_never_panics(
        spikes in proptest::collection::vec(proptest::collection::vec(0u32..8, 0..4), 0..13),
        potentials in proptest::collection::vec(proptest::num::f32::ANY, 84),
        scale in 0usize..3,
    ) {
        let spec = everything(Reset::Zero, ResetBy::Base, false);
        let batch = batch::<f32>(&spec, 6, 2, 5);
        let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
        let mut spikes = spikes;
        if scale > 0 {
            spikes.resize(12, Vec::new());
            spikes.iter_mut().for_each(|s| { s.retain(|&i| i < 7); s.sort_unstable(); s.dedup(); });
        }
        let potentials: Vec<f32> = match scale {
            2 => potentials.iter().map(|v| if v.is_finite() { v.clamp(-1e3, 1e3) } else { 0.0 }).collect(),
            _ => potentials,
        };
        let recording = Recording { population: "lif", spikes: &spikes, potentials: &potentials };
        match network.adopt(&batch, &[recording], KEEP) {
            Ok(trace) => {
                let found = gradients(&network, &trace);
                prop_assert!(scale < 2 || found.parameters.not_finite().is_none());
            }
            Err(_) => prop_assert!(scale < 2),
        }
    }
}
