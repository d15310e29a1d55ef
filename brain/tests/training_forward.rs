//! The trainer's forward pass and the float substrate spike alike to the bit, whatever the threads, the kernels and the parts it is run in.

mod common;

use std::sync::Arc;

use common::{batch, everything, loss};
use embody_brain::neuron::{Reset, ResetBy};
use embody_brain::numeric::Kernel;
use embody_brain::substrate::Compiled;
use embody_brain::training::{
    Backward, Batch, Input, Keep, Outputs, Parameters, Sample, SampleMut, Settings, Trace, TrainableNetwork,
};
use embody_brain::{FloatSubstrate, Models, Network, NetworkSpec, TickInput, TickOutput};

const RESETS: [(Reset, ResetBy); 5] = [
    (Reset::SubtractNextTick, ResetBy::Base),
    (Reset::SubtractNextTick, ResetBy::Adapted),
    (Reset::Subtract, ResetBy::Base),
    (Reset::Subtract, ResetBy::Adapted),
    (Reset::Zero, ResetBy::Base),
];

/// What one sequence of a batch gives on the float substrate: spikes of `lif`, values of `late` and `out`, tick by tick.
fn on_the_substrate(spec: &NetworkSpec, batch: &Batch<f32>, sample: usize) -> Vec<(Vec<u32>, [Vec<f32>; 2])> {
    let mut network = Compiled::new(FloatSubstrate::new(Arc::new(Models::default())), spec, 1).unwrap();
    let mut output = TickOutput::default();
    let tick = |t: usize| {
        let at = t * batch.samples + sample;
        let (Input::Spikes(spikes), Input::Values(values)) = (&batch.inputs[0], &batch.inputs[1]) else { unreachable!() };
        network.set_values("values", &values[at * 3..at * 3 + 3]).unwrap();
        network.tick(TickInput { spikes: &[&spikes[at]], ..TickInput::default() }, &mut output);
        (output.spikes[0].clone(), [output.values[1].clone(), output.values[2].clone()])
    };
    (0..batch.steps).map(tick).collect()
}

#[test]
fn the_trainer_spikes_as_the_float_substrate_does_for_a_thousand_ticks() {
    for (reset, reset_by) in RESETS {
        for scaled in [false, true] {
            let spec = everything(reset, reset_by, scaled);
            let batch = batch::<f32>(&spec, 1000, 3, 5);
            let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
            let trace = network.forward(&batch, Keep::default(), None).unwrap();
            let mut count = 0;
            for sample in 0..3 {
                for (t, (spikes, values)) in on_the_substrate(&spec, &batch, sample).into_iter().enumerate() {
                    assert_eq!(trace.spikes(2, sample, t), spikes, "{reset:?}, sample {sample}, tick {t}");
                    for (readout, values) in values.iter().enumerate() {
                        let ours = trace.outputs.sample(sample).values(readout, t);
                        let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                        assert_eq!(bits(ours), bits(values), "{reset:?}, sample {sample}, tick {t}, readout {readout}");
                    }
                    count += spikes.len();
                }
            }
            assert!(count > 100, "the network fires: {count}");
        }
    }
}

/// Loss, gradients and gradients of inputs.
fn run(spec: &NetworkSpec, settings: &Settings, kernel: Kernel, keep: Keep) -> (u64, Parameters<f32>, Outputs<f32>) {
    let network = TrainableNetwork::<f32>::new(spec, settings).unwrap().with_kernel(kernel);
    let trace = network.forward(&batch(spec, 70, 37, 5), keep, None).unwrap();
    let (loss, errors) = network.evaluate(&trace, &loss);
    let what = Backward { parameters: keep.parameters, inputs: true, truncate_every: None };
    let gradients = network.backward(&trace, &errors, what).unwrap();
    (loss.to_bits(), gradients.parameters, gradients.inputs.unwrap())
}

fn bits(parameters: &Parameters<f32>) -> Vec<u32> {
    parameters.tensors.iter().flat_map(|tensor| &tensor.values).map(|v| v.to_bits()).collect()
}

fn input_bits(inputs: &Outputs<f32>) -> Vec<u32> {
    let values = |sample: usize| {
        let sample = inputs.sample(sample);
        (0..sample.steps()).flat_map(move |t| sample.values(0, t).iter().chain(sample.values(1, t)).map(|v| v.to_bits()))
    };
    (0..inputs.samples()).flat_map(values).collect()
}

#[test]
fn threads_kernels_and_checkpoints_change_no_bit_of_the_gradients() {
    let spec = everything(Reset::SubtractNextTick, ResetBy::Adapted, false);
    let all = Keep { parameters: true, checkpoint_every: None };
    let (loss, parameters, inputs) = run(&spec, &Settings::default(), Kernel::Avx2, all);
    assert!(parameters.norm() > 1.0 && parameters.not_finite().is_none());
    let every = |every| Keep { checkpoint_every: Some(every), ..all };
    for (threads, kernel, keep) in [
        (2, Kernel::Avx2, all),
        (3, Kernel::Baseline, all),
        (1, Kernel::Baseline, every(1)),
        (1, Kernel::Avx2, every(30)),
        (2, Kernel::Avx2, every(64)),
    ] {
        let settings = Settings { threads, ..Settings::default() };
        let (other_loss, other_parameters, other_inputs) = run(&spec, &settings, kernel, keep);
        assert_eq!(loss, other_loss, "{threads} threads, {kernel:?}, {keep:?}");
        assert!(bits(&parameters) == bits(&other_parameters), "{threads} threads, {kernel:?}, {keep:?}");
        assert!(input_bits(&inputs) == input_bits(&other_inputs), "{threads} threads, {kernel:?}, {keep:?}");
    }
}

