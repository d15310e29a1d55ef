//! The float substrate: networks in `f32`, deterministically, with nothing lost.
//!
//! Sums run in a fixed order: projections as they stand in the spec, spikes by number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Fidelity, Probe, Substrate, ThirdFactor, TickInput, TickOutput};
use crate::models::Models;
use crate::neuron::{Arrivals, NeuronKernel, PopulationContext};
use crate::numeric::{Kernel, WIDTH, dispatch, padded};
use crate::plasticity::{Activity, ProjectionContext, RuleKernel};
use crate::spec::{CompileError, Model, NetworkSpec, PopulationKind, Synapses};
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

/// A network with its names resolved.
pub struct FloatProgram {
    tick_ms: f64,
    populations: Vec<PopulationProgram>,
    projections: Vec<ProjectionProgram>,
    readouts: Vec<usize>,
    /// How many ticks of spikes are kept: the longest delay.
    history: usize,
}

struct PopulationProgram {
    name: String,
    size: usize,
    /// The model, or the number of the input.
    source: Source,
}

enum Source {
    Input(usize),
    Model(Model),
}

struct ProjectionProgram {
    name: String,
    source: usize,
    target: usize,
    delay: usize,
    per_pair: usize,
    rule: Option<Model>,
    /// Fixed weights, padded; empty for plastic synapses.
    fixed: Vec<f32>,
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
            spikes: p.spikes.clone(),
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
    /// The neurons' state.
    neurons: Option<Vec<u8>>,
}

fn invalid(part: &str, why: impl Into<String>) -> CompileError {
    CompileError::Invalid { part: part.into(), why: why.into() }
}

impl Substrate for FloatSubstrate {
    type Program = FloatProgram;
    type State = FloatState;

    fn name(&self) -> &str {
        "float"
    }

    fn compile(&self, spec: &NetworkSpec) -> Result<(FloatProgram, Fidelity), CompileError> {
        if spec.tick_ns == 0 {
            return Err(invalid("network", "tick_ns: expected above zero, found 0"));
        }
        let find = |part: &str, name: &str| {
            spec.populations
                .iter()
                .position(|p| p.name == name)
                .ok_or_else(|| invalid(part, format!("there is no population {name:?}")))
        };
        let mut inputs = 0;
        let mut populations = Vec::new();
        for (i, population) in spec.populations.iter().enumerate() {
            if spec.populations[..i].iter().any(|other| other.name == population.name) {
                return Err(invalid(&population.name, "two populations have this name"));
            }
            if population.size == 0 || population.size > 1 << 24 {
                return Err(invalid(&population.name, format!("size: expected 1 to 2^24, found {}", population.size)));
            }
            let source = match &population.kind {
                PopulationKind::Input => Source::Input(inputs),
                PopulationKind::Neurons(model) => Source::Model(model.clone()),
            };
            inputs += usize::from(population.kind == PopulationKind::Input);
            populations.push(PopulationProgram { name: population.name.clone(), size: population.size, source });
        }
        let mut projections = Vec::new();
        for (i, projection) in spec.projections.iter().enumerate() {
            let name = &projection.name;
            let (source, target) = (find(name, &projection.source)?, find(name, &projection.target)?);
            if spec.projections[..i].iter().any(|other| &other.name == name) {
                return Err(invalid(name, "two projections have this name"));
            }
            if matches!(populations[target].source, Source::Input(_)) {
                return Err(invalid(name, format!("its target {:?} is an input", projection.target)));
            }
            if projection.delay_ns == 0 || !projection.delay_ns.is_multiple_of(spec.tick_ns) {
                let (found, tick) = (projection.delay_ns, spec.tick_ns);
                return Err(invalid(
                    name,
                    format!("delay_ns: expected a whole number of ticks of {tick} ns, at least one, found {found}"),
                ));
            }
            if projection.delay_ns / spec.tick_ns > 1 << 20 {
                return Err(invalid(name, format!("delay_ns: expected at most 2^20 ticks, found {}", projection.delay_ns)));
            }
            let (sources, targets) = (populations[source].size, populations[target].size);
            let (per_pair, rule, fixed) = match &projection.synapses {
                Synapses::Fixed(weights) if weights.len() != sources * targets => {
                    return Err(invalid(name, format!("expected {sources} x {targets} weights, found {}", weights.len())));
                }
                Synapses::Fixed(weights) if weights.iter().any(|w| !w.is_finite()) => {
                    return Err(invalid(name, "a weight is not a finite number"));
                }
                Synapses::Fixed(weights) => (1, None, pad(weights, targets)),
                Synapses::Plastic { per_pair, rule } => (*per_pair, Some(rule.clone()), Vec::new()),
            };
            if per_pair == 0 || (sources * per_pair).checked_mul(padded(targets)).is_none_or(|n| n > 1 << 28) {
                return Err(invalid(
                    name,
                    format!("expected at least one synapse a pair and at most 2^28 in all, found {per_pair} a pair"),
                ));
            }
            let delay = (projection.delay_ns / spec.tick_ns) as usize;
            projections.push(ProjectionProgram { name: name.clone(), source, target, delay, per_pair, rule, fixed });
        }
        let readouts = spec.readouts.iter().map(|name| find("readouts", name)).collect::<Result<_, _>>()?;
        let history = projections.iter().map(|p| p.delay).max().unwrap_or(1).next_power_of_two();
        let program = FloatProgram { tick_ms: spec.tick_ns as f64 / 1e6, populations, projections, readouts, history };
        // What a model refuses is found now, not when it is first run.
        self.init(&program, 0)?;
        Ok((program, Fidelity::default()))
    }

