//! The forward pass of sequences side by side.
//!
//! It does what the float substrate does, in the same order and with the same functions, so that it spikes alike to the bit; what differs is
//! that weights lie in panels and that sequences share their way through the caches.

use super::adopt::Recordings;
use super::events::{Events, NotZero};
use super::model::Cell;
use super::panels::Panels;
use super::plan::{Kind, Plan};
use super::surrogate::Slopes;
use super::trace::{CellState, Kept, keeps_reset};
use crate::neuron::{Crossing, Reset};
use crate::numeric::{Kernel, Real, add_rows, dispatch};

/// A forward pass under way.
pub(super) struct Pass<'a, T> {
    pub plan: &'a Plan<T>,
    pub kernel: Kernel,
    /// Whether spikes are smooth functions of the potential.
    pub smoothed: bool,
    pub rows: usize,
    /// Where the neurons are.
    pub states: Vec<CellState<T>>,
    /// What populations did elsewhere, if it isn't computed here.
    pub recordings: Option<Recordings<'a, T>>,
    /// What arrives at each population in the tick at hand.
    pub(super) currents: Vec<Vec<T>>,
    pub(super) scratch: Scratch<T>,
}

/// What populations have sent so far, or all that they will have sent when a part is run once more.
pub(super) enum Sent<'a, T> {
    SoFar(&'a mut [Events<T>]),
    All(&'a [Events<T>]),
}

impl<T> Sent<'_, T> {
    fn all(&self) -> &[Events<T>] {
        match self {
            Sent::SoFar(events) => events,
            Sent::All(events) => events,
        }
    }

    fn room(&mut self, population: usize) -> Option<&mut Events<T>> {
        match self {
            Sent::SoFar(events) => Some(&mut events[population]),
            Sent::All(_) => None,
        }
    }
}

/// What a step leaves for the pseudo-derivatives.
pub(super) struct Scratch<T> {
    pub v: Vec<T>,
    pub distance: Vec<T>,
    pub free: Vec<T>,
    pub psi: Vec<T>,
    pub found: NotZero,
}

impl<'a, T: Real> Pass<'a, T> {
    pub fn new(plan: &'a Plan<T>, kernel: Kernel, smoothed: bool, rows: usize, states: Vec<CellState<T>>) -> Self {
        let widest = plan.populations.iter().map(|p| p.n).max().unwrap_or(0);
        let [v, distance, free, psi] = [0; 4].map(|_| vec![T::default(); widest]);
        let scratch = Scratch { v, distance, free, psi, found: NotZero::default() };
        let currents = plan.populations.iter().map(|p| vec![T::default(); rows * p.n]).collect();
        Pass { plan, kernel, smoothed, rows, states, recordings: None, currents, scratch }
    }

    /// Runs the ticks `ticks`. Spikes are appended to the events unless they are there already; readouts go to `values`.
    pub fn run(
        &mut self,
        ticks: std::ops::Range<usize>,
        mut events: Sent<'_, T>,
        mut values: Option<&mut [Vec<T>]>,
        kept: &mut [Kept<T>],
    ) {
        for (kept, state) in kept.iter_mut().zip(&self.states) {
            if let Some(dense) = &mut kept.dense {
                state.append(dense);
            }
        }
        for t in ticks {
            for readouts in [false, true] {
                for at in 0..self.plan.populations.len() {
                    match &self.plan.populations[at].kind {
                        Kind::Neurons { cell, slopes, .. } if !readouts => {
                            self.arrive(at, t, events.all());
                            match self.recordings.and_then(|recordings| recordings.of(at, t)) {
                                Some(tick) => self.adopt(at, tick, cell, slopes, events.room(at), kept.get_mut(at)),
                                None => self.advance(at, cell, slopes, events.room(at), kept.get_mut(at)),
                            }
                        }
                        Kind::Readout { cell, .. } if readouts => {
                            self.arrive(at, t, events.all());
                            self.read_out(at, t, cell, kept.get_mut(at));
                        }
                        _ => (),
                    }
                }
            }
            if let Some(values) = &mut values {
                for (values, &at) in values.iter_mut().zip(&self.plan.outputs) {
                    if let CellState::Readout(y) = &self.states[at] {
                        values[t * y.len()..(t + 1) * y.len()].copy_from_slice(y);
                    }
                }
            }
        }
    }

    /// Sums up what arrives at a population: what is delayed or comes from inputs, then what neurons send without delay.
    fn arrive(&mut self, at: usize, t: usize, events: &[Events<T>]) {
        let (current, rows) = (&mut self.currents[at], self.rows);
        current.fill(T::default());
        for late in [false, true] {
            for projection in self.plan.projections.iter().filter(|p| p.target == at && self.plan.is_late(p) == late) {
                let (weights, events, delay) = (&projection.weights, &events[projection.source], projection.delay);
                dispatch!(self.kernel, propagate::<T: Real>(
                    weights: &Panels<T>, events: &Events<T>, t: usize, delay: usize, rows: usize, current: &mut [T],
                ));
            }
        }
    }

    fn advance(
        &mut self,
        at: usize,
        cell: &Cell<T>,
        slopes: &Slopes<T>,
        events: Option<&mut Events<T>>,
        kept: Option<&mut Kept<T>>,
    ) {
        let (state, current, scratch) = (&mut self.states[at], &self.currents[at][..], &mut self.scratch);
        let population = &self.plan.populations[at];
        let (size, n, rows, smoothed) = (population.size, population.n, self.rows, self.smoothed);
        let shape = [size, n, rows];
        dispatch!(self.kernel, neurons::<T: Real>(
            cell: &Cell<T>, slopes: &Slopes<T>, state: &mut CellState<T>, current: &[T], scratch: &mut Scratch<T>,
            shape: [usize; 3], smoothed: bool, events: Option<&mut Events<T>>, kept: Option<&mut Kept<T>>,
        ));
    }

