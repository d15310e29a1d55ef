//! Updates: optimisers, regularisation, limits; what is saved; and what happens to numbers that aren't finite.

mod common;

use common::{batch, everything, network, number, population};
use embody_brain::neuron::{Alif, LeakyReadout, Lif, Reset, ResetBy};
use embody_brain::training::{
    Batch, Bound, Input, LearningRate, Loss, Moments, Optimiser, OptimiserState, ParameterError, Parameters, RateTarget, Sample,
    SampleMut, Schedule, Settings, Tensor, Trainer, TrainerSettings, TrainingError, WeightsError, WindowMeans, read_weights,
    write_weights,
};
use embody_brain::{CompileError, NetworkSpec, Population, PopulationKind, Synapses};
use proptest::prelude::*;

/// Twelve neurons that are to make a curve out of a clock.
fn clock() -> NetworkSpec {
    let lif = Lif { threshold: 0.5.into(), refractory_ms: 2.0, ..Lif::default() };
    let alif = Alif { threshold: 0.5.into(), beta: 0.05.into(), tau_adaptation_ms: 300.0.into(), ..Alif::default() };
    network(
        vec![
            Population { name: "clock".into(), size: 5, kind: PopulationKind::Analogue },
            population("lif", 20, "lif", &lif),
            population("alif", 12, "alif", &alif),
            population("out", 2, "leaky_readout", &LeakyReadout::default()),
        ],
        &[
            ("clock", "lif", 0, 0.5),
            ("clock", "alif", 0, 0.5),
            ("lif", "lif", 1, 0.2),
            ("lif", "alif", 1, 0.2),
            ("alif", "lif", 1, 0.2),
            ("lif", "out", 0, 0.3),
            ("alif", "out", 0, 0.3),
        ],
        &["out"],
    )
}

fn settings() -> TrainerSettings {
    TrainerSettings {
        learning_rate: LearningRate { rate: 1e-2, schedule: Schedule::Cosine { updates: 200, floor: 0.1 }, warm_up_updates: 5 },
        clip_norm: Some(5.0),
        rates: vec![RateTarget { population: "lif".into(), target_hz: 40.0, strength: 1.0 }],
        neurons: vec!["lif/bias".into(), "out/tau_ms".into(), "alif/tau_adaptation_ms".into()],
        no_autapses: vec!["lif-lif".into()],
        bounds: vec![Bound { tensor: "out/tau_ms".into(), low: 5.0, high: 40.0 }],
        ..TrainerSettings::default()
    }
}

/// Means of windows of 10 ticks, the last 6 of them, against a curve of each sample.
fn targets() -> Vec<f32> {
    (0..20 * 5 * 2).map(|i| number(3, i) as f32).collect()
}

fn means(targets: &[f32]) -> WindowMeans<'_, f32> {
    WindowMeans { readout: 0, period: 10, ticks: 6, values: 2, own_values: false, targets, weights: &[], weight: 1.0 / 20.0 }
}

fn train(trainer: &mut Trainer<f32>, updates: u64) -> Vec<f64> {
    let (batch, targets) = (batch(&clock(), 50, 20, 4), targets());
    (0..updates).map(|_| trainer.update(&batch, &means(&targets)).unwrap().loss).collect()
}

#[test]
fn training_makes_the_loss_small_and_keeps_the_limits() {
    let mut trainer = Trainer::<f32>::new(&clock(), &settings()).unwrap();
    let before = trainer.network().parameters().clone();
    let losses = train(&mut trainer, 60);
    assert!(losses[59] < 0.6 * losses[0], "{losses:?}");
    let after = trainer.network().parameters();
    for name in ["weights/clock-lif", "lif/bias", "out/tau_ms", "alif/tau_adaptation_ms"] {
        assert_ne!(before.get(name), after.get(name), "{name} is trained");
    }
    for name in ["lif/threshold", "alif/beta", "out/bias"] {
        assert_eq!(before.get(name), after.get(name), "{name} rests");
    }
    assert!(after.get("weights/lif-lif").unwrap().values.iter().step_by(21).all(|&w| w == 0.0), "no autapses");
    let spec = trainer.network().spec().unwrap();
    let again = Trainer::<f32>::new(&spec, &settings()).unwrap();
    assert_eq!(again.network().parameters(), after, "the trained network as a spec has the same numbers");
    assert!(matches!(&spec.projections[0].synapses, Synapses::Fixed(weights) if weights == &after.tensors[0].values));
}

