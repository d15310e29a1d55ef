//! What happened in a forward pass, counted: spikes, changed potentials, synaptic operations.
//!
//! Spikes and inputs stand in the trace; potentials don't, unless all states were kept, and are computed once more from the trace's own
//! spikes, part by part, so that any trace of this network's own will do and memory stays that of a window of ticks. That costs one more forward pass.
//!
//! Not here: what the counts are called, averaged over and multiplied by (`neurobench`).

use std::ops::Range;

use super::TrainingError;
use super::batch::Batch;
use super::events::Events;
use super::forward::{Pass, Sent};
use super::network::{TrainableNetwork, same_shape};
use super::plan::{Kind, Plan, PopulationPlan, ProjectionPlan};
use super::threads::in_order;
use super::trace::{GroupTrace, Kept, Trace, WINDOW, at_rest};
use crate::numeric::Real;

/// What a population is, as far as counting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Given from outside.
    Input,
    /// Neurons that fire.
    Spiking,
    /// Leaky integrators that never fire.
    Readout,
}

/// What a population did, summed over ticks and sequences.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PopulationActivity {
    pub name: String,
    pub size: usize,
    pub role: Role,
    /// Outputs that aren't zero; none of readouts, whose values aren't looked at.
    pub events: u64,
    /// All neurons in the first tick, then those whose potential, or value, isn't that of the tick before.
    pub updates: u64,
}

/// Synaptic operations, summed over ticks and sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operations {
    /// In ticks in which every input of the projection, in all sequences, is -1, 0 or 1.
    pub accumulates: u64,
    /// In all other ticks.
    pub multiply_accumulates: u64,
    /// If no input and no weight were zero.
    pub dense: u64,
}

/// What a network did over a batch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Activity {
    /// Of each population, in the order of the spec.
    pub populations: Vec<PopulationActivity>,
    /// Of all projections together.
    pub operations: Operations,
}

impl<T: Real> TrainableNetwork<T> {
    /// Counts what happened in a forward pass of this network, with the parameters that it has now, over this batch.
    pub(crate) fn activity(&self, batch: &Batch<T>, trace: &Trace<T>) -> Result<Activity, TrainingError> {
        batch.check(&self.plan)?;
        if !self.is_of(batch, trace) {
            return Err(TrainingError::Batch { what: "the forward pass was of another batch or network".into() });
        }
        let updates = in_order(self.settings.threads, trace.groups.iter().collect(), |group| self.updates(group));
        let updates = updates.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| TrainingError::Batch {
            what: "the forward pass was of other parameters, or led to potentials that are undefined".into(),
        })?;
        let populations = self.plan.populations.iter().enumerate().map(|(at, population)| PopulationActivity {
            name: population.name.clone(),
            size: population.size,
            role: match population.kind {
                Kind::Input { .. } => Role::Input,
                Kind::Neurons { .. } => Role::Spiking,
                Kind::Readout { .. } => Role::Readout,
            },
            events: match population.kind {
                // A readout shows values, which are no events.
                Kind::Readout { .. } => 0,
                _ => trace.groups.iter().map(|group| sent(&group.events[at], batch.steps, group.rows)).sum(),
            },
            updates: updates.iter().map(|group| group[at]).sum(),
        });
        Ok(Activity { populations: populations.collect(), operations: self.operations(batch, trace) })
    }

    /// Whether the trace has the shape of the network and of the batch, and its inputs are the batch's.
    fn is_of(&self, batch: &Batch<T>, trace: &Trace<T>) -> bool {
        let mut first = 0;
        let fits = trace.groups.iter().all(|group| {
            let begins = first;
            first += group.rows;
            first <= batch.samples
                && group.segments.last().is_some_and(|last| last.to == batch.steps)
                && group.events.iter().all(|events| events.before() == self.plan.history)
                && same_shape(&group.end, &at_rest(&self.plan, group.rows))
                && given(&self.plan, batch, begins, group)
        });
        fits && first == batch.samples
    }

    /// Changed potentials of each population; none if the states that come out aren't those of the trace.
    fn updates(&self, group: &GroupTrace<T>) -> Option<Vec<u64>> {
        let populations = &self.plan.populations;
        let mut updates = vec![0; populations.len()];
        let ends = group.segments.iter().skip(1).map(|segment| &segment.start).chain([&group.end]);
        for (segment, end) in group.segments.iter().zip(ends) {
            // What was recorded elsewhere can't be computed once more; its states may have been kept.
            if let Some(kept) = segment.kept.as_ref().filter(|kept| kept.iter().all(|kept| kept.dense.is_some())) {
                changes(populations, group.rows, kept, segment.from..segment.to, &mut updates);
                continue;
            }
            let mut pass = Pass::new(&self.plan, self.kernel, self.settings.smoothed, group.rows, segment.start.clone());
            let mut kept: Vec<Kept<T>> = populations.iter().map(|_| Kept::new(true)).collect();
            for from in (segment.from..segment.to).step_by(WINDOW) {
                let to = segment.to.min(from + WINDOW);
                kept = kept.into_iter().map(|kept| kept.again(true)).collect();
                pass.run(from..to, Sent::All(&group.events), None, &mut kept);
                changes(populations, group.rows, &kept, from..to, &mut updates);
            }
            if pass.states != *end {
                return None;
            }
        }
        Some(updates)
    }

    fn operations(&self, batch: &Batch<T>, trace: &Trace<T>) -> Operations {
        let mut all = Operations::default();
        for (projection, weights) in self.plan.projections.iter().zip(&self.parameters().tensors) {
            let targets = self.plan.populations[projection.target].size;
            let fan_out: Vec<u64> = weights.values.chunks_exact(targets).map(not_zero).collect();
            for t in 0..batch.steps {
                let (operations, simple) = call(projection, &fan_out, trace, t);
                let kind = if simple { &mut all.accumulates } else { &mut all.multiply_accumulates };
                *kind += operations;
            }
            all.dense += (batch.steps * batch.samples * weights.values.len()) as u64;
        }
        all
    }
}

