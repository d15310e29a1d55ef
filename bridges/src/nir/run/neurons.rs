//! Neurons of a graph that runs, in `f32`.
//!
//! One step: the synapse takes what arrives, the membrane takes the synapse's new current, then it fires, then it is reset. Potentials are
//! seen after the reset. Everything starts at zero, membranes that fire at v_reset.

use crate::nir::operator::{Elementwise, Neuron};
use crate::nir::{Discretisation, Integration, Reset};

/// Coefficients and state of the neurons of a node.
#[derive(Clone, Debug)]
pub(super) struct Neurons {
    integration: Integration,
    reset: Reset,
    synapse: Option<Synapse>,
    leak: Option<Leak>,
    /// Resistance; without a leak, times dt.
    r: Vec<f32>,
    fire: Option<Fire>,
    /// Currents of the synapses; empty without.
    pub(super) current: Vec<f32>,
    /// Potentials after the reset.
    pub(super) voltage: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Synapse {
    decay: Vec<f32>,
    gain: Vec<f32>,
    weight: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Leak {
    decay: Vec<f32>,
    gain: Vec<f32>,
    v_leak: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Fire {
    threshold: Vec<f32>,
    v_reset: Vec<f32>,
}

impl Neurons {
    /// `count` neurons. Errors name the parameter.
    pub(super) fn new(neuron: &Neuron, count: usize, d: &Discretisation) -> Result<Neurons, String> {
        let each =
            |parameter: &Elementwise, scale: f64| -> Vec<f32> { (0..count).map(|i| (parameter.of(i) * scale) as f32).collect() };
        let coefficients = |key: &str, tau: &Elementwise| -> Result<[Vec<f32>; 2], String> {
            let mut both = [Vec::with_capacity(count), Vec::with_capacity(count)];
            for i in 0..count {
                let [decay, gain] = d.coefficients(key, tau.of(i))?;
                both[0].push(decay as f32);
                both[1].push(gain as f32);
            }
            Ok(both)
        };
        let mut synapse = None;
        if let Some([tau, weight]) = &neuron.synapse {
            let [decay, gain] = coefficients("tau_syn", tau)?;
            synapse = Some(Synapse { decay, gain, weight: each(weight, 1.0) });
        }
        let mut leak = None;
        if let Some([tau, v_leak]) = &neuron.leak {
            let [decay, gain] = coefficients(if neuron.synapse.is_some() { "tau_mem" } else { "tau" }, tau)?;
            leak = Some(Leak { decay, gain, v_leak: each(v_leak, 1.0) });
        }
        let r = each(&neuron.r, if leak.is_some() { 1.0 } else { d.dt_s });
        let fire = neuron
            .fire
            .as_ref()
            .map(|[threshold, v_reset]| Fire { threshold: each(threshold, 1.0), v_reset: each(v_reset, 1.0) });
        let current = vec![0.0; if synapse.is_some() { count } else { 0 }];
        let voltage = fire.as_ref().map_or_else(|| vec![0.0; count], |fire| fire.v_reset.clone());
        Ok(Neurons { integration: d.integration, reset: d.reset, synapse, leak, r, fire, current, voltage })
    }

    /// One step: what arrives, and what leaves.
    pub(super) fn step(&mut self, input: &[f32], output: &mut [f32]) {
        if let Some(synapse) = &self.synapse {
            for (i, current) in self.current.iter_mut().enumerate() {
                let u = synapse.weight[i] * input[i];
                *current = match self.integration {
                    Integration::Euler => *current + synapse.gain[i] * (u - *current),
                    Integration::Exponential => synapse.decay[i] * *current + synapse.gain[i] * u,
                };
            }
        }
        let arrived = if self.synapse.is_some() { &self.current[..] } else { input };
        for (i, v) in self.voltage.iter_mut().enumerate() {
            let u = self.r[i] * arrived[i];
            *v = match (&self.leak, self.integration) {
                (None, _) => *v + u,
                (Some(leak), Integration::Euler) => *v + leak.gain[i] * ((leak.v_leak[i] - *v) + u),
                (Some(leak), Integration::Exponential) => {
                    (leak.v_leak[i] + leak.decay[i] * (*v - leak.v_leak[i])) + leak.gain[i] * u
                }
            };
        }
        match &self.fire {
            None => output.copy_from_slice(&self.voltage),
            Some(fire) => fire.step(&mut self.voltage, output, self.reset),
        }
    }
}

impl Fire {
    fn step(&self, voltage: &mut [f32], output: &mut [f32], reset: Reset) {
        for (i, v) in voltage.iter_mut().enumerate() {
            let fires = *v > self.threshold[i];
            output[i] = f32::from(u8::from(fires));
            if fires {
                *v = match reset {
                    Reset::Zero => self.v_reset[i],
                    Reset::Subtract => *v - (self.threshold[i] - self.v_reset[i]),
                };
            }
        }
    }
}