#[test]
fn a_wish_for_rates_is_met() {
    let rates = vec![RateTarget { population: "lif".into(), target_hz: 60.0, strength: 1e4 }];
    let wish = TrainerSettings { rates, learning_rate: LearningRate { rate: 1e-2, ..LearningRate::default() }, ..settings() };
    let mut trainer = Trainer::<f32>::new(&clock(), &wish).unwrap();
    let (batch, targets) = (batch(&clock(), 50, 20, 4), targets());
    let losses: Vec<f64> = (0..80).map(|_| trainer.update(&batch, &means(&targets)).unwrap().rate_loss).collect();
    assert!(losses[79] < 0.3 * losses[0], "{losses:?}");
}

#[test]
fn training_that_was_interrupted_goes_on_to_the_same_bytes_on_any_number_of_threads() {
    let mut whole = Trainer::<f32>::new(&clock(), &settings()).unwrap();
    train(&mut whole, 8);
    for threads in [1, 2] {
        let settings = TrainerSettings { network: Settings { threads, ..Settings::default() }, ..settings() };
        let mut first = Trainer::<f32>::new(&clock(), &settings).unwrap();
        train(&mut first, 3);
        let mut second = Trainer::<f32>::new(&clock(), &settings).unwrap();
        second.load(&first.save()).unwrap();
        assert!(second.save() == first.save());
        train(&mut second, 5);
        assert!(second.save() == whole.save(), "{threads} threads");
    }
}

#[test]
fn a_number_that_is_not_finite_stops_the_update_and_changes_nothing() {
    let mut trainer = Trainer::<f32>::new(&clock(), &settings()).unwrap();
    train(&mut trainer, 2);
    let mut batch = batch(&clock(), 50, 20, 4);
    let nan_loss = |_: usize, _: Sample<'_, f32>, _: &mut SampleMut<'_, f32>| f64::NAN;
    assert!(refused(&mut trainer, &batch, &nan_loss).contains("update 2: the loss"));
    let nan_error = |_: usize, _: Sample<'_, f32>, errors: &mut SampleMut<'_, f32>| {
        errors.values(0, 30)[1] = f32::NAN;
        1.0
    };
    let text = refused(&mut trainer, &batch, &nan_error);
    assert!(text.contains("update 2: the gradient of \"weights/"), "{text}");
    let zero = |_: usize, _: Sample<'_, f32>, _: &mut SampleMut<'_, f32>| 0.0;
    if let Input::Values(values) = &mut batch.inputs[0] {
        values.iter_mut().for_each(|v| *v = f32::MAX);
    }
    let text = refused(&mut trainer, &batch, &zero);
    assert!(text.contains("update 2: the population \"lif\""), "{text}");
}

/// The message of an update that is refused for a number that isn't finite.
fn refused(trainer: &mut Trainer<f32>, batch: &Batch<f32>, loss: &impl Loss<f32>) -> String {
    let before = trainer.save();
    let error = trainer.update(batch, loss).unwrap_err();
    assert!(matches!(error, TrainingError::NotFinite { update: 2, .. }), "{error}");
    assert!(trainer.save() == before);
    error.to_string()
}

/// Three updates of three numbers, against PyTorch 2.15 in `f64`.
#[test]
fn optimisers_step_as_pytorch_does() {
    let moments = Moments::default();
    for (optimiser, rate, expected) in [
        (Optimiser::Sgd { momentum: 0.9 }, 0.1, [0.983_399_999_999_999_9, -2.031_799_999_999_999_6, 0.475_699_999_999_999_96]),
        (Optimiser::Adam(moments), 0.01, [0.982_741_775_907_224_7, -1.997_817_547_496_383_7, 0.490_933_159_719_340_04]),
        (
            Optimiser::AdamW { moments, weight_decay: 0.1 },
            0.01,
            [0.979_774_086_700_434_5, -1.991_839_874_460_229_7, 0.489_454_122_902_901_8],
        ),
        (Optimiser::Adamax(moments), 0.01, [0.983_989_518_472_969_2, -1.995_646_566_521_036_3, 0.490_858_751_850_971_9]),
    ] {
        let tensor = |values: [f64; 3]| {
            let tensor = Tensor { name: "weights/w".into(), shape: vec![1, 3], values: values.to_vec() };
            Parameters { tensors: vec![tensor] }
        };
        let mut parameters = tensor([1.0, -2.0, 0.5]);
        let mut state = OptimiserState::new(&optimiser, &parameters);
        for gradient in [[0.1, -0.2, 0.3], [0.05, 0.4, -0.3], [-0.2, 0.1, 0.0]] {
            state.update(&optimiser, rate, &tensor(gradient), &mut parameters, |_| true);
        }
        for (found, expected) in parameters.tensors[0].values.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{optimiser:?}: {found}, expected {expected}");
        }
    }
}

