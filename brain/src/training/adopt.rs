//! Forward passes made elsewhere: a chip's spikes and potentials in the place of computed ones, with the software's way back over them.
//!
//! [`TrainableNetwork::adopt`] says what becomes of a recording. A step is computed as always, for what wasn't recorded (sums of what arrives,
//! adaptation, refractory times), and then overwritten.
//!
//! Not here: how a chip is run and recorded.

use super::events::Events;
use super::forward::{Pass, keep};
use super::model::Cell;
use super::network::TrainableNetwork;
use super::plan::{Kind, Plan};
use super::surrogate::Slopes;
use super::trace::{CellState, Keep, Kept, Trace};
use super::{Batch, TrainingError};
use crate::neuron::{
    Crossing, IntegrateAndFire, IntegrateAndFireRow, IntegrateAndFireState, Reset, SymplecticAdaptive, SymplecticAdaptiveState,
};
use crate::numeric::Real;

/// What a population did elsewhere over a batch of `samples` sequences.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a, T> {
    /// Name of the population: of neurons, or of readouts.
    pub population: &'a str,
    /// The neurons that spiked, sorted and without repeats: `spikes[t * samples + s]`. All empty for readouts.
    pub spikes: &'a [Vec<u32>],
    /// Potentials at the end of the tick, after a reset that acts at once, or a readout's values, in the unit of the network:
    /// `potentials[(t * samples + s) * size + i]`.
    pub potentials: &'a [T],
}

/// What was recorded of each population, for a forward pass over some of the sequences.
#[derive(Clone, Copy)]
pub(super) struct Recordings<'a, T> {
    of: &'a [Option<Recording<'a, T>>],
    samples: usize,
    first: usize,
}

/// One tick of a recording.
#[derive(Clone, Copy)]
pub(super) struct RecordedTick<'a, T> {
    recording: Recording<'a, T>,
    at: usize,
}

impl<'a, T: Real> Recordings<'a, T> {
    /// For the sequences from `first` on.
    pub fn from(self, first: usize) -> Self {
        Recordings { first, ..self }
    }

    /// Tick `t` of a population, if it was recorded.
    pub fn of(&self, population: usize, t: usize) -> Option<RecordedTick<'a, T>> {
        let recording = self.of[population]?;
        Some(RecordedTick { recording, at: t * self.samples + self.first })
    }
}

impl<'a, T: Real> RecordedTick<'a, T> {
    fn spikes(&self, row: usize) -> &'a [u32] {
        &self.recording.spikes[self.at + row]
    }

    /// Puts the potentials of a row in the place of computed ones (padded).
    pub fn replace_potentials(&self, row: usize, v: &mut [T]) {
        let size = self.recording.potentials.len() / self.recording.spikes.len();
        v[..size].copy_from_slice(&self.recording.potentials[(self.at + row) * size..][..size]);
    }
}

