//! Neuron models: what integrates, and when it fires.

mod poisson;

pub use poisson::{Poisson, PoissonKernel};

use crate::state::State;

/// What arrives at the neurons of a population in one tick. Arrays are padded to whole vectors.
#[derive(Clone, Copy)]
pub struct Arrivals<'a> {
    /// Sum of the positive weights that arrive at each neuron.
    pub excitatory: &'a [f32],
    /// Sum of the negative weights that arrive at each neuron.
    pub inhibitory: &'a [f32],
}

/// The state of a population and how it moves on by one tick.
pub trait NeuronKernel: State + Send {
    /// One tick: integrates what arrives and appends the neurons that fire to `spikes`, in order.
    fn tick(&mut self, arrivals: Arrivals<'_>, spikes: &mut Vec<u32>);

    /// Back-propagating action potential of each neuron (padded): spikes of the last tick minus their probability.
    /// Zero throughout for models that fire deterministically.
    fn bap(&self) -> &[f32];

    /// Membrane potential of each neuron (padded), in the model's unit.
    fn membrane(&self) -> &[f32];

    /// A copy with its own state.
    fn duplicate(&self) -> Box<dyn NeuronKernel>;
}

/// What a neuron model is told when a population is built.
#[derive(Clone, Copy, Debug)]
pub struct PopulationContext {
    /// Number of neurons.
    pub size: usize,
    /// Length of a tick (ms).
    pub tick_ms: f64,
    /// Seed of this population's random numbers.
    pub seed: u64,
}

/// Why a part can't be built; the caller adds its name.
pub type BuildError = String;
