//! The float substrate: networks in `f32`, deterministically, with nothing lost.
//!
//! One tick: deliver -> integrate -> fire -> traces -> eligibility -> plasticity. Sums run in a fixed order: projections as they stand in
//! the spec, sources by number. What neurons send into a readout without delay is delivered, in that order, once they have fired; so
//! are what inputs send without delay and all that is delayed, before.

mod kernels;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use kernels::{add_up, deliver, sum_pairs};

use super::history::Analogue;
use super::resolved::{Resolved, ResolvedPopulation, ResolvedProjection, Source, unpad_rows};
use super::{Fidelity, History, Probe, Substrate, ThirdFactor, TickInput, TickOutput, Variables, variables_of};
use crate::models::Models;
use crate::neuron::{Arrivals, NeuronKernel, PopulationContext, Sums};
use crate::numeric::{Kernel, dispatch, padded};
use crate::plasticity::{Activity, ProjectionContext, RuleKernel};
use crate::spec::{CompileError, NetworkSpec};
use crate::state::{self, StateError};

/// Runs networks in `f32` on this machine's processor.
#[derive(Clone)]
pub struct FloatSubstrate {
    models: Arc<Models>,
    kernel: Kernel,
}

impl FloatSubstrate {
    /// A substrate that knows the given models.
    pub fn new(models: Arc<Models>) -> Self {
        FloatSubstrate { models, kernel: Kernel::detect() }
    }
}

/// All that changes while a network runs.
pub struct FloatState {
    seed: u64,
    tick: u64,
    learning: bool,
    /// What each population sent in the last ticks.
    histories: Vec<History>,
    populations: Vec<PopulationState>,
    projections: Vec<ProjectionState>,
}

struct PopulationState {
    neurons: Option<Box<dyn NeuronKernel>>,
    /// What arrives in the tick at hand; zero between ticks.
    excitatory: Vec<f32>,
    inhibitory: Vec<f32>,
    /// Whether anything arrives.
    reached: bool,
}

struct ProjectionState {
    rule: Option<Box<dyn RuleKernel>>,
    /// Weight of each pair (padded): the sum over its synapses.
    pairs: Vec<f32>,
}

impl Clone for FloatState {
    fn clone(&self) -> Self {
        let population = |p: &PopulationState| PopulationState {
            neurons: p.neurons.as_ref().map(|n| n.duplicate()),
            excitatory: p.excitatory.clone(),
            inhibitory: p.inhibitory.clone(),
            reached: p.reached,
        };
        let projection =
            |p: &ProjectionState| ProjectionState { rule: p.rule.as_ref().map(|r| r.duplicate()), pairs: p.pairs.clone() };
        FloatState {
            seed: self.seed,
            tick: self.tick,
            learning: self.learning,
            histories: self.histories.clone(),
            populations: self.populations.iter().map(population).collect(),
            projections: self.projections.iter().map(projection).collect(),
        }
    }
}

/// A state as it is written: kernels as bytes of their own.
#[derive(Serialize, Deserialize)]
struct Saved {
    seed: u64,
    tick: u64,
    learning: bool,
    populations: Vec<SavedPopulation>,
    /// The rule's state of each projection.
    projections: Vec<Option<Vec<u8>>>,
}

/// A population as it is written.
#[derive(Serialize, Deserialize)]
struct SavedPopulation {
    /// Spikes of the last ticks.
    spikes: Vec<Vec<u32>>,
    /// The neurons' state, or the analogue input's.
    neurons: Option<Vec<u8>>,
}

impl Substrate for FloatSubstrate {
    type Program = Resolved;
    type State = FloatState;

    fn name(&self) -> &str {
        "float"
    }

    fn compile(&self, spec: &NetworkSpec) -> Result<(Resolved, Fidelity), CompileError> {
        let program =
            Resolved::new(spec, self.name(), |name, size, source, tick_ms| self.neurons(name, size, source, tick_ms, 0))?;
        // What a rule refuses is found now, not when it is first run.
        self.init(&program, 0)?;
        Ok((program, Fidelity::default()))
    }

