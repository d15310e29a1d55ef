//! Any chip as a substrate: what all of them share.
//!
//! One tick: deliver -> integrate -> fire -> traces -> eligibility -> plasticity, in the order of the float substrate. A rule requests
//! weights, the chip stores what it can, and the rule goes on with that.

mod program;
mod state;
mod tick;

use std::sync::Arc;

use embody_brain::numeric::padded;
use embody_brain::state::StateError;
use embody_brain::substrate::resolved::unpad_rows;
use embody_brain::substrate::variables_of;
use embody_brain::{
    CompileError, Fidelity, Models, NetworkSpec, Probe, Substrate, ThirdFactor, TickInput, TickOutput, Variables,
};

use super::{Cause, Chip, Moment};
pub use program::ChipProgram;
pub use state::ChipState;
use state::{Cells, Lost, SynapsesState};

/// Runs networks on an emulated chip, with a host beside it.
#[derive(Clone)]
pub struct ChipSubstrate<C: Chip> {
    chip: C,
    models: Arc<Models>,
}

impl<C: Chip> ChipSubstrate<C> {
    /// A chip whose host knows the given models.
    pub fn new(chip: C, models: Arc<Models>) -> Self {
        ChipSubstrate { chip, models }
    }

    /// The chip.
    pub fn chip(&self) -> &C {
        &self.chip
    }

    fn invalid(&self, part: &str, why: impl Into<String>) -> CompileError {
        CompileError::invalid(part, why)
    }
}

impl<C: Chip> Substrate for ChipSubstrate<C> {
    type Program = ChipProgram<C>;
    type State = ChipState<C>;

    fn name(&self) -> &str {
        self.chip.name()
    }

    fn compile(&self, spec: &NetworkSpec) -> Result<(ChipProgram<C>, Fidelity), CompileError> {
        let (program, fidelity) = self.place(spec)?;
        let state = self.init(&program, 0)?;
        let fidelity = self.fidelity(&program, &state, &fidelity);
        Ok((program, fidelity))
    }

    fn init(&self, program: &ChipProgram<C>, seed: u64) -> Result<ChipState<C>, CompileError> {
        let mut state = self.blank(program, seed)?;
        self.store(program, &mut state);
        state.counters = Default::default();
        Ok(state)
    }

    fn fidelity(&self, _: &ChipProgram<C>, state: &ChipState<C>, compiled: &Fidelity) -> Fidelity {
        let Lost { quantisation_error, clipped } = state.lost;
        Fidelity { quantisation_error, clipped, ..compiled.clone() }
    }

    fn tick(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, input: TickInput<'_>, output: &mut TickOutput) {
        let network = &program.network;
        let now = network.slot(state.tick, 0);
        if network.immediate {
            self.take_inputs(program, state, input, now);
        }
        self.deliver(program, state, false);
        if !network.immediate {
            self.take_inputs(program, state, input, now);
        }
        self.integrate(program, state, now, false);
        self.deliver(program, state, true);
        self.integrate(program, state, now, true);
        self.learn(program, state, input.third_factor, now);
        self.read_out(program, state, now, output);
        state.tick += 1;
    }

    fn set_values(
        &self,
        program: &ChipProgram<C>,
        state: &mut ChipState<C>,
        population: &str,
        values: &[f32],
    ) -> Result<(), CompileError> {
        let at = program.network.population(population);
        let held = at.map_or(Err("there is no such analogue input".into()), |at| state.histories[at].hold(values));
        held.map_err(|why| self.invalid(population, why))?;
        state.counters.host_writes += values.len() as u64;
        Ok(())
    }

    fn rest(&self, program: &ChipProgram<C>, state: &mut ChipState<C>) -> Result<(), CompileError> {
        let seed = program.network.seed_at_rest(state.seed, state.tick);
        (state.populations, state.histories) = self.at_rest(program, seed)?;
        Ok(())
    }

    fn set_learning(&self, state: &mut ChipState<C>, learning: bool) {
        state.learning = learning;
    }

