//! The float substrate: networks in `f32`, deterministically, with nothing lost.
//!
//! One tick: deliver -> integrate -> fire -> traces -> eligibility -> plasticity. Sums run in a fixed order: projections as they stand in
//! the spec, sources by number. What neurons send into a readout without delay is delivered, in that order, once they have fired; so
//! are what inputs send without delay and all that is delayed, before.

mod kernels;
mod program;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use kernels::{add_up, deliver, pad, sum_pairs};
pub use program::FloatProgram;
use program::{ProjectionProgram, Source, invalid};

use super::{Fidelity, Probe, Substrate, ThirdFactor, TickInput, TickOutput};
use crate::models::Models;
use crate::neuron::{Arrivals, NeuronKernel, PopulationContext, Sums};
use crate::numeric::{Kernel, dispatch, padded};
use crate::plasticity::{Activity, ProjectionContext, RuleKernel};
use crate::spec::{CompileError, NetworkSpec};
use crate::state::{self, StateError};

/// Runs networks in `f32` on this machine's processor.
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
    populations: Vec<PopulationState>,
    projections: Vec<ProjectionState>,
}

struct PopulationState {
    neurons: Option<Box<dyn NeuronKernel>>,
    /// Spikes of the last ticks: those of tick t at t modulo the length, which is a power of two.
    spikes: Vec<Vec<u32>>,
    /// What is held by an analogue input.
    analogue: Option<Analogue>,
    /// What arrives in the tick at hand; zero between ticks.
    excitatory: Vec<f32>,
    inhibitory: Vec<f32>,
    /// Whether anything arrives.
    reached: bool,
}

