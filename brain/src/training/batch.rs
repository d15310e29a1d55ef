//! What goes into a batch of sequences, and what comes out of it.

use super::TrainingError;
use super::events::{Events, NotZero};
use super::plan::{Kind, Plan};
use crate::numeric::{Real, padded};

/// The inputs of a batch: `samples` sequences of `steps` ticks, one entry for each input population in the order of the spec.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    /// Ticks of each sequence.
    pub steps: usize,
    /// Sequences.
    pub samples: usize,
    /// What each input population is given.
    pub inputs: Vec<Input<T>>,
}

/// What an input population is given.
#[derive(Clone, Debug)]
pub enum Input<T> {
    /// Values of an analogue input: `values[(t * samples + s) * size + i]`.
    Values(Vec<T>),
    /// The neurons that spike, sorted and without repeats: `spikes[t * samples + s]`.
    Spikes(Vec<Vec<u32>>),
}

impl<T: Real> Batch<T> {
    /// Looks whether the batch fits the network.
    pub(super) fn check(&self, plan: &Plan<T>) -> Result<(), TrainingError> {
        let wrong = |what: String| Err(TrainingError::Batch { what });
        if self.steps == 0 || self.samples == 0 || self.inputs.len() != plan.inputs.len() {
            let [steps, samples, found] = [self.steps, self.samples, self.inputs.len()];
            return wrong(format!(
                "expected steps, samples and {} inputs, found {steps} steps, {samples} samples, {found} inputs",
                plan.inputs.len()
            ));
        }
        for (input, &at) in self.inputs.iter().zip(&plan.inputs) {
            let population = &plan.populations[at];
            let (name, size, count) = (&population.name, population.size, self.steps * self.samples);
            let analogue = matches!(population.kind, Kind::Input { analogue: true });
            match input {
                Input::Values(values) if analogue && values.len() == count * size => {
                    if !values.iter().all(|v| v.is_finite()) {
                        return wrong(format!("input {name:?} holds a value that isn't a finite number"));
                    }
                }
                Input::Spikes(spikes) if !analogue && spikes.len() == count => {
                    let good = |s: &Vec<u32>| s.is_sorted_by(|a, b| a < b) && s.last().is_none_or(|&i| (i as usize) < size);
                    if !spikes.iter().all(good) {
                        return wrong(format!("spikes of {name:?}: expected numbers below {size}, sorted and without repeats"));
                    }
                }
                Input::Values(values) => {
                    return wrong(format!("input {name:?}: expected {count} x {size} values, found {}", values.len()));
                }
                Input::Spikes(spikes) => {
                    return wrong(format!("input {name:?}: expected spikes of {count} ticks, found {}", spikes.len()));
                }
            }
        }
        Ok(())
    }

    /// The input of that number for the sequences `first..first + rows`, after `before` steps that came before.
    pub(super) fn events(&self, number: usize, size: usize, first: usize, rows: usize, mut before: Events<T>) -> Events<T> {
        let mut found = NotZero::default();
        for t in 0..self.steps {
            for s in first..first + rows {
                let at = t * self.samples + s;
                match &self.inputs[number] {
                    Input::Values(values) => before.push_dense(&values[at * size..(at + 1) * size], &mut found),
                    Input::Spikes(spikes) => before.push(spikes[at].iter().map(|&i| (i, T::of(1.0)))),
                }
            }
        }
        before
    }
}

/// The values of the readouts over a batch, or errors of these: one array for each readout population, in the order of the spec's `readouts`
/// (those that fire are left out).
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs<T> {
    steps: usize,
    samples: usize,
    sizes: Vec<usize>,
    /// Sequences that are worked on together, but for the last ones.
    pub(super) group: usize,
    /// Values of each group and readout, `[(t * rows + row) * n + i]` with n the padded size.
    pub(super) groups: Vec<Vec<Vec<T>>>,
}

impl<T: Real> Outputs<T> {
    pub(super) fn new(steps: usize, samples: usize, sizes: Vec<usize>, group: usize) -> Self {
        let rows = |first: usize| group.min(samples - first);
        let values = |first: usize| sizes.iter().map(|&size| vec![T::default(); steps * rows(first) * padded(size)]).collect();
        let groups = (0..samples).step_by(group).map(values).collect();
        Outputs { steps, samples, sizes, group, groups }
    }

    /// Whether it has these numbers of ticks, sequences and values, and these groups.
    pub(super) fn has_shape(&self, steps: usize, samples: usize, sizes: &[usize], group: usize) -> bool {
        (self.steps, self.samples, &self.sizes[..], self.group) == (steps, samples, sizes, group)
    }

    /// As many zeros: to be filled with errors.
    #[must_use]
    pub fn zeros(&self) -> Self {
        Outputs::new(self.steps, self.samples, self.sizes.clone(), self.group)
    }

    /// Ticks.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Sequences.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// One sequence.
    pub fn sample(&self, sample: usize) -> Sample<'_, T> {
        let (group, row) = (sample / self.group, sample % self.group);
        let rows = self.group.min(self.samples - group * self.group);
        Sample { steps: self.steps, rows, row, sizes: &self.sizes, values: &self.groups[group] }
    }

    /// One sequence, to be changed.
    pub fn sample_mut(&mut self, sample: usize) -> SampleMut<'_, T> {
        let (group, row) = (sample / self.group, sample % self.group);
        let rows = self.group.min(self.samples - group * self.group);
        SampleMut { rows, row, sizes: &self.sizes, values: &mut self.groups[group] }
    }
}

/// The values of one sequence.
#[derive(Clone, Copy)]
pub struct Sample<'a, T> {
    pub(super) steps: usize,
    pub(super) rows: usize,
    pub(super) row: usize,
    pub(super) sizes: &'a [usize],
    pub(super) values: &'a [Vec<T>],
}

impl<'a, T: Real> Sample<'a, T> {
    /// Ticks.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// What the readout of that number shows in tick `t`.
    pub fn values(&self, readout: usize, t: usize) -> &'a [T] {
        let size = self.sizes[readout];
        &self.values[readout][(t * self.rows + self.row) * padded(size)..][..size]
    }
}

/// The values of one sequence, to be changed.
pub struct SampleMut<'a, T> {
    pub(super) rows: usize,
    pub(super) row: usize,
    pub(super) sizes: &'a [usize],
    pub(super) values: &'a mut [Vec<T>],
}

impl<T: Real> SampleMut<'_, T> {
    /// What the readout of that number shows in tick `t`.
    pub fn values(&mut self, readout: usize, t: usize) -> &mut [T] {
        let size = self.sizes[readout];
        &mut self.values[readout][(t * self.rows + self.row) * padded(size)..][..size]
    }
}
