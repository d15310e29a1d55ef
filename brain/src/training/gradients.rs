//! Sums of gradients over sequences and ticks, and what they are for the parameters of the spec.
//!
//! Every [`REDUCTION`] sequences have a sum of their own; these are added up in their order. Neither the number of threads nor that of
//! sequences run side by side changes anything.

use super::events::Events;
use super::model::{Cell, TrainableModel};
use super::panels::COLUMNS;
use super::parameters::Parameters;
use super::plan::{Kind, Plan};
use crate::neuron::PerNeuron;
use crate::numeric::{Panel, Real, add_rows};

/// Sequences whose gradients are summed up by themselves.
pub const REDUCTION: usize = 16;

/// Sums for the parameters of one population (padded).
#[derive(Clone, Debug, Default)]
pub(super) struct NeuronSums<T> {
    /// For alpha or kappa.
    pub first_decay: Vec<T>,
    /// For rho, or beta of `se_adlif`.
    pub second_decay: Vec<T>,
    pub threshold: Vec<T>,
    pub bias: Vec<T>,
    /// For beta, or a of `se_adlif`.
    pub drive: Vec<T>,
    /// For b of `se_adlif`.
    pub spike_drive: Vec<T>,
}

/// Sums for all parameters.
#[derive(Clone, Debug)]
pub(super) struct Sums<T> {
    /// For the weights of each projection: sources by padded targets.
    pub weights: Vec<Vec<T>>,
    /// For each population; empty where parameters have no gradients.
    pub neurons: Vec<NeuronSums<T>>,
}

impl<T: Real> NeuronSums<T> {
    fn new(n: usize) -> Self {
        let zeros = || vec![T::default(); n];
        NeuronSums {
            first_decay: zeros(),
            second_decay: zeros(),
            threshold: zeros(),
            bias: zeros(),
            drive: zeros(),
            spike_drive: zeros(),
        }
    }

    fn arrays(&mut self) -> [&mut Vec<T>; 6] {
        let NeuronSums { first_decay, second_decay, threshold, bias, drive, spike_drive } = self;
        [first_decay, second_decay, threshold, bias, drive, spike_drive]
    }

    /// The gradients of the spec's parameters, in their order: (values, decay) where it is a time constant with that decay.
    fn of(&self, model: &TrainableModel, cell: &Cell<T>, tick_ms: f64) -> Vec<Vec<f64>> {
        let plain = |sums: &[T]| -> Vec<f64> { sums.iter().map(|x| x.f64()).collect() };
        // d exp(-h/tau) / d tau = exp(-h/tau) h / tau^2.
        let time = |sums: &[T], tau_ms: &PerNeuron, decay: &[T]| -> Vec<f64> {
            let slope = |i: usize, tau: f64| decay[i].f64() * tick_ms / (tau * tau);
            sums.iter().enumerate().map(|(i, x)| x.f64() * slope(i, tau_ms.of(i))).collect()
        };
        match (model, cell) {
            (TrainableModel::Lif(p), Cell::IntegrateAndFire(c)) => {
                vec![time(&self.first_decay, &p.tau_ms, &c.alpha), plain(&self.threshold), plain(&self.bias)]
            }
            (TrainableModel::Alif(p), Cell::IntegrateAndFire(c)) => vec![
                time(&self.first_decay, &p.tau_ms, &c.alpha),
                plain(&self.threshold),
                plain(&self.bias),
                plain(&self.drive),
                time(&self.second_decay, &p.tau_adaptation_ms, &c.rho),
            ],
            (TrainableModel::SeAdLif(p), Cell::SymplecticAdaptive(c)) => vec![
                time(&self.first_decay, &p.tau_u_ms, &c.alpha),
                time(&self.second_decay, &p.tau_w_ms, &c.beta),
                plain(&self.drive),
                plain(&self.spike_drive),
                plain(&self.threshold),
                plain(&self.bias),
            ],
            (TrainableModel::Readout(p), Cell::Readout(c)) => {
                vec![time(&self.first_decay, &p.tau_ms, &c.kappa), plain(&self.bias)]
            }
            _ => Vec::new(),
        }
    }
}

impl<T: Real> Sums<T> {
    /// Nothing yet.
    pub fn new(plan: &Plan<T>, parameters: bool) -> Self {
        let weights = plan.projections.iter().map(|p| vec![T::default(); p.weights.sources * p.weights.targets]).collect();
        let neurons = plan.populations.iter().map(|p| if parameters { NeuronSums::new(p.n) } else { NeuronSums::default() });
        Sums { weights, neurons: neurons.collect() }
    }

