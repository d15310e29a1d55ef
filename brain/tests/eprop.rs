//! E-prop: the published losses of a sine regression, the recursion of adaptive neurons written out, and backpropagation where both agree.

mod common;

use common::{batch, network, number, population};
use embody_brain::neuron::{Alif, Comparison, LeakyReadout, Lif, PerNeuron};
use embody_brain::training::eprop::{EProp, EPropSettings, Feedback, cross_entropy, squared_error};
use embody_brain::training::{
    Backward, Batch, Input, Keep, LearningRate, Optimiser, RateTarget, Sample, SampleMut, Settings, Shape, Surrogate,
    TrainableNetwork, TrainingError, Width,
};
use embody_brain::{CompileError, NetworkSpec, Population, PopulationKind, Projection, Synapses};

const TRIANGULAR: Surrogate = Surrogate { shape: Shape::Triangular, height: 0.3, width: Width::ThresholdNormalised };

fn settings(feedback: Feedback) -> EPropSettings {
    EPropSettings {
        network: Settings { surrogate: TRIANGULAR, ..Settings::default() },
        feedback,
        optimiser: Optimiser::Sgd { momentum: 0.0 },
        learning_rate: LearningRate { rate: 1e-4, ..LearningRate::default() },
        ..EPropSettings::default()
    }
}

/// The losses of the first five iterations of NEST's `test_eprop_bsshslm_2020_plasticity`; see `data/eprop/README.md`.
#[test]
fn the_published_losses_come_out_to_nine_decimals() {
    let (mut rest, count) = (&include_bytes!("data/eprop/sine_regression.bin")[..], 100 * 100);
    let mut floats = |count: usize| -> Vec<f32> {
        let (head, tail) = rest.split_at(4 * count);
        rest = tail;
        head.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    };
    let [input, recurrent, out, feedback] = [count, count, 100, 100].map(&mut floats);
    let (bits, target) = rest.split_at(12_500);
    let target: Vec<f64> = target.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    assert_eq!(target.len(), 1000);
    let spikes =
        |t: usize| (0..100).filter(|i| bits[(t * 100 + i) / 8] >> ((t * 100 + i) % 8) & 1 == 1).map(|i| i as u32).collect();
    let by_source = |weights: &[f32]| (0..count).map(|at| weights[at % 100 * 100 + at / 100]).collect();
    let lif = Lif {
        tau_ms: 30.0.into(),
        threshold: 0.03.into(),
        scaled_input: true,
        comparison: Comparison::AtLeast,
        ..Lif::default()
    };
    let readout = LeakyReadout { tau_ms: 30.0.into(), scaled_input: true, ..LeakyReadout::default() };
    let projection = |name: &str, source: &str, target: &str, delay_ns, weights| Projection {
        name: name.into(),
        source: source.into(),
        target: target.into(),
        delay_ns,
        synapses: Synapses::Fixed(weights),
    };
    let spec = NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            Population { name: "in".into(), size: 100, kind: PopulationKind::Input },
            population("neurons", 100, "lif", &lif),
            population("out", 1, "leaky_readout", &readout),
        ],
        projections: vec![
            projection("in", "in", "neurons", 0, by_source(&input)),
            projection("recurrent", "neurons", "neurons", 1_000_000, by_source(&recurrent)),
            projection("out", "neurons", "out", 0, out),
        ],
        readouts: vec!["out".into()],
    };
    let settings = EPropSettings {
        // 0.01 spikes per tick.
        rate: Some(RateTarget { population: "neurons".into(), target_hz: 10.0, strength: 300.0 }),
        no_autapses: true,
        ..settings(Feedback::Given { weights: feedback.iter().map(|&w| f64::from(w)).collect() })
    };
    let mut eprop = EProp::<f64>::new(&spec, &settings).unwrap();
    let batch = Batch { steps: 1000, samples: 1, inputs: vec![Input::Spikes((0..1000).map(spikes).collect())] };
    for expected in [101.964356999, 103.466731126, 103.340607075, 103.680244038, 104.412775749] {
        let loss = eprop.sequence(&batch, |t, y, errors| squared_error(y, &target[t..=t], errors)).unwrap();
        assert!((loss - expected).abs() < 6e-10, "{loss}, expected {expected}");
        eprop.update().unwrap();
    }
}

