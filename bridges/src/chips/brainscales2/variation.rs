//! Fixed-pattern noise: how the circuits of one chip differ. A seed is a chip, and the same seed the same chip, run after run.
//!
//! Calibration narrows the spread: its tests (electronicvisions/calix) let it leave at most .3 of the leak's spread, .2 of the reset's, .35
//! of the threshold's, .45 of the membrane's and .2 of the synapse's time constant. Those are bounds, taken here as if they were what is
//! left. They say nothing of the spread before; potentials then deviate by 10 converter steps, so that the leak after calibration
//! comes to the 3 steps that the converter's own test allows, and time constants by a fifth: an assumption. A calibrated threshold is never
//! more than 8 steps off; the amplitude of a full input (128 steps) deviates by 10 either way.

use std::fmt;

use embody_brain::numeric::Kernel;
use embody_brain::random::{Counter, fill_normals};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arrays::Columns;

/// Stream of the deviations.
const PATTERN: u32 = 0x4253_0002;

/// How far a calibrated threshold may be off (converter steps).
const THRESHOLD_OUTLIER: f32 = 8.0;

/// Whether circuits were measured and set one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// No circuit differs from another.
    Ideal,
    /// Each has settings of its own.
    #[default]
    Calibrated,
    /// All have the same settings.
    Uncalibrated,
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Calibration::Ideal => "ideal",
            Calibration::Calibrated => "calibrated",
            Calibration::Uncalibrated => "uncalibrated",
        })
    }
}

/// Standard deviations between the circuits of a chip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Leak potential (converter steps).
    pub leak: f32,
    /// Reset potential (converter steps).
    pub reset: f32,
    /// Threshold (converter steps).
    pub threshold: f32,
    /// Time constant of the membrane (relative).
    pub tau_mem: f32,
    /// Time constant of the current (relative).
    pub tau_syn: f32,
    /// Amplitude of what arrives (relative).
    pub amplitude: f32,
    /// Offset of the converter (steps).
    pub converter: f32,
    /// The most that a threshold is off (converter steps).
    pub threshold_limit: f32,
}

impl Spread {
    /// That of a chip in the given state.
    pub fn of(calibration: Calibration) -> Spread {
        let raw = Spread {
            leak: 10.0,
            reset: 10.0,
            threshold: 10.0,
            tau_mem: 0.2,
            tau_syn: 0.2,
            amplitude: 10.0 / 128.0,
            converter: 10.0,
            threshold_limit: f32::INFINITY,
        };
        match calibration {
            Calibration::Uncalibrated => raw,
            Calibration::Calibrated => Spread {
                leak: 0.3 * raw.leak,
                reset: 0.2 * raw.reset,
                threshold: 0.35 * raw.threshold,
                tau_mem: 0.45 * raw.tau_mem,
                tau_syn: 0.2 * raw.tau_syn,
                amplitude: raw.amplitude,
                converter: 3.0,
                threshold_limit: THRESHOLD_OUTLIER,
            },
            Calibration::Ideal => Spread {
                leak: 0.0,
                reset: 0.0,
                threshold: 0.0,
                tau_mem: 0.0,
                tau_syn: 0.0,
                amplitude: 0.0,
                converter: 0.0,
                threshold_limit: 0.0,
            },
        }
    }
}

/// How one neuron circuit deviates: potentials by converter steps, the rest by factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// Added to the leak potential.
    pub leak: f32,
    /// Added to the reset potential.
    pub reset: f32,
    /// Added to the threshold.
    pub threshold: f32,
    /// Factor of the membrane's time constant.
    pub tau_mem: f32,
    /// Factor of the current's time constant.
    pub tau_syn: f32,
    /// Factor of what arrives.
    pub amplitude: f32,
    /// Added to what the converter reads.
    pub converter: f32,
}

/// A chip: its seed, and how its circuits spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedPattern {
    /// Which chip.
    pub seed: u64,
    /// Its spread.
    pub spread: Spread,
}

