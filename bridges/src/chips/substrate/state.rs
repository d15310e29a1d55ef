//! All that changes while a network runs on a chip, and its bytes.

use embody_brain::neuron::{NeuronKernel, PopulationContext};
use embody_brain::numeric::padded;
use embody_brain::plasticity::RuleKernel;
use embody_brain::state::{self, StateError};
use embody_brain::substrate::History;
use embody_brain::{CompileError, Substrate};
use serde::{Deserialize, Serialize};

use super::program::context;
use super::{ChipProgram, ChipSubstrate};
use crate::chips::{Cause, Chip, Counters};

/// All that changes while a network runs.
pub struct ChipState<C: Chip> {
    pub(super) seed: u64,
    pub(super) tick: u64,
    pub(super) learning: bool,
    pub(super) counters: Counters,
    /// What storing the initial weights lost. It follows from the seed, and so isn't saved.
    pub(super) lost: Lost,
    /// What each population sent in the last ticks.
    pub(super) histories: Vec<History>,
    pub(super) populations: Vec<PopulationState<C>>,
    pub(super) projections: Vec<SynapsesState<C>>,
}

/// What storing weights lost, as [`Fidelity`](embody_brain::Fidelity) has it.
#[derive(Clone, Copy, Default)]
pub(super) struct Lost {
    pub(super) quantisation_error: f64,
    pub(super) clipped: usize,
}

pub(super) struct PopulationState<C: Chip> {
    pub(super) cells: Cells<C::Neurons>,
    pub(super) sums: C::Sums,
    /// What neurons on the host are given: zero between ticks.
    pub(super) arrivals: [Vec<f32>; 2],
}

/// Populations, and what each sent in the last ticks.
type AtRest<C> = (Vec<PopulationState<C>>, Vec<History>);

/// Where a population's spikes come from.
pub(super) enum Cells<N> {
    /// It is an input.
    Outside,
    /// Neurons on the chip.
    Chip(N),
    /// Neurons on the host.
    Host(Box<dyn NeuronKernel>),
}

pub(super) struct SynapsesState<C: Chip> {
    pub(super) synapses: C::Synapses,
    pub(super) rule: Option<Box<dyn RuleKernel>>,
}

