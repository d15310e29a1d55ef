//! The parts of one tick.

use embody_brain::neuron::Arrivals;
use embody_brain::plasticity::Activity;
use embody_brain::substrate::resolved::Source;
use embody_brain::{ThirdFactor, TickInput, TickOutput};

use super::state::{Cells, PopulationState, SynapsesState};
use super::{ChipProgram, ChipState, ChipSubstrate, factor_of};
use crate::chips::{Cause, Chip, Events};

impl<C: Chip> ChipSubstrate<C> {
    /// Takes down what the inputs send in this tick. The host writes spikes to the chip; values stand there until others are set.
    pub(super) fn take_inputs(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, input: TickInput<'_>, now: usize) {
        for (population, history) in program.network.populations.iter().zip(&mut state.histories) {
            history.take_input(population, input, now);
            if matches!(population.source, Source::Input(_)) {
                state.counters.host_writes += history.spikes(now).len() as u64;
            }
        }
    }

    /// Delivers what is due in this tick: what neurons send without delay if `late`, all else if not.
    pub(super) fn deliver(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, late: bool) {
        for (at, projection) in program.network.projections.iter().enumerate() {
            if projection.late != late || state.tick < projection.delay as u64 {
                continue;
            }
            let moment = program.moment_of_projection(state, at);
            let slot = program.network.slot(state.tick, projection.delay as u64);
            let history = &state.histories[projection.source];
            let events = Events { sources: history.spikes(slot), heights: history.heights(slot) };
            if !events.sources.is_empty() {
                let (placed, synapses) = (&program.projections[at], &mut state.projections[at].synapses);
                let sums = &mut state.populations[projection.target].sums;
                self.chip.deliver(placed, synapses, events, sums, moment, &mut state.counters);
            }
        }
    }

    /// Neurons integrate and fire; or, later, readouts integrate.
    pub(super) fn integrate(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, now: usize, readouts: bool) {
        for (at, described) in program.network.populations.iter().enumerate() {
            if described.readout != readouts {
                continue;
            }
            let moment = program.moment_of_population(state, at);
            let (placed, spikes) = (&program.populations[at], state.histories[at].spikes_mut(now));
            let PopulationState { cells, sums, arrivals } = &mut state.populations[at];
            match cells {
                Cells::Outside => (),
                Cells::Chip(neurons) => {
                    spikes.clear();
                    self.chip.fire(placed, neurons, sums, moment, spikes, &mut state.counters);
                    state.counters.spikes += spikes.len() as u64;
                }
                Cells::Host(neurons) => {
                    spikes.clear();
                    let [excitatory, inhibitory] = arrivals;
                    self.chip.read(placed, sums, moment, [&mut excitatory[..], &mut inhibitory[..]], &mut state.counters);
                    neurons.tick(Arrivals { excitatory, inhibitory }, spikes);
                    arrivals.iter_mut().for_each(|sums| sums.fill(0.0));
                    state.counters.host_writes += spikes.len() as u64;
                }
            }
        }
    }

    /// Traces, eligibility, plasticity: rules request weights, and the chip stores what it can.
    pub(super) fn learn(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, third_factor: ThirdFactor<'_>, now: usize) {
        for (at, projection) in program.network.projections.iter().enumerate() {
            let moment = program.moment_of_projection(state, at);
            let SynapsesState { synapses, rule } = &mut state.projections[at];
            let Some(rule) = rule else { continue };
            let [pre, post] = [projection.source, projection.target].map(|population| state.histories[population].spikes(now));
            // Neurons on the chip fire deterministically: none has a back-propagating potential. Their arrivals are never filled.
            let target = &state.populations[projection.target];
            let bap = match &target.cells {
                Cells::Host(neurons) => neurons.bap(),
                _ => &target.arrivals[0][..],
            };
            let activity =
                Activity { pre, post, bap, third_factor: factor_of(third_factor, projection.target), learning: state.learning };
            if !program.rule_on_chip[at] {
                let read = [(projection.source, pre), (projection.target, post)];
                let read = read.iter().filter(|(population, _)| program.neurons_on_chip[*population]);
                state.counters.host_reads += read.map(|(_, spikes)| spikes.len() as u64).sum::<u64>();
            }
            if !rule.tick(activity) {
                continue;
            }
            let weights = rule.requested();
            let synapses_of_all =
                (weights.len() / program.width(at) * program.network.populations[projection.target].size) as u64;
            if program.rule_on_chip[at] {
                state.counters.plasticity_updates += synapses_of_all;
            } else {
                state.counters.host_writes += synapses_of_all;
            }
            self.chip.write(&program.projections[at], synapses, weights, Cause::Learning, moment, &mut state.counters);
        }
    }

    /// What is read out of this tick.
    pub(super) fn read_out(&self, program: &ChipProgram<C>, state: &mut ChipState<C>, now: usize, output: &mut TickOutput) {
        let readouts = &program.network.readouts;
        output.spikes.resize_with(readouts.len(), Vec::new);
        output.values.resize_with(readouts.len(), Vec::new);
        for ((spikes, values), &at) in output.spikes.iter_mut().zip(&mut output.values).zip(readouts) {
            spikes.clear();
            spikes.extend_from_slice(state.histories[at].spikes(now));
            values.clear();
            match &state.populations[at].cells {
                Cells::Outside => (),
                Cells::Chip(neurons) => {
                    values.extend(self.chip.values(&program.populations[at], neurons));
                    state.counters.host_reads += (spikes.len() + values.len()) as u64;
                }
                Cells::Host(neurons) => values.extend_from_slice(neurons.values().unwrap_or_default()),
            }
        }
    }
}
