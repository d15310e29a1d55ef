//! The published arm networks, in floats and with the trainee's 63 750 learning weights on phase-change devices.
#![cfg(feature = "chips")]
#![allow(clippy::disallowed_methods, reason = "a test compares within tolerances")]

mod arm;

use arm::trajectory::{Errors, Trajectory};
use arm::{LEARNING, Weights, learning_signals, run_trainee};

#[test]
fn explore() {
    let weights = Weights::published();
    let round = |x: f32, seed: u64| x;
    let n = 90;
    let mut m = [[0.0; 5]; 4];
    for seed in 0..n {
        let target = Trajectory::random(seed);
        let (signals, rate) = learning_signals(&weights, &target);
        let mut w = weights.trainee.clone();
        let before = run_trainee(&weights, &mut w, Some(&signals));
        let mut record = |k: usize, run: &arm::Run| {
            let e = target.errors(&run.omega);
            for (m, x) in m[k].iter_mut().zip([e.tip_cm, e.rmse[0], e.rmse[1], run.rate_hz, rate]) {
                *m += x / n as f64;
            }
        };
        record(0, &before);
        let mut u = embody_brain::random::Philox::new(seed, embody_brain::random::Counter { stream: 1, time: 0 });
        let mut words = [[0u64; LEARNING]; 2];
        u.pairs(0, &mut words);
        for k in 1..4 {
            let mut w = weights.trainee.clone();
            w.iter_mut().zip(&before.changes).enumerate().for_each(|(i, (w, c))| {
                *w += match k {
                    1 => *c,
                    2 => (c * 16.0).round() / 16.0,
                    _ => (c * 16.0 + (words[0][i] as u32) as f32 / 4294967296.0).floor() / 16.0,
                }
            });
            record(k, &run_trainee(&weights, &mut w, None));
        }
    }
    for m in m {
        println!("{m:.4?}");
    }
}

struct Pcm {
    settings: ArraySettings,
    crossbar: Crossbar,
    scratch: Scratch,
    seed: u64,
    trial: u64,
}
impl arm::networks::Synapses for Pcm {
    fn arrivals(&mut self, step: usize, driven: &[u32]) -> Vec<f32> {
        let mut sums = vec![0.0; 250];
        let m = Moment { seed: self.seed, time: self.trial << 32 | step as u64 };
        self.crossbar.multiply(
            &self.settings,
            Inputs { rows: driven, heights: None },
            Phases::Together,
            m,
            &mut self.scratch,
            [&mut sums, &mut []],
        );
        sums
    }
}
use embody_bridges::chips::pcm::*;

#[test]
fn explore_pcm() {
    let weights = Weights::published();
    for model in DeviceModel::ALL {
        for per in [PeripheryKind::Ideal, PeripheryKind::EightBit, PeripheryKind::SevenNineBit] {
            for grid in [0.0f32, 16.0, 8.0, 4.0] {
                for read in [true, false] {
                    if (per != PeripheryKind::Ideal && !read) || (!read && grid != 16.0) {
                        continue;
                    }
                    let n = 20;
                    let mut m = [[0.0; 4]; 2];
                    let mut pulses = 0;
                    for seed in 0..n {
                        let target = Trajectory::random(seed);
                        let (signals, _) = learning_signals(&weights, &target);
                        let settings = ArraySettings {
                            model,
                            periphery: Periphery::new(per, None, None),
                            compensation: Compensation::None,
                            seed,
                            read_noise: read,
                            ..Default::default()
                        };
                        let mut crossbar = Crossbar::new(&settings, 255, 250, Mapping::of(&weights.trainee), 0);
                        crossbar.write(&settings, &weights.trainee, 0.0);
                        let mut pcm = Pcm { settings, crossbar, scratch: Scratch::default(), seed, trial: 0 };
                        let before = run_trainee(&weights, &mut pcm, Some(&signals));
                        let mut record = |k: usize, run: &arm::Run| {
                            let e = target.errors(&run.omega);
                            for (m, x) in m[k].iter_mut().zip([e.tip_cm, e.rmse[0], e.rmse[1], run.rate_hz]) {
                                *m += x / n as f64;
                            }
                        };
                        record(0, &before);
                        let u = embody_brain::random::Philox::new(seed, embody_brain::random::Counter { stream: 1, time: 0 });
                        let mut words = [[0u64; LEARNING]; 2];
                        u.pairs(0, &mut words);
                        let mut w = weights.trainee.clone();
                        w.iter_mut().zip(&before.changes).enumerate().for_each(|(i, (w, c))| {
                            *w += if grid == 0.0 {
                                *c
                            } else {
                                (c * grid + (words[0][i] as u32) as f32 / 4294967296.0).floor() / grid
                            }
                        });
                        pulses += pcm.crossbar.write(&settings, &w, 0.25).programmed;
                        pcm.trial = 1;
                        record(1, &run_trainee(&weights, &mut pcm, None));
                    }
                    println!("PCM {model:?} {per:?} grid {grid} read {read} pulses {} {m:.3?}", pulses / n);
                }
            }
        }
    }
}
