//! The loss of classes: cross-entropy of a readout's mean values.

use super::batch::{Sample, SampleMut};
use super::loss::Loss;
use crate::numeric::Real;

/// Cross-entropy of the class that a readout's values say, one value a class.
///
/// With m_i the mean of y_i over the last `ticks` ticks and p = softmax(m): E = -weight sum over samples of ln p_label; the derivative by y_i
/// in each of those ticks is weight (p_i - [i = label]) / ticks.
///
/// A sample without a label, or whose label is no class, has a loss that isn't a number: no update is made of it.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'a> {
    /// The readout's number among the outputs.
    pub readout: usize,
    /// Ticks that are averaged, at the end; all if there are fewer.
    pub ticks: usize,
    /// The class of each sample, from 0.
    pub labels: &'a [usize],
    /// Factor of the whole, such as 1 / samples.
    pub weight: f64,
}

impl CrossEntropy<'_> {
    /// The mean values of a sample.
    fn means<T: Real>(&self, outputs: Sample<'_, T>) -> Vec<f64> {
        let ticks = self.ticks.clamp(1, outputs.steps());
        let mut means = vec![0.0; outputs.values(self.readout, 0).len()];
        for t in outputs.steps() - ticks..outputs.steps() {
            means.iter_mut().zip(outputs.values(self.readout, t)).for_each(|(mean, y)| *mean += y.f64());
        }
        means.iter_mut().for_each(|mean| *mean /= ticks as f64);
        means
    }

    /// The class of the greatest mean; the first of several.
    pub fn class<T: Real>(&self, outputs: Sample<'_, T>) -> usize {
        let means = self.means(outputs);
        (0..means.len()).fold(0, |best, i| if means[i] > means[best] { i } else { best })
    }
}

impl<T: Real> Loss<T> for CrossEntropy<'_> {
    fn sample(&self, sample: usize, outputs: Sample<'_, T>, errors: &mut SampleMut<'_, T>) -> f64 {
        let means = self.means(outputs);
        let Some(&label) = self.labels.get(sample).filter(|&&label| label < means.len()) else { return f64::NAN };
        let greatest = means.iter().fold(f64::NEG_INFINITY, |most, &mean| most.max(mean));
        let powers: Vec<f64> = means.iter().map(|mean| libm::exp(mean - greatest)).collect();
        let sum: f64 = powers.iter().sum();
        let ticks = self.ticks.clamp(1, outputs.steps());
        for t in outputs.steps() - ticks..outputs.steps() {
            for (i, (error, power)) in errors.values(self.readout, t).iter_mut().zip(&powers).enumerate() {
                let wanted = if i == label { 1.0 } else { 0.0 };
                *error += T::of(self.weight * (power / sum - wanted) / ticks as f64);
            }
        }
        self.weight * (libm::log(sum) + greatest - means[label])
    }
}
