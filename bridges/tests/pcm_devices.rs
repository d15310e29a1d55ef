//! Phase-change devices by the thousand have the moments that their laws say; matrices on tiles multiply as they should.
#![cfg(feature = "chips")]
#![allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]

use std::f64::consts::PI;

use embody_bridges::chips::Moment;
use embody_bridges::chips::pcm::{
    ArraySettings, Compensation, Crossbar, DeviceModel, Devices, Draw, Inputs, Mapping, Periphery, PeripheryKind, Phases,
    Scratch, Targets, Written,
};
use proptest::prelude::*;

const MANY: usize = 400_000;

/// Mean and standard deviation.
fn moments(numbers: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    let n = numbers.clone().count() as f64;
    let mean = numbers.clone().sum::<f64>() / n;
    [mean, (numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt()]
}

/// Density and distribution of a standard normal number.
fn normal(z: f64) -> [f64; 2] {
    [libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt(), 0.5 * libm::erfc(-z / 2f64.sqrt())]
}

/// Mean and standard deviation of max(N(mean, sigma), 0).
fn rectified(mean: f64, sigma: f64) -> [f64; 2] {
    let [density, distribution] = normal(mean / sigma);
    let first = mean * distribution + sigma * density;
    let second = (mean * mean + sigma * sigma) * distribution + mean * sigma * density;
    [first, (second - first * first).sqrt()]
}

/// Mean and standard deviation of |N(mean, sigma)|.
fn folded(mean: f64, sigma: f64) -> [f64; 2] {
    let [density, distribution] = normal(mean / sigma);
    let first = 2.0 * sigma * density + mean * (2.0 * distribution - 1.0);
    [first, (mean * mean + sigma * sigma - first * first).sqrt()]
}

fn assert_within_one_percent(what: &str, found: [f64; 2], expected: [f64; 2]) {
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found / expected - 1.0).abs() < 0.01, "{what}: expected {expected}, found {found}");
    }
}

fn programmed(model: DeviceModel, x: f32, seed: u64) -> Devices {
    let mut devices = Devices::new(model, MANY);
    let which: Vec<usize> = (0..MANY).collect();
    devices.program(&which, &vec![x; MANY], Draw { seed, array: 3, occasion: 0 }, 0.0);
    devices
}

#[test]
fn programming_noise_and_drift_exponents_have_their_moments() {
    for model in DeviceModel::ALL {
        for x in [0.0f32, 0.05, 0.2, 0.5, 0.9] {
            let devices = programmed(model, x, 1);
            let at = f64::from(x);
            let g = devices.conductances().iter().map(|&g| f64::from(g) * model.g_max_us());
            let what = format!("{model:?} at {x}");
            assert_within_one_percent(&what, moments(g), rectified(at * model.g_max_us(), model.programming_sigma_us(at)));
            let law = model.drift_law(at);
            let exponents = devices.exponents().iter().map(|&nu| f64::from(nu));
            assert_within_one_percent(&what, moments(exponents), folded(law.mean, law.sigma));
        }
    }
}

#[test]
fn devices_drift_by_their_own_exponents() {
    for model in DeviceModel::ALL {
        let mut devices = programmed(model, 0.5, 2);
        let first = devices.conductances().to_vec();
        for t in [1.0, 3600.0, 86_400.0, 3.15e7] {
            devices.age(t);
            for i in (0..MANY).step_by(997) {
                let expected = f64::from(first[i]) * model.drift_factor(f64::from(devices.exponents()[i]), t);
                assert!((f64::from(devices.conductances()[i]) / expected - 1.0).abs() < 1e-5, "{model:?} after {t} s");
            }
        }
    }
}

