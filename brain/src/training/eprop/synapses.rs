//! The traces of a projection's synapses.

use serde::{Deserialize, Serialize};

use crate::neuron::IntegrateAndFire;
use crate::numeric::{Real, WIDTH};

/// Traces and gradients of the synapses of one projection: arrays of sources by padded targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub(super) struct SynapseTraces<T> {
    /// eps_v of each source: all targets share one time constant and gain.
    pub input: Vec<T>,
    /// eps_a.
    adaptation: Vec<T>,
    /// ebar.
    filtered: Vec<T>,
    /// sum of L ebar.
    pub gradient: Vec<T>,
    /// sum of e.
    pub sum: Vec<T>,
}

/// What all synapses of a tick share.
pub(super) struct Postsynaptic<'a, T> {
    /// dz/dv.
    pub psi: &'a [T],
    /// Learning signals.
    pub signal: &'a [T],
    /// Decay and gain of the readout.
    pub kappa: T,
    pub gain: T,
}

impl<T: Real> SynapseTraces<T> {
    pub fn new(sources: usize, n: usize, adaptive: bool) -> Self {
        let zeros = |n: usize| vec![T::default(); n];
        SynapseTraces {
            input: zeros(sources),
            adaptation: zeros(if adaptive { sources * n } else { 0 }),
            filtered: zeros(sources * n),
            gradient: zeros(sources * n),
            sum: zeros(sources * n),
        }
    }

    /// Lengths of the arrays.
    pub fn shape(&self) -> [usize; 5] {
        [&self.input, &self.adaptation, &self.filtered, &self.gradient, &self.sum].map(Vec::len)
    }

    /// Begins a sequence: traces are zero, gradients stay.
    pub fn rest(&mut self) {
        for array in [&mut self.input, &mut self.adaptation, &mut self.filtered] {
            array.fill(T::default());
        }
    }

    /// Forgets gradients.
    pub fn forget(&mut self) {
        self.gradient.fill(T::default());
        self.sum.fill(T::default());
    }

    /// eps_v of one tick: decays, then takes in what sources send.
    pub fn receive(&mut self, alpha: T, gain: T, sources: &[u32], heights: Option<&[T]>) {
        self.input.iter_mut().for_each(|trace| *trace = alpha * *trace);
        for (k, &i) in sources.iter().enumerate() {
            self.input[i as usize] += gain * heights.map_or(T::of(1.0), |heights| heights[k]);
        }
    }

    /// Eligibility and gradients of one tick.
    #[inline(always)]
    pub fn learn(&mut self, cell: &IntegrateAndFire<T>, post: &Postsynaptic<'_, T>) {
        let n = post.psi.len();
        let [psi, signal] = [post.psi, post.signal].map(|array| array.as_chunks::<WIDTH>().0);
        let [beta, rho, share] = [&cell.beta, &cell.rho, &cell.rho_gain].map(|array| array.as_chunks::<WIDTH>().0);
        for (i, &trace) in self.input.iter().enumerate() {
            let row = i * n..(i + 1) * n;
            let arrays = [&mut self.filtered, &mut self.gradient, &mut self.sum];
            let [filtered, gradient, sum] = arrays.map(|array| array[row.clone()].as_chunks_mut::<WIDTH>().0);
            let adaptation = if cell.adaptive { self.adaptation[row].as_chunks_mut::<WIDTH>().0 } else { &mut [] };
            for at in 0..psi.len() {
                let mut e = [T::default(); WIDTH];
                for k in 0..WIDTH {
                    e[k] = psi[at][k] * trace;
                }
                if let Some(adaptation) = adaptation.get_mut(at) {
                    for k in 0..WIDTH {
                        e[k] = psi[at][k] * (trace - beta[at][k] * adaptation[k]);
                        adaptation[k] = rho[at][k] * adaptation[k] + share[at][k] * e[k];
                    }
                }
                for k in 0..WIDTH {
                    filtered[at][k] = post.kappa * filtered[at][k] + post.gain * e[k];
                    gradient[at][k] += signal[at][k] * filtered[at][k];
                    sum[at][k] += e[k];
                }
            }
        }
    }
}
