//! Surrogate gradients: what stands for the derivative of a spike.
//!
//! With x = (v - A) / width, v the potential and A the threshold, dz/dv is taken to be psi = height f(x), or height f(x) / width. Its integral
//! is the spike of a *smoothed* network, whose exact gradients are what backpropagation through spikes computes; tests differentiate
//! that network by finite differences.
//!
//! Sources: triangular, Bellec et al. 2018; SuperSpike's fast sigmoid, Zenke and Ganguli 2018; exponential, Shrestha and Orchard 2018.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::numeric::Real;

/// A surrogate gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Surrogate {
    /// f.
    pub shape: Shape,
    /// The factor of f.
    pub height: f64,
    /// What distances from the threshold are measured in.
    pub width: Width,
}

/// The shape f of a surrogate gradient, with f(0) = 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// max(0, 1 - |x|).
    Triangular,
    /// 1 / (1 + slope |x|)^2.
    FastSigmoid {
        /// How fast it falls.
        slope: f64,
    },
    /// exp(-slope |x|).
    Exponential {
        /// How fast it falls.
        slope: f64,
    },
}

/// What distances from the threshold are measured in, and whether psi is divided by it. No width is differentiated but the adapted one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Width {
    /// x = (v - A) / width, psi = height f(x).
    Fixed {
        /// The width, in the unit of the potential.
        width: f64,
    },
    /// The threshold without adaptation: x = (v - A) / threshold, psi = height f(x).
    Threshold,
    /// The same, psi = height f(x) / threshold: the convention of e-prop.
    ThresholdNormalised,
    /// The adapted threshold: x = (v - A) / A, psi = height f(x) / A: the convention of LSNNs.
    AdaptedNormalised,
}

impl Default for Surrogate {
    fn default() -> Self {
        Surrogate { shape: Shape::Triangular, height: 0.3, width: Width::Threshold }
    }
}

impl Surrogate {
    /// Checks the numbers; an error names the one and what it must be.
    pub fn check(&self) -> Result<(), String> {
        let slope = match self.shape {
            Shape::Triangular => 1.0,
            Shape::FastSigmoid { slope } | Shape::Exponential { slope } => slope,
        };
        let width = if let Width::Fixed { width } = self.width { width } else { 1.0 };
        for (name, value) in [("slope", slope), ("width", width), ("height", self.height)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(format!("surrogate {name}: expected a number above zero, found {value}"));
            }
        }
        Ok(())
    }
}

/// f(x).
#[inline(always)]
pub(super) fn slope_at<T: Real>(shape: Shape, x: T) -> T {
    let (zero, one) = (T::default(), T::of(1.0));
    let x = if x < zero { -x } else { x };
    match shape {
        Shape::Triangular => {
            let left = one - x;
            if left > zero { left } else { zero }
        }
        Shape::FastSigmoid { slope } => {
            let below = one + T::of(slope) * x;
            one / (below * below)
        }
        Shape::Exponential { slope } => {
            let (power, most) = (T::of(slope) * x, T::of(87.0));
            (-(if power < most { power } else { most })).exp_within()
        }
    }
}

/// The integral of f from minus infinity (from -1 where f begins there) to x, up to a constant that makes it positive.
pub(super) fn integral_at<T: Real>(shape: Shape, x: T) -> T {
    let (zero, one, half) = (T::default(), T::of(1.0), T::of(0.5));
    let negative = x < zero;
    let size = if negative { -x } else { x };
    // The integral from 0 to |x|.
    let (part, total) = match shape {
        Shape::Triangular => {
            let x = if size < one { size } else { one };
            (x - half * x * x, half)
        }
        Shape::FastSigmoid { slope } => {
            let slope = T::of(slope);
            (size / (one + slope * size), one / slope)
        }
        Shape::Exponential { slope } => ((one - slope_at(shape, size)) / T::of(slope), T::of(1.0 / slope)),
    };
    if negative { total - part } else { total + part }
}

/// A surrogate for the neurons of one population.
#[derive(Clone, Debug)]
pub(super) struct Slopes<T> {
    pub shape: Shape,
    height: T,
    /// Whether widths are adapted thresholds.
    pub adapted: bool,
    /// 1 / width and the factor of f of each neuron, unless adapted.
    scale: Vec<T>,
    factor: Vec<T>,
}