/// Inputs of both kinds, neurons and a readout; recurrent or not.
fn spec(recurrent: bool, adaptive: bool, scaled: bool) -> NetworkSpec {
    let unit = if scaled { 0.1 } else { 0.6 };
    let beta = PerNeuron::Each((0..7).map(|i| unit * (0.1 + 0.05 * f64::from(i))).collect());
    let neurons = if adaptive {
        let alif = Alif {
            threshold: unit.into(),
            beta,
            tau_adaptation_ms: 60.0.into(),
            scaled_input: scaled,
            scaled_adaptation: scaled,
            refractory_ms: 2.0,
            ..Alif::default()
        };
        population("neurons", 7, "alif", &alif)
    } else {
        let lif = Lif { threshold: unit.into(), scaled_input: scaled, refractory_ms: 2.0, ..Lif::default() };
        population("neurons", 7, "lif", &lif)
    };
    let mut projections = vec![("spikes", "neurons", 0, 0.6), ("values", "neurons", 0, 0.4)];
    if recurrent {
        projections.push(("neurons", "neurons", 1, 0.3));
    }
    projections.push(("neurons", "out", 0, 0.5));
    network(
        vec![
            Population { name: "spikes".into(), size: 6, kind: PopulationKind::Input },
            Population { name: "values".into(), size: 3, kind: PopulationKind::Analogue },
            neurons,
            population("out", 3, "leaky_readout", &LeakyReadout { scaled_input: scaled, ..LeakyReadout::default() }),
        ],
        &projections,
        &["out"],
    )
}

fn target(t: usize) -> [f64; 3] {
    [0, 1, 2].map(|k| number(31, t * 3 + k))
}

#[test]
fn where_nothing_recurs_it_is_backpropagation() {
    for (adaptive, scaled) in [(false, false), (false, true), (true, false), (true, true)] {
        let spec = spec(false, adaptive, scaled);
        let batch = batch::<f64>(&spec, 120, 1, 3);
        let mut eprop = EProp::<f64>::new(&spec, &settings(Feedback::Symmetric)).unwrap();
        let loss = eprop.sequence(&batch, |t, y, errors| squared_error(y, &target(t), errors)).unwrap();
        // What flows through the reset is left out of eligibility.
        let settings = Settings { surrogate: TRIANGULAR, through_reset: false, ..Settings::default() };
        let network = TrainableNetwork::<f64>::new(&spec, &settings).unwrap();
        let trace = network.forward(&batch, Keep::default(), None).unwrap();
        let squared = |_: usize, outputs: Sample<'_, f64>, errors: &mut SampleMut<'_, f64>| {
            (0..120).map(|t| squared_error(outputs.values(0, t), &target(t), errors.values(0, t))).sum()
        };
        let (expected, errors) = network.evaluate(&trace, &squared);
        assert!((loss - expected).abs() < 1e-12 * expected, "{loss} {expected}");
        let exact = network.backward(&trace, &errors, Backward::default()).unwrap().parameters;
        let found = eprop.gradients();
        assert!(exact.norm() > 1.0);
        for (found, exact) in found.tensors.iter().zip(&exact.tensors) {
            for (a, b) in found.values.iter().zip(&exact.values) {
                assert!((a - b).abs() < 1e-10 * (1.0 + b.abs()), "{}: {a}, {b} by backpropagation", found.name);
            }
        }
    }
}

