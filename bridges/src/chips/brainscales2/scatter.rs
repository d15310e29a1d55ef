//! How far what a population uses of a chip is off what was asked: the fixed-pattern noise of its own circuits, and the noise over time.
//!
//! Root mean squares about what was asked, not about a population's mean, which is off too. The error of weights here is of what a spike does: of
//! the stored weight, times the amplitude of its circuit, times what the membrane makes of that. The quantisation error is of what is stored.

use embody_brain::numeric::padded;

use super::analogue::{LEAK, THRESHOLD};
use super::arrays::{Columns, LARGEST_WEIGHT};
use super::chip::SPIKE;
use super::mac::MockMac;
use super::population::{Population, Projection};
use super::variation::{Calibration, Deviation, FixedPattern};
use crate::chips::{Cause, Counters};

/// What a population uses of a chip.
pub struct Used {
    /// The chip.
    pub pattern: FixedPattern,
    /// Its state.
    pub calibration: Calibration,
    /// Where the population lies.
    pub columns: Columns,
    /// Its neurons.
    pub size: usize,
    /// Whether anything can arrive.
    pub driven: bool,
    /// [`WeightError`] of what arrives; none if there are no fixed weights.
    pub weights: Option<f64>,
}

impl Used {
    /// That of neurons on circuits, whose membranes at rest are as noisy as `trial_noise` (standard deviation, steps).
    pub fn neurons(&self, trial_noise: f32) -> String {
        let of_neurons = |of: fn(&Deviation) -> f32| rms((0..self.size).map(|j| of(&self.pattern.neuron(self.columns, j))));
        let steps = |what, of| format!("{what} {}", of_threshold(of_neurons(of), ""));
        let part = |what, of| format!("{what} {:.1} %", 100.0 * of_neurons(of));
        let mut scatter = vec![
            steps("threshold", |d| d.threshold),
            steps("leak", |d| d.leak),
            format!("reset {}", of_threshold(of_neurons(|d| d.reset), " of the threshold")),
            part("membrane time constant", |d| d.tau_mem - 1.0),
            part("current time constant", |d| d.tau_syn - 1.0),
        ];
        scatter.extend(self.driven.then(|| self.amplitude()));
        let noise =
            (trial_noise > 0.0).then(|| format!("noise over time {}", of_threshold(f64::from(trial_noise), " of the threshold")));
        self.line(&scatter, noise)
    }

    /// That of sums which the host reads by `mac`.
    pub fn sums(&self, mac: MockMac) -> String {
        let spike = mac.gain * mac.num_sends as f32 * SPIKE as f32 * LARGEST_WEIGHT;
        let noise = || {
            let part = 100.0 * f64::from(mac.noise) / f64::from(spike);
            let blocks = self.columns.per_neuron;
            format!("read noise {:.1} steps ({part:.1} % of a spike at the largest weight), {blocks} to a sum", mac.noise)
        };
        self.line(&[self.amplitude()], (mac.noise > 0.0).then(noise))
    }

    /// The amplitudes' scatter, of single circuits.
    fn amplitude(&self) -> String {
        let circuits = self.columns.first..self.columns.first + self.size * self.columns.per_neuron;
        format!("amplitude {:.1} %", 100.0 * rms(circuits.map(|circuit| self.pattern.of(circuit).amplitude - 1.0)))
    }

    fn line(&self, scatter: &[String], noise: Option<String>) -> String {
        let scatter = match self.calibration {
            Calibration::Ideal => "ideal circuits, no scatter".to_string(),
            state => format!("chip {}, {state}, off by (rms) {}", self.pattern.seed, scatter.join(", ")),
        };
        let weights = self.weights.map(|error| format!("fixed weights in effect off by {:.2} %", 100.0 * error));
        [Some(scatter), weights, noise].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

/// Converter steps, and what part they are of the distance from leak to threshold; `of` follows the per cent.
fn of_threshold(steps: f64, of: &str) -> String {
    format!("{steps:.1} steps ({:.1} %{of})", 100.0 * steps / f64::from(THRESHOLD - LEAK))
}

/// Root mean square; 0 of nothing.
fn rms(numbers: impl Iterator<Item = f32>) -> f64 {
    let (squares, n) = numbers.fold((0.0, 0u32), |(squares, n), x| (squares + f64::from(x) * f64::from(x), n + 1));
    if n > 0 { (squares / f64::from(n)).sqrt() } else { 0.0 }
}

/// Root mean square error of weights as they act, relative to the root mean square of those described.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeightError {
    error: f64,
    all: f64,
}

impl WeightError {
    /// Adds the given weights of a projection (padded) into that population; a rule's own, of which none are given, don't count.
    pub fn add(&mut self, target: &Population, projection: &Projection, given: &[f32]) {
        let layout = &projection.layout;
        let (mut stored, width) = (given.to_vec(), padded(target.size));
        // What is given is rounded to the nearest, without a draw.
        layout.write(&mut layout.blank(), &mut stored, Cause::Given, || 0.0, &mut Counters::default());
        for (row, (given, stored)) in given.chunks_exact(width).zip(stored.chunks_exact(width)).enumerate() {
            let block = projection.block(row / layout.per_pair, row % layout.per_pair);
            let amplitude = &target.amplitude[block * width..][..target.size];
            for (j, amplitude) in amplitude.iter().enumerate() {
                let efficacy = target.circuits.get(j).map_or(1.0, |circuit| circuit.efficacy);
                let (given, acts) = (f64::from(given[j]), f64::from(stored[j]) * f64::from(*amplitude) * efficacy);
                self.error += (acts - given) * (acts - given);
                self.all += given * given;
            }
        }
    }

