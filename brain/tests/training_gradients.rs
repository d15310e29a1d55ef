//! Gradients against finite differences of the smoothed network: every model, convention, surrogate and kind of parameter, and inputs.

mod common;

use common::{batch, everything, number};
use embody_brain::neuron::{Alif, LeakyReadout, PerNeuron, Reset, ResetBy};
use embody_brain::training::{
    Backward, Batch, Input, Keep, Sample, SampleMut, Settings, Shape, Surrogate, TrainableNetwork, Width,
};
use embody_brain::{NetworkSpec, Population, PopulationKind};

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

/// The recursion of Traub, Legenstein and Otte (2021) for the trunk's forward model, written out: `lif` and `alif` with recurrence, a
/// refractory period, the triangular surrogate, and a leaky readout.
#[test]
fn gradients_of_spiking_networks_follow_the_published_recursion() {
    let (inputs, n, outputs, steps) = (4, 12, 3, 90);
    let beta: Vec<f64> = (0..n).map(|j| if j < n / 2 { 0.0 } else { 0.03 }).collect();
    let hidden = Alif {
        threshold: 0.5.into(),
        beta: PerNeuron::Each(beta.clone()),
        tau_adaptation_ms: 1200.0.into(),
        refractory_ms: 5.0,
        ..Alif::default()
    };
    let spec = common::network(
        vec![
            Population { name: "in".into(), size: inputs, kind: PopulationKind::Analogue },
            common::population("hidden", n, "alif", &hidden),
            common::population("out", outputs, "leaky_readout", &LeakyReadout::default()),
        ],
        &[("in", "hidden", 0, 0.6), ("hidden", "hidden", 1, 0.3), ("hidden", "out", 0, 0.5)],
        &["out"],
    );
    let network = TrainableNetwork::<f64>::new(&spec, &Settings::default()).unwrap();
    let batch = batch::<f64>(&spec, steps, 1, 9);
    let trace = network.forward(&batch, Keep::default(), None).unwrap();
    let mut errors = trace.outputs.zeros();
    let error = |t: usize, k: usize| if t % 12 >= 5 { number(41, t * outputs + k) } else { 0.0 };
    (0..steps).for_each(|t| {
        errors.sample_mut(0).values(0, t).iter_mut().enumerate().for_each(|(k, e)| *e = error(t, k));
    });
    let gradients = network.backward(&trace, &errors, Backward { inputs: true, ..Backward::default() }).unwrap();

    let weights = |name: &str| &network.parameters().get(name).unwrap().values;
    let (w_in, w_rec, w_out) = (weights("weights/in-hidden"), weights("weights/hidden-hidden"), weights("weights/hidden-out"));
    let [alpha, rho] = [20.0, 1200.0].map(|tau: f64| libm::exp(-1.0 / tau));
    let Input::Values(x) = &batch.inputs[0] else { unreachable!() };
    let (mut v, mut a, mut left) = (vec![0.0; n], vec![0.0; n], vec![0; n]);
    let (mut psi, mut z) = (vec![vec![0.0; n]; steps], vec![vec![0.0; n]; steps + 1]);
    for t in 0..steps {
        for j in 0..n {
            let before = z[t][j];
            a[j] = rho * a[j] + before;
            let arriving = (0..inputs).map(|i| x[t * inputs + i] * w_in[i * n + j]).sum::<f64>()
                + (0..n).map(|i| z[t][i] * w_rec[i * n + j]).sum::<f64>();
            v[j] = alpha * v[j] + arriving - before * 0.5;
            let distance = v[j] - 0.5 - beta[j] * a[j];
            if left[j] == 0 {
                psi[t][j] = 0.3 * f64::max(0.0, 1.0 - distance.abs() / 0.5);
                z[t + 1][j] = f64::from(u8::from(distance > 0.0));
            }
            left[j] = if z[t + 1][j] > 0.0 { 5 } else { i32::max(left[j] - 1, 0) };
        }
    }
    assert!(z.iter().flatten().sum::<f64>() > 20.0);
    let (mut err, mut delta, mut adjoint) = (vec![0.0; outputs], vec![0.0; n], vec![0.0; n]);
    let (mut d_rec, mut d_in) = (vec![0.0; n * n], vec![0.0; inputs * n]);
    let found = gradients.inputs.unwrap();
    let close =
        |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found}, {expected}");
    for t in (0..steps).rev() {
        (0..outputs).for_each(|k| err[k] = alpha * err[k] + error(t, k));
        let after = delta.clone();
        for j in 0..n {
            let l = (0..outputs).map(|k| w_out[j * outputs + k] * err[k]).sum::<f64>()
                + (0..n).map(|i| w_rec[j * n + i] * after[i]).sum::<f64>()
                - 0.5 * after[j]
                + adjoint[j];
            adjoint[j] = rho * adjoint[j] - beta[j] * l * psi[t][j];
            delta[j] = alpha * after[j] + l * psi[t][j];
        }
        for i in 0..inputs {
            let expected = (0..n).map(|j| w_in[i * n + j] * delta[j]).sum::<f64>();
            close(found.sample(0).values(0, t)[i], expected);
            (0..n).for_each(|j| d_in[i * n + j] += x[t * inputs + i] * delta[j]);
        }
        (0..n * n).for_each(|at| d_rec[at] += z[t][at / n] * delta[at % n]);
    }
    for (name, expected) in [("weights/in-hidden", d_in), ("weights/hidden-hidden", d_rec)] {
        gradients
            .parameters
            .get(name)
            .unwrap()
            .values
            .iter()
            .zip(&expected)
            .for_each(|(&found, &expected)| close(found, expected));
    }
}
