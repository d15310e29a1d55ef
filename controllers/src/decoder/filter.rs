//! Spike trains, low-pass filtered to rates.

use serde::{Deserialize, Serialize};

/// a_k is neuron k's spike train, low-pass filtered with a time constant tau (Hz).
pub struct Filter {
    decay: f32,
    kick: f32,
    rates: Rates,
}

/// The filtered rates (Hz): all that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates(Vec<f32>);

impl Filter {
    /// For `neurons` neurons, a filter of `tau_s` seconds and ticks of `tick_s` seconds.
    pub fn new(neurons: usize, tau_s: f64, tick_s: f64) -> Self {
        Filter { decay: libm::exp(-tick_s / tau_s) as f32, kick: (1.0 / tau_s) as f32, rates: Rates(vec![0.0; neurons]) }
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

    /// The rate of each neuron (Hz).
    pub fn hz(&self) -> &[f32] {
        &self.rates.0
    }

    /// The filter's state.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Continues from a filter's state; refuses one of another number of neurons.
    pub fn set_rates(&mut self, rates: Rates) -> Result<(), String> {
        if rates.0.len() != self.rates.0.len() {
            return Err(format!("expected {} rates, found {}", self.rates.0.len(), rates.0.len()));
        }
        self.rates = rates;
        Ok(())
    }

    /// Sets the filter to rest.
    pub fn clear(&mut self) {
        self.rates.0.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_read_in_hertz() {
        let mut filter = Filter::new(8, 0.1, 0.001);
        // Neuron 2 fires every 20 ms: 50 Hz.
        let mut sum = 0.0;
        for tick in 0..4000 {
            filter.tick(if tick % 20 == 0 { &[2] } else { &[] });
            sum += if tick >= 2000 { filter.hz()[2] } else { 0.0 };
        }
        assert!((sum / 2000.0 - 50.0).abs() < 0.5, "found {}", sum / 2000.0);
        filter.clear();
        assert_eq!(filter.hz(), [0.0; 8]);
        assert!(filter.set_rates(Rates(vec![0.0; 7])).is_err());
    }
}
