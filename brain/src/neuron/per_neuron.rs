//! A parameter that all neurons of a population share, or that each has for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One number for all neurons, or one for each: written as a number or as a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PerNeuron {
    /// The same for all.
    Shared(f64),
    /// One for each neuron, in order.
    Each(Vec<f64>),
}

impl From<f64> for PerNeuron {
    fn from(value: f64) -> Self {
        PerNeuron::Shared(value)
    }
}

impl PerNeuron {
    /// The value of neuron `i`; of one beyond the list, the list's last (lists are checked to be long enough).
    pub fn of(&self, i: usize) -> f64 {
        match self {
            PerNeuron::Shared(value) => *value,
            PerNeuron::Each(values) => values.get(i).or(values.last()).copied().unwrap_or_default(),
        }
    }

    /// The numbers as they are written: one, or one for each neuron.
    pub fn values(&self) -> &[f64] {
        match self {
            PerNeuron::Shared(value) => std::slice::from_ref(value),
            PerNeuron::Each(values) => values,
        }
    }

    /// Checks the length of a list, and that every number is finite and satisfies `holds`; `expected` says in words what that is.
    pub(crate) fn check(&self, name: &str, size: usize, expected: &str, holds: impl Fn(f64) -> bool) -> Result<(), String> {
        if let PerNeuron::Each(values) = self
            && values.len() != size
        {
            return Err(format!("{name}: expected one number or {size}, found {}", values.len()));
        }
        match self.values().iter().find(|v| !(v.is_finite() && holds(**v))) {
            Some(value) => Err(format!("{name}: expected {expected}, found {value}")),
            None => Ok(()),
        }
    }

    /// Checks that every number is a time above zero.
    pub(crate) fn check_time(&self, name: &str, size: usize) -> Result<(), String> {
        self.check(name, size, "a time above zero", |v| v > 0.0)
    }

    /// Checks that every number is finite.
    pub(crate) fn check_finite(&self, name: &str, size: usize) -> Result<(), String> {
        self.check(name, size, "a finite number", |_| true)
    }
}
