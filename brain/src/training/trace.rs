//! What a forward pass leaves for backward passes.

use super::batch::Outputs;
use super::events::Events;
use super::model::Cell;
use super::plan::{Kind, Plan};
use crate::neuron::{IntegrateAndFireState, Reset, ResetBy, SymplecticAdaptiveState};
use crate::numeric::Real;

/// What a forward pass keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// States for the gradients of neurons' parameters as well.
    pub parameters: bool,
    /// Only the states at the beginning of parts of so many ticks, rounded up to whole windows of [`WINDOW`]; what lies between
    /// is computed once more on the way back. Gradients are the same to the bit.
    pub checkpoint_every: Option<usize>,
}

/// Ticks whose adjoints are worked on together; checkpoints and truncation lie at multiples of it.
pub const WINDOW: usize = 16;

/// A forward pass over a batch: outputs, spikes, and what gradients need. Any number of backward passes can use it.
#[derive(Clone, Debug)]
pub struct Trace<T> {
    /// What the readouts showed.
    pub outputs: Outputs<T>,
    pub(super) groups: Vec<GroupTrace<T>>,
    pub(super) keep: Keep,
}

/// The sequences that were run side by side.
#[derive(Clone, Debug)]
pub(super) struct GroupTrace<T> {
    pub rows: usize,
    /// What each population sent.
    pub events: Vec<Events<T>>,
    pub segments: Vec<Segment<T>>,
    /// Where the neurons are in the end.
    pub end: Vec<CellState<T>>,
}

/// A part of the sequences.
#[derive(Clone, Debug)]
pub(super) struct Segment<T> {
    pub from: usize,
    pub to: usize,
    /// Where the neurons are at its beginning.
    pub start: Vec<CellState<T>>,
    /// What each population leaves for gradients, unless it is computed once more.
    pub kept: Option<Vec<Kept<T>>>,
}

/// The state of a population's neurons, of all sequences side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CellState<T> {
    Input,
    IntegrateAndFire(IntegrateAndFireState<T>),
    SymplecticAdaptive(SymplecticAdaptiveState<T>),
    Readout(Vec<T>),
}

/// What a population leaves of a segment: of neurons whose pseudo-derivative isn't zero, step by step and sequence by sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept<T> {
    pub starts: Vec<u32>,
    pub indices: Vec<u32>,
    /// dz/dv.
    pub psi: Vec<T>,
    /// What a spike takes away or what a reset wipes out, where that isn't the constant threshold.
    pub reset: Vec<T>,
    /// dz/dA where that isn't -psi.
    pub psi_adapted: Vec<T>,
    /// All states, for the gradients of parameters.
    pub dense: Option<Dense<T>>,
}

/// All states of a segment, each tick's after the one before; `v`, `b` and `z` begin with the state at the segment's beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Dense<T> {
    /// v, u or y.
    pub v: Vec<T>,
    /// b or w.
    pub b: Vec<T>,
    pub z: Vec<T>,
    pub current: Vec<T>,
}

impl<T: Real> CellState<T> {
    /// Whether all potentials and values are finite numbers.
    pub fn is_finite(&self) -> bool {
        let arrays = match self {
            CellState::Input => return true,
            CellState::IntegrateAndFire(state) => [&state.v[..], &state.b[..]],
            CellState::SymplecticAdaptive(state) => [&state.u[..], &state.w[..]],
            CellState::Readout(y) => [&y[..], &[]],
        };
        arrays.iter().all(|array| array.iter().fold(true, |all, x| all & x.is_finite()))
    }

    /// Appends the state to what is kept.
    pub fn append(&self, dense: &mut Dense<T>) {
        match self {
            CellState::Input => (),
            CellState::IntegrateAndFire(state) => {
                dense.v.extend_from_slice(&state.v);
                dense.b.extend_from_slice(&state.b);
                dense.z.extend_from_slice(&state.z);
            }
            CellState::SymplecticAdaptive(state) => {
                dense.v.extend_from_slice(&state.u);
                dense.b.extend_from_slice(&state.w);
                dense.z.extend_from_slice(&state.z);
            }
            CellState::Readout(y) => dense.v.extend_from_slice(y),
        }
    }
}

impl<T> Dense<T> {
    fn again(mut self) -> Self {
        let Dense { v, b, z, current } = &mut self;
        [v, b, z, current].into_iter().for_each(Vec::clear);
        self
    }
}

impl<T: Real> Kept<T> {
    /// Nothing yet.
    pub fn new(parameters: bool) -> Self {
        Kept { starts: vec![0], dense: parameters.then(Dense::default), ..Kept::default() }
    }

