//! Substrates: what a network runs on.
//!
//! One tick, on every substrate: deliver spikes -> integrate -> fire -> traces -> eligibility -> plasticity (third factor).

mod float;
mod history;
mod network;
pub mod resolved;

pub use float::{FloatState, FloatSubstrate};
pub use history::History;
pub use network::{CompileNetwork, Compiled, Network, compiler};
pub use resolved::Resolved;

use serde::{Deserialize, Serialize};

use crate::neuron::NeuronKernel;
use crate::spec::{CompileError, NetworkSpec};
use crate::state::StateError;

/// The third factor of a tick: what reward, error or attention tells plasticity.
#[derive(Clone, Copy, Debug, Default)]
pub enum ThirdFactor<'a> {
    /// None: rules see 0.
    #[default]
    None,
    /// One number per population, in the order of the spec.
    PerPopulation(&'a [f32]),
}

/// What goes into one tick. The values of analogue inputs stand from tick to tick: see [`Substrate::set_values`].
#[derive(Clone, Copy, Debug, Default)]
pub struct TickInput<'a> {
    /// For each input population, in the order of the spec, the neurons that spike, sorted and without repeats.
    pub spikes: &'a [&'a [u32]],
    /// The third factor.
    pub third_factor: ThirdFactor<'a>,
}

/// What comes out of one tick, for each population that is read out, in the order of the spec.
#[derive(Clone, Debug, Default)]
pub struct TickOutput {
    /// The neurons that spiked.
    pub spikes: Vec<Vec<u32>>,
    /// The values, one for each neuron of a readout such as `leaky_readout`; empty for populations that fire.
    pub values: Vec<Vec<f32>>,
}

/// What can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Membrane potential of each neuron of the named population.
    Membrane(String),
    /// Number of synapses of the named projection that are there.
    ActiveSynapses(String),
}

/// What compiling lost, and what it took. The first two are of the initial weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fidelity {
    /// Root mean square error of the stored weights, relative to their root mean square.
    pub quantisation_error: f64,
    /// Weights that lay beyond the range that can be stored.
    pub clipped: usize,
    /// What is used of the substrate's limited resources: name, used, available.
    pub resources: Vec<(String, f64, f64)>,
    /// What runs on the host instead, and why.
    pub on_host: Vec<(String, String)>,
    /// What runs otherwise than it was described, and how: part, change.
    pub changed: Vec<(String, String)>,
}

/// Variables of a population in a substrate's own numbers: name, one number for each neuron (whole ones are exact up to 2^53).
pub type Variables = Vec<(&'static str, Vec<f64>)>;

/// The variables of `size` neurons that run in single precision, on the float substrate or on the host beside a chip: the synaptic current `u`
/// of models that have one, and the membrane potential `v`, which is the value of a readout.
pub fn variables_of(neurons: &dyn NeuronKernel, size: usize) -> Variables {
    let exact = |values: &[f32]| values.iter().take(size).map(|&value| f64::from(value)).collect();
    let current = neurons.current().map(|current| ("u", exact(current)));
    current.into_iter().chain([("v", exact(neurons.membrane()))]).collect()
}

/// What a network runs on: compiles a description into an immutable program, and moves a state on.
///
/// What it can't do is [`CompileError::Unsupported`], never a silent fallback.
pub trait Substrate: Send + Sync {
    /// What a network becomes: immutable.
    type Program: Send + Sync;
    /// All that changes while time runs.
    type State: Clone + Send;

    /// Its name.
    fn name(&self) -> &str;

    /// Translates a network, and says what was lost: where initial weights are random, by those of seed 0. Of a state's own weights
    /// [`fidelity`](Substrate::fidelity) says it.
    fn compile(&self, spec: &NetworkSpec) -> Result<(Self::Program, Fidelity), CompileError>;

    /// The state at time zero; every random number of the run follows from `seed`.
    fn init(&self, program: &Self::Program, seed: u64) -> Result<Self::State, CompileError>;

    /// What [`compile`](Substrate::compile) lost, with what storing the initial weights lost as they are under the state's own seed. A substrate
    /// whose weights are stored as they are leaves it as it is.
    fn fidelity(&self, _program: &Self::Program, _state: &Self::State, compiled: &Fidelity) -> Fidelity {
        compiled.clone()
    }

    /// One tick.
    fn tick(&self, program: &Self::Program, state: &mut Self::State, input: TickInput<'_>, output: &mut TickOutput);

    /// Sets what the named analogue input holds: one finite value for each of its neurons, zero at first, that acts on every tick from the next
    /// one on until others are set.
    fn set_values(
        &self,
        program: &Self::Program,
        state: &mut Self::State,
        population: &str,
        values: &[f32],
    ) -> Result<(), CompileError>;

    /// Puts the neurons to rest, as before the first tick: potentials and currents, spikes on their way, values that inputs hold, and random numbers of their own,
    /// which are drawn anew. Weights, what rules hold, counts, noise and time itself go on.
    ///
    /// # Errors
    /// If a neuron can't be built, which [`init`](Substrate::init) would have told before.
    fn rest(&self, program: &Self::Program, state: &mut Self::State) -> Result<(), CompileError>;

    /// Switches plasticity on or off; traces go on either way.
    fn set_learning(&self, state: &mut Self::State, learning: bool);

    /// What the probe sees, or `None` if there is no such thing.
    fn probe(&self, program: &Self::Program, state: &Self::State, probe: &Probe) -> Option<Vec<f32>>;

    /// The variables of a population's neurons as the substrate itself holds them, such as `u` and `v` in whole numbers; empty if it has
    /// none, or none of that name.
    fn variables(&self, _program: &Self::Program, _state: &Self::State, _population: &str) -> Variables {
        Vec::new()
    }

    /// What has been counted since time zero, by name; empty if the substrate counts nothing.
    fn counters(&self, _state: &Self::State) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// The stored weights of a projection, `weights[(i * per_pair + k) * targets + j]`, or `None` if there is none of that name.
    fn weights(&self, program: &Self::Program, state: &Self::State, projection: &str) -> Option<Vec<f32>>;

    /// Writes the weights of a projection, laid out as [`weights`](Substrate::weights) gives them.
    fn program(
        &self,
        program: &Self::Program,
        state: &mut Self::State,
        projection: &str,
        weights: &[f32],
    ) -> Result<(), CompileError>;

    /// The whole state as bytes.
    fn save(&self, state: &Self::State) -> Vec<u8>;

    /// A state from the bytes that [`save`](Substrate::save) gave under an equal program.
    fn load(&self, program: &Self::Program, bytes: &[u8]) -> Result<Self::State, StateError>;
}
