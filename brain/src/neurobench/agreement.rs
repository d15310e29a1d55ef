//! How well predictions agree with labels: the coefficient of determination, the symmetric percentage error and the squared error, summed up
//! pair by pair, so that a run of any length needs no more memory than a short one.

use serde::{Deserialize, Serialize};

/// Sums over pairs of a prediction and a label of some coordinates each, in `f64`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    pairs: u64,
    coordinates: Vec<Coordinate>,
}

/// Sums of one coordinate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Coordinate {
    /// Mean of the labels, and the sum of their squared distances from it (Welford 1962).
    mean: f64,
    spread: f64,
    /// Sum of (y - p)^2.
    missed: f64,
    /// Sum of |p - y| / (|p| + |y|); undefined once both were zero.
    relative: f64,
}

/// What an [`Agreement`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The coefficient of determination, mean over coordinates of 1 - sum (y - p)^2 / sum (y - mean y)^2; NeuroBench has two coordinates, the x and
    /// y of a velocity. At most 1; without unit. None if the labels of a coordinate are all equal.
    #[serde(rename = "R2")]
    pub r2: Option<f64>,
    /// The symmetric mean absolute percentage error, 200 mean(|p - y| / (|p| + |y|)), from 0 to 200 (%); 200 if that is undefined, as it
    /// is if a prediction and its label are both zero.
    #[serde(rename = "SMAPE")]
    pub smape: f64,
    /// The mean of (p - y)^2 over all coordinates, in the square of the labels' unit.
    #[serde(rename = "MSE")]
    pub mse: f64,
}

impl Agreement {
    /// Of pairs of this many coordinates, none so far.
    pub fn new(coordinates: usize) -> Agreement {
        Agreement { pairs: 0, coordinates: vec![Coordinate::default(); coordinates] }
    }

    /// Number of coordinates.
    pub fn coordinates(&self) -> usize {
        self.coordinates.len()
    }

    /// Adds a pair; of coordinates that one of them lacks, and further ones, nothing is known.
    pub fn push(&mut self, prediction: &[f64], label: &[f64]) {
        self.pairs += 1;
        for (sums, (p, y)) in self.coordinates.iter_mut().zip(prediction.iter().zip(label)) {
            let before = y - sums.mean;
            sums.mean += before / self.pairs as f64;
            sums.spread += before * (y - sums.mean);
            sums.missed += (y - p) * (y - p);
            sums.relative += (p - y).abs() / (p.abs() + y.abs());
        }
    }

    /// The figures; none without pairs or coordinates.
    pub fn figures(&self) -> Option<Prediction> {
        let count = self.coordinates.len() as f64;
        if self.pairs == 0 || self.coordinates.is_empty() {
            return None;
        }
        let mean = |of: fn(&Coordinate) -> f64| self.coordinates.iter().map(of).sum::<f64>() / count;
        let determined = self.coordinates.iter().all(|sums| sums.spread > 0.0);
        let relative = 200.0 * mean(|sums| sums.relative) / self.pairs as f64;
        Some(Prediction {
            r2: determined.then(|| mean(|sums| 1.0 - sums.missed / sums.spread)),
            smape: if relative.is_nan() { 200.0 } else { relative },
            mse: mean(|sums| sums.missed) / self.pairs as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures<const N: usize>(pairs: &[([f64; N], [f64; N])]) -> Option<Prediction> {
        let mut agreement = Agreement::new(N);
        pairs.iter().for_each(|(prediction, label)| agreement.push(prediction, label));
        agreement.figures()
    }

    #[test]
    fn figures_are_those_of_neurobench() {
        assert_eq!(figures(&[([1.0], [1.0]), ([0.0], [0.0])]).unwrap().smape, 200.0);
        assert_eq!(figures(&[([1.0], [1.0]), ([3.0], [1.0])]).unwrap().smape, 50.0);
        assert_eq!(figures(&[([1.0], [-1.0]), ([-3.0], [3.0])]).unwrap().smape, 200.0);
        assert_eq!(figures(&[([1.0], [1.0]), ([3.0], [1.0])]).unwrap().mse, 2.0);
        // Along x all is right, along y the mean of the labels is all that is known.
        assert_eq!(figures(&[([0.0, 2.0], [0.0, 1.0]), ([1.0, 2.0], [1.0, 3.0])]).unwrap().r2, Some(0.5));
        assert_eq!(figures(&[([0.0, 2.0], [0.0, 2.0]), ([1.0, 2.0], [1.0, 2.0])]).unwrap().r2, None);
        assert_eq!((figures::<2>(&[]), figures::<0>(&[([], [])])), (None, None));
    }

    #[test]
    fn labels_far_from_zero_lose_nothing() {
        let pairs: Vec<_> = (0..1000).map(|i| ([1e6 + f64::from(i % 7)], [1e6 + f64::from(i % 5)])).collect();
        let near: Vec<_> = pairs.iter().map(|(p, y)| ([p[0] - 1e6], [y[0] - 1e6])).collect();
        let [far, near] = [&pairs, &near].map(|pairs| figures(pairs).unwrap());
        assert!((far.r2.unwrap() - near.r2.unwrap()).abs() < 1e-9 && far.mse == near.mse, "{far:?} {near:?}");
    }
}