    fn read_out(&mut self, at: usize, t: usize, cell: &Cell<T>, kept: Option<&mut Kept<T>>) {
        let (Cell::Readout(cell), CellState::Readout(y)) = (cell, &mut self.states[at]) else { return };
        let (current, n) = (&self.currents[at], self.plan.populations[at].n);
        for (y, current) in y.chunks_exact_mut(n).zip(current.chunks_exact(n)) {
            cell.step(y, current);
        }
        if let Some(tick) = self.recordings.and_then(|recordings| recordings.of(at, t)) {
            y.chunks_exact_mut(n).enumerate().for_each(|(row, y)| tick.replace_potentials(row, y));
        }
        if let Some(dense) = kept.and_then(|kept| kept.dense.as_mut()) {
            dense.v.extend_from_slice(y);
            dense.current.extend_from_slice(current);
        }
    }
}

/// Adds what a source sent `delay` ticks ago to what arrives in each sequence.
#[inline(always)]
fn propagate<T: Real>(weights: &Panels<T>, events: &Events<T>, t: usize, delay: usize, rows: usize, current: &mut [T]) {
    let n = current.len() / rows;
    let (panels, weights) = weights.parts();
    for panel in panels {
        for (row, current) in current.chunks_exact_mut(n).enumerate() {
            let (sources, heights) = events.at(t, delay, row);
            add_rows(weights, panel, sources, heights, current);
        }
    }
}

/// One tick of a population in all sequences.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the arguments of one kernel, compiled twice")]
fn neurons<T: Real>(
    cell: &Cell<T>,
    slopes: &Slopes<T>,
    state: &mut CellState<T>,
    current: &[T],
    scratch: &mut Scratch<T>,
    [size, n, rows]: [usize; 3],
    smoothed: bool,
    events: Option<&mut Events<T>>,
    kept: Option<&mut Kept<T>>,
) {
    let smooth = |i: usize, distance: T, adapted: T| slopes.smoothed(i, distance, adapted);
    let fire: Option<&dyn Fn(usize, T, T) -> T> = if smoothed { Some(&smooth) } else { None };
    let (mut events, mut kept) = (events, kept);
    for row in 0..rows {
        let current = &current[row * n..(row + 1) * n];
        let Scratch { v, distance, free, found, .. } = &mut *scratch;
        let [v, distance, free] = [v, distance, free].map(|array| &mut array[..n]);
        let crossing = Crossing { v, distance, free };
        match (cell, &mut *state) {
            (Cell::IntegrateAndFire(cell), CellState::IntegrateAndFire(state)) => {
                cell.step(state.row(row, n), current, crossing, fire)
            }
            (Cell::SymplecticAdaptive(cell), CellState::SymplecticAdaptive(state)) => {
                cell.step(state, row, current, crossing, fire)
            }
            _ => return,
        }
        let z = match &*state {
            CellState::IntegrateAndFire(state) => &state.z[row * n..][..size],
            CellState::SymplecticAdaptive(state) => &state.z[row * n..][..size],
            _ => return,
        };
        if let Some(events) = &mut events {
            events.push_dense(z, found);
        }
        if let Some(kept) = &mut kept {
            keep(kept, cell, slopes, state, scratch, [size, n, row]);
        }
    }
    if let Some(dense) = kept.and_then(|kept| kept.dense.as_mut()) {
        state.append(dense);
        dense.current.extend_from_slice(current);
    }
}

/// Appends what a row of neurons leaves for gradients, of those whose pseudo-derivative isn't zero.
#[inline(always)]
pub(super) fn keep<T: Real>(
    kept: &mut Kept<T>,
    cell: &Cell<T>,
    slopes: &Slopes<T>,
    state: &CellState<T>,
    scratch: &mut Scratch<T>,
    [size, n, row]: [usize; 3],
) {
    let Scratch { v, distance, free, psi, found } = scratch;
    let [v, distance, free, psi] = [v, distance, free, psi].map(|array| &mut array[..n]);
    slopes.derivatives(v, distance, free, psi);
    let from = kept.indices.len();
    let indices = found.find(&psi[..size]);
    kept.indices.extend_from_slice(indices);
    kept.psi.extend(indices.iter().map(|&i| psi[i as usize]));
    kept.starts.push(kept.indices.len() as u32);
    if slopes.adapted {
        let adapted = |&i: &u32| -psi[i as usize] * v[i as usize] / (v[i as usize] - distance[i as usize]);
        kept.psi_adapted.extend(kept.indices[from..].iter().map(adapted));
    }
    if keeps_reset(cell) {
        keep_reset(kept, from, cell, state, v, row * n);
    }
}

/// Appends what a reset takes away or wipes out, for the neurons from `from` on.
#[inline(always)]
fn keep_reset<T: Real>(kept: &mut Kept<T>, from: usize, cell: &Cell<T>, state: &CellState<T>, v: &[T], offset: usize) {
    let Kept { indices, reset, .. } = kept;
    match (cell, state) {
        (Cell::IntegrateAndFire(cell), CellState::IntegrateAndFire(state)) if cell.reset != Reset::Zero => {
            let next = cell.reset == Reset::SubtractNextTick;
            reset.extend(indices[from..].iter().map(|&i| {
                let i = i as usize;
                let b = state.b[offset + i];
                let b = if next { cell.rho[i] * b + cell.rho_gain[i] * state.z[offset + i] } else { b };
                cell.threshold[i] + cell.beta[i] * b
            }));
        }
        _ => reset.extend(indices[from..].iter().map(|&i| v[i as usize])),
    }
}