    fn probe(&self, program: &ChipProgram<C>, state: &ChipState<C>, probe: &Probe) -> Option<Vec<f32>> {
        let network = &program.network;
        match probe {
            Probe::Membrane(name) => {
                let at = network.population(name)?;
                let mut membrane = match &state.populations[at].cells {
                    Cells::Outside => return None,
                    Cells::Chip(neurons) => self.chip.membrane(&program.populations[at], neurons),
                    Cells::Host(neurons) => neurons.membrane().to_vec(),
                };
                membrane.truncate(network.populations[at].size);
                Some(membrane)
            }
            Probe::ActiveSynapses(name) => {
                let at = network.projection(name)?;
                let all = || network.sizes(&network.projections[at]).into_iter().product();
                Some(vec![state.projections[at].rule.as_ref().map_or_else(all, |rule| rule.active()) as f32])
            }
        }
    }

    fn variables(&self, program: &ChipProgram<C>, state: &ChipState<C>, population: &str) -> Variables {
        let Some(at) = program.network.population(population) else { return Vec::new() };
        match &state.populations[at].cells {
            Cells::Outside => Vec::new(),
            Cells::Chip(neurons) => self.chip.variables(&program.populations[at], neurons),
            Cells::Host(neurons) => variables_of(&**neurons, program.network.populations[at].size),
        }
    }

    fn counters(&self, state: &ChipState<C>) -> Vec<(&'static str, u64)> {
        state.counters.named()
    }

    fn weights(&self, program: &ChipProgram<C>, state: &ChipState<C>, projection: &str) -> Option<Vec<f32>> {
        let at = program.network.projection(projection)?;
        let [_, targets] = program.network.sizes(&program.network.projections[at]);
        let moment = program.moment_of_projection(state, at);
        Some(unpad_rows(&self.chip.weights(&program.projections[at], &state.projections[at].synapses, moment), targets))
    }

    fn program(
        &self,
        program: &ChipProgram<C>,
        state: &mut ChipState<C>,
        projection: &str,
        weights: &[f32],
    ) -> Result<(), CompileError> {
        let at = program.network.projection(projection).ok_or_else(|| self.invalid(projection, "there is no such projection"))?;
        let mut weights = program.network.check_weights(&program.network.projections[at], weights)?;
        let (placed, moment) = (&program.projections[at], program.moment_of_projection(state, at));
        let SynapsesState { synapses, rule } = &mut state.projections[at];
        if let Some(rule) = rule {
            // What the chip kept of a weight may lie off what the rule can represent: the rule then takes the nearest, the chip what was given.
            rule.program(&weights, self.chip.tolerance(placed)).map_err(|why| self.invalid(projection, why))?;
        }
        self.chip.write(placed, synapses, &mut weights, Cause::Given, moment, &mut state.counters);
        if let Some(rule) = rule {
            rule.requested().copy_from_slice(&weights);
        }
        Ok(())
    }

    fn save(&self, state: &ChipState<C>) -> Vec<u8> {
        state.save(self.chip.options_digest())
    }

    fn load(&self, program: &ChipProgram<C>, bytes: &[u8]) -> Result<ChipState<C>, StateError> {
        self.restore(program, bytes)
    }
}

impl<C: Chip> ChipProgram<C> {
    /// The moment of a population in a run.
    fn moment_of_population(&self, state: &ChipState<C>, at: usize) -> Moment {
        Moment { seed: self.network.seed_of(state.seed, at), tick: state.tick }
    }

    /// The moment of a projection in a run.
    fn moment_of_projection(&self, state: &ChipState<C>, at: usize) -> Moment {
        self.moment_of_population(state, self.network.populations.len() + at)
    }

    /// Padded targets of a projection.
    fn width(&self, at: usize) -> usize {
        padded(self.network.sizes(&self.network.projections[at])[1])
    }
}

/// The third factor of a population.
fn factor_of(third_factor: ThirdFactor<'_>, population: usize) -> f32 {
    match third_factor {
        ThirdFactor::None => 0.0,
        ThirdFactor::PerPopulation(factors) => factors.get(population).copied().unwrap_or(0.0),
    }
}
