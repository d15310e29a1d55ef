//! The population vector: each of n neurons pulls in its own direction, evenly spaced round the circle.

use serde::{Deserialize, Serialize};

/// a_k is neuron k's spike train, low-pass filtered (Hz); the result is gain x sum_k a_k (cos 2 pi k/n, sin 2 pi k/n).
pub struct PopulationVector {
    directions: Vec<[f32; 2]>,
    decay: f32,
    kick: f32,
    gain: f32,
    rates: Rates,
}

/// The filtered rates (Hz): all that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates(Vec<f32>);

impl PopulationVector {
    /// For `neurons` neurons, a filter of `tau_s` seconds, ticks of `tick_s` seconds, and `gain` output units per Hz.
    pub fn new(neurons: usize, tau_s: f64, tick_s: f64, gain: f64) -> Self {
        PopulationVector {
            directions: directions(neurons),
            decay: libm::exp(-tick_s / tau_s) as f32,
            kick: (1.0 / tau_s) as f32,
            gain: gain as f32,
            rates: Rates(vec![0.0; neurons]),
        }
    }

    /// One tick: the filter decays, then each spike adds 1 / tau.
    pub fn tick(&mut self, spikes: &[u32]) {
        for rate in &mut self.rates.0 {
            *rate *= self.decay;
        }
        for &neuron in spikes {
            self.rates.0[neuron as usize] += self.kick;
        }
    }

    /// The vector, in output units.
    pub fn vector(&self) -> [f32; 2] {
        let mut sum = [0.0, 0.0];
        for (rate, direction) in self.rates.0.iter().zip(&self.directions) {
            sum[0] += rate * direction[0];
            sum[1] += rate * direction[1];
        }
        [self.gain * sum[0], self.gain * sum[1]]
    }

    /// The filter's state.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Continues from a filter's state; refuses one of another number of neurons.
    pub fn set_rates(&mut self, rates: Rates) -> Result<(), String> {
        if rates.0.len() != self.directions.len() {
            return Err(format!("expected {} rates, found {}", self.directions.len(), rates.0.len()));
        }
        self.rates = rates;
        Ok(())
    }

    /// Sets the filter to rest.
    pub fn clear(&mut self) {
        self.rates.0.fill(0.0);
    }

    /// The direction of each neuron.
    pub fn directions(&self) -> &[[f32; 2]] {
        &self.directions
    }
}

fn directions(neurons: usize) -> Vec<[f32; 2]> {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / neurons as f64;
    (0..neurons).map(|k| [libm::cos(angle(k)) as f32, libm::sin(angle(k)) as f32]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_read_in_hertz_along_its_direction() {
        let mut decoder = PopulationVector::new(8, 0.1, 0.001, 0.1);
        // Neuron 2 points along +y and fires every 20 ms: 50 Hz.
        let mut sum = 0.0;
        for tick in 0..4000 {
            decoder.tick(if tick % 20 == 0 { &[2] } else { &[] });
            if tick >= 2000 {
                assert!(decoder.vector()[0].abs() < 1e-5);
                sum += decoder.vector()[1];
            }
        }
        assert!((sum / 2000.0 - 5.0).abs() < 0.05, "0.1 per Hz x 50 Hz, found {}", sum / 2000.0);
        decoder.clear();
        assert_eq!(decoder.vector(), [0.0, 0.0]);
        assert!(decoder.set_rates(Rates(vec![0.0; 7])).is_err());
    }
}