/// An analogue input: its values stand until others are given. Those that aren't zero act like spikes of their height.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Analogue {
    held: Vec<f32>,
    /// Heights of the last ticks' spikes, beside the population's `spikes`.
    heights: Vec<Vec<f32>>,
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
            spikes: p.spikes.clone(),
            analogue: p.analogue.clone(),
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
    type Program = FloatProgram;
    type State = FloatState;

    fn name(&self) -> &str {
        "float"
    }

    fn compile(&self, spec: &NetworkSpec) -> Result<(FloatProgram, Fidelity), CompileError> {
        let program = FloatProgram::new(spec, |name, size, source, tick_ms| self.neurons(name, size, source, tick_ms, 0))?;
        // What a rule refuses is found now, not when it is first run.
        self.init(&program, 0)?;
        Ok((program, Fidelity::default()))
    }

    fn init(&self, program: &FloatProgram, seed: u64) -> Result<FloatState, CompileError> {
        // Parts have streams of their own: the seed is mixed with the part's number by the generator's Weyl constant.
        let seed_of = |part: usize| seed.wrapping_add((part as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut populations = Vec::new();
        for (i, population) in program.populations.iter().enumerate() {
            let neurons = self.neurons(&population.name, population.size, &population.source, program.tick_ms, seed_of(i))?;
            let zeros = vec![0.0; padded(population.size)];
            let spikes = vec![Vec::new(); program.history];
            let analogue = matches!(population.source, Source::Analogue)
                .then(|| Analogue { held: vec![0.0; population.size], heights: vec![Vec::new(); program.history] });
            let (excitatory, inhibitory) = (zeros.clone(), zeros);
            populations.push(PopulationState { neurons, spikes, analogue, excitatory, inhibitory, reached: false });
        }
        let mut projections = Vec::new();
        for (i, projection) in program.projections.iter().enumerate() {
            let (sources, targets) = (program.populations[projection.source].size, program.populations[projection.target].size);
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
        Ok(FloatState { seed, tick: 0, learning: true, populations, projections })
    }

    fn tick(&self, program: &FloatProgram, state: &mut FloatState, input: TickInput<'_>, output: &mut TickOutput) {
        let now = program.slot(state.tick, 0);
        if program.immediate {
            program.take_inputs(state, input, now);
        }
        self.deliver(program, state, false);
        if !program.immediate {
            program.take_inputs(state, input, now);
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
            let pre = &state.populations[projection.source].spikes[now];
            let bap = state.populations[projection.target].neurons.as_ref().map_or(&[][..], |neurons| neurons.bap());
            if rule.tick(Activity { pre, bap, third_factor, learning: state.learning }) {
                // This substrate stores what was asked for as it is.
                self.sum_pairs(synapses, projection, padded(program.populations[projection.target].size));
            }
        }
        output.spikes.resize_with(program.readouts.len(), Vec::new);
        for (out, &population) in output.spikes.iter_mut().zip(&program.readouts) {
            out.clone_from(&state.populations[population].spikes[now]);
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
        program: &FloatProgram,
        state: &mut FloatState,
        population: &str,
        values: &[f32],
    ) -> Result<(), CompileError> {
        let at = program.populations.iter().position(|p| p.name == population);
        let Some(analogue) = at.and_then(|at| state.populations[at].analogue.as_mut()) else {
            return Err(invalid(population, "there is no such analogue input"));
        };
        if values.len() != analogue.held.len() || values.iter().any(|v| !v.is_finite()) {
            return Err(invalid(population, format!("expected {} finite values, found {}", analogue.held.len(), values.len())));
        }
        analogue.held.copy_from_slice(values);
        Ok(())
    }

    fn set_learning(&self, state: &mut FloatState, learning: bool) {
        state.learning = learning;
    }

    fn probe(&self, program: &FloatProgram, state: &FloatState, probe: &Probe) -> Option<Vec<f32>> {
        match probe {
            Probe::Membrane(name) => {
                let at = program.populations.iter().position(|p| &p.name == name)?;
                let neurons = state.populations[at].neurons.as_ref()?;
                Some(neurons.membrane()[..program.populations[at].size].to_vec())
            }
            Probe::ActiveSynapses(name) => {
                let at = program.projections.iter().position(|p| &p.name == name)?;
                let projection = &program.projections[at];
                let all = || program.populations[projection.source].size * program.populations[projection.target].size;
                Some(vec![state.projections[at].rule.as_ref().map_or_else(all, |rule| rule.active()) as f32])
            }
        }
    }

    fn weights(&self, program: &FloatProgram, state: &FloatState, projection: &str) -> Option<Vec<f32>> {
        let at = program.projections.iter().position(|p| p.name == projection)?;
        let targets = program.populations[program.projections[at].target].size;
        let weights = state.projections[at].rule.as_ref().map_or(&state.projections[at].pairs[..], |rule| rule.weights());
        Some(weights.chunks_exact(padded(targets)).flat_map(|row| &row[..targets]).copied().collect())
    }

    fn program(
        &self,
        program: &FloatProgram,
        state: &mut FloatState,
        projection: &str,
        weights: &[f32],
    ) -> Result<(), CompileError> {
        let at = program.projections.iter().position(|p| p.name == projection);
        let at = at.ok_or_else(|| invalid(projection, "there is no such projection"))?;
        let (projection, synapses) = (&program.projections[at], &mut state.projections[at]);
        let (sources, targets) = (program.populations[projection.source].size, program.populations[projection.target].size);
        let expected = sources * projection.per_pair * targets;
        if weights.len() != expected || weights.iter().any(|w| !w.is_finite()) {
            return Err(invalid(&projection.name, format!("expected {expected} finite weights, found {}", weights.len())));
        }
        let padded_weights = pad(weights, targets);
        match &mut synapses.rule {
            Some(rule) => rule.program(&padded_weights).map_err(|why| invalid(&projection.name, why))?,
            None => synapses.pairs = padded_weights,
        }
        self.sum_pairs(synapses, projection, padded(targets));
        Ok(())
    }

    fn save(&self, state: &FloatState) -> Vec<u8> {
        let saved = |p: &PopulationState| SavedPopulation {
            spikes: p.spikes.clone(),
            neurons: p.neurons.as_ref().map(|n| n.save()).or_else(|| p.analogue.as_ref().map(state::write)),
        };
        state::write(&Saved {
            seed: state.seed,
            tick: state.tick,
            learning: state.learning,
            populations: state.populations.iter().map(saved).collect(),
            projections: state.projections.iter().map(|p| p.rule.as_ref().map(|r| r.save())).collect(),
        })
    }

    fn load(&self, program: &FloatProgram, bytes: &[u8]) -> Result<FloatState, StateError> {
        let saved: Saved = state::read(bytes)?;
        let mut state = self.init(program, saved.seed).map_err(|e| StateError(e.to_string()))?;
        if saved.tick >> 62 != 0
            || saved.populations.len() != state.populations.len()
            || saved.projections.len() != state.projections.len()
        {
            return Err(StateError("it is of a network with other populations or projections".into()));
        }
        (state.tick, state.learning) = (saved.tick, saved.learning);
        for ((population, program), SavedPopulation { spikes, neurons }) in
            state.populations.iter_mut().zip(&program.populations).zip(saved.populations)
        {
            let inside = spikes.iter().flatten().all(|&i| (i as usize) < program.size);
            let stateful = population.neurons.is_some() || population.analogue.is_some();
            if spikes.len() != population.spikes.len() || !inside || neurons.is_some() != stateful {
                return Err(StateError(format!("population {:?} is another one", program.name)));
            }
            population.spikes = spikes;
            if let (Some(kernel), Some(bytes)) = (&mut population.neurons, &neurons) {
                kernel.load(bytes)?;
            }
            if let (Some(analogue), Some(bytes)) = (&mut population.analogue, &neurons) {
                let loaded: Analogue = state::read(bytes)?;
                let heights = loaded.heights.iter().map(Vec::len);
                if loaded.held.len() != program.size || !heights.eq(population.spikes.iter().map(Vec::len)) {
                    return Err(StateError(format!("population {:?} is another one", program.name)));
                }
                *analogue = loaded;
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

impl FloatProgram {
    /// Takes down what the inputs send in this tick.
    fn take_inputs(&self, state: &mut FloatState, input: TickInput<'_>, now: usize) {
        for (program, population) in self.populations.iter().zip(&mut state.populations) {
            let spikes = &mut population.spikes[now];
            match (&program.source, &mut population.analogue) {
                (Source::Input(number), _) => {
                    let given = input.spikes.get(*number).copied().unwrap_or_default();
                    spikes.clear();
                    spikes.extend(given.iter().copied().filter(|&i| (i as usize) < program.size));
                }
                (_, Some(analogue)) => {
                    let heights = &mut analogue.heights[now];
                    spikes.clear();
                    heights.clear();
                    for (i, &value) in analogue.held.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                        spikes.push(i as u32);
                        heights.push(value);
                    }
                }
                _ => (),
            }
        }
    }
}

impl FloatSubstrate {
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
    fn deliver(&self, program: &FloatProgram, state: &mut FloatState, late: bool) {
        for (projection, synapses) in program.projections.iter().zip(&state.projections) {
            if projection.late != late || state.tick < projection.delay as u64 {
                continue;
            }
            let slot = program.slot(state.tick, projection.delay as u64);
            let [source, target] = [projection.source, projection.target];
            let spikes = std::mem::take(&mut state.populations[source].spikes[slot]);
            let heights = state.populations[source].analogue.as_mut().map(|analogue| std::mem::take(&mut analogue.heights[slot]));
            if !spikes.is_empty() {
                let to = &mut state.populations[target];
                to.reached = true;
                let (pairs, excitatory, inhibitory) = (&synapses.pairs, &mut to.excitatory, &mut to.inhibitory);
                let (spikes_of, heights_of) = (&spikes[..], heights.as_deref());
                match program.populations[target].sums {
                    Sums::Together => {
                        let sums = excitatory;
                        dispatch!(self.kernel, add_up(pairs: &[f32], spikes_of: &[u32], heights_of: Option<&[f32]>, sums: &mut [f32]));
                    }
                    Sums::BySign => dispatch!(self.kernel, deliver(
                        pairs: &[f32], excitatory: &mut [f32], inhibitory: &mut [f32], spikes_of: &[u32], heights_of: Option<&[f32]>,
                    )),
                }
            }
            let from = &mut state.populations[source];
            from.spikes[slot] = spikes;
            if let (Some(analogue), Some(heights)) = (&mut from.analogue, heights) {
                analogue.heights[slot] = heights;
            }
        }
    }

    /// Neurons integrate and fire; or, later, readouts integrate.
    fn integrate(&self, program: &FloatProgram, state: &mut FloatState, now: usize, readouts: bool) {
        for (program, population) in program.populations.iter().zip(&mut state.populations) {
            let Some(neurons) = population.neurons.as_mut().filter(|_| program.readout == readouts) else { continue };
            let spikes = &mut population.spikes[now];
            spikes.clear();
            neurons.tick(Arrivals { excitatory: &population.excitatory, inhibitory: &population.inhibitory }, spikes);
            if std::mem::take(&mut population.reached) {
                population.excitatory.fill(0.0);
                population.inhibitory.fill(0.0);
            }
        }
    }

    /// The weight of each pair from those of its synapses.
    fn sum_pairs(&self, synapses: &mut ProjectionState, projection: &ProjectionProgram, width: usize) {
        let Some(rule) = &synapses.rule else { return };
        let (weights, pairs, per_pair) = (rule.weights(), &mut synapses.pairs, projection.per_pair);
        dispatch!(self.kernel, sum_pairs(weights: &[f32], pairs: &mut [f32], per_pair: usize, width: usize));
    }
}
