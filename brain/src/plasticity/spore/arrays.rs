//! What both forms of the rule keep for every synapse, and what both are made from.

use serde::{Deserialize, Serialize};

use super::coefficients::{Annealed, Coefficients, MOST_STEPS, Shape};
use super::parameters::Spore;
use super::update::{initial_theta, weight};
use crate::numeric::{BLOCK, Kernel, Real};

/// What doesn't change while time runs.
#[derive(Clone)]
pub struct Rule<T> {
    parameters: Spore,
    h_ms: f64,
    pub(super) shape: Shape,
    pub(super) coefficients: Coefficients<T>,
    pub(super) kernel: Kernel,
    pub(super) seed: u64,
}

impl<T: Real> Rule<T> {
    pub(super) fn new(parameters: &Spore, shape: Shape, h_ms: f64, seed: u64) -> Self {
        let coefficients = Coefficients::new(parameters, h_ms);
        Rule { parameters: parameters.clone(), h_ms, shape, coefficients, kernel: Kernel::detect(), seed }
    }

    /// The constants of the Delta that ends with the given number of steps since the start.
    pub(super) fn annealed(&self, step: u64) -> Annealed<T> {
        Annealed::new(&self.parameters, step as f64 * self.h_ms)
    }
}

/// theta, e, g and w of every synapse, in the layout of [`Shape`] and padded to whole blocks, and how far they have come.
#[derive(Clone, Serialize, Deserialize)]
pub struct Arrays<T> {
    /// Steps since the start.
    pub(super) step: u64,
    pub(super) theta: Vec<T>,
    pub(super) e: Vec<T>,
    pub(super) g: Vec<T>,
    pub(super) w: Vec<T>,
    /// How many synapses have been retracted, and how many have formed again.
    pub(super) rewirings: [u64; 2],
}

impl<T: Real> Arrays<T> {
    pub(super) fn new(rule: &Rule<T>) -> Self {
        let len = rule.shape.len().next_multiple_of(BLOCK);
        let (p, c) = (&rule.parameters, &rule.coefficients);
        let theta = initial_theta(p.theta_init_mean, p.theta_init_deviation, c, rule.seed, len);
        let w = theta.iter().map(|&t| weight(t, [c.theta0, c.w0])).collect();
        let zeros = vec![T::of(0.0); len];
        Arrays { step: 0, theta, e: zeros.clone(), g: zeros, w, rewirings: [0; 2] }
    }

    /// Counts a synapse that has just been retracted or formed again, if it is a real one.
    pub(super) fn count_rewiring(&mut self, synapse: usize, shape: Shape) {
        let formed = self.w[synapse] > T::of(0.0);
        self.rewirings[usize::from(formed)] += u64::from(synapse < shape.len() && shape.is_real(synapse));
    }

    /// Whether `self`, read from somewhere, can take the place of `other`.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.step < MOST_STEPS && [&self.theta, &self.e, &self.g, &self.w].iter().all(|array| array.len() == other.theta.len())
    }
}
