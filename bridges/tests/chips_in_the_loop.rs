//! Training with a chip in the loop: what it gives back of what a chip takes, and that it is repeatable.
#![cfg(feature = "chips")]

mod chip_networks;
mod yin_yang;

use chip_networks::{models, neurons, population, projection, weights};
use embody_brain::neuron::{LeakyReadout, Lif, Reset};
use embody_brain::substrate::compiler;
use embody_brain::training::{Batch, InTheLoop, Input, LearningRate, Sample, SampleMut, Trainer, TrainerSettings, TrainingError};
use embody_brain::{CompileError, NetworkSpec, PopulationKind};
use embody_bridges::chips::brainscales2::variation::Calibration;
use embody_bridges::chips::brainscales2::{BrainScaleS2, BrainScaleS2Options};
use embody_bridges::chips::loihi::{Loihi, LoihiOptions};
use embody_bridges::chips::pcm::{Pcm, PcmOptions};
use embody_bridges::chips::spinnaker2::{SpiNNaker2, SpiNNaker2Options};
use embody_bridges::chips::{Chip, ChipSubstrate};
use yin_yang::{Score, Set, chip, ideal, in_software, in_the_loop, loss, network, on_chip, settings, without_chip};

/// A chip whose circuits all have the same settings.
fn uncalibrated(seed: u64) -> BrainScaleS2Options {
    BrainScaleS2Options { seed, calibration: Calibration::Uncalibrated, ..BrainScaleS2Options::default() }
}

#[test]
fn the_data_are_those_that_were_published() {
    let counts = [("train", [1681, 1702, 1617]), ("validation", [316, 336, 348]), ("test", [350, 316, 334])];
    for (name, counts) in counts {
        let set = Set::read(name, counts.iter().sum()).unwrap();
        assert_eq!([0, 1, 2].map(|class| set.labels.iter().filter(|&&label| label == class).count()), counts, "{name}");
        let good = |[x, y, u, v]: &[f32; 4]| (x + u - 1.0).abs() < 1e-6 && (y + v - 1.0).abs() < 1e-6 && *x > 0.0 && *x < 1.0;
        assert!(set.samples.iter().all(good), "{name}");
    }
    let error = Set::read("test", 999).err().unwrap();
    assert!(error.contains("test_samples.npy") && error.contains("'shape': (999, 4), found"), "{error}");
}

/// On one chip: 400 updates in software, then 120 in the loop. `docs/results/yin-yang.md` has more of all.
#[test]
fn training_in_the_loop_gives_back_what_fixed_pattern_noise_takes() {
    let (train, test) = (Set::read("train", 5000).unwrap(), Set::read("test", 1000).unwrap());
    let mut software = Trainer::new(&network(120, 1).unwrap(), &settings(400, 1e-2)).unwrap();
    in_software(&mut software, &train, 400, 1).unwrap();
    let software = software.network();
    let trained = in_the_loop(&uncalibrated(1), &software.spec().unwrap(), &train, (120, 4e-3), 2).unwrap();
    let trained = trained.trainer().network();
    let float = without_chip(software, &test).unwrap().accuracy;
    let [alike, converted] = [ideal(), uncalibrated(1)].map(|chip| on_chip(&chip, software, &test).unwrap().accuracy);
    let [recovered, elsewhere] = [1, 2].map(|seed| on_chip(&uncalibrated(seed), trained, &test).unwrap().accuracy);
    let all = format!("software {float}, circuits alike {alike}, converted {converted}, then {recovered}, elsewhere {elsewhere}");
    println!("{all}");
    assert!(float > 0.94 && alike > float - 0.04, "{all}");
    assert!(converted < alike - 0.05, "fixed-pattern noise takes something: {all}");
    assert!(recovered > converted + 0.7 * (alike - converted), "training gives most of it back: {all}");
    assert!(elsewhere < recovered - 0.05, "what was learnt is that chip's: {all}");
}

/// The classes are wide areas, so that a network that says anything at all may be right by chance far more or less often than once in three
/// times; on average over permutations it isn't, and its cross-entropy stays near that of one that says nothing, ln 3.
#[test]
fn nothing_is_learnt_of_permuted_labels() {
    let (train, test) = (Set::read("train", 5000).unwrap(), Set::read("test", 1000).unwrap());
    let learn = |seed: u64, set: &Set| {
        let trained = in_the_loop(&uncalibrated(seed), &network(60, seed).unwrap(), set, (100, 1e-2), seed).unwrap();
        on_chip(&uncalibrated(seed), trained.trainer().network(), &test).unwrap()
    };
    let permuted: Vec<Score> = (1..=4).map(|seed| learn(seed, &train.with_permuted_labels(seed))).collect();
    let accuracy = permuted.iter().map(|score| score.accuracy).sum::<f64>() / 4.0;
    let learnt = learn(1, &train);
    println!("{accuracy} {permuted:?} {learnt:?}");
    assert!(learnt.accuracy > 0.8 && learnt.loss < 0.6, "{learnt:?}");
    assert!((accuracy - 1.0 / 3.0).abs() < 0.15 && permuted.iter().all(|score| score.loss > 1.0), "{permuted:?}");
}