    fn init(&self, program: &Resolved, seed: u64) -> Result<FloatState, CompileError> {
        let seed_of = |part: usize| program.seed_of(seed, part);
        let mut projections = Vec::new();
        for (i, projection) in program.projections.iter().enumerate() {
            let [sources, targets] = program.sizes(projection);
            let mut state = ProjectionState { rule: None, pairs: projection.fixed.clone() };
            if let Some(rule) = &projection.rule {
                let seed = seed_of(program.populations.len() + i);
                let context =
                    ProjectionContext { sources, targets, per_pair: projection.per_pair, tick_ms: program.tick_ms, seed };
                let built = self.models.build_rule(&rule.name, &rule.parameters, &context);
                state.pairs = vec![0.0; sources * padded(targets)];
                state.rule = Some(built.map_err(|why| invalid(&projection.name, why))?);
            }
            self.sum_pairs(&mut state, projection, padded(targets));
            projections.push(state);
        }
        let (populations, histories) = self.at_rest(program, seed)?;
        Ok(FloatState { seed, tick: 0, learning: true, histories, populations, projections })
    }

    fn rest(&self, program: &Resolved, state: &mut FloatState) -> Result<(), CompileError> {
        let seed = program.seed_at_rest(state.seed, state.tick);
        (state.populations, state.histories) = self.at_rest(program, seed)?;
        Ok(())
    }

    fn tick(&self, program: &Resolved, state: &mut FloatState, input: TickInput<'_>, output: &mut TickOutput) {
        let now = program.slot(state.tick, 0);
        if program.immediate {
            take_inputs(program, state, input, now);
        }
        self.deliver(program, state, false);
        if !program.immediate {
            take_inputs(program, state, input, now);
        }
        self.integrate(program, state, now, false);
        self.deliver(program, state, true);
        self.integrate(program, state, now, true);
        // Traces, eligibility, plasticity.
        for (projection, synapses) in program.projections.iter().zip(&mut state.projections) {
            let Some(rule) = &mut synapses.rule else { continue };
            let third_factor = match input.third_factor {
                ThirdFactor::None => 0.0,
                ThirdFactor::PerPopulation(factors) => factors.get(projection.target).copied().unwrap_or(0.0),
            };
            let pre = state.histories[projection.source].spikes(now);
            let post = state.histories[projection.target].spikes(now);
            let bap = state.populations[projection.target].neurons.as_ref().map_or(&[][..], |neurons| neurons.bap());
            if rule.tick(Activity { pre, post, bap, third_factor, learning: state.learning }) {
                // This substrate stores what was asked for as it is.
                self.sum_pairs(synapses, projection, padded(program.populations[projection.target].size));
            }
        }
        output.spikes.resize_with(program.readouts.len(), Vec::new);
        for (out, &population) in output.spikes.iter_mut().zip(&program.readouts) {
            out.clear();
            out.extend_from_slice(state.histories[population].spikes(now));
        }
        output.values.resize_with(program.readouts.len(), Vec::new);
        for (out, &population) in output.values.iter_mut().zip(&program.readouts) {
            out.clear();
            out.extend_from_slice(state.populations[population].neurons.as_ref().and_then(|n| n.values()).unwrap_or_default());
        }
        state.tick += 1;
    }

    fn set_values(
        &self,
        program: &Resolved,
        state: &mut FloatState,
        population: &str,
        values: &[f32],
    ) -> Result<(), CompileError> {
        let at = program.population(population);
        let held = at.map_or(Err("there is no such analogue input".into()), |at| state.histories[at].hold(values));
        held.map_err(|why| invalid(population, why))
    }

    fn set_learning(&self, state: &mut FloatState, learning: bool) {
        state.learning = learning;
    }

    fn probe(&self, program: &Resolved, state: &FloatState, probe: &Probe) -> Option<Vec<f32>> {
        match probe {
            Probe::Membrane(name) => {
                let at = program.population(name)?;
                let neurons = state.populations[at].neurons.as_ref()?;
                Some(neurons.membrane()[..program.populations[at].size].to_vec())
            }
            Probe::ActiveSynapses(name) => {
                let at = program.projection(name)?;
                let projection = &program.projections[at];
                let all = || program.sizes(projection).into_iter().product();
                Some(vec![state.projections[at].rule.as_ref().map_or_else(all, |rule| rule.active()) as f32])
            }
        }
    }

