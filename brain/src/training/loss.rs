//! What is to be made small: a function of the readouts, with its derivative.

use super::batch::{Sample, SampleMut};
use crate::numeric::Real;

/// A loss that is a sum over the sequences of a batch.
pub trait Loss<T: Real>: Sync {
    /// The share of sequence `sample` in the loss, and its derivative by each readout value into `errors`, which holds zeros.
    /// A mean over the batch divides both by the number of sequences.
    fn sample(&self, sample: usize, outputs: Sample<'_, T>, errors: &mut SampleMut<'_, T>) -> f64;
}

impl<T: Real, F: Fn(usize, Sample<'_, T>, &mut SampleMut<'_, T>) -> f64 + Sync> Loss<T> for F {
    fn sample(&self, sample: usize, outputs: Sample<'_, T>, errors: &mut SampleMut<'_, T>) -> f64 {
        self(sample, outputs, errors)
    }
}

/// Squared errors of values that are decoded as means over windows of ticks: of the readout's value in the last `ticks` of every `period` ticks.
///
/// E = weight sum over samples, windows w and values i of (mean of y_i over the window - target)^2 / 2; the derivative by y is weight (mean -
/// target) / ticks in each tick of the window. Because readouts are linear, their filter and this decoding are together one matrix; nothing
/// needs to be done for it, as the backward pass filters the errors once for each tick and not for each weight.
#[derive(Clone, Debug)]
pub struct WindowMeans<'a, T> {
    /// The readout's number among the outputs.
    pub readout: usize,
    /// Ticks from one window's end to the next.
    pub period: usize,
    /// Ticks of a window, at its period's end.
    pub ticks: usize,
    /// Numbers that are decoded of each window.
    pub values: usize,
    /// Whether each window has readout values of its own: window w then decodes the values from `w * values` on, else those from 0 on.
    pub own_values: bool,
    /// Targets: `targets[(sample * windows + w) * values + i]`.
    pub targets: &'a [T],
    /// Factor of each window; ones if there are none.
    pub weights: &'a [T],
    /// Factor of the whole, such as 1 / samples.
    pub weight: f64,
}

impl<T: Real> WindowMeans<'_, T> {
    /// What is decoded of window `w`.
    pub fn decode(&self, outputs: Sample<'_, T>, w: usize, into: &mut [T]) {
        into.fill(T::default());
        for t in self.range(w) {
            let values = &outputs.values(self.readout, t)[self.first(w)..];
            into.iter_mut().zip(values).for_each(|(sum, &y)| *sum += y);
        }
        let share = T::of(1.0 / self.ticks as f64);
        into.iter_mut().for_each(|sum| *sum *= share);
    }

    fn first(&self, w: usize) -> usize {
        if self.own_values { w * self.values } else { 0 }
    }

    fn range(&self, w: usize) -> std::ops::Range<usize> {
        (w + 1) * self.period - self.ticks..(w + 1) * self.period
    }
}

impl<T: Real> Loss<T> for WindowMeans<'_, T> {
    fn sample(&self, sample: usize, outputs: Sample<'_, T>, errors: &mut SampleMut<'_, T>) -> f64 {
        let windows = outputs.steps() / self.period;
        let (mut loss, mut means) = (0.0, vec![T::default(); self.values]);
        for w in 0..windows {
            self.decode(outputs, w, &mut means);
            let factor = self.weight * self.weights.get(w).map_or(1.0, |w| w.f64());
            let targets = &self.targets[(sample * windows + w) * self.values..][..self.values];
            let share = T::of(factor / self.ticks as f64);
            for (mean, &target) in means.iter_mut().zip(targets) {
                let error = *mean - target;
                loss += 0.5 * factor * error.f64() * error.f64();
                *mean = share * error;
            }
            for t in self.range(w) {
                let errors = &mut errors.values(self.readout, t)[self.first(w)..];
                errors.iter_mut().zip(&means).for_each(|(error, &e)| *error += e);
            }
        }
        loss
    }
}
