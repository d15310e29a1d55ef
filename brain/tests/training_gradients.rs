//! Gradients against finite differences of the smoothed network: every model, convention, surrogate and kind of parameter, and inputs.

mod common;

use common::{batch, everything, number};
use embody_brain::NetworkSpec;
use embody_brain::neuron::{Reset, ResetBy};
use embody_brain::training::{
    Backward, Batch, Input, Keep, Sample, SampleMut, Settings, Shape, Surrogate, TrainableNetwork, Width,
};

/// A loss with a curvature, other in every tick: sum of c y + y^2 / 4.
fn loss(sample: usize, outputs: Sample<'_, f64>, errors: &mut SampleMut<'_, f64>) -> f64 {
    let mut loss = 0.0;
    for t in 0..outputs.steps() {
        for readout in 0..2 {
            let values = outputs.values(readout, t);
            for (i, (&y, error)) in values.iter().zip(errors.values(readout, t)).enumerate() {
                let c = number(77, ((sample * 100 + t) * 2 + readout) * 10 + i);
                loss += c * y + 0.25 * y * y;
                *error = c + 0.5 * y;
            }
        }
    }
    loss
}

const STEPS: usize = 40;
const KEEP: Keep = Keep { parameters: true, checkpoint_every: None };

fn value(network: &TrainableNetwork<f64>, batch: &Batch<f64>) -> f64 {
    network.evaluate(&network.forward(batch, Keep::default(), None).unwrap(), &loss).0
}

/// Holds the gradients of up to `most` numbers of every tensor and input to differences.
fn check(spec: &NetworkSpec, settings: &Settings, most: usize, skip: &[&str]) {
    // All surrogates have corners, next to which differences are less exact.
    let tolerance = 2e-5;
    let mut network = TrainableNetwork::<f64>::new(spec, settings).unwrap();
    let mut batch = batch::<f64>(spec, STEPS, 2, 9);
    let trace = network.forward(&batch, KEEP, None).unwrap();
    let (_, errors) = network.evaluate(&trace, &loss);
    let what = Backward { parameters: true, inputs: true, truncate_every: None };
    let gradients = network.backward(&trace, &errors, what).unwrap();
    let parameters = network.parameters().clone();
    let close = |name: &str, i: usize, found: f64, above: f64, below: f64, e: f64| {
        let expected = (above - below) / (2.0 * e);
        assert!((found - expected).abs() < tolerance * (1.0 + expected.abs()), "{name}[{i}]: {found}, by differences {expected}");
    };
    let mut largest = 0.0f64;
    for tensor in &gradients.parameters.tensors {
        if skip.iter().any(|skip| tensor.name.ends_with(skip)) {
            continue;
        }
        let count = tensor.values.len();
        for i in (0..count).step_by(count.div_ceil(most)) {
            let mut changed = |by: f64| {
                let mut changed = parameters.clone();
                changed.get_mut(&tensor.name).unwrap().values[i] += by;
                network.set_parameters(&changed).unwrap();
                value(&network, &batch)
            };
            let e = 1e-6;
            close(&tensor.name, i, tensor.values[i], changed(e), changed(-e), e);
            largest = largest.max(tensor.values[i].abs());
        }
    }
    assert!(largest > 1e-2, "the test needs gradients: {largest}");
    network.set_parameters(&parameters).unwrap();
    let inputs = gradients.inputs.unwrap();
    for (sample, t, i) in [(0, 0, 0), (1, 3, 1), (0, 17, 2), (1, 30, 0), (0, STEPS - 1, 1)] {
        let at = (t * 2 + sample) * 3 + i;
        let mut changed = |by: f64| {
            if let Input::Values(values) = &mut batch.inputs[1] {
                values[at] += by;
            }
            let value = value(&network, &batch);
            if let Input::Values(values) = &mut batch.inputs[1] {
                values[at] -= by;
            }
            value
        };
        let e = 1e-6;
        close("input", at, inputs.sample(sample).values(1, t)[i], changed(e), changed(-e), e);
    }
}

fn smoothed(shape: Shape, width: Width) -> Settings {
    Settings { surrogate: Surrogate { shape, height: 0.3, width }, smoothed: true, ..Settings::default() }
}

const UNIT: Width = Width::Fixed { width: 0.3 };

#[test]
fn gradients_of_all_models_are_those_of_the_smoothed_network_under_every_reset() {
    for (reset, reset_by) in [
        (Reset::SubtractNextTick, ResetBy::Base),
        (Reset::SubtractNextTick, ResetBy::Adapted),
        (Reset::Subtract, ResetBy::Base),
        (Reset::Subtract, ResetBy::Adapted),
        (Reset::Zero, ResetBy::Base),
    ] {
        for scaled in [false, true] {
            check(&everything(reset, reset_by, scaled), &smoothed(Shape::FastSigmoid { slope: 2.0 }, UNIT), 4, &[]);
        }
    }
}

#[test]
fn gradients_are_those_of_the_smoothed_network_under_every_surrogate() {
    let spec = everything(Reset::SubtractNextTick, ResetBy::Adapted, false);
    for shape in [Shape::Triangular, Shape::FastSigmoid { slope: 5.0 }, Shape::Exponential { slope: 5.0 }] {
        check(&spec, &smoothed(shape, UNIT), 4, &[]);
        // These widths hang on the threshold, but aren't differentiated.
        check(&spec, &smoothed(shape, Width::Threshold), 3, &["/threshold"]);
        check(&spec, &smoothed(shape, Width::ThresholdNormalised), 3, &["/threshold"]);
        check(&spec, &smoothed(shape, Width::AdaptedNormalised), 3, &[]);
    }
}
