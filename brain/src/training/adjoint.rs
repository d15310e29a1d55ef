//! One tick of the way back, for one population: from the adjoints of the tick after to those of this one.
//!
//! Written for delta = dE/dI, the adjoint of what arrives; with g the gain of input, delta = g V, V the adjoint of the potential. Z is the
//! adjoint of a spike, and L what the targets' deltas send back to it through the weights (and, with rate regularisation, what that adds).
//!
//! `lif`, `alif` (A = threshold + beta b, B the adjoint of b, S what a reset subtracts):
//! - Z_t = L_t + r B_{t+1} - S V_{t+1}, or - alpha S V_{t+1} where the reset acts at once (S = v_t where it sets to zero)
//! - V_t = alpha V_{t+1} (times 1 - z_t where a reset sets to zero) + psi_t Z_t
//! - B_t = rho B_{t+1} - beta psi_t Z_t, and what an adapted reset adds
//!
//! `se_adlif` (U the adjoint of u before the reset, W that of w):
//! - W_t = beta W_{t+1} - delta_{t+1}
//! - U'_t = alpha U_{t+1} + (1 - beta) q a W_t, Z_t = L_t + (1 - beta) q b W_t - u_t U'_t
//! - U_t = (1 - z_t) U'_t + psi_t Z_t
//!
//! Only neurons whose psi isn't zero need L: the products are computed for these alone.

use super::Settings;
use super::events::Events;
use super::gradients::NeuronSums;
use super::model::Cell;
use super::panels::lanes;
use super::trace::Kept;
use crate::neuron::{IntegrateAndFire, Reset, ResetBy, SymplecticAdaptive};
use crate::numeric::{Real, WIDTH};

/// The neurons and rows whose spike adjoints are computed in a tick: sorted by neuron, then by row.
#[derive(Debug, Default)]
pub(super) struct Entries<T> {
    /// Entries of neuron i: `starts[i]..starts[i + 1]`.
    pub starts: Vec<u32>,
    pub rows: Vec<u32>,
    /// The entry of each neuron that was kept, set by set and sequence by sequence.
    slots: Vec<u32>,
    /// Products with the weights, lane by lane.
    pub sums: Vec<[T; WIDTH]>,
}

impl<T: Real> Entries<T> {
    /// Of the `tick`-th tick of what was kept: neurons whose psi isn't zero, in `samples` sequences, each once for every set of errors.
    pub fn active(&mut self, kept: &Kept<T>, tick: usize, size: usize, samples: usize, sets: usize) {
        let range = |sample: usize| {
            let at = tick * samples + sample;
            kept.starts[at] as usize..kept.starts[at + 1] as usize
        };
        let all = range(0).start..range(samples - 1).end;
        // Counted, summed up, and filled in; each start is moved to its end and stands right in the end because it was put one too far.
        self.starts.clear();
        self.starts.resize(size + 2, 0);
        for &i in &kept.indices[all.clone()] {
            self.starts[i as usize + 2] += sets as u32;
        }
        for i in 2..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        let count = all.len() * sets;
        self.rows.resize(count, 0);
        self.slots.clear();
        for set in 0..sets {
            for sample in 0..samples {
                for at in range(sample) {
                    let next = &mut self.starts[kept.indices[at] as usize + 1];
                    self.rows[*next as usize] = (set * samples + sample) as u32;
                    self.slots.push(*next);
                    *next += 1;
                }
            }
        }
        self.starts.truncate(size + 1);
        self.sums.clear();
        self.sums.resize(count, [T::default(); WIDTH]);
    }

    /// Of all neurons in all rows.
    pub fn all(&mut self, size: usize, rows: usize) {
        self.starts.clear();
        self.starts.extend((0..=size).map(|i| (i * rows) as u32));
        self.rows.clear();
        self.rows.extend((0..size).flat_map(|_| 0..rows as u32));
        self.sums.clear();
        self.sums.resize(size * rows, [T::default(); WIDTH]);
    }
}

/// What a step back reads and writes.
pub(super) struct Step<'a, T> {
    pub settings: &'a Settings,
    /// Tick within what was kept.
    pub tick: usize,
    /// Sequences, and rows: one for each sequence and set of errors.
    pub samples: usize,
    pub rows: usize,
    /// Size, padded.
    pub n: usize,
    pub kept: &'a Kept<T>,
    /// Spikes, and the tick among them.
    pub events: &'a Events<T>,
    pub t: usize,
    pub entries: &'a Entries<T>,
    /// What rate regularisation adds to each neuron's L.
    pub rate: Option<&'a [T]>,
    /// delta of the tick after, and of this one.
    pub after: &'a [T],
    pub delta: &'a mut [T],
    /// The second adjoint, B or W, of the tick after, and of this one.
    pub second_after: &'a [T],
    pub second: &'a mut [T],
    /// The adjoint of the threshold that is compared (and, if it is adapted, subtracted), if parameters have gradients.
    pub threshold: Option<&'a mut [T]>,
}