    /// Nothing yet, in the memory of what is no longer needed.
    pub fn again(self, parameters: bool) -> Self {
        let Kept { mut starts, mut indices, mut psi, mut reset, mut psi_adapted, dense } = self;
        starts.truncate(1);
        indices.clear();
        [&mut psi, &mut reset, &mut psi_adapted].into_iter().for_each(Vec::clear);
        let dense = dense.filter(|_| parameters).map(Dense::again).or_else(|| parameters.then(Dense::default));
        Kept { starts, indices, psi, reset, psi_adapted, dense }
    }

    fn bytes(&self) -> usize {
        let numbers = [&self.psi, &self.reset, &self.psi_adapted].map(|v| v.len()).iter().sum::<usize>();
        let dense = self.dense.as_ref().map_or(0, |d| d.v.len() + d.b.len() + d.z.len() + d.current.len());
        (self.starts.len() + self.indices.len()) * size_of::<u32>() + (numbers + dense) * size_of::<T>()
    }
}

/// Whether what a reset takes away must be kept.
pub(super) fn keeps_reset<T>(cell: &Cell<T>) -> bool {
    match cell {
        Cell::IntegrateAndFire(cell) => cell.reset == Reset::Zero || (cell.adaptive && cell.reset_by == ResetBy::Adapted),
        Cell::SymplecticAdaptive(_) => true,
        Cell::Readout(_) => false,
    }
}

/// All neurons at rest.
pub(super) fn at_rest<T: Real>(plan: &Plan<T>, rows: usize) -> Vec<CellState<T>> {
    let state = |population: &super::plan::PopulationPlan<T>| {
        let n = rows * population.n;
        match &population.kind {
            Kind::Input { .. } => CellState::Input,
            Kind::Neurons { cell, .. } | Kind::Readout { cell, .. } => match cell {
                Cell::IntegrateAndFire(_) => CellState::IntegrateAndFire(IntegrateAndFireState::new(n)),
                Cell::SymplecticAdaptive(_) => CellState::SymplecticAdaptive(SymplecticAdaptiveState::new(n)),
                Cell::Readout(_) => CellState::Readout(vec![T::default(); n]),
            },
        }
    };
    plan.populations.iter().map(state).collect()
}

/// Where a forward pass ended, from which another one can go on.
#[derive(Clone, Debug)]
pub struct Carry<T> {
    pub(super) groups: Vec<GroupCarry<T>>,
}

/// Where sequences that were run side by side ended.
#[derive(Clone, Debug)]
pub(super) struct GroupCarry<T> {
    pub states: Vec<CellState<T>>,
    /// What is still on its way.
    pub events: Vec<Events<T>>,
}

impl<T: Real> Trace<T> {
    /// Where the neurons and the spikes on their way are in the end.
    pub fn carry(&self) -> Carry<T> {
        let group = |g: &GroupTrace<T>| GroupCarry { states: g.end.clone(), events: g.events.iter().map(Events::tail).collect() };
        Carry { groups: self.groups.iter().map(group).collect() }
    }

    /// The spikes of population `population` (its number in the spec) of sequence `sample` in tick `t`.
    pub fn spikes(&self, population: usize, sample: usize, t: usize) -> &[u32] {
        let (group, row) = (sample / self.outputs.group, sample % self.outputs.group);
        self.groups[group].events[population].at(t, 0, row).0
    }

    /// Spikes, and pseudo-derivatives that aren't zero, of the population of that number, each as a share of all neurons and ticks. The second
    /// is only known where nothing was left out for checkpoints.
    pub fn shares(&self, population: usize, size: usize) -> (f64, f64) {
        let all = (self.outputs.steps() * self.outputs.samples() * size) as f64;
        let spikes: usize = self.groups.iter().map(|g| g.events[population].count()).sum();
        let kept = self.groups.iter().flat_map(|g| &g.segments).filter_map(|segment| segment.kept.as_ref());
        let active: usize = kept.map(|kept| kept[population].indices.len()).sum();
        (spikes as f64 / all, active as f64 / all)
    }

    /// Bytes of what is kept: events, pseudo-derivatives, states, outputs.
    pub fn bytes(&self) -> usize {
        let group = |g: &GroupTrace<T>| {
            let events: usize = g.events.iter().map(Events::bytes).sum();
            let kept: usize = g.segments.iter().filter_map(|s| s.kept.as_ref()).flatten().map(Kept::bytes).sum();
            events + kept
        };
        let outputs: usize = self.outputs.groups.iter().flatten().map(|values| values.len() * size_of::<T>()).sum();
        self.groups.iter().map(group).sum::<usize>() + outputs
    }
}