/// A column of devices, each read by itself: the sums that a tile gives are single reads.
#[test]
fn reads_have_their_moments_at_any_age() {
    for model in DeviceModel::ALL {
        for (t, x) in [(0.0, 0.5), (0.0, 0.02), (86_400.0, 0.5), (3.15e7, 0.1)] {
            let settings = ArraySettings {
                model,
                periphery: Periphery::new(PeripheryKind::Ideal, None, None),
                compensation: Compensation::None,
                seed: 5,
                ..ArraySettings::default()
            };
            // One positive device that is read many times; it is alone in its sum, since its partner is apart.
            let mut crossbar = Crossbar::new(&settings, 1, 2, Mapping::up_to(1.0), 0);
            crossbar.write(&settings, &[x, 0.7], 2, Targets::Exact, 0.0);
            let mut scratch = Scratch::default();
            crossbar.age(&settings, t, Moment { seed: 9, tick: 0 }, &mut scratch);
            let mut reads = Vec::new();
            let inputs = Inputs { rows: &[0], heights: None };
            for tick in 0..200_000 {
                let (mut above, mut below) = ([0.0; 2], [0.0; 2]);
                let moment = Moment { seed: 9, tick };
                crossbar.multiply(&settings, inputs, Phases::BySign, moment, &mut scratch, [&mut above, &mut below]);
                reads.push(f64::from(above[0]));
            }
            // What the device conducts is known from one read without noise.
            let quiet = ArraySettings { read_noise: false, ..settings };
            let (mut above, mut below) = ([0.0; 2], [0.0; 2]);
            let moment = Moment { seed: 9, tick: 0 };
            crossbar.multiply(&quiet, inputs, Phases::BySign, moment, &mut scratch, [&mut above, &mut below]);
            let g = f64::from(above[0]);
            // Of the noise, its x is what was programmed, before drift.
            let mut fresh = Crossbar::new(&settings, 1, 2, Mapping::up_to(1.0), 0);
            fresh.write(&settings, &[x, 0.7], 2, Targets::Exact, 0.0);
            let (mut above, mut below) = ([0.0; 2], [0.0; 2]);
            fresh.multiply(&quiet, inputs, Phases::BySign, moment, &mut scratch, [&mut above, &mut below]);
            let sigma = g * model.read_coefficient(f64::from(above[0])) * model.read_growth(t);
            assert_within_one_percent(&format!("{model:?} {x} after {t} s"), moments(reads.into_iter()), rectified(g, sigma));
        }
    }
}

/// Settings under which a product is exact but for rounding.
fn exact() -> ArraySettings {
    ArraySettings {
        periphery: Periphery::new(PeripheryKind::Ideal, None, None),
        compensation: Compensation::None,
        read_noise: false,
        ..ArraySettings::default()
    }
}

fn product(crossbar: &Crossbar, settings: &ArraySettings, inputs: Inputs<'_>, phases: Phases, columns: usize) -> [Vec<f32>; 2] {
    let mut sums = [vec![0.0; columns], vec![0.0; columns]];
    let [above, below] = &mut sums;
    crossbar.multiply(settings, inputs, phases, Moment { seed: 1, tick: 1 }, &mut Scratch::default(), [above, below]);
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Over any number of tiles, a product is that of the weights that conductances stand for; with signs apart, its two parts are.
    #[test]
    fn products_are_those_of_the_weights_over_any_number_of_tiles(
        rows in 1usize..600, columns in 1usize..600, seed in any::<u64>(), every in 1usize..40, signed in any::<bool>(),
    ) {
        let settings = ArraySettings { seed, ..exact() };
        let weights: Vec<f32> = (0..rows * columns).map(|i| ((i * 37 + 11) % 201) as f32 / 50.0 - 2.0).collect();
        let mut crossbar = Crossbar::new(&settings, rows, columns, Mapping::of(&weights), 0);
        prop_assert_eq!(crossbar.write(&settings, &weights, columns, Targets::Exact, 0.0).programmed, 2 * (rows * columns) as u64);
        let driven: Vec<u32> = (0..rows as u32).step_by(every).collect();
        let heights: Vec<f32> = driven.iter().map(|&i| (i % 7) as f32 - if signed { 3.0 } else { 0.0 }).collect();
        let stored = crossbar.weights();
        for (heights, phases) in [(None, Phases::Together), (Some(&heights[..]), Phases::Together), (Some(&heights[..]), Phases::BySign)] {
            let [above, below] = product(&crossbar, &settings, Inputs { rows: &driven, heights }, phases, columns);
            for j in (0..columns).step_by(17) {
                let terms = driven.iter().enumerate().map(|(at, &i)| stored[i as usize * columns + j] * heights.map_or(1.0, |h| h[at]));
                let (sum, size) = terms.fold((0.0, 1.0f32), |(sum, size), term| (sum + term, size + term.abs()));
                prop_assert!((above[j] + below[j] - sum).abs() < 1e-3 * size, "{} + {} for {sum}", above[j], below[j]);
                prop_assert!(phases == Phases::Together || (above[j] >= 0.0 && below[j] <= 0.0));
                prop_assert!(phases == Phases::BySign || below[j] == 0.0);
            }
        }
    }
}

