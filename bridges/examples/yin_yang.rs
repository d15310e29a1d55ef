//! What fixed-pattern noise takes from a network that is converted to the emulated BrainScaleS-2, and what training in the loop gives back:
//! the tables of `docs/results/yin-yang.md`.
//!
//! `cargo run --release -p embody-bridges --no-default-features --features chips --example yin_yang`

#[path = "../tests/yin_yang/mod.rs"]
mod yin_yang;

use std::error::Error;

use embody_brain::Substrate;
use embody_brain::training::{TrainableNetwork, Trainer, TrainingError};
use embody_bridges::chips::brainscales2::BrainScaleS2Options;
use embody_bridges::chips::brainscales2::variation::Calibration;
use yin_yang::{BATCH, Score, Set, chip, ideal, in_software, in_the_loop, network, on_chip, quiet, settings, without_chip};

/// Neurons; updates and learning rate of training from the start, and of training that goes on.
const HIDDEN: usize = 120;
const START: (u64, f64) = (2000, 5e-3);
const FURTHER: (u64, f64) = (500, 2e-3);

/// Updates of the comparison with permuted labels.
const CONTROL: (u64, f64) = (500, 5e-3);

/// Each is a network, a chip and an order of samples; so many for all, and for the comparison with permuted labels.
const SEEDS: u64 = 5;
const CONTROLS: u64 = 20;

/// Scores of one seed, each beside what was tested.
type Row = (&'static str, Score);

struct Data {
    train: Set,
    test: Set,
}

fn chip_of(state: Calibration, seed: u64) -> BrainScaleS2Options {
    BrainScaleS2Options { seed, calibration: state, ..BrainScaleS2Options::default() }
}

/// A network that was trained in software, there and on chips whose circuits are all alike.
fn without_pattern(data: &Data, seed: u64) -> Result<(Trainer<f32>, Vec<Row>), TrainingError> {
    let mut trainer = Trainer::new(&network(HIDDEN, seed)?, &settings(START.0, START.1))?;
    in_software(&mut trainer, &data.train, START.0, seed)?;
    let network = trainer.network();
    let rows = vec![
        ("in software", without_chip(network, &data.test)?),
        ("converted, circuits alike, no noise", on_chip(&quiet(), network, &data.test)?),
        ("converted, circuits alike", on_chip(&ideal(), network, &data.test)?),
    ];
    Ok((trainer, rows))
}

/// The same network on a chip in the given state.
fn on_a_chip(data: &Data, software: &TrainableNetwork<f32>, state: Calibration, seed: u64) -> Result<Vec<Row>, TrainingError> {
    let [here, elsewhere] = [seed, seed + 100].map(|seed| chip_of(state, seed));
    let spec = software.spec()?;
    let mut further = Trainer::new(&spec, &settings(FURTHER.0, FURTHER.1))?;
    in_software(&mut further, &data.train, FURTHER.0, seed + 10)?;
    let looped = in_the_loop(&here, &spec, &data.train, FURTHER, seed + 10)?;
    let started = in_the_loop(&here, &network(HIDDEN, seed)?, &data.train, START, seed)?;
    let (looped, started) = (looped.trainer().network(), started.trainer().network());
    Ok(vec![
        ("converted", on_chip(&here, software, &data.test)?),
        ("trained further in software, then converted", on_chip(&here, further.network(), &data.test)?),
        ("trained further in the loop", on_chip(&here, looped, &data.test)?),
        ("the same weights on another such chip", on_chip(&elsewhere, looped, &data.test)?),
        ("the same weights in software", without_chip(looped, &data.test)?),
        ("trained in the loop from the start", on_chip(&here, started, &data.test)?),
    ])
}

/// A network in the loop from the start, with labels as they are and permuted, on an uncalibrated chip.
fn control(data: &Data, seed: u64) -> Result<Vec<Row>, TrainingError> {
    let (options, start) = (chip_of(Calibration::Uncalibrated, seed), network(HIDDEN, seed)?);
    let permuted = data.train.with_permuted_labels(seed);
    let tested = |set: &Set| {
        let training = in_the_loop(&options, &start, set, CONTROL, seed)?;
        on_chip(&options, training.trainer().network(), &data.test)
    };
    Ok(vec![("labels as they are", tested(&data.train)?), ("labels permuted", tested(&permuted)?)])
}

/// Means and standard deviations over seeds.
fn print(title: &str, columns: &[Vec<Row>]) {
    println!("\n| {title} | accuracy (%) | cross-entropy | accuracy of each |\n|---|---|---|---|");
    for (at, (what, _)) in columns[0].iter().enumerate() {
        let each = |of: &dyn Fn(Score) -> f64| columns.iter().map(|rows| of(rows[at].1)).collect::<Vec<f64>>();
        let (accuracies, losses) = (each(&|score| 100.0 * score.accuracy), each(&|score| score.loss));
        let ([accuracy, spread], [loss, loss_spread]) = (moments(&accuracies), moments(&losses));
        let each: Vec<String> = accuracies.iter().map(|x| format!("{x:.1}")).collect();
        println!("| {what} | {accuracy:.1} +- {spread:.1} | {loss:.3} +- {loss_spread:.3} | {} |", each.join(", "));
    }
}

/// Mean and standard deviation.
fn moments(numbers: &[f64]) -> [f64; 2] {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares = numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    [mean, (squares / (numbers.len() - 1) as f64).sqrt()]
}

fn main() -> Result<(), Box<dyn Error>> {
    let data = Data { train: Set::read("train", 5000)?, test: Set::read("test", 1000)? };
    let (_, fidelity) = chip(&BrainScaleS2Options::default())?.compile(&network(HIDDEN, 1)?)?;
    let used = fidelity.resources.iter().map(|(name, used, limit)| format!("{used} of {limit} {name}"));
    println!("Batches of {BATCH}. On the chip: {}.", used.collect::<Vec<_>>().join(", "));
    let mut tables = [Vec::new(), Vec::new(), Vec::new()];
    for seed in 1..=SEEDS {
        let (trainer, rows) = without_pattern(&data, seed)?;
        let [plain, calibrated, uncalibrated] = &mut tables;
        plain.push(rows);
        calibrated.push(on_a_chip(&data, trainer.network(), Calibration::Calibrated, seed)?);
        uncalibrated.push(on_a_chip(&data, trainer.network(), Calibration::Uncalibrated, seed)?);
        eprintln!("{seed} of {SEEDS}");
    }
    for (title, table) in ["without fixed-pattern noise", "calibrated chips", "uncalibrated chips"].iter().zip(&tables) {
        print(title, table);
    }
    let controls = (1..=CONTROLS).map(|seed| control(&data, seed)).collect::<Result<Vec<_>, _>>()?;
    print("uncalibrated chips, short training", &controls);
    Ok(())
}