impl FixedPattern {
    /// How the circuit of that number deviates.
    pub fn of(&self, circuit: usize) -> Deviation {
        let mut numbers = [0.0; 7];
        fill_normals(Kernel::detect(), self.seed, Counter { stream: PATTERN, time: circuit as u64 }, &mut numbers);
        let [leak, reset, threshold, tau_mem, tau_syn, amplitude, converter] = numbers;
        let spread = &self.spread;
        // Factors stay above zero however far a number lies out.
        let factor = |sigma: f32, number: f32| (1.0 + sigma * number).max(0.1);
        Deviation {
            leak: spread.leak * leak,
            reset: spread.reset * reset,
            threshold: (spread.threshold * threshold).clamp(-spread.threshold_limit, spread.threshold_limit),
            tau_mem: factor(spread.tau_mem, tau_mem),
            tau_syn: factor(spread.tau_syn, tau_syn),
            amplitude: factor(spread.amplitude, amplitude),
            converter: spread.converter * converter,
        }
    }

    /// How neuron `j` of a population deviates. Of joined circuits one fires and is read; all leak and integrate.
    pub fn neuron(&self, columns: Columns, j: usize) -> Deviation {
        let joined = columns.per_neuron;
        let deviations: Vec<_> = (0..joined).map(|c| self.of(columns.first + j * joined + c)).collect();
        let mean = |of: fn(&Deviation) -> f32| deviations.iter().map(of).sum::<f32>() / joined as f32;
        Deviation {
            leak: mean(|d| d.leak),
            tau_mem: mean(|d| d.tau_mem),
            tau_syn: mean(|d| d.tau_syn),
            amplitude: mean(|d| d.amplitude),
            ..deviations[0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sigma(calibration: Calibration, of: impl Fn(Deviation) -> f32) -> f64 {
        let n = 20_000;
        let chip = FixedPattern { seed: 3, spread: Spread::of(calibration) };
        let numbers: Vec<f64> = (0..n).map(|circuit| f64::from(of(chip.of(circuit)))).collect();
        let mean = numbers.iter().sum::<f64>() / n as f64;
        (numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64).sqrt()
    }

    #[test]
    fn calibration_leaves_the_fractions_that_its_tests_allow() {
        type Of = fn(Deviation) -> f32;
        let fractions: [(Of, f64); 5] =
            [(|d| d.leak, 0.3), (|d| d.reset, 0.2), (|d| d.threshold, 0.35), (|d| d.tau_mem, 0.45), (|d| d.tau_syn, 0.2)];
        for (of, fraction) in fractions {
            let found = sigma(Calibration::Calibrated, of) / sigma(Calibration::Uncalibrated, of);
            // The limit of thresholds takes 4 % off their spread.
            assert!((found / fraction - 1.0).abs() < 0.05, "{found} {fraction}");
        }
        assert!(sigma(Calibration::Calibrated, |d| d.converter) < 3.1);
        assert!((sigma(Calibration::Calibrated, |d| d.amplitude) - 10.0 / 128.0).abs() < 2e-3);
    }

    #[test]
    fn calibrated_thresholds_have_no_outliers() {
        let chip = FixedPattern { seed: 1, spread: Spread::of(Calibration::Calibrated) };
        assert!((0..20_000).all(|circuit| chip.of(circuit).threshold.abs() <= 8.0));
    }

    #[test]
    fn a_seed_is_a_chip() {
        let chip = |seed| FixedPattern { seed, spread: Spread::of(Calibration::Calibrated) };
        assert_eq!(chip(1).of(7), chip(1).of(7));
        assert_ne!(chip(1).of(7), chip(2).of(7));
        assert_ne!(chip(1).of(7), chip(1).of(8));
        let ideal = FixedPattern { seed: 1, spread: Spread::of(Calibration::Ideal) }.of(7);
        let [leak, factor] =
            [ideal.leak + ideal.reset + ideal.threshold + ideal.converter, ideal.tau_mem * ideal.tau_syn * ideal.amplitude];
        assert_eq!([leak, factor], [0.0, 1.0]);
    }
}
