//! The synaptic current of `cuba_lif` and `cuba_readout`: what arrives adds to it, and it decays. Each tick of length h, with
//! beta = exp(-h/tau_syn): i = beta i + (a + bias_syn), where a is the sum of the weights that arrive.

use super::integrate_and_fire::decay;
use super::{BuildError, PerNeuron};
use crate::numeric::{Real, WIDTH, padded};

/// What follows from parameters and tick alone, padded with currents that stay zero.
#[derive(Clone, Debug)]
pub struct SynapticCurrent<T> {
    /// exp(-h/tau_syn).
    pub decay: Vec<T>,
    /// Constant input.
    pub bias: Vec<T>,
}

impl<T: Real> SynapticCurrent<T> {
    /// Synapses of `size` neurons. Errors name the parameter and what it must be.
    pub fn new(tau_syn_ms: &PerNeuron, bias_syn: &PerNeuron, size: usize, tick_ms: f64) -> Result<Self, BuildError> {
        tau_syn_ms.check_time("tau_syn_ms", size)?;
        bias_syn.check_finite("bias_syn", size)?;
        let array = |value: &dyn Fn(usize) -> f64| -> Vec<T> {
            (0..padded(size)).map(|i| if i < size { T::of(value(i)) } else { T::default() }).collect()
        };
        Ok(SynapticCurrent { decay: array(&|i| decay(tick_ms, tau_syn_ms.of(i))), bias: array(&|i| bias_syn.of(i)) })
    }

    /// One tick of one network: moves the currents `i` on with what arrives.
    #[inline(always)]
    pub fn step(&self, i: &mut [T], arriving: &[T]) {
        let [decay, bias] = [&self.decay, &self.bias].map(|array| array.as_chunks::<WIDTH>().0);
        let (arriving, _) = arriving.as_chunks::<WIDTH>();
        let (currents, _) = i.as_chunks_mut::<WIDTH>();
        for at in 0..decay.len() {
            let (mut i, a) = (currents[at], arriving[at]);
            for k in 0..WIDTH {
                i[k] = decay[at][k] * i[k] + (a[k] + bias[at][k]);
            }
            currents[at] = i;
        }
    }
}