#[test]
fn weights_of_another_shape_version_or_network_are_refused_with_the_difference() {
    let trainer = Trainer::<f32>::new(&clock(), &settings()).unwrap();
    let parameters = trainer.network().parameters();
    let bytes = write_weights(parameters).unwrap();
    assert_eq!(&read_weights(&bytes, parameters).unwrap(), parameters);
    assert_eq!(write_weights(parameters).unwrap(), bytes, "equal weights give equal bytes");

    let mut other = clock();
    other.populations[1].size = 21;
    other.projections.iter_mut().for_each(|projection| {
        if let Synapses::Fixed(weights) = &mut projection.synapses {
            let size = |name: &str| [("clock", 5), ("lif", 21), ("alif", 12), ("out", 2)].iter().find(|n| n.0 == name).unwrap().1;
            weights.resize(size(&projection.source) * size(&projection.target), 0.0);
        }
    });
    let mut other = Trainer::<f32>::new(&other, &settings()).unwrap();
    let error = read_weights(&bytes, other.network().parameters()).unwrap_err().to_string();
    assert!(error.contains("weights/clock-lif") && error.contains("[5, 21]") && error.contains("[5, 20]"), "{error}");
    let error = other.load(&trainer.save()).unwrap_err().to_string();
    assert!(error.contains("weights/clock-lif"), "{error}");

    let text = String::from_utf8_lossy(&bytes[..100]).into_owned();
    assert!(text.contains("weights 1"), "{text}");
    let mut newer = bytes.clone();
    let at = bytes.windows(9).position(|window| window == b"weights 1").unwrap() + 8;
    newer[at] = b'2';
    let error = read_weights(&newer, parameters).unwrap_err();
    assert!(matches!(&error, WeightsError::Version { found: Some(found) } if found == "weights 2"), "{error}");
    assert!(matches!(read_weights(&bytes[..bytes.len() - 1], parameters), Err(WeightsError::Format(_))));
    let mut fewer = parameters.clone();
    let last = fewer.tensors.pop().unwrap();
    let error = read_weights(&bytes, &fewer).unwrap_err();
    assert!(matches!(&error, WeightsError::Parameters(ParameterError::Name { found, .. }) if *found == last.name), "{error}");
}

#[test]
fn what_can_not_be_trained_is_named() {
    let error = |change: &dyn Fn(&mut NetworkSpec, &mut TrainerSettings)| {
        let (mut spec, mut settings) = (clock(), settings());
        change(&mut spec, &mut settings);
        Trainer::<f32>::new(&spec, &settings).unwrap_err()
    };
    for (at, model) in [(1, "poisson_dbl_exp"), (1, "cuba_lif"), (3, "cuba_readout")] {
        let change = |spec: &mut NetworkSpec| {
            let Population { name, size, .. } = spec.populations[at].clone();
            spec.populations[at] = population(&name, size, model, &serde_json::json!({}));
        };
        let found = error(&|spec, _| change(spec));
        let feature = format!("the neuron model {model:?}");
        assert_eq!(found, TrainingError::Compile(CompileError::Unsupported { feature, substrate: "training".into() }));
    }
    assert!(error(&|_, s| s.frozen.push("lif-out-out".into())).to_string().contains("lif-out-out"));
    assert!(error(&|_, s| s.neurons.push("lif/beta".into())).to_string().contains("lif/beta"));
    let surrogates = error(&|_, s| _ = s.network.surrogates.insert("lof".into(), s.network.surrogate));
    assert!(surrogates.to_string().contains("lof"));
    let mut trainer = Trainer::<f32>::new(&clock(), &settings()).unwrap();
    let wrong = batch(&everything(Reset::Zero, ResetBy::Base, false), 50, 20, 1);
    let error = trainer.update(&wrong, &means(&targets())).unwrap_err();
    assert!(matches!(error, TrainingError::Batch { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_a_trainer_or_its_weights(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..4), early: bool, keep: usize) {
        let damage = |mut bytes: Vec<u8>| {
            let reach = if early { 64 } else { bytes.len() };
            changes.iter().for_each(|&(at, byte)| bytes[at % reach] = byte);
            if keep % 3 == 0 {
                bytes.truncate(keep % (bytes.len() + 1));
            }
            bytes
        };
        let mut trainer = Trainer::<f32>::new(&clock(), &settings()).unwrap();
        let before = trainer.save();
        if trainer.load(&damage(before.clone())).is_err() {
            prop_assert!(trainer.save() == before, "a failed load changes nothing");
        }
        let parameters = trainer.network().parameters();
        let bytes = write_weights(parameters).unwrap();
        if let Ok(read) = read_weights(&damage(bytes), parameters) {
            prop_assert!(parameters.check(&read).is_ok());
        }
    }
}
