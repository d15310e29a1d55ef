//! How gradients become changes of parameters.
//!
//! With g the gradient, lr the learning rate and t the number of the update from 1:
//! - `sgd`: v = momentum v + g; w -= lr v
//! - `adam` (Kingma and Ba 2015): m = b1 m + (1 - b1) g, s = b2 s + (1 - b2) g^2; w -= lr m' / (sqrt(s') + epsilon), with m' = m / (1 - b1^t) and
//!   s' = s / (1 - b2^t)
//! - `adam_w` (Loshchilov and Hutter 2019): before that, w -= lr weight_decay w, for the weights of projections
//! - `adamax` (Kingma and Ba 2015): u = max(b2 u, |g| + epsilon); w -= lr m' / u

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parameters::{ParameterError, Parameters, Tensor};
use crate::numeric::Real;

/// An optimiser and its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimiser {
    /// Gradient descent with momentum.
    Sgd {
        /// Share of the last step that goes on; 0 for plain descent.
        momentum: f64,
    },
    /// Adam.
    Adam(Moments),
    /// Adam with weights that decay by themselves.
    AdamW {
        /// Adam's constants.
        moments: Moments,
        /// Decay of the weights, as a factor of the learning rate.
        weight_decay: f64,
    },
    /// Adamax.
    Adamax(Moments),
}

/// Constants of Adam and its like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Moments {
    /// Decay of the mean of gradients for each update.
    pub b1: f64,
    /// Decay of the mean of their squares, or of their largest size.
    pub b2: f64,
    /// What keeps from dividing by zero.
    pub epsilon: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Moments { b1: 0.9, b2: 0.999, epsilon: 1e-8 }
    }
}

impl Default for Optimiser {
    fn default() -> Self {
        Optimiser::Adam(Moments::default())
    }
}

/// What an optimiser remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct OptimiserState<T> {
    /// Updates so far.
    pub updates: u64,
    /// m or v of every number.
    first: Parameters<T>,
    /// s or u of every number; nothing for `sgd`.
    second: Parameters<T>,
}

impl<T: Real> OptimiserState<T> {
    /// Nothing to remember yet, for parameters of these shapes.
    pub fn new(optimiser: &Optimiser, parameters: &Parameters<T>) -> Self {
        let second = if matches!(optimiser, Optimiser::Sgd { .. }) { Parameters::default() } else { parameters.zeros() };
        OptimiserState { updates: 0, first: parameters.zeros(), second }
    }

    /// Whether it is of parameters of these shapes.
    pub fn check(&self, optimiser: &Optimiser, parameters: &Parameters<T>) -> Result<(), ParameterError> {
        parameters.check(&self.first)?;
        OptimiserState::new(optimiser, parameters).second.check(&self.second)
    }

    /// One update of the tensors for which `trained` holds.
    pub fn update(
        &mut self,
        optimiser: &Optimiser,
        rate: f64,
        gradients: &Parameters<T>,
        parameters: &mut Parameters<T>,
        trained: impl Fn(&str) -> bool,
    ) {
        self.updates += 1;
        let none = Vec::new();
        for (i, (tensor, gradient)) in parameters.tensors.iter_mut().zip(&gradients.tensors).enumerate() {
            if !trained(&tensor.name) {
                continue;
            }
            let first = &mut self.first.tensors[i].values[..];
            let mut no_second = none.clone();
            let second = self.second.tensors.get_mut(i).map_or(&mut no_second, |tensor: &mut Tensor<T>| &mut tensor.values);
            let (values, gradient) = (&mut tensor.values[..], &gradient.values[..]);
            match optimiser {
                Optimiser::Sgd { momentum } => {
                    let (momentum, rate) = (T::of(*momentum), T::of(rate));
                    for ((w, v), &g) in values.iter_mut().zip(first).zip(gradient) {
                        *v = momentum * *v + g;
                        *w -= rate * *v;
                    }
                }
                Optimiser::Adam(moments) => adam(moments, self.updates, rate, values, first, second, gradient),
                Optimiser::AdamW { moments, weight_decay } => {
                    if tensor.name.starts_with("weights/") {
                        let kept = T::of(1.0 - rate * weight_decay);
                        values.iter_mut().for_each(|w| *w = kept * *w);
                    }
                    adam(moments, self.updates, rate, values, first, second, gradient);
                }
                Optimiser::Adamax(moments) => {
                    let [b1, b2, epsilon] = [moments.b1, moments.b2, moments.epsilon].map(T::of);
                    let step = T::of(rate / (1.0 - libm::pow(moments.b1, self.updates as f64)));
                    let rest = T::of(1.0 - moments.b1);
                    for (((w, m), u), &g) in values.iter_mut().zip(first).zip(second).zip(gradient) {
                        *m = b1 * *m + rest * g;
                        let (size, old) = (if g < T::default() { -g } else { g } + epsilon, b2 * *u);
                        *u = if old > size { old } else { size };
                        *w -= step * *m / *u;
                    }
                }
            }
        }
    }
}

fn adam<T: Real>(moments: &Moments, updates: u64, rate: f64, values: &mut [T], m: &mut [T], s: &mut [T], gradient: &[T]) {
    let left = |b: f64| 1.0 - libm::pow(b, updates as f64);
    let [b1, b2, epsilon] = [moments.b1, moments.b2, moments.epsilon].map(T::of);
    let (rest1, rest2) = (T::of(1.0 - moments.b1), T::of(1.0 - moments.b2));
    let (step, shrink) = (T::of(rate / left(moments.b1)), T::of(1.0 / left(moments.b2).sqrt()));
    for (((w, m), s), &g) in values.iter_mut().zip(m).zip(s).zip(gradient) {
        *m = b1 * *m + rest1 * g;
        *s = b2 * *s + rest2 * g * g;
        *w -= step * *m / (s.sqrt() * shrink + epsilon);
    }
}