impl<T: Real> TrainableNetwork<T> {
    /// The trace of a forward pass over `batch` that was made elsewhere, from rest. With z and v what was recorded of a population, v as it is
    /// after a reset, and A the threshold (with its adaptation):
    /// - Spikes are z: those that targets get, by which thresholds adapt, after which neurons are refractory, and at which a reset cuts the way
    ///   back. What arrives is computed from them and this network's weights.
    /// - Surrogates are taken at v. Where a neuron spiked and is reset at once, v doesn't tell how far above A it was: there the software makes its
    ///   step from the v of the tick before. Where that, or a recorded v, lies below A although the neuron spiked, A is taken.
    /// - The next tick starts from v: the software resets nothing once more.
    /// - A readout's values are v. It is linear, so that its way back needs nothing else.
    ///
    /// Populations without a recording are computed, from the spikes of those that have one. Recordings of what this network itself would do
    /// give the trace of [`forward`](Self::forward), and so the same gradients, to the bit.
    ///
    /// Errors if the batch doesn't fit the network or a recording the batch, if a potential isn't a finite number, if checkpoints are to be kept
    /// (what lies between can't be computed once more), and for a smoothed network, which has no spikes.
    ///
    /// Source: Cramer et al. 2022, "Surrogate gradients for analog neuromorphic computing"; electronicvisions/hxtorch, which other than this
    /// doesn't cut the way back where the chip has reset.
    pub fn adopt(&self, batch: &Batch<T>, recordings: &[Recording<'_, T>], keep: Keep) -> Result<Trace<T>, TrainingError> {
        batch.check(&self.plan)?;
        let wrong = |what: &str| Err(TrainingError::Recording { what: what.into() });
        if keep.checkpoint_every.is_some() {
            return wrong("nothing can be computed once more: expected no checkpoints");
        }
        if self.settings.smoothed {
            return wrong("the spikes of a smoothed network are no spikes that could be recorded");
        }
        let of = by_population(&self.plan, batch, recordings).map_err(|what| TrainingError::Recording { what })?;
        self.run(None, batch, keep, None, Some(Recordings { of: &of, samples: batch.samples, first: 0 }))
    }
}

/// The recording of each population, if there is one.
fn by_population<'a, T: Real>(
    plan: &Plan<T>,
    batch: &Batch<T>,
    recordings: &[Recording<'a, T>],
) -> Result<Vec<Option<Recording<'a, T>>>, String> {
    let mut of = vec![None; plan.populations.len()];
    for recording in recordings {
        let name = recording.population;
        let at = plan.populations.iter().position(|population| population.name == name);
        let at = at.filter(|&at| !matches!(plan.populations[at].kind, Kind::Input { .. }));
        let at = at.ok_or_else(|| format!("the network has no neurons or readouts {name:?}"))?;
        if of[at].is_some() {
            return Err(format!("{name:?} stands there twice"));
        }
        let readout = matches!(plan.populations[at].kind, Kind::Readout { .. });
        check(recording, plan.populations[at].size, readout, batch)?;
        of[at] = Some(*recording);
    }
    Ok(of)
}

fn check<T: Real>(recording: &Recording<'_, T>, size: usize, readout: bool, batch: &Batch<T>) -> Result<(), String> {
    let Recording { population: name, spikes, potentials } = recording;
    let count = batch.steps.saturating_mul(batch.samples);
    if spikes.len() != count {
        return Err(format!("{name:?}: expected spikes of {count} ticks, found {}", spikes.len()));
    }
    let below = if readout { 0 } else { size };
    let good = |s: &Vec<u32>| s.is_sorted_by(|a, b| a < b) && s.last().is_none_or(|&i| (i as usize) < below);
    if let Some(at) = spikes.iter().position(|spikes| !good(spikes)) {
        let expected =
            if readout { "none, of a readout".into() } else { format!("numbers below {size}, sorted and without repeats") };
        let (t, sample) = (at / batch.samples, at % batch.samples);
        return Err(format!("spikes of {name:?} in tick {t} of sequence {sample}: expected {expected}, found {:?}", spikes[at]));
    }
    if potentials.len() != count.saturating_mul(size) {
        return Err(format!("{name:?}: expected {count} x {size} potentials, found {}", potentials.len()));
    }
    match potentials.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (t, sample, neuron) = (at / size / batch.samples, at / size % batch.samples, at % size);
            Err(format!("the potential of neuron {neuron} of {name:?} in tick {t} of sequence {sample} is not a finite number"))
        }
    }
}

impl<T: Real> Pass<'_, T> {
    /// One tick of neurons that were recorded.
    pub(super) fn adopt(
        &mut self,
        at: usize,
        tick: RecordedTick<'_, T>,
        cell: &Cell<T>,
        slopes: &Slopes<T>,
        events: Option<&mut Events<T>>,
        kept: Option<&mut Kept<T>>,
    ) {
        let (state, currents, scratch) = (&mut self.states[at], &self.currents[at], &mut self.scratch);
        let [size, n] = [self.plan.populations[at].size, self.plan.populations[at].n];
        let (mut events, mut kept) = (events, kept);
        for row in 0..self.rows {
            let current = &currents[row * n..(row + 1) * n];
            let crossing =
                Crossing { v: &mut scratch.v[..n], distance: &mut scratch.distance[..n], free: &mut scratch.free[..n] };
            match (cell, &mut *state) {
                (Cell::IntegrateAndFire(cell), CellState::IntegrateAndFire(state)) => {
                    integrate_and_fire(cell, state, row, current, crossing, tick)
                }
                (Cell::SymplecticAdaptive(cell), CellState::SymplecticAdaptive(state)) => {
                    symplectic_adaptive(cell, state, row, current, crossing, tick)
                }
                _ => return,
            }
            if let Some(events) = &mut events {
                events.push(tick.spikes(row).iter().map(|&i| (i, T::of(1.0))));
            }
            if let Some(kept) = &mut kept {
                keep(kept, cell, slopes, state, scratch, [size, n, row]);
            }
        }
        if let Some(dense) = kept.and_then(|kept| kept.dense.as_mut()) {
            state.append(dense);
            dense.current.extend_from_slice(currents);
        }
    }
}