    fn variables(&self, program: &Resolved, state: &FloatState, population: &str) -> Variables {
        let Some(at) = program.population(population) else { return Vec::new() };
        let neurons = state.populations[at].neurons.as_deref();
        neurons.map_or(Vec::new(), |neurons| variables_of(neurons, program.populations[at].size))
    }

    fn weights(&self, program: &Resolved, state: &FloatState, projection: &str) -> Option<Vec<f32>> {
        let at = program.projection(projection)?;
        let targets = program.populations[program.projections[at].target].size;
        let weights = state.projections[at].rule.as_ref().map_or(&state.projections[at].pairs[..], |rule| rule.weights());
        Some(unpad_rows(weights, targets))
    }

    fn program(&self, program: &Resolved, state: &mut FloatState, projection: &str, weights: &[f32]) -> Result<(), CompileError> {
        let at = program.projection(projection);
        let at = at.ok_or_else(|| invalid(projection, "there is no such projection"))?;
        let (projection, synapses) = (&program.projections[at], &mut state.projections[at]);
        let padded_weights = program.check_weights(projection, weights)?;
        match &mut synapses.rule {
            Some(rule) => rule.program(&padded_weights, 0.0).map_err(|why| invalid(&projection.name, why))?,
            None => synapses.pairs = padded_weights,
        }
        self.sum_pairs(synapses, projection, padded(program.populations[projection.target].size));
        Ok(())
    }

    fn save(&self, state: &FloatState) -> Vec<u8> {
        let saved = |(p, history): (&PopulationState, &History)| {
            let (spikes, analogue) = history.parts();
            let neurons = p.neurons.as_ref().map(|n| n.save()).or_else(|| analogue.map(state::write));
            SavedPopulation { spikes: spikes.clone(), neurons }
        };
        state::write(&Saved {
            seed: state.seed,
            tick: state.tick,
            learning: state.learning,
            populations: state.populations.iter().zip(&state.histories).map(saved).collect(),
            projections: state.projections.iter().map(|p| p.rule.as_ref().map(|r| r.save())).collect(),
        })
    }

    fn load(&self, program: &Resolved, bytes: &[u8]) -> Result<FloatState, StateError> {
        let saved: Saved = state::read(bytes)?;
        let mut state = self.init(program, saved.seed).map_err(|e| StateError(e.to_string()))?;
        if saved.tick >> 62 != 0
            || saved.populations.len() != state.populations.len()
            || saved.projections.len() != state.projections.len()
        {
            return Err(StateError("it is of a network with other populations or projections".into()));
        }
        (state.tick, state.learning) = (saved.tick, saved.learning);
        for (at, SavedPopulation { spikes, neurons }) in saved.populations.into_iter().enumerate() {
            let described = &program.populations[at];
            let other = || StateError(format!("population {:?} is another one", described.name));
            let analogue = match (&mut state.populations[at].neurons, neurons, &described.source) {
                (Some(kernel), Some(bytes), _) => kernel.load(&bytes).map(|()| None)?,
                (None, Some(bytes), Source::Analogue) => Some(state::read::<Analogue>(&bytes)?),
                (None, None, _) => None,
                _ => return Err(other()),
            };
            state.histories[at] = History::from_parts(spikes, analogue);
            if !state.histories[at].fits(described, program.history) {
                return Err(other());
            }
        }
        for ((synapses, projection), rule) in state.projections.iter_mut().zip(&program.projections).zip(saved.projections) {
            match (&mut synapses.rule, rule) {
                (Some(kernel), Some(bytes)) => kernel.load(&bytes)?,
                (None, None) => (),
                _ => return Err(StateError(format!("projection {:?} is another one", projection.name))),
            }
            self.sum_pairs(synapses, projection, padded(program.populations[projection.target].size));
        }
        Ok(state)
    }
}

/// Takes down what the inputs send in this tick.
fn take_inputs(program: &Resolved, state: &mut FloatState, input: TickInput<'_>, now: usize) {
    for (population, history) in program.populations.iter().zip(&mut state.histories) {
        history.take_input(population, input, now);
    }
}