#[test]
fn recurrent_adaptive_neurons_follow_the_recursion() {
    let spec = spec(true, true, false);
    let batch = batch::<f64>(&spec, 150, 1, 3);
    let mut eprop = EProp::<f64>::new(&spec, &settings(Feedback::Symmetric)).unwrap();
    eprop.sequence(&batch, |t, y, errors| squared_error(y, &target(t), errors)).unwrap();
    let found = eprop.gradients();

    let weights = |name: &str| found.get(name).map(|_| eprop.parameters().get(name).unwrap().values.clone()).unwrap();
    let (w_spikes, w_values) = (weights("weights/spikes-neurons"), weights("weights/values-neurons"));
    let (w_rec, w_out) = (weights("weights/neurons-neurons"), weights("weights/neurons-out"));
    let [alpha, rho, kappa] = [20.0, 60.0, 20.0].map(|tau: f64| libm::exp(-1.0 / tau));
    let (Input::Spikes(spikes), Input::Values(values)) = (&batch.inputs[0], &batch.inputs[1]) else { unreachable!() };
    let n = 7;
    let (mut v, mut b, mut z, mut left, mut y) = ([0.0; 7], [0.0; 7], [0.0; 7], [0.0; 7], [0.0; 3]);
    let mut trace = [0.0; 7];
    let (mut eps_a, mut ebar, mut expected) = ([[0.0; 7]; 7], [[0.0; 7]; 7], [[0.0; 7]; 7]);
    for t in 0..150 {
        let before = z;
        let mut psi = [0.0; 7];
        for j in 0..n {
            let mut current = spikes[t].iter().map(|&i| w_spikes[i as usize * n + j]).sum::<f64>();
            current += (0..3).map(|i| values[t * 3 + i] * w_values[i * n + j]).sum::<f64>();
            current += (0..n).map(|i| before[i] * w_rec[i * n + j]).sum::<f64>();
            b[j] = rho * b[j] + before[j];
            let beta = 0.6 * (0.1 + 0.05 * j as f64);
            v[j] = alpha * v[j] + current - before[j] * 0.6;
            let distance = v[j] - 0.6 - beta * b[j];
            let free = left[j] == 0.0;
            psi[j] = if free { 0.3 / 0.6 * f64::max(0.0, 1.0 - distance.abs() / 0.6) } else { 0.0 };
            z[j] = f64::from(u8::from(free && distance > 0.0));
            left[j] = if z[j] > 0.0 { 2.0 } else { f64::max(left[j] - 1.0, 0.0) };
        }
        for k in 0..3 {
            y[k] = kappa * y[k] + (0..n).map(|j| z[j] * w_out[j * 3 + k]).sum::<f64>();
        }
        for i in 0..n {
            trace[i] = alpha * trace[i] + before[i];
            for j in 0..n {
                let beta = 0.6 * (0.1 + 0.05 * j as f64);
                let e = psi[j] * (trace[i] - beta * eps_a[i][j]);
                eps_a[i][j] = rho * eps_a[i][j] + e;
                ebar[i][j] = kappa * ebar[i][j] + e;
                let signal = (0..3).map(|k| w_out[j * 3 + k] * (y[k] - target(t)[k])).sum::<f64>();
                expected[i][j] += signal * ebar[i][j];
            }
        }
    }
    let found = &found.get("weights/neurons-neurons").unwrap().values;
    assert!(expected.as_flattened().iter().any(|g| g.abs() > 1.0));
    for (found, expected) in found.iter().zip(expected.as_flattened()) {
        assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "{found}, expected {expected}");
    }
}

/// Losses of a few hundred updates.
fn learn(feedback: Feedback) -> Vec<f64> {
    let spec = spec(true, true, false);
    let batch = batch::<f32>(&spec, 100, 1, 3);
    let settings = EPropSettings {
        optimiser: Optimiser::default(),
        learning_rate: LearningRate { rate: 1e-2, ..LearningRate::default() },
        no_autapses: true,
        ..settings(feedback)
    };
    let mut eprop = EProp::<f32>::new(&spec, &settings).unwrap();
    let target = |t: usize| [0, 1, 2].map(|k| libm::sin(t as f64 / 15.0 + f64::from(k)) as f32);
    let mut update = |_| {
        let loss = eprop.sequence(&batch, |t, y, errors| squared_error(y, &target(t), errors)).unwrap();
        eprop.update().unwrap();
        loss
    };
    let losses = (0..200).map(&mut update).collect();
    assert!(eprop.parameters().get("weights/neurons-neurons").unwrap().values.iter().step_by(8).all(|&w| w == 0.0));
    losses
}

