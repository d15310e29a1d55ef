//! The adaptive neuron `se_adlif`: a membrane and an adaptation current that act on each other, discretised by the symplectic Euler method.
//!
//! Each tick of length h, with alpha = exp(-h/tau_u) and beta = exp(-h/tau_w):
//! 1. u = alpha u + (1 - alpha) (I + bias - w); I is the sum of the weights that arrive
//! 2. a spike z = 1 if u > threshold; u = u (1 - z)
//! 3. w = beta w + (1 - beta) q (a u + b z), with the u and z just made
//!
//! Taking the new u and z in 3 is what makes it symplectic, and stable where the plain Euler method isn't. Source: Baronig et al. 2024,
//! "Advancing spatio-temporal processing in spiking neural networks through adaptation".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::integrate_and_fire::decay;
use super::{BuildError, Comparison, Crossing, PerNeuron};
use crate::numeric::{Real, WIDTH, padded};

/// Parameters of the neuron. Potentials carry no unit, as those of [`Lif`](super::Lif).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SeAdLif {
    /// Time constant of the membrane (ms).
    pub tau_u_ms: PerNeuron,
    /// Time constant of the adaptation current (ms).
    pub tau_w_ms: PerNeuron,
    /// How strongly the potential drives the adaptation.
    pub a: PerNeuron,
    /// How strongly a spike drives the adaptation.
    pub b: PerNeuron,
    /// Factor of both.
    pub q: f64,
    /// Potential at which it fires.
    pub threshold: PerNeuron,
    /// Constant input of every tick, added to what arrives.
    pub bias: PerNeuron,
    /// When it fires.
    pub comparison: Comparison,
}

impl Default for SeAdLif {
    fn default() -> Self {
        SeAdLif {
            tau_u_ms: 15.0.into(),
            tau_w_ms: 180.0.into(),
            a: 0.5.into(),
            b: 1.0.into(),
            q: 120.0,
            threshold: 1.0.into(),
            bias: 0.0.into(),
            comparison: Comparison::default(),
        }
    }
}

/// What follows from parameters and tick alone: arrays padded with neurons that never fire.
#[derive(Clone, Debug)]
pub struct SymplecticAdaptive<T> {
    /// exp(-h/tau_u).
    pub alpha: Vec<T>,
    /// exp(-h/tau_w).
    pub beta: Vec<T>,
    /// Drive of the adaptation by the potential.
    pub a: Vec<T>,
    /// Drive of the adaptation by a spike.
    pub b: Vec<T>,
    /// Factor of both.
    pub q: T,
    /// Threshold.
    pub threshold: Vec<T>,
    /// Constant input.
    pub bias: Vec<T>,
    /// When a neuron fires.
    pub comparison: Comparison,
}

/// The state of such neurons, padded; several networks side by side lie one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct SymplecticAdaptiveState<T> {
    /// Membrane potential after the reset.
    pub u: Vec<T>,
    /// Adaptation current.
    pub w: Vec<T>,
    /// Spikes of the last tick: 1 or 0.
    pub z: Vec<T>,
}

impl<T: Real> SymplecticAdaptiveState<T> {
    /// Neurons at rest: `n` numbers in each array.
    pub fn new(n: usize) -> Self {
        let zeros = vec![T::default(); n];
        SymplecticAdaptiveState { u: zeros.clone(), w: zeros.clone(), z: zeros }
    }

    /// Whether all arrays have `n` numbers.
    pub fn fits(&self, n: usize) -> bool {
        [&self.u, &self.w, &self.z].iter().all(|array| array.len() == n)
    }
}

impl<T: Real> SymplecticAdaptive<T> {
    /// Neurons with the given parameters. Errors name the parameter and what it must be.
    pub fn new(p: &SeAdLif, size: usize, tick_ms: f64) -> Result<Self, BuildError> {
        p.tau_u_ms.check_time("tau_u_ms", size)?;
        p.tau_w_ms.check_time("tau_w_ms", size)?;
        p.a.check_finite("a", size)?;
        p.b.check_finite("b", size)?;
        p.threshold.check("threshold", size, "a number above zero", |v| v > 0.0)?;
        p.bias.check_finite("bias", size)?;
        if !p.q.is_finite() {
            return Err(format!("q: expected a finite number, found {}", p.q));
        }
        let array = |padding: f64, value: &dyn Fn(usize) -> f64| -> Vec<T> {
            (0..padded(size)).map(|i| T::of(if i < size { value(i) } else { padding })).collect()
        };
        Ok(SymplecticAdaptive {
            alpha: array(0.0, &|i| decay(tick_ms, p.tau_u_ms.of(i))),
            beta: array(0.0, &|i| decay(tick_ms, p.tau_w_ms.of(i))),
            a: array(0.0, &|i| p.a.of(i)),
            b: array(0.0, &|i| p.b.of(i)),
            q: T::of(p.q),
            threshold: array(1.0, &|i| p.threshold.of(i)),
            bias: array(0.0, &|i| p.bias.of(i)),
            comparison: p.comparison,
        })
    }

    /// One tick of the `row`-th network; see [`IntegrateAndFire::step`](super::IntegrateAndFire::step).
    #[inline(always)]
    pub fn step(
        &self,
        state: &mut SymplecticAdaptiveState<T>,
        row: usize,
        current: &[T],
        crossing: Crossing<'_, T>,
        fire: Option<&dyn Fn(usize, T, T) -> T>,
    ) {
        let (zero, one) = (T::default(), T::of(1.0));
        let at_threshold = if self.comparison == Comparison::AtLeast { one } else { zero };
        let parameters = [&self.alpha, &self.beta, &self.a, &self.b, &self.threshold, &self.bias];
        let [alpha, beta, pa, pb, threshold, bias] = parameters.map(|array| array.as_chunks::<WIDTH>().0);
        let at = row * self.alpha.len()..(row + 1) * self.alpha.len();
        let (current, _) = current.as_chunks::<WIDTH>();
        let [us, ws, zs] = [&mut state.u, &mut state.w, &mut state.z].map(|array| array[at.clone()].as_chunks_mut::<WIDTH>().0);
        let [pres, distances, frees] =
            [crossing.v, crossing.distance, crossing.free].map(|array| array.as_chunks_mut::<WIDTH>().0);
        for at in 0..alpha.len() {
            let (mut u, mut w, mut z, i) = (us[at], ws[at], zs[at], current[at]);
            let [mut pre, mut distance] = [[zero; WIDTH]; 2];
            for k in 0..WIDTH {
                pre[k] = alpha[at][k] * u[k] + (one - alpha[at][k]) * (i[k] + bias[at][k] - w[k]);
                distance[k] = pre[k] - threshold[at][k];
                let above = if distance[k] > zero { one } else { zero };
                z[k] = if distance[k] == zero { at_threshold } else { above };
            }
            if let Some(fire) = fire {
                for k in 0..WIDTH {
                    z[k] = fire(at * WIDTH + k, distance[k], threshold[at][k]);
                }
            }
            for k in 0..WIDTH {
                u[k] = pre[k] * (one - z[k]);
                w[k] = beta[at][k] * w[k] + (one - beta[at][k]) * self.q * (pa[at][k] * u[k] + pb[at][k] * z[k]);
            }
            (us[at], ws[at], zs[at]) = (u, w, z);
            (pres[at], distances[at], frees[at]) = (pre, distance, [one; WIDTH]);
        }
    }
}