#[test]
fn training_that_was_interrupted_goes_on_to_the_same_bytes() {
    let (train, start) = (Set::read("train", 5000).unwrap(), network(20, 3).unwrap());
    let begin = |seed| InTheLoop::new(compiler(chip(&uncalibrated(1)).unwrap()), &start, &settings(10, 1e-2), seed).unwrap();
    let go_on = |training: &mut InTheLoop, updates: std::ops::Range<u64>| {
        for update in updates {
            let (batch, labels) = train.nth_batch(update, 17, 1);
            training.update(&batch, &loss(&labels)).unwrap();
        }
    };
    let (mut whole, mut first, mut second, mut other) = (begin(1), begin(1), begin(1), begin(2));
    go_on(&mut whole, 0..5);
    go_on(&mut first, 0..2);
    second.trainer_mut().load(&first.trainer().save()).unwrap();
    go_on(&mut second, 2..5);
    assert!(whole.trainer().save() == second.trainer().save());
    go_on(&mut other, 0..5);
    assert!(whole.trainer().save() != other.trainer().save(), "other seeds, other noise");
}

/// Spikes in, so that every chip takes it.
fn small(tau_ms: f64) -> NetworkSpec {
    let lif = Lif { tau_ms: tau_ms.into(), reset: Reset::Zero, ..Lif::default() };
    NetworkSpec {
        tick_ns: 1_000_000,
        populations: vec![
            population("in", 12, PopulationKind::Input),
            neurons("lif", 30, "lif", &lif),
            neurons("out", 2, "leaky_readout", &LeakyReadout::default()),
        ],
        projections: vec![
            projection("in-lif", ["in", "lif"], 1, weights(4, 360, 0.8)),
            projection("lif-lif", ["lif", "lif"], 1, weights(6, 900, 0.2)),
            projection("lif-out", ["lif", "out"], 1, weights(7, 60, 0.1)),
        ],
        readouts: vec!["out".into()],
    }
}

fn input(samples: usize) -> Batch<f32> {
    let spikes = |at: usize| embody_brain::conformance::random_spikes((at % samples) as u64, (at / samples) as u64, 12, 0.15);
    Batch { steps: 30, samples, inputs: vec![Input::Spikes((0..30 * samples).map(spikes).collect())] }
}

/// Each sample is to have values of its own.
fn squares(sample: usize, outputs: Sample<'_, f32>, errors: &mut SampleMut<'_, f32>) -> f64 {
    let mut loss = 0.0;
    for t in 10..outputs.steps() {
        for (i, (y, error)) in outputs.values(0, t).iter().zip(errors.values(0, t)).enumerate() {
            *error = y - [0.5, -0.5, 1.0, -1.0][(sample + i) % 4];
            loss += 0.5 * f64::from(*error) * f64::from(*error);
        }
    }
    loss
}

fn learns<C: Chip + Clone + 'static>(chip: Result<C, CompileError>) {
    let settings =
        TrainerSettings { learning_rate: LearningRate { rate: 1e-2, ..LearningRate::default() }, ..TrainerSettings::default() };
    let mut training = InTheLoop::new(compiler(ChipSubstrate::new(chip.unwrap(), models())), &small(20.0), &settings, 1).unwrap();
    let losses: Vec<f64> = (0..60).map(|_| training.update(&input(4), &squares).unwrap().loss).collect();
    let [first, last] = [&losses[..5], &losses[55..]].map(|losses| losses.iter().sum::<f64>());
    println!("{first} {last}");
    assert!(last < 0.5 * first, "{losses:?}");
}

#[test]
fn every_chip_can_be_in_the_loop() {
    learns(Loihi::new(LoihiOptions::default()));
    learns(SpiNNaker2::new(SpiNNaker2Options::default()));
    learns(BrainScaleS2::new(BrainScaleS2Options::default()));
    learns(Pcm::new(PcmOptions::default()));
}

#[test]
fn what_the_chip_cannot_hold_is_refused_and_an_error_changes_nothing() {
    let substrate = || compiler(ChipSubstrate::new(BrainScaleS2::new(BrainScaleS2Options::default()).unwrap(), models()));
    let error = InTheLoop::new(substrate(), &small(500.0), &TrainerSettings::default(), 1).err().unwrap();
    assert!(matches!(&error, TrainingError::Compile(why) if why.to_string().contains("0.1 to 200")), "{error}");
    let mut training = InTheLoop::new(substrate(), &small(20.0), &TrainerSettings::default(), 1).unwrap();
    let before = training.trainer().save();
    let wrong = Batch { steps: 31, ..input(4) };
    let error = training.update(&wrong, &squares).unwrap_err();
    assert!(error.to_string().contains("expected a batch of 124 entries, found 120"), "{error}");
    let checkpoints = TrainerSettings { checkpoint_every: Some(16), ..TrainerSettings::default() };
    let error = InTheLoop::new(substrate(), &small(20.0), &checkpoints, 1).unwrap().update(&input(4), &squares).unwrap_err();
    assert!(error.to_string().contains("checkpoints"), "{error}");
    assert!(training.trainer().save() == before);
}