    /// Adds the sums of the sequences that follow.
    pub fn add(&mut self, mut other: Sums<T>) {
        let ours = self.weights.iter_mut().chain(self.neurons.iter_mut().flat_map(NeuronSums::arrays));
        let theirs = other.weights.iter_mut().chain(other.neurons.iter_mut().flat_map(NeuronSums::arrays));
        for (ours, theirs) in ours.zip(theirs) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours += *theirs;
            }
        }
    }

    /// The gradients of all tensors, into `gradients`, which has their shapes.
    pub fn write(&self, plan: &Plan<T>, gradients: &mut Parameters<T>) {
        let mut tensors = gradients.tensors.iter_mut();
        for (projection, sums) in plan.projections.iter().zip(&self.weights) {
            let (Some(tensor), targets) = (tensors.next(), plan.populations[projection.target].size) else { return };
            for (to, from) in tensor.values.chunks_exact_mut(targets).zip(sums.chunks_exact(projection.weights.targets)) {
                to.copy_from_slice(&from[..targets]);
            }
        }
        for (population, sums) in plan.populations.iter().zip(&self.neurons) {
            let (Kind::Neurons { model, cell, .. } | Kind::Readout { model, cell }) = &population.kind else { continue };
            if sums.bias.is_empty() {
                tensors.nth(model.parameters().len() - 1);
                continue;
            }
            for gradient in sums.of(model, cell, plan.tick_ms) {
                let (Some(tensor), gradient) = (tensors.next(), &gradient[..population.size]) else { return };
                match &mut tensor.values[..] {
                    // Shared by all neurons.
                    [value] => *value = T::of(gradient.iter().sum()),
                    values => values.iter_mut().zip(gradient).for_each(|(value, &g)| *value = T::of(g)),
                }
            }
        }
    }
}

/// The events of a window by their source: where each met its target, and how high it was.
#[derive(Debug, Default)]
pub(super) struct BySource<T> {
    starts: Vec<u32>,
    /// Rows of the targets' deltas.
    places: Vec<u32>,
    heights: Vec<T>,
    with_heights: bool,
}

impl<T: Real> BySource<T> {
    /// Events that arrive in the ticks `ticks` of the sequences `rows`; `place(t, row)` is the row of deltas there.
    pub fn collect(
        &mut self,
        events: &Events<T>,
        delay: usize,
        size: usize,
        ticks: std::ops::Range<usize>,
        rows: std::ops::Range<usize>,
        place: impl Fn(usize, usize) -> usize,
    ) {
        self.with_heights = events.has_heights();
        self.starts.clear();
        self.starts.resize(size + 2, 0);
        let visits = || ticks.clone().flat_map(|t| rows.clone().map(move |row| (t, row)));
        for (t, row) in visits() {
            for &i in events.at(t, delay, row).0 {
                self.starts[i as usize + 2] += 1;
            }
        }
        for i in 2..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        let count = self.starts[size + 1] as usize;
        self.places.resize(count, 0);
        self.heights.resize(if self.with_heights { count } else { 0 }, T::default());
        for (t, row) in visits() {
            let (indices, heights) = events.at(t, delay, row);
            for (k, &i) in indices.iter().enumerate() {
                let next = &mut self.starts[i as usize + 1];
                self.places[*next as usize] = place(t, row) as u32;
                if let Some(heights) = heights {
                    self.heights[*next as usize] = heights[k];
                }
                *next += 1;
            }
        }
        self.starts.truncate(size + 1);
    }
}

/// Adds to the gradients of weights, sources by `n` targets, the deltas that each source's events met.
#[inline(always)]
pub(super) fn outer_products<T: Real>(events: &BySource<T>, deltas: &[T], n: usize, sums: &mut [T]) {
    for first in (0..n).step_by(COLUMNS) {
        let tile = Panel { first, columns: COLUMNS.min(n - first), base: first, stride: n };
        for (source, sums) in sums.chunks_exact_mut(n).enumerate() {
            let range = events.starts[source] as usize..events.starts[source + 1] as usize;
            if !range.is_empty() {
                let heights = events.with_heights.then(|| &events.heights[range.clone()]);
                add_rows(deltas, tile, &events.places[range], heights, sums);
            }
        }
    }
}