impl<C: Chip> ChipState<C> {
    /// What has been counted since time zero.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

impl<N: Clone> Clone for Cells<N> {
    fn clone(&self) -> Self {
        match self {
            Cells::Outside => Cells::Outside,
            Cells::Chip(neurons) => Cells::Chip(neurons.clone()),
            Cells::Host(neurons) => Cells::Host(neurons.duplicate()),
        }
    }
}

impl<C: Chip> Clone for ChipState<C> {
    fn clone(&self) -> Self {
        let population = |p: &PopulationState<C>| PopulationState {
            cells: p.cells.clone(),
            sums: p.sums.clone(),
            arrivals: p.arrivals.clone(),
        };
        let projection = |p: &SynapsesState<C>| SynapsesState {
            synapses: p.synapses.clone(),
            rule: p.rule.as_ref().map(|rule| rule.duplicate()),
        };
        ChipState {
            seed: self.seed,
            tick: self.tick,
            learning: self.learning,
            counters: self.counters,
            lost: self.lost,
            histories: self.histories.clone(),
            populations: self.populations.iter().map(population).collect(),
            projections: self.projections.iter().map(projection).collect(),
        }
    }
}

/// A state as it is written: what runs on the host as bytes of its own.
#[derive(Serialize, Deserialize)]
struct Saved<N, S> {
    /// Digest of the chip's options.
    options: u64,
    seed: u64,
    tick: u64,
    learning: bool,
    counters: Counters,
    histories: Vec<History>,
    populations: Vec<SavedCells<N>>,
    projections: Vec<SavedSynapses<S>>,
}

#[derive(Serialize, Deserialize)]
enum SavedCells<N> {
    Outside,
    Chip(N),
    Host(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
struct SavedSynapses<S> {
    synapses: S,
    rule: Option<Vec<u8>>,
}

impl<C: Chip> ChipState<C> {
    /// The whole state as bytes, beside the digest of the chip's options.
    pub(super) fn save(&self, options: u64) -> Vec<u8> {
        let cells = |p: &PopulationState<C>| match &p.cells {
            Cells::Outside => SavedCells::Outside,
            Cells::Chip(neurons) => SavedCells::Chip(neurons.clone()),
            Cells::Host(neurons) => SavedCells::Host(neurons.save()),
        };
        let synapses =
            |p: &SynapsesState<C>| SavedSynapses { synapses: p.synapses.clone(), rule: p.rule.as_ref().map(|rule| rule.save()) };
        state::write(&Saved {
            options,
            seed: self.seed,
            tick: self.tick,
            learning: self.learning,
            counters: self.counters,
            histories: self.histories.clone(),
            populations: self.populations.iter().map(cells).collect(),
            projections: self.projections.iter().map(synapses).collect(),
        })
    }
}

impl<C: Chip> ChipSubstrate<C> {
    /// Time zero with blank synapses.
    pub(super) fn blank(&self, program: &ChipProgram<C>, seed: u64) -> Result<ChipState<C>, CompileError> {
        let network = &program.network;
        let mut projections = Vec::new();
        for (at, projection) in network.projections.iter().enumerate() {
            let seed = network.seed_of(seed, network.populations.len() + at);
            let build = || self.build_rule(projection, program.rule_on_chip[at], &context(network, projection, seed));
            let rule = projection.rule.as_ref().map(|_| build()).transpose()?;
            projections.push(SynapsesState { synapses: self.chip.synapses(&program.projections[at], seed), rule });
        }
        let (populations, histories) = self.at_rest(program, seed)?;
        let (counters, lost) = (Counters::default(), Lost::default());
        Ok(ChipState { seed, tick: 0, learning: true, counters, lost, histories, populations, projections })
    }

    /// All populations before their first tick, with nothing sent yet.
    pub(super) fn at_rest(&self, program: &ChipProgram<C>, seed: u64) -> Result<AtRest<C>, CompileError> {
        let network = &program.network;
        let mut populations = Vec::new();
        for (at, population) in network.populations.iter().enumerate() {
            let seed = network.seed_of(seed, at);
            let placed = &program.populations[at];
            let cells = if program.neurons_on_chip[at] {
                Cells::Chip(self.chip.neurons(placed, seed))
            } else {
                let context = PopulationContext { size: population.size, tick_ms: network.tick_ms, seed };
                self.host_neurons(&population.name, &population.source, &context)?.map_or(Cells::Outside, Cells::Host)
            };
            let arrivals = std::array::from_fn(|_| vec![0.0; padded(population.size)]);
            populations.push(PopulationState { cells, sums: self.chip.sums(placed), arrivals });
        }
        Ok((populations, network.populations.iter().map(|population| History::new(population, network.history)).collect()))
    }

    /// Writes what a projection's rule requests, or its fixed weights, onto the chip; the rule goes on with what is stored.
    pub(super) fn write(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, at: usize, cause: Cause) {
        let moment = program.moment_of_projection(state, at);
        let (placed, fixed) = (&program.projections[at], &program.network.projections[at].fixed);
        let SynapsesState { synapses, rule } = &mut state.projections[at];
        match rule {
            Some(rule) => self.chip.write(placed, synapses, rule.requested(), cause, moment, &mut state.counters),
            None => self.chip.write(placed, synapses, &mut fixed.clone(), cause, moment, &mut state.counters),
        }
    }

    /// A state from its bytes, each part of which is held against the program.
    pub(super) fn restore(&self, program: &ChipProgram<C>, bytes: &[u8]) -> Result<ChipState<C>, StateError> {
        let saved: Saved<C::Neurons, C::Synapses> = state::read(bytes)?;
        if saved.options != self.chip.options_digest() {
            return Err(StateError(format!("it is of {} under other options", self.chip.name())));
        }
        let mut state = self.init(program, saved.seed).map_err(|e| StateError(e.to_string()))?;
        let sizes = [saved.histories.len(), saved.populations.len(), saved.projections.len()];
        if saved.tick >> 62 != 0 || sizes != [state.histories.len(), state.populations.len(), state.projections.len()] {
            return Err(StateError("it is of a network with other populations or projections".into()));
        }
        (state.tick, state.learning, state.counters) = (saved.tick, saved.learning, saved.counters);
        state.histories = saved.histories;
        for (at, cells) in saved.populations.into_iter().enumerate() {
            let described = &program.network.populations[at];
            let other = || StateError(format!("population {:?} is another one", described.name));
            if !state.histories[at].fits(described, program.network.history) {
                return Err(other());
            }
            match (&mut state.populations[at].cells, cells) {
                (Cells::Outside, SavedCells::Outside) => (),
                (Cells::Chip(to), SavedCells::Chip(neurons)) if self.chip.fits(&program.populations[at], &neurons) => {
                    *to = neurons
                }
                (Cells::Host(to), SavedCells::Host(bytes)) => to.load(&bytes)?,
                _ => return Err(other()),
            }
        }
        for (at, SavedSynapses { mut synapses, rule }) in saved.projections.into_iter().enumerate() {
            let other = || StateError(format!("projection {:?} is another one", program.network.projections[at].name));
            if !self.chip.restore(&program.projections[at], &mut synapses) {
                return Err(other());
            }
            state.projections[at].synapses = synapses;
            match (&mut state.projections[at].rule, rule) {
                (Some(to), Some(bytes)) => to.load(&bytes)?,
                (None, None) => (),
                _ => return Err(other()),
            }
        }
        Ok(state)
    }
}