    fn init(&self, program: &FloatProgram, seed: u64) -> Result<FloatState, CompileError> {
        // Parts have streams of their own: the seed is mixed with the part's number by the generator's Weyl constant.
        let seed_of = |part: usize| seed.wrapping_add((part as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut populations = Vec::new();
        for (i, population) in program.populations.iter().enumerate() {
            let neurons = match &population.source {
                Source::Input(_) => None,
                Source::Model(model) => {
                    let context = PopulationContext { size: population.size, tick_ms: program.tick_ms, seed: seed_of(i) };
                    let built = self.models.build_neurons(&model.name, &model.parameters, &context);
                    Some(built.map_err(|why| invalid(&population.name, why))?)
                }
            };
            let zeros = vec![0.0; padded(population.size)];
            let spikes = vec![Vec::new(); program.history];
            populations.push(PopulationState { neurons, spikes, excitatory: zeros.clone(), inhibitory: zeros, reached: false });
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
        let slot = |ago: u64| state.tick.wrapping_sub(ago) as usize & (program.history - 1);
        // Deliver.
        for (projection, synapses) in program.projections.iter().zip(&state.projections) {
            if state.tick < projection.delay as u64 {
                continue;
            }
            let [source, target] = [projection.source, projection.target];
            let spikes = std::mem::take(&mut state.populations[source].spikes[slot(projection.delay as u64)]);
            if !spikes.is_empty() {
                let to = &mut state.populations[target];
                to.reached = true;
                let (pairs, excitatory, inhibitory, spikes) = (&synapses.pairs, &mut to.excitatory, &mut to.inhibitory, &spikes);
                dispatch!(self.kernel, deliver(pairs: &[f32], excitatory: &mut [f32], inhibitory: &mut [f32], spikes: &[u32]));
            }
            state.populations[source].spikes[slot(projection.delay as u64)] = spikes;
        }
        // Integrate and fire.
        let now = slot(0);
        for (program, population) in program.populations.iter().zip(&mut state.populations) {
            let spikes = &mut population.spikes[now];
            spikes.clear();
            match (&program.source, &mut population.neurons) {
                (Source::Input(number), _) => {
                    let given = input.spikes.get(*number).copied().unwrap_or_default();
                    spikes.extend(given.iter().copied().filter(|&i| (i as usize) < program.size));
                }
                (Source::Model(_), Some(neurons)) => {
                    neurons.tick(Arrivals { excitatory: &population.excitatory, inhibitory: &population.inhibitory }, spikes);
                    if std::mem::take(&mut population.reached) {
                        population.excitatory.fill(0.0);
                        population.inhibitory.fill(0.0);
                    }
                }
                (Source::Model(_), None) => unreachable!("every model is built with its population"),
            }
        }
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
        state.tick += 1;
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
        let saved =
            |p: &PopulationState| SavedPopulation { spikes: p.spikes.clone(), neurons: p.neurons.as_ref().map(|n| n.save()) };
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
            if spikes.len() != population.spikes.len() || !inside || neurons.is_some() != population.neurons.is_some() {
                return Err(StateError(format!("population {:?} is another one", program.name)));
            }
            population.spikes = spikes;
            if let (Some(kernel), Some(bytes)) = (&mut population.neurons, neurons) {
                kernel.load(&bytes)?;
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

impl FloatSubstrate {
    /// The weight of each pair from those of its synapses.
    fn sum_pairs(&self, synapses: &mut ProjectionState, projection: &ProjectionProgram, width: usize) {
        let Some(rule) = &synapses.rule else { return };
        let (weights, pairs, per_pair) = (rule.weights(), &mut synapses.pairs, projection.per_pair);
        dispatch!(self.kernel, sum_pairs(weights: &[f32], pairs: &mut [f32], per_pair: usize, width: usize));
    }
}

/// Rows of `targets` numbers, each padded with zeros to whole vectors.
fn pad(rows: &[f32], targets: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() / targets * padded(targets));
    for row in rows.chunks_exact(targets) {
        out.extend_from_slice(row);
        out.resize(out.len().next_multiple_of(WIDTH), 0.0);
    }
    out
}

#[inline(always)]
fn sum_pairs(weights: &[f32], pairs: &mut [f32], per_pair: usize, width: usize) {
    for (synapses, pair) in weights.chunks_exact(per_pair * width).zip(pairs.chunks_exact_mut(width)) {
        let (pair, _) = pair.as_chunks_mut::<WIDTH>();
        for (column, pair) in pair.iter_mut().enumerate() {
            let mut sum = [0.0; WIDTH];
            for synapses in synapses.chunks_exact(width) {
                let (synapses, _) = synapses.as_chunks::<WIDTH>();
                for j in 0..WIDTH {
                    sum[j] += synapses[column][j];
                }
            }
            *pair = sum;
        }
    }
}

#[inline(always)]
fn deliver(pairs: &[f32], excitatory: &mut [f32], inhibitory: &mut [f32], spikes: &[u32]) {
    let width = excitatory.len();
    for &source in spikes {
        let row = &pairs[source as usize * width..][..width];
        for ((excitatory, inhibitory), &w) in excitatory.iter_mut().zip(inhibitory.iter_mut()).zip(row) {
            *excitatory += if w > 0.0 { w } else { 0.0 };
            *inhibitory += if w < 0.0 { w } else { 0.0 };
        }
    }
}
