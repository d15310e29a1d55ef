//! What a population becomes on processing elements: its neurons in either arithmetic, and the sums that arrive at them.

use embody_brain::neuron::{Comparison, Reset};
use embody_brain::numeric::padded;
use serde::{Deserialize, Serialize};

use super::fixed_neuron::FixedState;
use super::fixed_population::FixedPopulation;
use super::scaling::Unscaled;
use super::step::{ScaledNeuron, ScaledReset, ScaledState};
use crate::chips::Leaky;
use crate::chips::integer::Grid;

/// A population on processing elements.
pub struct Population {
    pub(super) size: usize,
    pub(super) by_sign: bool,
    pub(super) grid: Grid,
    pub(super) readout: bool,
    pub(super) neurons: Neurons,
}

/// The program of a population.
pub(super) enum Neurons {
    /// It runs on the host, or is an input.
    None,
    /// In single precision.
    Float {
        neurons: Vec<ScaledNeuron>,
        /// Chip units of a potential per unit of the model, for each neuron.
        scale: Vec<f32>,
    },
    /// In s16.15.
    Fixed(FixedPopulation),
}

/// All that changes of a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum States {
    /// In single precision; none where the neurons run on the host.
    Float(Vec<ScaledState>),
    /// In s16.15.
    Fixed(Vec<FixedState>),
}

/// What arrives at a population in a tick, in steps of its weights.
#[derive(Clone)]
pub struct Arriving {
    /// Of spikes: all weights, or those above zero.
    pub(super) together: Vec<i32>,
    /// Of spikes: weights below zero.
    pub(super) below: Vec<i32>,
    /// Of values, as `together` and `below`; empty until there are any.
    pub(super) values: [Vec<f32>; 2],
    pub(super) reached: bool,
}

impl Arriving {
    /// No sums yet of `size` neurons.
    pub(super) fn new(size: usize, by_sign: bool) -> Arriving {
        let zeros = || vec![0; padded(size)];
        let below = if by_sign { zeros() } else { Vec::new() };
        Arriving { together: zeros(), below, values: Default::default(), reached: false }
    }

    pub(super) fn clear(&mut self) {
        if self.reached {
            self.together.fill(0);
            self.below.fill(0);
            self.values.iter_mut().for_each(|sums| sums.fill(0.0));
            self.reached = false;
        }
    }

    /// The sum at a neuron: together, or above and below zero.
    #[inline(always)]
    pub(super) fn at(&self, j: usize) -> [f32; 2] {
        let value = |sums: &[f32]| sums.get(j).copied().unwrap_or(0.0);
        let below = self.below.get(j).map_or(0.0, |&sum| sum as f32);
        [self.together[j] as f32 + value(&self.values[0]), below + value(&self.values[1])]
    }

    /// The sums above and below zero in whole steps; those of values are rounded to the nearest, halves to even.
    #[inline(always)]
    pub(super) fn whole(&self, j: usize) -> [i64; 2] {
        let value = |sums: &[f32]| sums.get(j).map_or(0, |&sum| libm::rintf(sum) as i64);
        let below = self.below.get(j).map_or(0, |&sum| i64::from(sum));
        [i64::from(self.together[j]).saturating_add(value(&self.values[0])), below.saturating_add(value(&self.values[1]))]
    }
}

/// The greatest threshold, bias and unit of potential in steps of a weight: potentials stay finite then.
const MOST_STEPS: f32 = 1e30;

/// Neurons in units of a weight's step, and those units per unit of the model. Errors name the neuron whose numbers are too large.
pub(super) fn float(described: &Leaky, size: usize, tick_ms: f64, grid: Grid) -> Result<Neurons, String> {
    let (p, readout) = (&described.membrane, described.readout);
    let neuron = |j: usize| {
        let [decay, gain] = described.membrane_decay(j, tick_ms);
        let unscaled = Unscaled {
            decay,
            synapse_decay: described.current_decay(j, tick_ms),
            gain,
            constant: described.constant(j, tick_ms),
            threshold: if readout { f64::INFINITY } else { p.threshold.of(j) },
        };
        let reset = match p.reset {
            Reset::SubtractNextTick => ScaledReset::SubtractNextStep,
            Reset::Subtract => ScaledReset::Subtract,
            Reset::Zero => ScaledReset::To(0.0),
        };
        let neuron = ScaledNeuron {
            at_threshold: !readout && p.comparison == Comparison::AtLeast,
            refractory: libm::round(p.refractory_ms / tick_ms) as u32,
            ..unscaled.scaled(grid.steps_per_unit, reset)
        };
        let scale = unscaled.scale(grid.steps_per_unit) as f32;
        let threshold = readout || neuron.threshold.abs() <= MOST_STEPS;
        if (1.0 / MOST_STEPS..=MOST_STEPS).contains(&scale) && threshold && neuron.offset.abs() <= MOST_STEPS {
            return Ok((neuron, scale));
        }
        let ScaledNeuron { threshold, offset, .. } = neuron;
        Err(format!(
            "neuron {j}: expected at most {MOST_STEPS:e} steps of a weight, found {scale:e} to a unit of potential, a threshold of {threshold:e} and a bias of \
             {offset:e}"
        ))
    };
    let made = (0..size).map(neuron).collect::<Result<Vec<_>, String>>()?;
    let (neurons, scale) = made.into_iter().unzip();
    Ok(Neurons::Float { neurons, scale })
}