impl<T: Real> Step<'_, T> {
    /// Of neurons of any kind.
    #[inline(always)]
    pub fn neurons(&mut self, cell: &Cell<T>) {
        match cell {
            Cell::IntegrateAndFire(cell) => self.integrate_and_fire(cell),
            Cell::SymplecticAdaptive(cell) => self.symplectic_adaptive(cell),
            Cell::Readout(_) => (),
        }
    }

    /// The spikes of `t` (or of ticks before), in every row: calls `act(place, neuron, height)`.
    #[inline(always)]
    fn spikes(&self, ago: usize, mut act: impl FnMut(usize, usize, T)) {
        let one = T::of(1.0);
        for row in 0..self.rows {
            let (indices, heights) = self.events.at(self.t, ago, row % self.samples);
            for (k, &i) in indices.iter().enumerate() {
                act(row * self.n + i as usize, i as usize, heights.map_or(one, |heights| heights[k]));
            }
        }
    }

    /// Where the neurons of a row are in what was kept.
    #[inline(always)]
    fn kept_range(&self, row: usize) -> std::ops::Range<usize> {
        let at = self.tick * self.samples + row % self.samples;
        self.kept.starts[at] as usize..self.kept.starts[at + 1] as usize
    }

    #[inline(always)]
    fn integrate_and_fire(&mut self, cell: &IntegrateAndFire<T>) {
        let zero = T::default();
        let at_once = cell.reset != Reset::SubtractNextTick;
        let adapted_reset = cell.adaptive && cell.reset_by == ResetBy::Adapted && cell.reset != Reset::Zero;
        let (delta, second) = (std::mem::take(&mut self.delta), std::mem::take(&mut self.second));
        let mut threshold = self.threshold.take();
        scale(&cell.alpha, self.after, delta);
        if cell.adaptive {
            scale(&cell.rho, self.second_after, second);
        }
        if let Some(threshold) = &mut threshold {
            threshold.fill(zero);
        }
        if cell.reset == Reset::Zero {
            self.spikes(0, |at, _, z| delta[at] = delta[at] - z * delta[at]);
        }
        let mut subtract = |at: usize, i: usize, taken: T| {
            second[at] -= cell.beta[i] * taken;
            if let Some(threshold) = &mut threshold {
                threshold[at] -= taken;
            }
        };
        if adapted_reset && at_once {
            // V of the potential after the reset, which is still alone in delta.
            self.spikes(0, |at, i, z| subtract(at, i, z * delta[at] / cell.gain[i]));
        }
        let (after, second_after, kept, entries, n) = (self.after, self.second_after, self.kept, self.entries, self.n);
        let mut slots = entries.slots.iter();
        for row in 0..self.rows {
            for k in self.kept_range(row) {
                let i = kept.indices[k] as usize;
                let (at, products) = (row * n + i, slots.next().map_or(zero, |&e| lanes(&entries.sums[e as usize])));
                let l = products + self.rate.map_or(zero, |rate| rate[i]);
                let psi = kept.psi[k];
                let subtracted = match (self.settings.through_reset, kept.reset.is_empty()) {
                    (false, _) => zero,
                    (true, true) => cell.threshold[i],
                    (true, false) => kept.reset[k],
                };
                let v = after[at] * cell.inverse_gain[i];
                let v = if at_once { cell.alpha[i] * v } else { v };
                let mut z = l - subtracted * v;
                if cell.adaptive {
                    z += cell.rho_gain[i] * second_after[at];
                }
                delta[at] += cell.gain[i] * psi * z;
                let by_threshold = if kept.psi_adapted.is_empty() { -psi * z } else { kept.psi_adapted[k] * z };
                if cell.adaptive && self.settings.through_adaptation {
                    second[at] += cell.beta[i] * by_threshold;
                }
                if let Some(threshold) = &mut threshold {
                    threshold[at] += by_threshold;
                }
            }
        }
        if adapted_reset && !at_once {
            // What was subtracted in this tick, by spikes of the one before.
            self.spikes(1, |at, i, z| {
                let taken = z * delta[at] / cell.gain[i];
                second[at] -= cell.beta[i] * taken;
                if let Some(threshold) = &mut threshold {
                    threshold[at] -= taken;
                }
            });
        }
        (self.delta, self.second, self.threshold) = (delta, second, threshold);
    }

    #[inline(always)]
    fn symplectic_adaptive(&mut self, cell: &SymplecticAdaptive<T>) {
        let (zero, one) = (T::default(), T::of(1.0));
        let (delta, second) = (std::mem::take(&mut self.delta), std::mem::take(&mut self.second));
        let mut threshold = self.threshold.take();
        if let Some(threshold) = &mut threshold {
            threshold.fill(zero);
        }
        let (after, second_after, kept, entries, n) = (self.after, self.second_after, self.kept, self.entries, self.n);
        // U' for a place; delta is (1 - alpha) U.
        let before_reset = |i: usize, after: T, w: T| {
            let gain = one - cell.alpha[i];
            cell.alpha[i] * after / gain + (one - cell.beta[i]) * cell.q * cell.a[i] * w
        };
        for row in 0..self.rows {
            for i in 0..n {
                let at = row * n + i;
                second[at] = cell.beta[i] * second_after[at] - after[at];
                delta[at] = (one - cell.alpha[i]) * before_reset(i, after[at], second[at]);
            }
        }
        self.spikes(0, |at, _, z| delta[at] = delta[at] - z * delta[at]);
        let mut slots = entries.slots.iter();
        for row in 0..self.rows {
            for k in self.kept_range(row) {
                let i = kept.indices[k] as usize;
                let (at, products) = (row * n + i, slots.next().map_or(zero, |&e| lanes(&entries.sums[e as usize])));
                let l = products + self.rate.map_or(zero, |rate| rate[i]);
                let subtracted = if self.settings.through_reset { kept.reset[k] } else { zero };
                let mut z = l - subtracted * before_reset(i, after[at], second[at]);
                if self.settings.through_adaptation {
                    z += (one - cell.beta[i]) * cell.q * cell.b[i] * second[at];
                }
                delta[at] += (one - cell.alpha[i]) * kept.psi[k] * z;
                if let Some(threshold) = &mut threshold {
                    let by_threshold = if kept.psi_adapted.is_empty() { -kept.psi[k] } else { kept.psi_adapted[k] };
                    threshold[at] += by_threshold * z;
                }
            }
        }
        (self.delta, self.second, self.threshold) = (delta, second, threshold);
    }

    /// Adds to the gradients of the parameters of neurons what this tick gives, for the rows of one reduction.
    #[inline(always)]
    pub fn parameters(&self, cell: &Cell<T>, rows: std::ops::Range<usize>, sums: &mut NeuronSums<T>) {
        let (Some(dense), n) = (&self.kept.dense, self.n) else { return };
        let one = T::of(1.0);
        for row in rows {
            let before = (self.tick * self.samples + row) * n;
            let now = before + self.samples * n;
            for i in 0..n {
                let at = row * n + i;
                let (delta, current) = (self.delta[at], dense.current[before + i]);
                sums.bias[i] += delta;
                match cell {
                    Cell::IntegrateAndFire(cell) => {
                        let v = delta / cell.gain[i];
                        let input = if cell.scaled_input { current + cell.bias[i] } else { T::default() };
                        sums.first_decay[i] += v * (dense.v[before + i] - input);
                        let threshold = self.threshold.as_ref().map_or(T::default(), |threshold| threshold[at]);
                        // What a spike took away is the threshold itself, unless it was the adapted one, whose adjoint has it.
                        let taken = match (cell.reset, cell.adaptive && cell.reset_by == ResetBy::Adapted) {
                            (Reset::SubtractNextTick, false) => dense.z[before + i] * v,
                            (Reset::Subtract, false) => dense.z[now + i] * cell.alpha[i] * self.after[at] / cell.gain[i],
                            _ => T::default(),
                        };
                        sums.threshold[i] += threshold - taken;
                        if cell.adaptive {
                            let z = if cell.scaled_adaptation { dense.z[before + i] } else { T::default() };
                            sums.drive[i] += threshold * dense.b[now + i];
                            sums.second_decay[i] += self.second[at] * (dense.b[before + i] - z);
                        }
                    }
                    Cell::SymplecticAdaptive(cell) => {
                        let u = delta / (one - cell.alpha[i]);
                        let input = current + cell.bias[i] - dense.b[before + i];
                        sums.first_decay[i] += u * (dense.v[before + i] - input);
                        sums.threshold[i] += self.threshold.as_ref().map_or(T::default(), |threshold| threshold[at]);
                        let (w, rest) = (self.second[at], (one - cell.beta[i]) * cell.q);
                        let (u, z) = (dense.v[now + i], dense.z[now + i]);
                        sums.drive[i] += w * rest * u;
                        sums.spike_drive[i] += w * rest * z;
                        sums.second_decay[i] += w * (dense.b[before + i] - cell.q * (cell.a[i] * u + cell.b[i] * z));
                    }
                    Cell::Readout(cell) => {
                        let y = delta / cell.gain[i];
                        let input = if cell.scaled_input { current + cell.bias[i] } else { T::default() };
                        sums.first_decay[i] += y * (dense.v[before + i] - input);
                    }
                }
            }
        }
    }
}

/// Each row of `from`, times a factor for each neuron, to `to`.
#[inline(always)]
fn scale<T: Real>(factors: &[T], from: &[T], to: &mut [T]) {
    let n = factors.len();
    for (to, from) in to.chunks_exact_mut(n).zip(from.chunks_exact(n)) {
        for i in 0..n {
            to[i] = factors[i] * from[i];
        }
    }
}

/// One tick back of readouts: delta_t = kappa delta_{t+1} + g error, of the errors of one set of `samples` sequences.
#[inline(always)]
pub(super) fn readouts<T: Real>(kappa: &[T], gain: &[T], after: &[T], errors: Option<&[T]>, delta: &mut [T]) {
    scale(kappa, after, delta);
    let Some(errors) = errors else { return };
    let n = kappa.len();
    for (delta, errors) in delta.chunks_exact_mut(n).zip(errors.chunks_exact(n)) {
        for i in 0..n {
            delta[i] += gain[i] * errors[i];
        }
    }
}
