//! The published arm networks, in floats and with the trainee's 63 750 learning weights on phase-change devices. With `--nocapture` they print
//! the tables of `docs/results/pcm-arm.md`.
#![cfg(feature = "chips")]
#![allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]

mod arm;

use arm::networks::Synapses;
use arm::trajectory::{Errors, Trajectory};
use arm::{CLOCK, LEARNING, TRAINEE, Weights, learning_signals, run_trainee};
use embody_brain::random::{Counter, philox_block, uniform};
use embody_bridges::chips::Moment;
use embody_bridges::chips::pcm::{
    ArraySettings, Compensation, Crossbar, DeviceModel, Inputs, Mapping, Periphery, PeripheryKind, Phases, Scratch, Targets,
};

/// Mean and standard deviation over trajectories of tip deviation (cm), the two errors of velocity (rad/s) and the trainee's rate (Hz).
struct Summary(Vec<[f64; 4]>);

impl Summary {
    fn add(&mut self, errors: Errors, rate_hz: f64) {
        self.0.push([errors.tip_cm, errors.rmse[0], errors.rmse[1], rate_hz]);
    }

    fn mean(&self, column: usize) -> f64 {
        self.0.iter().map(|row| row[column]).sum::<f64>() / self.0.len() as f64
    }

    fn deviation(&self, column: usize) -> f64 {
        let mean = self.mean(column);
        (self.0.iter().map(|row| (row[column] - mean) * (row[column] - mean)).sum::<f64>() / self.0.len() as f64).sqrt()
    }

    fn print(&self, what: &str) {
        let [tip, base, shoulder] = [0, 1, 2].map(|column| (self.mean(column), self.deviation(column)));
        let velocities = format!("{:.3} +- {:.3} / {:.3} +- {:.3}", base.0, base.1, shoulder.0, shoulder.1);
        println!("| {what} | {:.2} +- {:.2} | {velocities} | {:.1} |", tip.0, tip.1, self.mean(3));
    }

    /// The published mean, of other trajectories, may lie off ours by three standard errors.
    fn assert_agrees(&self, column: usize, low: f64, high: f64) {
        let (mean, error) = (self.mean(column), self.deviation(column) / (self.0.len() as f64).sqrt());
        assert!(mean + 3.0 * error > low && mean - 3.0 * error < high, "column {column}: {mean} +- {error} for {low} to {high}");
        assert!(error < 0.1 * high, "column {column}: {mean} +- {error} says little");
    }
}

#[test]
fn in_floats_they_reproduce_the_published_figures() {
    let weights = Weights::published();
    let mut runs: [Summary; 4] = std::array::from_fn(|_| Summary(Vec::new()));
    let mut generator_rate = 0.0;
    for seed in 0..64 {
        let target = Trajectory::random(seed);
        let (signals, rate) = learning_signals(&weights, &target);
        generator_rate += rate / 64.0;
        let before = run_trainee(&weights, &mut weights.trainee.clone(), Some(&signals));
        runs[0].add(target.errors(&before.omega), before.rate_hz);
        let mut words = [[0; LEARNING.div_ceil(4)]; 4];
        philox_block(seed, Counter { stream: 7, time: 0 }, 0, &mut words);
        let uniforms: Vec<f32> = words.iter().flatten().map(|&word| uniform(word)).collect();
        let stored: [&dyn Fn(usize, f32) -> f32; 3] =
            [&|_, change| change, &|_, change| (change * 16.0).round() / 16.0, &|i, change| {
                (change * 16.0 + uniforms[i]).floor() / 16.0
            }];
        for (run, stored) in runs[1..].iter_mut().zip(stored) {
            let changed = before.changes.iter().enumerate().map(|(i, &change)| weights.trainee[i] + stored(i, change));
            let after = run_trainee(&weights, &mut changed.collect::<Vec<f32>>(), None);
            run.add(target.errors(&after.omega), after.rate_hz);
        }
    }
    let [before, after, rounded, stochastic] = &runs;
    before.print("before the update");
    after.print("after it");
    rounded.print("changes rounded to 1/16");
    stochastic.print("changes rounded stochastically to 1/16");
    println!("generator: {generator_rate:.1} Hz");
    before.assert_agrees(0, 43.0, 45.0);
    before.assert_agrees(1, 0.5, 0.5);
    before.assert_agrees(2, 0.35, 0.35);
    assert!((before.mean(3) - 20.5).abs() < 0.05, "{} Hz", before.mean(3));
    after.assert_agrees(0, 1.8, 1.9);
    after.assert_agrees(1, 0.046, 0.050);
    after.assert_agrees(2, 0.041, 0.043);
    after.assert_agrees(3, 17.0, 17.0);
    rounded.assert_agrees(0, 10.7, 10.7);
    stochastic.assert_agrees(0, 2.3, 2.3);
    assert!((generator_rate - 9.0).abs() < 0.5, "{generator_rate} Hz");
}

