//! What a chip is: how it stores weights, sums up what arrives, and moves its neurons on.
//!
//! Not here: names, delays, histories, rules on the host, bytes; see [`ChipSubstrate`](super::ChipSubstrate).

use embody_brain::neuron::PopulationContext;
use embody_brain::plasticity::{ProjectionContext, RuleKernel};
use embody_brain::substrate::Resolved;
use embody_brain::{CompileError, Model, Variables};
use serde::{Serialize, de::DeserializeOwned};

use super::{Counters, Wishes};

/// Why a chip doesn't run a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the chip lacks for it.
    pub why: String,
    /// Whether it runs on the host unless the user says otherwise. If not, that has to be asked for.
    pub host: bool,
}

impl Refusal {
    /// It runs on the host unless the user says otherwise.
    pub fn to_host(why: impl Into<String>) -> Refusal {
        Refusal { why: why.into(), host: true }
    }

    /// It doesn't run unless the user asks for the host.
    pub fn altogether(why: impl Into<String>) -> Refusal {
        Refusal { why: why.into(), host: false }
    }
}

/// A network about to be placed on a chip.
pub struct Plan<'a> {
    /// Populations and projections.
    pub network: &'a Resolved,
    /// Of each population, whether its neurons run on the chip; inputs don't.
    pub neurons_on_chip: Vec<bool>,
    /// Of each projection, whether its rule runs on the chip.
    pub rule_on_chip: Vec<bool>,
    /// Of each projection, the least and the greatest weight that it has or may ever be asked to have.
    pub ranges: Vec<[f32; 2]>,
}

impl Plan<'_> {
    /// Numbers of the projections into a population.
    pub fn into(&self, population: usize) -> impl Iterator<Item = usize> + '_ {
        let projections = self.network.projections.iter().enumerate();
        projections.filter(move |(_, projection)| projection.target == population).map(|(at, _)| at)
    }

    /// The largest weight either way that enters a population; 0 if none does.
    pub fn largest_into(&self, population: usize) -> f32 {
        self.into(population).flat_map(|at| self.ranges[at]).fold(0.0, |most, weight| most.max(weight.abs()))
    }
}

/// A network placed on a chip.
pub struct Placement<P, Q> {
    /// What each population becomes, inputs and those on the host too.
    pub populations: Vec<P>,
    /// What each projection becomes.
    pub projections: Vec<Q>,
    /// What is used of the chip's limited resources: name, used, available.
    pub resources: Vec<(String, f64, f64)>,
    /// What runs otherwise than it was described: part, change.
    pub changed: Vec<(String, String)>,
}

/// Where in a run something happens, and which random numbers are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seed of the population or projection in this run.
    pub seed: u64,
    /// The tick.
    pub tick: u64,
}

/// What a population sent: the neurons, in order; and of analogue inputs how much each.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// The neurons that spiked.
    pub sources: &'a [u32],
    /// Heights, beside `sources`; 1 without.
    pub heights: Option<&'a [f32]>,
}

/// Why weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The user gave them, or they are the initial ones: stored as near as the chip can.
    Given,
    /// A rule asks for them: a chip that rounds stochastically does so here.
    Learning,
}

/// A chip. All rows of synapses and neurons are padded to whole vectors ([`padded`](embody_brain::numeric::padded)), as in brain.
///
/// Synapse `k` of source `i` and target `j` of a projection is number `(i * per_pair + k) * padded(targets) + j`. What lies beyond the
/// targets is padding and means nothing.
pub trait Chip: Send + Sync {
    /// What a population becomes: immutable.
    type Population: Send + Sync;
    /// What a projection becomes: immutable.
    type Projection: Send + Sync;
    /// Neurons of one population on the chip: their whole state.
    type Neurons: Clone + Send + Serialize + DeserializeOwned;
    /// Synapses of one projection: their whole state. What follows from the rest may be skipped by serde, for [`restore`](Chip::restore).
    type Synapses: Clone + Send + Serialize + DeserializeOwned;
    /// What arrives at a population within a tick. Empty between ticks, and so never saved.
    type Sums: Clone + Send;