fn invalid(part: &str, why: impl Into<String>) -> CompileError {
    CompileError::invalid(part, why)
}

impl FloatSubstrate {
    /// All populations before their first tick, with nothing sent yet.
    fn at_rest(&self, program: &Resolved, seed: u64) -> Result<(Vec<PopulationState>, Vec<History>), CompileError> {
        let state = |(at, population): (usize, &ResolvedPopulation)| {
            let seed = program.seed_of(seed, at);
            let neurons = self.neurons(&population.name, population.size, &population.source, program.tick_ms, seed)?;
            let zeros = vec![0.0; padded(population.size)];
            let (excitatory, inhibitory) = (zeros.clone(), zeros);
            Ok(PopulationState { neurons, excitatory, inhibitory, reached: false })
        };
        let populations = program.populations.iter().enumerate().map(state).collect::<Result<_, CompileError>>()?;
        Ok((populations, program.populations.iter().map(|population| History::new(population, program.history)).collect()))
    }

    /// Builds the neurons of a population; none for an input.
    fn neurons(
        &self,
        name: &str,
        size: usize,
        source: &Source,
        tick_ms: f64,
        seed: u64,
    ) -> Result<Option<Box<dyn NeuronKernel>>, CompileError> {
        let Source::Model(model) = source else { return Ok(None) };
        let context = PopulationContext { size, tick_ms, seed };
        let built = self.models.build_neurons(&model.name, &model.parameters, &context);
        built.map(Some).map_err(|why| invalid(name, why))
    }

    /// Delivers what is due in this tick: what neurons send without delay if `late`, all else if not.
    fn deliver(&self, program: &Resolved, state: &mut FloatState, late: bool) {
        for (projection, synapses) in program.projections.iter().zip(&state.projections) {
            if projection.late != late || state.tick < projection.delay as u64 {
                continue;
            }
            let slot = program.slot(state.tick, projection.delay as u64);
            let history = &state.histories[projection.source];
            let (spikes_of, heights_of) = (history.spikes(slot), history.heights(slot));
            if spikes_of.is_empty() {
                continue;
            }
            let to = &mut state.populations[projection.target];
            to.reached = true;
            let (pairs, excitatory, inhibitory) = (&synapses.pairs, &mut to.excitatory, &mut to.inhibitory);
            match program.populations[projection.target].sums {
                Sums::Together => {
                    let sums = excitatory;
                    dispatch!(self.kernel, add_up(pairs: &[f32], spikes_of: &[u32], heights_of: Option<&[f32]>, sums: &mut [f32]));
                }
                Sums::BySign => dispatch!(self.kernel, deliver(
                    pairs: &[f32], excitatory: &mut [f32], inhibitory: &mut [f32], spikes_of: &[u32], heights_of: Option<&[f32]>,
                )),
            }
        }
    }

    /// Neurons integrate and fire; or, later, readouts integrate.
    fn integrate(&self, program: &Resolved, state: &mut FloatState, now: usize, readouts: bool) {
        for ((program, population), history) in program.populations.iter().zip(&mut state.populations).zip(&mut state.histories) {
            let Some(neurons) = population.neurons.as_mut().filter(|_| program.readout == readouts) else { continue };
            let spikes = history.spikes_mut(now);
            spikes.clear();
            neurons.tick(Arrivals { excitatory: &population.excitatory, inhibitory: &population.inhibitory }, spikes);
            if std::mem::take(&mut population.reached) {
                population.excitatory.fill(0.0);
                population.inhibitory.fill(0.0);
            }
        }
    }

    /// The weight of each pair from those of its synapses.
    fn sum_pairs(&self, synapses: &mut ProjectionState, projection: &ResolvedProjection, width: usize) {
        let Some(rule) = &synapses.rule else { return };
        let (weights, pairs, per_pair) = (rule.weights(), &mut synapses.pairs, projection.per_pair);
        dispatch!(self.kernel, sum_pairs(weights: &[f32], pairs: &mut [f32], per_pair: usize, width: usize));
    }
}