/// The trainee's weights on one tile of 256 x 256 pairs.
struct Tile {
    settings: ArraySettings,
    crossbar: Crossbar,
    scratch: Scratch,
    /// Which run of the trainee, so that reads of two runs differ.
    run: u64,
}

/// How the trainee is put on devices, and what happens between update and second run.
#[derive(Clone, Copy)]
struct Setting {
    model: DeviceModel,
    periphery: PeripheryKind,
    /// The weight at g_max; the greatest is 2.47.
    weight_max: f32,
    targets: Targets,
    compensation: Compensation,
    /// From the update to the second run (s).
    wait_s: f64,
}

impl Synapses for Tile {
    fn arrivals(&mut self, step: usize, driven: &[u32]) -> Vec<f32> {
        let mut sums = vec![0.0; TRAINEE];
        let at = Moment { seed: 100 + self.settings.seed, tick: self.run << 32 | step as u64 };
        let inputs = Inputs { rows: driven, heights: None };
        self.crossbar.multiply(&self.settings, inputs, Phases::Together, at, &mut self.scratch, [&mut sums, &mut []]);
        sums
    }
}

impl Tile {
    fn new(setting: &Setting, weights: &[f32], seed: u64) -> Tile {
        let settings = ArraySettings {
            model: setting.model,
            periphery: Periphery::new(setting.periphery, None, None),
            compensation: setting.compensation,
            seed,
            ..ArraySettings::default()
        };
        let crossbar = Crossbar::new(&settings, CLOCK + TRAINEE, TRAINEE, Mapping::up_to(setting.weight_max), 0);
        let mut tile = Tile { settings, crossbar, scratch: Scratch::default(), run: 0 };
        tile.write(weights, Targets::Exact, 0.0);
        tile
    }

    /// Writes weights; gives how many devices were programmed.
    fn write(&mut self, weights: &[f32], targets: Targets, now_s: f64) -> u64 {
        let written = self.crossbar.write(&self.settings, weights, TRAINEE, targets, now_s);
        let at = Moment { seed: self.settings.seed, tick: self.run };
        self.crossbar.calibrate(&self.settings, at, &mut self.scratch);
        written.programmed
    }

    fn wait_until(&mut self, now_s: f64) {
        self.run += 1;
        let at = Moment { seed: self.settings.seed, tick: self.run };
        self.crossbar.age(&self.settings, now_s, at, &mut self.scratch);
    }
}

/// Trajectories, and the learning signals that the generator gives for them.
type Lesson = (Trajectory, Vec<Vec<f32>>);

fn lessons(weights: &Weights) -> Vec<Lesson> {
    let lesson = |target: Trajectory| (learning_signals(weights, &target).0, target);
    (0..16).map(|seed| lesson(Trajectory::random(seed))).map(|(signals, target)| (target, signals)).collect()
}

/// Learns trajectories on devices; gives the errors after the update.
fn learn_on_devices(weights: &Weights, lessons: &[Lesson], setting: &Setting, what: &str) -> Summary {
    const RUN_S: f64 = 0.249;
    let (mut after, mut pulses) = (Summary(Vec::new()), 0);
    for (seed, (target, signals)) in lessons.iter().enumerate() {
        let mut tile = Tile::new(setting, &weights.trainee, seed as u64);
        let first = run_trainee(weights, &mut tile, Some(signals));
        tile.wait_until(RUN_S);
        // The host keeps the weights in floats, and adds the changes there.
        let changed: Vec<f32> = weights.trainee.iter().zip(&first.changes).map(|(w, change)| w + change).collect();
        pulses += tile.write(&changed, setting.targets, RUN_S);
        tile.wait_until(RUN_S + setting.wait_s);
        let second = run_trainee(weights, &mut tile, None);
        after.add(target.errors(&second.omega), second.rate_hz);
    }
    after.print(&format!("{:?} | {what} | {}", setting.model, pulses / lessons.len() as u64));
    after
}