    /// Its name.
    fn name(&self) -> &'static str;

    /// A digest of all its options, of which a saved state holds the same: [`digest`](super::digest).
    fn options_digest(&self) -> u64;

    /// Where the user wants things to run.
    fn wishes(&self) -> Wishes;

    /// Whether its own neurons can be of that model; the parameters are known to be valid.
    fn can_run(&self, model: &Model, context: &PopulationContext) -> Result<(), Refusal>;

    /// The rule in the chip's own numbers, if the chip has it.
    fn rule(&self, rule: &Model, context: &ProjectionContext) -> Result<Box<dyn RuleKernel>, Refusal>;

    /// Fits a network into the chip's numbers and limits. What it can't hold or do is an error that says why.
    fn place(&self, plan: &Plan<'_>) -> Result<Placement<Self::Population, Self::Projection>, CompileError>;

    /// Neurons at rest.
    fn neurons(&self, population: &Self::Population, seed: u64) -> Self::Neurons;

    /// Whether neurons that were read from bytes are of such a population.
    fn fits(&self, population: &Self::Population, neurons: &Self::Neurons) -> bool;

    /// No sums yet.
    fn sums(&self, population: &Self::Population) -> Self::Sums;

    /// Blank synapses.
    fn synapses(&self, projection: &Self::Projection, seed: u64) -> Self::Synapses;

    /// Makes anew what serde skipped of synapses that were read from bytes; false if they aren't of such a projection.
    fn restore(&self, projection: &Self::Projection, synapses: &mut Self::Synapses) -> bool;

    /// Stores weights (padded, finite), and replaces each by what the chip keeps of it. Counts what was clipped and rounded.
    fn write(
        &self,
        projection: &Self::Projection,
        synapses: &mut Self::Synapses,
        weights: &mut [f32],
        cause: Cause,
        at: Moment,
        counters: &mut Counters,
    );

    /// The weights as stored at that moment (padded).
    fn weights(&self, projection: &Self::Projection, synapses: &Self::Synapses, at: Moment) -> Vec<f32>;

    /// How far a stored weight may lie off the one that was asked for and within range.
    fn tolerance(&self, projection: &Self::Projection) -> f32;

    /// Adds to the sums of the target what arrives from a projection; never called for no events.
    fn deliver(
        &self,
        projection: &Self::Projection,
        synapses: &mut Self::Synapses,
        events: Events<'_>,
        sums: &mut Self::Sums,
        at: Moment,
        counters: &mut Counters,
    );

    /// One tick of neurons on the chip: takes the sums, leaves them empty, and appends the neurons that fire to `spikes`, in order.
    fn fire(
        &self,
        population: &Self::Population,
        neurons: &mut Self::Neurons,
        sums: &mut Self::Sums,
        at: Moment,
        spikes: &mut Vec<u32>,
        counters: &mut Counters,
    );

    /// The sums for neurons on the host, in the unit of the model; leaves them empty. `arrivals` are zero (padded): excitatory and inhibitory
    /// apart, or all in the first, as the population wants its sums.
    fn read(
        &self,
        population: &Self::Population,
        sums: &mut Self::Sums,
        at: Moment,
        arrivals: [&mut [f32]; 2],
        counters: &mut Counters,
    );

    /// Membrane potentials of neurons on the chip, in the unit of the model.
    fn membrane(&self, population: &Self::Population, neurons: &Self::Neurons) -> Vec<f32>;

    /// Values of a readout on the chip, in the unit of the model.
    fn values(&self, _population: &Self::Population, _neurons: &Self::Neurons) -> Vec<f32> {
        Vec::new()
    }

    /// Variables of neurons on the chip in its own numbers.
    fn variables(&self, population: &Self::Population, neurons: &Self::Neurons) -> Variables;
}