#[test]
fn only_devices_whose_target_changes_are_programmed() {
    let settings = exact();
    let weights = [1.0, -0.5, 0.25, 0.0];
    let mut crossbar = Crossbar::new(&settings, 2, 2, Mapping::of(&weights), 0);
    assert_eq!(crossbar.write(&settings, &weights, 2, Targets::Exact, 0.0).programmed, 8);
    let before = crossbar.weights();
    assert_eq!(crossbar.write(&settings, &weights, 2, Targets::Exact, 1.0).programmed, 0);
    assert_eq!(crossbar.weights(), before);
    // A weight that keeps its sign has one device changed, one that changes it both; one too great is clipped.
    let written = crossbar.write(&settings, &[3.0, -0.4, -0.25, 0.0], 2, Targets::Exact, 2.0);
    assert_eq!((written.programmed, written.clipped), (3, 1));
    let after = crossbar.weights();
    assert!(after[0] == before[0] && after[3] == before[3] && after[1] != before[1] && after[2] < 0.0);
}

/// What a rule asks for moves targets by whole steps: in the mean by as much as was asked, and only where it is needed.
#[test]
fn requests_of_a_rule_move_targets_in_steps_and_keep_their_mean() {
    let settings = ArraySettings { model: DeviceModel::Hermes2, ..exact() };
    let weights: Vec<f32> = (0..40_000).map(|i| (i % 150) as f32 / 200.0).collect();
    let mut crossbar = Crossbar::new(&settings, 200, 200, Mapping::up_to(1.0), 0);
    crossbar.write(&settings, &weights, 200, Targets::Exact, 0.0);
    assert_eq!(crossbar.write(&settings, &weights, 200, Targets::Steps(16), 1.0), Written::default());
    let before = crossbar.targets();
    // A fiftieth of a step up everywhere, twenty-five times: half of all weights have moved, by one step.
    let mut programmed = 0;
    for time in 1..=25 {
        let asked: Vec<f32> = weights.iter().map(|w| w + 0.02 / 16.0 * time as f32).collect();
        programmed += crossbar.write(&settings, &asked, 200, Targets::Steps(16), time as f64).programmed;
    }
    let moved: Vec<f32> = crossbar.targets().iter().zip(&before).map(|(now, then)| 16.0 * (now - then)).collect();
    assert!(moved.iter().all(|m| m.abs() < 1e-4 || (m - 1.0).abs() < 1e-4));
    let mean = moved.iter().sum::<f32>() / moved.len() as f32;
    assert!((mean - 0.5).abs() < 0.01, "{mean} of a step for half a step");
    assert_eq!(programmed, moved.iter().filter(|m| **m > 0.5).count() as u64, "one pulse for each device that moved");
}

#[test]
fn compensation_takes_the_mean_drift_away() {
    let weights: Vec<f32> = (0..120 * 80).map(|i| ((i * 37 + 11) % 201) as f32 / 100.0 - 1.0).collect();
    let year = 3.15e7;
    let mean = |weights: &[f32]| weights.iter().map(|w| f64::from(w.abs())).sum::<f64>() / weights.len() as f64;
    for kind in [PeripheryKind::Ideal, PeripheryKind::EightBit, PeripheryKind::SevenNineBit] {
        for (compensation, lost) in
            [(Compensation::None, 0.35..0.7), (Compensation::Global, -0.02..0.02), (Compensation::Column, -0.02..0.02)]
        {
            // Rows of the identity give outputs of at most 1: the bound is laid there, as a lab would for this read.
            let periphery = Periphery::new(kind, Some(1.5), Some(0.01));
            let settings = ArraySettings { periphery, compensation, ..ArraySettings::default() };
            let mut crossbar = Crossbar::new(&settings, 120, 80, Mapping::up_to(1.0), 0);
            let mut scratch = Scratch::default();
            crossbar.write(&settings, &weights, 80, Targets::Exact, 0.0);
            let baseline = crossbar.calibrate(&settings, Moment { seed: 4, tick: 0 }, &mut scratch);
            assert_eq!(baseline.products, if compensation == Compensation::None { 0 } else { 120 });
            let before = mean(&crossbar.weights());
            crossbar.age(&settings, year, Moment { seed: 4, tick: 1 }, &mut scratch);
            let found = 1.0 - mean(&crossbar.weights()) / before;
            assert!(lost.contains(&found), "{kind:?} {compensation:?}: {found} lost");
        }
    }
}