/// Adds the changed potentials of ticks whose states were kept.
fn changes<T: Real>(populations: &[PopulationPlan<T>], rows: usize, kept: &[Kept<T>], ticks: Range<usize>, updates: &mut [u64]) {
    for ((updates, kept), population) in updates.iter_mut().zip(kept).zip(populations) {
        let (Some(dense), false) = (&kept.dense, matches!(population.kind, Kind::Input { .. })) else { continue };
        // The state at the beginning comes first, then that after each tick.
        let states: Vec<&[T]> = dense.v.chunks_exact(rows * population.n).collect();
        for (t, states) in ticks.clone().zip(states.windows(2)) {
            let rows = states[0].chunks_exact(population.n).zip(states[1].chunks_exact(population.n));
            let pairs = rows.flat_map(|(before, after)| before.iter().zip(after).take(population.size));
            *updates += pairs.filter(|(before, after)| t == 0 || before != after).count() as u64;
        }
    }
}

/// Effective operations of a projection in a tick, of all sequences, and whether all its inputs are -1, 0 or 1.
fn call<T: Real>(projection: &ProjectionPlan<T>, fan_out: &[u64], trace: &Trace<T>, t: usize) -> (u64, bool) {
    let one = T::of(1.0);
    let (mut operations, mut simple) = (0, true);
    for group in &trace.groups {
        for row in 0..group.rows {
            let (sources, heights) = group.events[projection.source].at(t, projection.delay, row);
            operations += sources.iter().map(|&i| fan_out[i as usize]).sum::<u64>();
            simple &= heights.is_none_or(|heights| heights.iter().all(|&height| height == one || height == -one));
        }
    }
    (operations, simple)
}

/// Whether what the inputs of a group's trace sent is what the batch gives them.
fn given<T: Real>(plan: &Plan<T>, batch: &Batch<T>, first: usize, group: &GroupTrace<T>) -> bool {
    plan.inputs.iter().enumerate().all(|(number, &at)| {
        let analogue = matches!(plan.populations[at].kind, Kind::Input { analogue: true });
        let found = &group.events[at];
        let events = Events::new(group.rows, plan.history, analogue);
        let events = batch.events(number, plan.populations[at].size, first, group.rows, events);
        let same = |t: usize| (0..group.rows).all(|row| events.at(t, 0, row) == found.at(t, 0, row));
        (0..batch.steps).all(same)
    })
}

/// Events of the trace's own ticks, without those that came before.
fn sent<T: Real>(events: &Events<T>, steps: usize, rows: usize) -> u64 {
    (0..steps).flat_map(|t| (0..rows).map(move |row| events.at(t, 0, row).0.len() as u64)).sum()
}

fn not_zero<T: Real>(weights: &[T]) -> u64 {
    weights.iter().filter(|&&w| w != T::default()).count() as u64
}
