//! The backward pass of sequences side by side: backpropagation through time, exact but for the surrogate of the spikes' derivative.
//!
//! It goes back window by window. The deltas of a window (adjoints of what arrives) are kept until its end, when the gradients of weights
//! take them up; of earlier windows only as many ticks are kept as the longest delay needs. The equations are in `adjoint`.

use std::ops::Range;

use super::Settings;
use super::adjoint::{Entries, Step, readouts};
use super::forward::{Pass, Sent};
use super::gradients::{BySource, REDUCTION, Sums, outer_products};
use super::model::Cell;
use super::panels::{Panels, lanes, products};
use super::plan::{Kind, Plan};
use super::trace::{GroupTrace, Keep, Kept, Segment, WINDOW};
use crate::numeric::{Kernel, Real, WIDTH, dispatch};

/// Ticks that the gradients of weights from analogue inputs take up at once.
const DENSE_PART: usize = 4;

/// What a backward pass computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want {
    pub weights: bool,
    pub parameters: bool,
    pub inputs: bool,
    /// Ticks after which nothing flows back any more: a multiple of [`WINDOW`].
    pub truncate: Option<usize>,
}

/// What a backward pass is given.
pub(super) struct Task<'a, T> {
    pub plan: &'a Plan<T>,
    pub settings: &'a Settings,
    pub kernel: Kernel,
    pub steps: usize,
    pub group: &'a GroupTrace<T>,
    pub keep: Keep,
    /// Errors of each set and readout, as outputs lie in a group.
    pub errors: &'a [&'a [Vec<T>]],
    /// What rate regularisation adds, for each population.
    pub rate: Option<&'a [Vec<T>]>,
    pub want: Want,
}

/// A backward pass under way.
struct Way<'a, T> {
    task: &'a Task<'a, T>,
    rows: usize,
    /// Ticks of deltas that are kept.
    slots: usize,
    /// Deltas of each population: `[(t % slots * rows + row) * n + i]`.
    deltas: Vec<Vec<T>>,
    /// Second adjoints of each population, of the tick after and of this one.
    second: Vec<[Vec<T>; 2]>,
    /// Adjoints of the thresholds of each population.
    threshold: Vec<Vec<T>>,
    entries: Entries<T>,
}

/// The gradients of a group: sums of each [`REDUCTION`] sequences, and those of inputs for each set of errors and input, as
/// outputs lie in a group.
pub(super) struct GroupGradients<T> {
    pub sums: Vec<Sums<T>>,
    pub inputs: Vec<Vec<Vec<T>>>,
}

pub(super) fn group<T: Real>(task: &Task<'_, T>) -> GroupGradients<T> {
    let (plan, samples, sets) = (task.plan, task.group.rows, task.errors.len());
    let rows = samples * sets;
    let slots = WINDOW.min(task.steps) + plan.history;
    let zeros = |n: usize| vec![T::default(); n];
    let fires = |kind: &Kind<T>| matches!(kind, Kind::Neurons { .. });
    let input = |kind: &Kind<T>| matches!(kind, Kind::Input { .. });
    let mut way = Way {
        task,
        rows,
        slots,
        deltas: plan.populations.iter().map(|p| zeros(if input(&p.kind) { 0 } else { slots * rows * p.n })).collect(),
        second: plan.populations.iter().map(|p| [0; 2].map(|_| zeros(if fires(&p.kind) { rows * p.n } else { 0 }))).collect(),
        threshold: plan
            .populations
            .iter()
            .map(|p| zeros(if task.want.parameters && fires(&p.kind) { rows * p.n } else { 0 }))
            .collect(),
        entries: Entries::default(),
    };
    let padded_of = |&at: &usize| zeros(task.steps * samples * plan.populations[at].n);
    let mut gradients = GroupGradients {
        sums: Vec::new(),
        inputs: (0..if task.want.inputs { sets } else { 0 }).map(|_| plan.inputs.iter().map(padded_of).collect()).collect(),
    };
    if task.want.weights {
        gradients.sums = (0..samples).step_by(REDUCTION).map(|_| Sums::new(plan, task.want.parameters)).collect();
    }
    for segment in task.group.segments.iter().rev() {
        let again;
        let kept = match &segment.kept {
            Some(kept) => kept,
            None => {
                again = recompute(task, segment);
                &again
            }
        };
        let mut to = segment.to;
        while to > segment.from {
            let from = (to - 1) / WINDOW * WINDOW;
            way.window(from.max(segment.from)..to, segment.from, kept, &mut gradients);
            to = from.max(segment.from);
        }
    }
    gradients
}