/// A step of a row, after which potentials, spikes and what follows from these are those that were recorded.
fn integrate_and_fire<T: Real>(
    cell: &IntegrateAndFire<T>,
    state: &mut IntegrateAndFireState<T>,
    row: usize,
    current: &[T],
    crossing: Crossing<'_, T>,
    tick: RecordedTick<'_, T>,
) {
    let (zero, n) = (T::default(), current.len());
    let Crossing { v: before, distance, free } = crossing;
    let row_of = state.row(row, n);
    let [v, b, z, left] = [row_of.v, row_of.b, row_of.z, row_of.left];
    let step = IntegrateAndFireRow { v: &mut *v, b: &mut *b, z: &mut *z, left: &mut *left };
    cell.step(step, current, Crossing { v: &mut *before, distance: &mut *distance, free }, None);
    // A spike of the software's alone made the neuron refractory, which it wasn't.
    left.iter_mut().zip(&*z).filter(|(_, z)| **z > zero).for_each(|(left, _)| *left = zero);
    tick.replace_potentials(row, v);
    replace_spikes(tick.spikes(row), z);
    for &i in tick.spikes(row) {
        left[i as usize] = cell.refractory;
    }
    let threshold = |i: usize| if cell.adaptive { cell.threshold[i] + cell.beta[i] * b[i] } else { cell.threshold[i] };
    substitute([before, distance], v, z, cell.reset != Reset::SubtractNextTick, threshold);
}

/// The same.
fn symplectic_adaptive<T: Real>(
    cell: &SymplecticAdaptive<T>,
    state: &mut SymplecticAdaptiveState<T>,
    row: usize,
    current: &[T],
    crossing: Crossing<'_, T>,
    tick: RecordedTick<'_, T>,
) {
    let (one, n) = (T::of(1.0), current.len());
    let Crossing { v: before, distance, free } = crossing;
    let at = row * n..(row + 1) * n;
    let w_before = state.w[at.clone()].to_vec();
    cell.step(state, row, current, Crossing { v: &mut *before, distance: &mut *distance, free }, None);
    let [u, w, z] = [&mut state.u, &mut state.w, &mut state.z].map(|array| &mut array[at.clone()]);
    tick.replace_potentials(row, u);
    replace_spikes(tick.spikes(row), z);
    for i in 0..n {
        let drive = cell.a[i] * u[i] + cell.b[i] * z[i];
        w[i] = cell.beta[i] * w_before[i] + (one - cell.beta[i]) * cell.q * drive;
    }
    substitute([before, distance], u, z, true, |i| cell.threshold[i]);
}

fn replace_spikes<T: Real>(spikes: &[u32], z: &mut [T]) {
    z.fill(T::default());
    for &i in spikes {
        z[i as usize] = T::of(1.0);
    }
}

/// Potentials before the reset and their distances from the threshold: recorded ones, or computed ones where they were reset `at_once`, and
/// never below the threshold of a neuron that spiked.
fn substitute<T: Real>(
    [before, distance]: [&mut [T]; 2],
    recorded: &[T],
    z: &[T],
    at_once: bool,
    threshold: impl Fn(usize) -> T,
) {
    let zero = T::default();
    for i in 0..before.len() {
        let spiked = z[i] > zero;
        if !(spiked && at_once) {
            (before[i], distance[i]) = (recorded[i], recorded[i] - threshold(i));
        }
        if spiked && distance[i] < zero {
            (before[i], distance[i]) = (threshold(i), zero);
        }
    }
}
