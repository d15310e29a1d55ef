//! What is trained, as named tensors: weights, and the parameters of neurons.

use serde::{Deserialize, Serialize};

use crate::numeric::Real;

/// A named array of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct Tensor<T> {
    /// `weights/<projection>`, or `<population>/<parameter>` with the parameter as its model writes it.
    pub name: String,
    /// Sources and targets, or the number of values.
    pub shape: Vec<usize>,
    /// The numbers, row by row.
    pub values: Vec<T>,
}

/// All tensors of a network, or as many gradients: first the weights of the projections, then the neurons' parameters, in the order of the spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Real")]
pub struct Parameters<T> {
    /// The tensors.
    pub tensors: Vec<Tensor<T>>,
}

/// Parameters that aren't those of the network at hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// One is missing, or of another name.
    #[error("expected tensor {expected:?}, found {found:?}")]
    Name {
        /// Name of the network's tensor.
        expected: String,
        /// What was given in its place.
        found: String,
    },
    /// One has another shape.
    #[error("tensor {name:?}: expected shape {expected:?}, found {found:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// The network's.
        expected: Vec<usize>,
        /// What was given.
        found: Vec<usize>,
    },
    /// A number can't be used.
    #[error("tensor {name:?}: {why}")]
    Value {
        /// Name of the tensor.
        name: String,
        /// What is wrong.
        why: String,
    },
}

impl<T: Real> Parameters<T> {
    /// The tensor of that name.
    pub fn get(&self, name: &str) -> Option<&Tensor<T>> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tensor of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tensor<T>> {
        self.tensors.iter_mut().find(|tensor| tensor.name == name)
    }

    /// As many zeros.
    #[must_use]
    pub fn zeros(&self) -> Self {
        let zero = |tensor: &Tensor<T>| Tensor { values: vec![T::default(); tensor.values.len()], ..tensor.clone() };
        Parameters { tensors: self.tensors.iter().map(zero).collect() }
    }

    /// Whether `other` has the same names and shapes; if not, the first difference.
    pub fn check(&self, other: &Parameters<T>) -> Result<(), ParameterError> {
        for (i, ours) in self.tensors.iter().enumerate() {
            let theirs = other.tensors.get(i);
            let found = theirs.map_or_else(|| "nothing".into(), |tensor| tensor.name.clone());
            let Some(theirs) = theirs.filter(|theirs| theirs.name == ours.name) else {
                return Err(ParameterError::Name { expected: ours.name.clone(), found });
            };
            if theirs.shape != ours.shape || theirs.values.len() != ours.values.len() {
                let (expected, found) = (ours.shape.clone(), theirs.shape.clone());
                return Err(ParameterError::Shape { name: ours.name.clone(), expected, found });
            }
        }
        match other.tensors.get(self.tensors.len()) {
            None => Ok(()),
            Some(tensor) => Err(ParameterError::Name { expected: "nothing more".into(), found: tensor.name.clone() }),
        }
    }

    /// The square root of the sum of all squares, summed up in `f64`.
    pub fn norm(&self) -> f64 {
        let squares = self.tensors.iter().flat_map(|tensor| &tensor.values).map(|x| x.f64() * x.f64());
        squares.sum::<f64>().sqrt()
    }

    /// The name of the first tensor that holds something else than finite numbers.
    pub fn not_finite(&self) -> Option<&str> {
        // A fold over all of them is one loop without branches.
        let broken = |tensor: &&Tensor<T>| !tensor.values.iter().fold(true, |all, x| all & x.is_finite());
        self.tensors.iter().find(broken).map(|tensor| tensor.name.as_str())
    }
}
