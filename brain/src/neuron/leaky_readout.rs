//! The readout `leaky_readout`: a leaky integrator that never fires; its value is what is read out.
//!
//! Each tick of length h, with kappa = exp(-h/tau): y = kappa y + g (I + bias), with g = 1, or 1 - kappa if inputs are scaled. A projection
//! into it may have no delay, so that y holds the spikes of the same tick: since a readout projects nowhere, that closes no circle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::integrate_and_fire::decay;
use super::{BuildError, PerNeuron};
use crate::numeric::{Real, WIDTH, padded};

/// Parameters of the readout. Values carry the unit of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LeakyReadout {
    /// Time constant (ms).
    pub tau_ms: PerNeuron,
    /// Constant input of every tick, added to what arrives.
    pub bias: PerNeuron,
    /// Whether input is scaled by 1 - kappa.
    pub scaled_input: bool,
}

impl Default for LeakyReadout {
    fn default() -> Self {
        LeakyReadout { tau_ms: 20.0.into(), bias: 0.0.into(), scaled_input: false }
    }
}

/// What follows from parameters and tick alone, padded.
#[derive(Clone, Debug)]
pub struct LeakyIntegrator<T> {
    /// exp(-h/tau).
    pub kappa: Vec<T>,
    /// What input is multiplied by: 1, or 1 - kappa.
    pub gain: Vec<T>,
    /// Constant input.
    pub bias: Vec<T>,
    /// Whether input is scaled by 1 - kappa.
    pub scaled_input: bool,
}

impl<T: Real> LeakyIntegrator<T> {
    /// Readouts with the given parameters. Errors name the parameter and what it must be.
    pub fn new(p: &LeakyReadout, size: usize, tick_ms: f64) -> Result<Self, BuildError> {
        p.tau_ms.check_time("tau_ms", size)?;
        p.bias.check_finite("bias", size)?;
        let array = |value: &dyn Fn(usize) -> f64| -> Vec<T> {
            (0..padded(size)).map(|i| if i < size { T::of(value(i)) } else { T::default() }).collect()
        };
        let kappa = array(&|i| decay(tick_ms, p.tau_ms.of(i)));
        let one = T::of(1.0);
        Ok(LeakyIntegrator {
            gain: kappa.iter().map(|&k| if p.scaled_input { one - k } else { one }).collect(),
            kappa,
            bias: array(&|i| p.bias.of(i)),
            scaled_input: p.scaled_input,
        })
    }

    /// One tick of one network: moves the values `y` on with what arrives.
    #[inline(always)]
    pub fn step(&self, y: &mut [T], current: &[T]) {
        let [kappa, gain, bias] = [&self.kappa, &self.gain, &self.bias].map(|array| array.as_chunks::<WIDTH>().0);
        let (current, _) = current.as_chunks::<WIDTH>();
        let (ys, _) = y.as_chunks_mut::<WIDTH>();
        for at in 0..kappa.len() {
            let (mut y, i) = (ys[at], current[at]);
            for k in 0..WIDTH {
                y[k] = kappa[at][k] * y[k] + gain[at][k] * (i[k] + bias[at][k]);
            }
            ys[at] = y;
        }
    }
}
