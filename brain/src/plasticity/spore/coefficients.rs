//! What follows from parameters and time step alone, and the layout of the synapses.

use super::parameters::Spore;
use crate::numeric::{Real, padded};

/// How many synapses there are, and where each lies: synapse `k` of source `i` and target `j` is number
/// `(i * per_pair + k) * targets_padded + j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Source neurons.
    pub sources: usize,
    /// Target neurons.
    pub targets: usize,
    /// Synapses of each pair.
    pub per_pair: usize,
}

impl Shape {
    /// Targets, rounded up to whole vectors; the rest are synapses that nothing reaches or leaves.
    pub fn targets_padded(&self) -> usize {
        padded(self.targets)
    }

    /// Numbers of one source's synapses.
    pub fn row(&self) -> usize {
        self.per_pair * self.targets_padded()
    }

    /// Length of the arrays that hold a number per synapse.
    pub fn len(&self) -> usize {
        self.sources * self.row()
    }

    /// Whether there are no synapses.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the number belongs to a real synapse, not to the padding.
    pub fn is_real(&self, synapse: usize) -> bool {
        synapse % self.targets_padded() < self.targets
    }
}

/// No state counts this many steps; what claims to is refused.
pub(super) const MOST_STEPS: u64 = 1 << 62;

/// Constants of one step and of one Delta.
#[derive(Clone, Debug)]
pub(super) struct Coefficients<T> {
    /// Steps in a Delta.
    pub steps: usize,
    /// exp(-h/tau) of e, g, y_fall, y_rise.
    pub decay_e: T,
    pub decay_g: T,
    pub decay_fall: T,
    pub decay_rise: T,
    /// exp(-s h/tau) of the same for s = 0 ... steps.
    pub powers_e: Vec<T>,
    pub powers_g: Vec<T>,
    pub powers_fall: Vec<T>,
    pub powers_rise: Vec<T>,
    pub nu: T,
    pub cutoff: T,
    /// h / 1 ms: the scale of dopamine.
    pub dopamine_scale: T,
    pub mu: T,
    pub theta0: T,
    pub w0: T,
    pub theta_min: T,
    pub theta_max: T,
}

/// Constants of one Delta that depend on the annealed beta.
#[derive(Clone, Copy, Debug)]
pub(super) struct Annealed<T> {
    /// beta Delta c_g, and beta Delta times the greatest change.
    pub gain: T,
    pub limit: T,
    /// beta Delta c_p.
    pub prior: T,
    /// sqrt(2 T beta Delta).
    pub noise: T,
    /// sqrt(2 T_g beta Delta).
    pub gradient_noise: T,
    /// beta c_e.
    pub direct: T,
}

impl<T: Real> Coefficients<T> {
    pub fn new(p: &Spore, h_ms: f64) -> Self {
        let steps = libm::round(p.update_interval_ms / h_ms) as usize;
        let decay = |tau: f64| T::of(libm::exp(-h_ms / tau));
        let powers = |tau: f64| (0..=steps).map(|s| T::of(libm::exp(-(s as f64) * h_ms / tau))).collect();
        Coefficients {
            steps,
            decay_e: decay(p.tau_eligibility_ms),
            decay_g: decay(p.tau_gradient_ms),
            decay_fall: decay(p.tau_fall_ms),
            decay_rise: decay(p.tau_rise_ms),
            powers_e: powers(p.tau_eligibility_ms),
            powers_g: powers(p.tau_gradient_ms),
            powers_fall: powers(p.tau_fall_ms),
            powers_rise: powers(p.tau_rise_ms),
            nu: T::of(p.tau_fall_ms / (p.tau_fall_ms - p.tau_rise_ms)),
            cutoff: T::of(p.cutoff),
            dopamine_scale: T::of(h_ms),
            mu: T::of(p.mu),
            theta0: T::of(p.theta0),
            w0: T::of(p.w0),
            theta_min: T::of(p.theta_min),
            theta_max: T::of(p.theta_max),
        }
    }
}

impl<T: Real> Annealed<T> {
    /// The constants of the Delta that ends `at_ms` after the start: beta is halved at each whole `beta_halving_ms`.
    pub fn new(p: &Spore, at_ms: f64) -> Self {
        let halvings = if p.beta_halving_ms > 0.0 { libm::floor(at_ms / p.beta_halving_ms) } else { 0.0 };
        let beta = p.beta_per_ms * libm::exp2(-halvings);
        let rate = beta * p.update_interval_ms;
        Annealed {
            gain: T::of(rate * p.c_g),
            limit: T::of(rate * p.max_param_change),
            prior: T::of(rate * p.c_p),
            noise: T::of((2.0 * p.temperature * rate).sqrt()),
            gradient_noise: T::of((2.0 * p.gradient_temperature * rate).sqrt()),
            direct: T::of(beta * p.c_e),
        }
    }
}