    /// The error; none of no weights.
    pub fn relative(&self) -> Option<f64> {
        (self.all > 0.0).then(|| (self.error / self.all).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::super::variation::Spread;
    use super::*;

    fn used(seed: u64, calibration: Calibration) -> Used {
        let pattern = FixedPattern { seed, spread: Spread::of(calibration) };
        let columns = Columns { first: 7, per_neuron: 2 };
        Used { pattern, calibration, columns, size: 200, driven: true, weights: None }
    }

    /// The numbers in a line that come before a unit and after a word.
    fn number(line: &str, word: &str) -> f64 {
        let (_, after) = line.split_once(word).unwrap_or_else(|| panic!("{word}: {line}"));
        after.split_whitespace().next().unwrap().parse().unwrap_or_else(|e| panic!("{word}: {line}: {e}"))
    }

    #[test]
    fn a_line_tells_the_scatter_of_the_circuits_used() {
        use Calibration::*;
        let [calibrated, uncalibrated] = [Calibrated, Uncalibrated].map(|state| used(1, state).neurons(0.0));
        for word in ["threshold ", "leak ", "reset ", "membrane time constant ", "current time constant "] {
            let [least, most] = [&calibrated, &uncalibrated].map(|line| number(line, word));
            assert!(0.0 < least && least < 0.6 * most, "{word}: {least} {most}");
        }
        // Of two circuits joined the leaks' mean counts, and the threshold of one.
        assert!((number(&uncalibrated, "leak ") - 10.0 / 2f64.sqrt()).abs() < 1.0, "{uncalibrated}");
        assert!((number(&uncalibrated, "threshold ") - 10.0).abs() < 1.2, "{uncalibrated}");
        assert!((number(&calibrated, "amplitude ") - 7.8).abs() < 0.7, "{calibrated}");
        assert!(calibrated.starts_with("chip 1, calibrated, ") && uncalibrated.starts_with("chip 1, uncalibrated, "));
        let other = used(2, Calibrated);
        assert_ne!(other.neurons(0.0), calibrated.replace("chip 1", "chip 2"));
        assert_ne!(other.sums(MockMac::default()), used(1, Calibrated).sums(MockMac::default()).replace("chip 1", "chip 2"));
        let elsewhere = Used { columns: Columns { first: 8, per_neuron: 2 }, ..used(1, Calibrated) };
        assert_ne!(elsewhere.neurons(0.0), calibrated, "other circuits of the same chip");
    }

    #[test]
    fn noise_is_told_where_there_is_any() {
        let ideal = used(1, Calibration::Ideal);
        assert_eq!(ideal.neurons(0.0), "ideal circuits, no scatter");
        assert_eq!(ideal.neurons(2.25), "ideal circuits, no scatter; noise over time 2.2 steps (5.0 % of the threshold)");
        let mac = MockMac { num_sends: 16, ..MockMac::default() };
        let told = "ideal circuits, no scatter; read noise 2.0 steps (3.2 % of a spike at the largest weight), 2 to a sum";
        assert_eq!(ideal.sums(mac), told);
        assert_eq!(ideal.sums(MockMac { noise: 0.0, ..mac }), "ideal circuits, no scatter");
        let undriven = Used { driven: false, ..used(1, Calibration::Calibrated) };
        assert!(!undriven.neurons(0.0).contains("amplitude"));
    }
}