#[test]
fn every_kind_of_feedback_teaches() {
    for feedback in [Feedback::Symmetric, Feedback::Random { seed: 5 }, Feedback::Adaptive { seed: 5, decay: 1e-4 }] {
        let losses = learn(feedback.clone());
        assert!(losses[199] < 0.7 * losses[0], "{feedback:?}: {} to {}", losses[0], losses[199]);
    }
    assert_ne!(learn(Feedback::Random { seed: 5 }), learn(Feedback::Adaptive { seed: 5, decay: 0.0 }));
}

#[test]
fn learning_goes_on_from_saved_bytes_in_the_middle_of_a_sequence() {
    let spec = spec(true, true, false);
    let settings = EPropSettings { optimiser: Optimiser::default(), ..settings(Feedback::Adaptive { seed: 5, decay: 1e-3 }) };
    let mut a = EProp::<f32>::new(&spec, &settings).unwrap();
    let fresh = a.save();
    let inputs: [[u32; 2]; 3] = [[0, 3], [1, 2], [4, 5]];
    let run = |eprop: &mut EProp<f32>, from: usize, to: usize| {
        for t in from..to {
            let spikes = &inputs[t % 3];
            let input = |number: usize| if number == 0 { (&spikes[..], None) } else { (&[][..], None) };
            eprop.tick(input, |y, errors| cross_entropy(y, t % 3, errors));
            if t % 10 == 9 {
                eprop.update().unwrap();
            }
        }
    };
    run(&mut a, 0, 35);
    let saved = a.save();
    let mut b = EProp::<f32>::new(&spec, &settings).unwrap();
    b.load(&saved).unwrap();
    run(&mut a, 35, 90);
    run(&mut b, 35, 90);
    assert!(a.save() == b.save() && a.save() != saved);
    assert!(matches!(b.load(&fresh[..fresh.len() - 1]), Err(TrainingError::Saved(_))));
}

#[test]
fn cross_entropy_is_that_of_the_softmax() {
    let mut errors = [0.0; 3];
    let loss = cross_entropy(&[1.0f64, 2.0, 0.5], 1, &mut errors);
    let exps = [1.0, 2.0, 0.5].map(libm::exp);
    let sum: f64 = exps.iter().sum();
    assert!((loss + libm::log(exps[1] / sum)).abs() < 1e-12);
    for (k, error) in errors.iter().enumerate() {
        assert!((error - (exps[k] / sum - f64::from(u8::from(k == 1)))).abs() < 1e-12);
    }
}

#[test]
fn what_it_can_not_do_is_named() {
    let error = |change: &dyn Fn(&mut NetworkSpec)| {
        let mut spec = spec(true, true, false);
        change(&mut spec);
        EProp::<f32>::new(&spec, &settings(Feedback::Symmetric)).unwrap_err()
    };
    let delayed = error(&|spec| spec.projections[2].delay_ns = 3_000_000);
    assert!(matches!(&delayed, CompileError::Unsupported { feature, .. } if feature.contains("neurons-neurons")), "{delayed}");
    let mixed = error(&|spec| {
        let alif = Alif { tau_ms: PerNeuron::Each((10..17).map(f64::from).collect()), ..Alif::default() };
        spec.populations[2] = population("neurons", 7, "alif", &alif);
    });
    assert!(mixed.to_string().contains("time constants"), "{mixed}");
    let given = EProp::<f32>::new(&spec(true, true, false), &settings(Feedback::Given { weights: vec![1.0; 20] })).unwrap_err();
    assert!(given.to_string().contains("7 x 3"), "{given}");
}