/// What a segment leaves for gradients, once more.
fn recompute<T: Real>(task: &Task<'_, T>, segment: &Segment<T>) -> Vec<Kept<T>> {
    let mut pass = Pass::new(task.plan, task.kernel, task.settings.smoothed, task.group.rows, segment.start.clone());
    let mut kept: Vec<Kept<T>> = task.plan.populations.iter().map(|_| Kept::new(task.keep.parameters)).collect();
    pass.run(segment.from..segment.to, Sent::All(&task.group.events), None, &mut kept);
    kept
}

impl<T: Real> Way<'_, T> {
    fn window(&mut self, ticks: Range<usize>, segment: usize, kept: &[Kept<T>], gradients: &mut GroupGradients<T>) {
        for t in ticks.clone().rev() {
            self.readouts(t, t - segment, kept, gradients);
            for at in 0..self.task.plan.populations.len() {
                if let Kind::Neurons { cell, .. } = &self.task.plan.populations[at].kind {
                    self.neurons(at, cell, t, t - segment, &kept[at], gradients);
                }
            }
            if self.task.want.inputs {
                for number in 0..self.task.plan.inputs.len() {
                    self.inputs(number, t, gradients);
                }
            }
        }
        if self.task.want.weights {
            self.weights(&ticks, gradients);
        }
        if self.task.want.truncate.is_some_and(|every| ticks.start.is_multiple_of(every)) {
            let second = self.second.iter_mut().flatten();
            self.deltas.iter_mut().chain(second).for_each(|adjoints| adjoints.fill(T::default()));
        }
    }

    /// The deltas of tick `t` of a population, and those of the tick after, which are taken out to be read.
    fn two_ticks(&mut self, at: usize, t: usize) -> (&mut [T], &[T]) {
        let length = self.rows * self.task.plan.populations[at].n;
        let [now, after] = [t, t + 1].map(|t| t % self.slots * length);
        let deltas = &mut self.deltas[at];
        if now < after {
            let (low, high) = deltas.split_at_mut(after);
            (&mut low[now..now + length], &high[..length])
        } else {
            let (low, high) = deltas.split_at_mut(now);
            (&mut high[..length], &low[after..after + length])
        }
    }

    fn readouts(&mut self, t: usize, tick: usize, kept: &[Kept<T>], gradients: &mut GroupGradients<T>) {
        let (task, samples) = (self.task, self.task.group.rows);
        for (at, population) in task.plan.populations.iter().enumerate() {
            let Kind::Readout { cell: cell @ Cell::Readout(readout), .. } = &population.kind else { continue };
            let output = task.plan.outputs.iter().position(|&output| output == at);
            let length = samples * population.n;
            let (delta, after) = self.two_ticks(at, t);
            for (set, (delta, after)) in delta.chunks_exact_mut(length).zip(after.chunks_exact(length)).enumerate() {
                let errors = output.map(|output| &task.errors[set][output][t * length..(t + 1) * length]);
                readouts(&readout.kappa, &readout.gain, after, errors, delta);
            }
            if task.want.parameters {
                let step = Step {
                    settings: task.settings,
                    tick,
                    samples,
                    rows: samples,
                    n: population.n,
                    kept: &kept[at],
                    events: &task.group.events[at],
                    t,
                    entries: &Entries::default(),
                    rate: None,
                    after: &[],
                    delta,
                    second_after: &[],
                    second: &mut [],
                    threshold: None,
                };
                for (chunk, sums) in gradients.sums.iter_mut().enumerate() {
                    step.parameters(cell, chunk * REDUCTION..samples.min((chunk + 1) * REDUCTION), &mut sums.neurons[at]);
                }
            }
        }
    }

    /// Adds to the entries' sums the products of a population's weights with the deltas of their targets.
    fn through_weights(&mut self, at: usize, t: usize) {
        let (task, rows) = (self.task, self.rows);
        for projection in task.plan.projections.iter().filter(|p| p.source == at && t + p.delay < task.steps) {
            let length = rows * projection.weights.targets;
            let from = (t + projection.delay) % self.slots * length;
            let deltas = &self.deltas[projection.target][from..from + length];
            let panels = &projection.weights;
            let (starts, places, sums) = (&self.entries.starts[..], &self.entries.rows[..], &mut self.entries.sums[..]);
            dispatch!(task.kernel, products::<T: Real>(
                panels: &Panels<T>, starts: &[u32], places: &[u32], deltas: &[T], sums: &mut [[T; WIDTH]],
            ));
        }
    }

    fn neurons(&mut self, at: usize, cell: &Cell<T>, t: usize, tick: usize, kept: &Kept<T>, gradients: &mut GroupGradients<T>) {
        let (task, samples, rows) = (self.task, self.task.group.rows, self.rows);
        let population = &task.plan.populations[at];
        self.entries.active(kept, tick, population.size, samples, task.errors.len());
        self.through_weights(at, t);
        let mut second = std::mem::take(&mut self.second[at]);
        let mut threshold = std::mem::take(&mut self.threshold[at]);
        let entries = std::mem::take(&mut self.entries);
        let [second_after, second_now] = &mut second;
        let (delta, after) = self.two_ticks(at, t);
        let mut step = Step {
            settings: task.settings,
            tick,
            samples,
            rows,
            n: population.n,
            kept,
            events: &task.group.events[at],
            t,
            entries: &entries,
            rate: task.rate.map(|rate| &rate[at][..]).filter(|rate| !rate.is_empty()),
            after,
            delta,
            second_after,
            second: second_now,
            threshold: task.want.parameters.then_some(&mut threshold[..]),
        };
        let (step_back, cell) = (&mut step, cell);
        dispatch!(task.kernel, neurons::<T: Real>(step_back: &mut Step<'_, T>, cell: &Cell<T>));
        if task.want.parameters {
            for (chunk, sums) in gradients.sums.iter_mut().enumerate() {
                step.parameters(cell, chunk * REDUCTION..samples.min((chunk + 1) * REDUCTION), &mut sums.neurons[at]);
            }
        }
        second.swap(0, 1);
        (self.second[at], self.threshold[at], self.entries) = (second, threshold, entries);
    }

    fn inputs(&mut self, number: usize, t: usize, gradients: &mut GroupGradients<T>) {
        let at = self.task.plan.inputs[number];
        let (population, samples, rows) = (&self.task.plan.populations[at], self.task.group.rows, self.rows);
        self.entries.all(population.size, rows);
        self.through_weights(at, t);
        for (e, sum) in self.entries.sums.iter().enumerate() {
            let (i, row) = (e / rows, e % rows);
            let (set, sample) = (row / samples, row % samples);
            gradients.inputs[set][number][(t * samples + sample) * population.n + i] = lanes(sum);
        }
    }

    /// Adds to the gradients of weights what the window's deltas give.
    fn weights(&mut self, ticks: &Range<usize>, gradients: &mut GroupGradients<T>) {
        let (task, rows, slots) = (self.task, self.rows, self.slots);
        let mut by_source = BySource::default();
        for (chunk, sums) in gradients.sums.iter_mut().enumerate() {
            let samples = chunk * REDUCTION..task.group.rows.min((chunk + 1) * REDUCTION);
            for (projection, sums) in task.plan.projections.iter().zip(&mut sums.weights) {
                let (events, size) = (&task.group.events[projection.source], projection.weights.sources);
                let (deltas, n) = (&self.deltas[projection.target][..], projection.weights.targets);
                // Where nearly all sources send something in every tick, the deltas that they share are to stay in the first cache.
                let part = if events.has_heights() { DENSE_PART } else { ticks.len() };
                for from in ticks.clone().step_by(part) {
                    let part = from..ticks.end.min(from + part);
                    by_source.collect(events, projection.delay, size, part, samples.clone(), |t, row| t % slots * rows + row);
                    let events = &by_source;
                    dispatch!(task.kernel, outer_products::<T: Real>(events: &BySource<T>, deltas: &[T], n: usize, sums: &mut [T]));
                }
            }
        }
    }
}

#[inline(always)]
fn neurons<T: Real>(step: &mut Step<'_, T>, cell: &Cell<T>) {
    step.neurons(cell);
}