#[test]
fn columns_that_drift_apart_are_brought_together_by_a_factor_each() {
    // Small conductances drift faster than great ones: column 0 against column 1.
    let weights: Vec<f32> = (0..200).map(|i| if i % 2 == 0 { 0.05 } else { 1.0 }).collect();
    let error = |compensation| {
        let settings = ArraySettings { compensation, ..exact() };
        let mut crossbar = Crossbar::new(&settings, 100, 2, Mapping::of(&weights), 0);
        let mut scratch = Scratch::default();
        crossbar.write(&settings, &weights, 2, Targets::Exact, 0.0);
        crossbar.calibrate(&settings, Moment { seed: 1, tick: 0 }, &mut scratch);
        let rows: Vec<u32> = (0..100).collect();
        let [before, _] = product(&crossbar, &settings, Inputs { rows: &rows, heights: None }, Phases::Together, 2);
        crossbar.age(&settings, 3.15e7, Moment { seed: 1, tick: 1 }, &mut scratch);
        let [after, _] = product(&crossbar, &settings, Inputs { rows: &rows, heights: None }, Phases::Together, 2);
        (after[0] / before[0] - 1.0).abs()
    };
    let (global, column) = (error(Compensation::Global), error(Compensation::Column));
    assert!(global > 0.1 && column < 0.02, "global {global}, column {column}");
}

#[test]
fn what_exceeds_the_adc_is_clamped_and_counted() {
    let settings = ArraySettings { periphery: Periphery::new(PeripheryKind::EightBit, None, Some(0.0)), ..exact() };
    let mut crossbar = Crossbar::new(&settings, 300, 3, Mapping::up_to(2.0), 0);
    crossbar.write(&settings, &[2.0; 900], 3, Targets::Exact, 0.0);
    let rows: Vec<u32> = (0..300).collect();
    let mut sums = [vec![0.0; 3], vec![0.0; 3]];
    let [above, below] = &mut sums;
    let moment = Moment { seed: 1, tick: 0 };
    let inputs = Inputs { rows: &rows, heights: None };
    let effort = crossbar.multiply(&settings, inputs, Phases::Together, moment, &mut Scratch::default(), [above, below]);
    // Two tiles of rows, each at its bound of 10 times the greatest weight, are added digitally.
    assert_eq!(sums[0], [40.0; 3]);
    assert_eq!((effort.products, effort.conversions, effort.saturated), (2, 300 + 6, 6));
    // A tile that nothing drives isn't read.
    let [above, below] = &mut sums;
    let inputs = Inputs { rows: &rows[..2], heights: None };
    let effort = crossbar.multiply(&settings, inputs, Phases::Together, moment, &mut Scratch::default(), [above, below]);
    assert_eq!((effort.products, effort.saturated), (1, 0));
}

#[test]
fn the_seed_is_the_chip() {
    let weights: Vec<f32> = (0..50).map(|i| i as f32 / 50.0).collect();
    let chip = |seed| {
        let settings = ArraySettings { seed, ..ArraySettings::default() };
        let mut crossbar = Crossbar::new(&settings, 10, 5, Mapping::of(&weights), 0);
        crossbar.write(&settings, &weights, 5, Targets::Exact, 0.0);
        crossbar.weights()
    };
    assert_eq!(chip(7), chip(7));
    assert_ne!(chip(7), chip(8));
}