#[test]
fn several_sets_of_errors_over_one_trace_give_what_each_gives_alone() {
    let spec = everything(Reset::SubtractNextTick, ResetBy::Adapted, false);
    let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
    for samples in [1, 3] {
        let trace = network.forward(&batch(&spec, 50, samples, 5), Keep::default(), None).unwrap();
        let errors: Vec<Outputs<f32>> = (0..4)
            .map(|k| {
                let mut errors = trace.outputs.zeros();
                (0..samples).for_each(|s| errors.sample_mut(s).values(1, 40 + k)[k] = 1.0);
                errors
            })
            .collect();
        let together = network.input_gradients(&trace, &errors).unwrap();
        for (errors, together) in errors.iter().zip(&together) {
            let alone = network.input_gradients(&trace, std::slice::from_ref(errors)).unwrap();
            assert!(input_bits(together) == input_bits(&alone[0]));
            let whole = network.backward(&trace, errors, Backward { inputs: true, ..Backward::default() }).unwrap();
            assert!(input_bits(together) == input_bits(&whole.inputs.unwrap()));
            assert!(input_bits(together).iter().any(|&bits| bits != 0));
        }
    }
}

#[test]
fn a_batch_can_be_run_in_parts() {
    let spec = everything(Reset::Subtract, ResetBy::Adapted, false);
    let network = TrainableNetwork::<f32>::new(&spec, &Settings::default()).unwrap();
    let whole = batch::<f32>(&spec, 60, 2, 5);
    let part = |from: usize, to: usize| Batch {
        steps: to - from,
        samples: 2,
        inputs: whole
            .inputs
            .iter()
            .map(|input| match input {
                Input::Values(values) => Input::Values(values[from * 6..to * 6].to_vec()),
                Input::Spikes(spikes) => Input::Spikes(spikes[from * 2..to * 2].to_vec()),
            })
            .collect(),
    };
    let trace = network.forward(&whole, Keep::default(), None).unwrap();
    let first = network.forward(&part(0, 23), Keep::default(), None).unwrap();
    let second = network.forward(&part(23, 60), Keep::default(), Some(&first.carry())).unwrap();
    for t in 0..60 {
        for sample in 0..2 {
            let (part, at) = if t < 23 { (&first, t) } else { (&second, t - 23) };
            assert_eq!(part.spikes(2, sample, at), trace.spikes(2, sample, t));
            assert_eq!(part.outputs.sample(sample).values(1, at), trace.outputs.sample(sample).values(1, t));
        }
    }
}

#[test]
fn truncated_gradients_are_those_of_the_parts_by_themselves() {
    let spec = everything(Reset::SubtractNextTick, ResetBy::Adapted, false);
    let network = TrainableNetwork::<f64>::new(&spec, &Settings::default()).unwrap();
    let whole = batch::<f64>(&spec, 64, 2, 5);
    let part = |from: usize| Batch {
        steps: 32,
        samples: 2,
        inputs: whole
            .inputs
            .iter()
            .map(|input| match input {
                Input::Values(values) => Input::Values(values[from * 6..(from + 32) * 6].to_vec()),
                Input::Spikes(spikes) => Input::Spikes(spikes[from * 2..(from + 32) * 2].to_vec()),
            })
            .collect(),
    };
    let squares = |_: usize, outputs: Sample<'_, f64>, errors: &mut SampleMut<'_, f64>| {
        for t in 0..outputs.steps() {
            (0..2).for_each(|readout| errors.values(readout, t).copy_from_slice(outputs.values(readout, t)));
        }
        0.0
    };
    let gradients = |trace: &Trace<f64>, truncate_every| {
        let (_, errors) = network.evaluate(trace, &squares);
        network.backward(trace, &errors, Backward { truncate_every, ..Backward::default() }).unwrap().parameters
    };
    let keep = Keep::default();
    let all = network.forward(&whole, keep, None).unwrap();
    let (truncated, exact) = (gradients(&all, Some(32)), gradients(&all, None));
    let first = network.forward(&part(0), keep, None).unwrap();
    let second = network.forward(&part(32), keep, Some(&first.carry())).unwrap();
    let parts = [gradients(&first, None), gradients(&second, None)];
    let mut differs = false;
    for (at, tensor) in truncated.tensors.iter().enumerate().filter(|(_, tensor)| tensor.name.starts_with("weights/")) {
        // A delay that reaches back over the seam is cut in the one and not in the other.
        if spec.projections[at].delay_ns > 1_000_000 {
            continue;
        }
        for (i, &truncated) in tensor.values.iter().enumerate() {
            let sum = parts[0].tensors[at].values[i] + parts[1].tensors[at].values[i];
            assert!((truncated - sum).abs() < 1e-9 * (1.0 + sum.abs()), "{}[{i}]: {truncated}, {sum}", tensor.name);
            differs |= (truncated - exact.tensors[at].values[i]).abs() > 1e-3;
        }
    }
    assert!(differs, "something flows over the seam when nothing is cut");
}