impl<T: Real> Slopes<T> {
    /// For neurons with the given thresholds (padded).
    pub fn new(surrogate: &Surrogate, thresholds: &[T]) -> Self {
        let height = T::of(surrogate.height);
        let width = |threshold: T| match surrogate.width {
            Width::Fixed { width } => T::of(width),
            _ => threshold,
        };
        let normalised = surrogate.width == Width::ThresholdNormalised;
        Slopes {
            shape: surrogate.shape,
            height,
            adapted: surrogate.width == Width::AdaptedNormalised,
            scale: thresholds.iter().map(|&t| T::of(1.0) / width(t)).collect(),
            factor: thresholds.iter().map(|&t| if normalised { height / t } else { height }).collect(),
        }
    }

    /// dz/dv of all neurons of one network into `psi`, from v, v - A and whether each is free to fire.
    #[inline(always)]
    pub fn derivatives(&self, v: &[T], distance: &[T], free: &[T], psi: &mut [T]) {
        match self.shape {
            Shape::Triangular => self.each(Shape::Triangular, v, distance, free, psi),
            Shape::FastSigmoid { slope } => self.each(Shape::FastSigmoid { slope }, v, distance, free, psi),
            Shape::Exponential { slope } => self.each(Shape::Exponential { slope }, v, distance, free, psi),
        }
    }

    #[inline(always)]
    fn each(&self, shape: Shape, v: &[T], distance: &[T], free: &[T], psi: &mut [T]) {
        let n = psi.len();
        let (v, distance, free) = (&v[..n], &distance[..n], &free[..n]);
        if self.adapted {
            for i in 0..n {
                let scale = T::of(1.0) / (v[i] - distance[i]);
                psi[i] = free[i] * (self.height * scale) * slope_at(shape, distance[i] * scale);
            }
        } else {
            let (scale, factor) = (&self.scale[..n], &self.factor[..n]);
            for i in 0..n {
                psi[i] = free[i] * factor[i] * slope_at(shape, distance[i] * scale[i]);
            }
        }
    }

    /// The smoothed spike of neuron `i`: the integral of what [`derivatives`](Self::derivatives) gives.
    pub fn smoothed(&self, i: usize, distance: T, adapted: T) -> T {
        if self.adapted {
            self.height * integral_at(self.shape, distance / adapted)
        } else {
            self.factor[i] / self.scale[i] * integral_at(self.shape, distance * self.scale[i])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrals_have_the_shapes_as_their_derivatives() {
        for shape in [Shape::Triangular, Shape::FastSigmoid { slope: 3.0 }, Shape::Exponential { slope: 5.0 }] {
            for x in [-2.0, -0.7, -0.1, 0.2, 0.9, 1.5] {
                let e = 1e-6;
                let difference: f64 = (integral_at(shape, x + e) - integral_at(shape, x - e)) / (2.0 * e);
                assert!((difference - slope_at(shape, x)).abs() < 1e-9, "{shape:?} at {x}");
                assert!(integral_at::<f64>(shape, x) >= 0.0);
            }
            assert_eq!(slope_at(shape, 0.0), 1.0);
        }
    }

    #[test]
    fn the_published_numbers_come_out() {
        let at = |surrogate: Surrogate, threshold: f64, v: f64, a: f64| {
            let mut psi = [0.0; 1];
            Slopes::new(&surrogate, &[threshold]).derivatives(&[v], &[v - a], &[1.0], &mut psi);
            psi[0]
        };
        let triangular = |width| Surrogate { shape: Shape::Triangular, height: 0.3, width };
        assert!((at(triangular(Width::Threshold), 0.5, 0.6, 0.7) - 0.3 * 0.8f64).abs() < 1e-12);
        assert!((at(triangular(Width::ThresholdNormalised), 0.5, 0.6, 0.7) - 0.3 * 0.8 / 0.5f64).abs() < 1e-12);
        assert!((at(triangular(Width::AdaptedNormalised), 0.5, 0.6, 0.8) - 0.3 * 0.75 / 0.8f64).abs() < 1e-12);
        let exponential = Surrogate { shape: Shape::Exponential { slope: 5.0 }, height: 1.0, width: Width::Fixed { width: 1.0 } };
        assert!((at(exponential, 1.0, 0.8, 1.0) - libm::exp(-1.0)).abs() < 1e-12);
    }
}