/// Published for the chip (HERMES, two devices a polarity), over four trajectories: mean and standard deviation.
const CHIP_TIP_CM: [f64; 2] = [6.69, 3.40];
const CHIP_BASE: [f64; 2] = [0.1274, 0.0811];
const CHIP_SHOULDER: [f64; 2] = [0.0668, 0.0079];

fn within(found: f64, [mean, deviation]: [f64; 2]) -> bool {
    (found - mean).abs() < deviation
}

#[test]
fn on_devices_they_learn_as_well_as_the_published_chip() {
    let weights = Weights::published();
    let lessons = lessons(&weights);
    for model in DeviceModel::ALL {
        let reference = Setting {
            model,
            periphery: PeripheryKind::Ideal,
            weight_max: 2.469,
            targets: Targets::Exact,
            compensation: Compensation::None,
            wait_s: 0.0,
        };
        let all = learn_on_devices(&weights, &lessons, &reference, "devices alone, all that change are programmed");
        let reference = Setting { targets: Targets::Steps(16), ..reference };
        let steps = learn_on_devices(&weights, &lessons, &reference, "devices alone, in steps of 1/16 of g_max");
        let clipped = Setting { weight_max: 1.0, ..reference };
        let one = learn_on_devices(&weights, &lessons, &clipped, "the same, g_max at a weight of 1");
        let eight = Setting { periphery: PeripheryKind::EightBit, ..clipped };
        let eight = learn_on_devices(&weights, &lessons, &eight, "and converters of 8 bits");
        let nine = Setting { periphery: PeripheryKind::SevenNineBit, ..clipped };
        let nine = learn_on_devices(&weights, &lessons, &nine, "or of 7 and 9 bits");

        if model == DeviceModel::Hermes2 {
            for weight_max in [1.5, 0.7] {
                let other = Setting { weight_max, ..reference };
                let other = learn_on_devices(&weights, &lessons, &other, &format!("devices alone, g_max at {weight_max}"));
                assert!(other.mean(0) < steps.mean(0), "g_max at {weight_max}: {} cm", other.mean(0));
            }
        }
        // With the whole range of weights, the noisiest of the three models lies outside of the chip's spread, the others within.
        let noisiest = model == DeviceModel::Hermes1;
        assert!(noisiest || (within(all.mean(0), CHIP_TIP_CM) && within(all.mean(1), CHIP_BASE)), "{model:?}");
        assert!(all.mean(0) < 20.0 && steps.mean(0) < 12.0, "{model:?}: {} and {} cm", all.mean(0), steps.mean(0));
        assert!(steps.mean(0) < all.mean(0), "{model:?}: pulses that only bring noise do harm");
        assert!(one.mean(0) < steps.mean(0), "{model:?}: of a smaller range, noise is a smaller part");
        for (converted, most_cm) in [(&one, 8.0), (&eight, 8.5), (&nine, 9.0)] {
            assert!(converted.mean(0) > 3.0 && converted.mean(0) < most_cm, "{model:?}: {} cm", converted.mean(0));
            assert!(within(converted.mean(0), CHIP_TIP_CM) && within(converted.mean(1), CHIP_BASE), "{model:?}");
            let error = converted.deviation(2) / (converted.0.len() as f64).sqrt();
            let [mean, deviation] = CHIP_SHOULDER;
            assert!(within(converted.mean(2), [mean, deviation + 3.0 * error]), "{model:?}: {}", converted.mean(2));
        }
    }
}

#[test]
fn a_day_of_drift_is_undone_by_compensation() {
    let weights = Weights::published();
    let lessons = lessons(&weights);
    let mut means = Vec::new();
    println!();
    for compensation in [Compensation::None, Compensation::Global, Compensation::Column] {
        let setting = Setting {
            model: DeviceModel::PcmLike,
            periphery: PeripheryKind::Ideal,
            weight_max: 1.0,
            targets: Targets::Steps(16),
            compensation,
            wait_s: 86_400.0,
        };
        let what = format!("devices alone, g_max at 1, a day later, compensation: {compensation:?}");
        means.push(learn_on_devices(&weights, &lessons, &setting, &what).mean(0));
    }
    assert!(means[0] > 15.0 && means[1] < 0.7 * means[0], "{means:?}");
}
