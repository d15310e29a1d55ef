//! Neuron models: what integrates, and when it fires.
//!
//! `lif`, `alif`, `se_adlif` and `leaky_readout` sum up what arrives and are deterministic; their equations are shared with training.
//! `cuba_lif` and `cuba_readout` are `lif` and `leaky_readout` behind a synaptic current, which training doesn't know. The stochastic
//! `poisson_dbl_exp` is SPORE's and tells excitation from inhibition.

mod alif;
mod conventions;
mod cuba_lif;
mod cuba_readout;
mod current;
mod integrate_and_fire;
mod leaky_readout;
mod lif;
mod per_neuron;
mod poisson;
mod se_adlif;
mod synaptic_current;

pub use alif::Alif;
pub use conventions::{Comparison, Reset, ResetBy};
pub use cuba_lif::CubaLif;
pub use cuba_readout::CubaReadout;
pub use current::CurrentKernel;
pub use integrate_and_fire::{Crossing, IntegrateAndFire, IntegrateAndFireRow, IntegrateAndFireState};
pub use leaky_readout::{LeakyIntegrator, LeakyReadout};
pub use lif::Lif;
pub use per_neuron::PerNeuron;
pub use poisson::{Poisson, PoissonKernel};
pub use se_adlif::{SeAdLif, SymplecticAdaptive, SymplecticAdaptiveState};
pub use synaptic_current::SynapticCurrent;

use crate::state::State;

/// What arrives at the neurons of a population in one tick. Arrays are padded to whole vectors.
#[derive(Clone, Copy)]
pub struct Arrivals<'a> {
    /// Sum of the positive weights that arrive at each neuron; of all weights if the neurons ask for [`Sums::Together`].
    pub excitatory: &'a [f32],
    /// Sum of the negative weights that arrive at each neuron; zero if the neurons ask for [`Sums::Together`].
    pub inhibitory: &'a [f32],
}

/// How what arrives is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// Positive and negative weights apart.
    BySign,
    /// All weights in one sum, in the order of [`FloatSubstrate`](crate::FloatSubstrate).
    Together,
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

    /// Synaptic current of each neuron (padded), in the model's unit, if what arrives passes through one that decays.
    fn current(&self) -> Option<&[f32]> {
        None
    }

    /// A copy with its own state.
    fn duplicate(&self) -> Box<dyn NeuronKernel>;

    /// How the neurons want their arrivals summed up.
    fn sums(&self) -> Sums {
        Sums::BySign
    }

    /// The values that are read out, one for each neuron, if this is a readout: it never fires, and projections into it may have no delay.
    fn values(&self) -> Option<&[f32]> {
        None
    }
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
