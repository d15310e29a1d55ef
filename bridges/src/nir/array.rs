//! Parameters as a file holds them: arrays in their own number type, texts, and groups of metadata.

use std::collections::BTreeMap;

use super::NirError;

/// The numbers of an array, in the type in which a file stores them. Integers of all widths are held as `i64`.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Whole numbers.
    I64(Vec<i64>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An array of any rank, in row-major order; of rank 0 it is one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    values: Values,
}

impl Array {
    /// An array of that shape.
    ///
    /// # Errors
    /// If there are not as many numbers as the shape says.
    pub fn new(shape: Vec<usize>, values: Values) -> Result<Array, NirError> {
        match elements(&shape) {
            Some(count) if count == values.len() => Ok(Array { shape, values }),
            _ => Err(NirError::file("array", format!("expected as many numbers as {shape:?} has, found {}", values.len()))),
        }
    }

    /// A list of `f32`.
    pub fn f32s(values: Vec<f32>) -> Array {
        Array { shape: vec![values.len()], values: Values::F32(values) }
    }

    /// A list of `f64`.
    pub fn f64s(values: Vec<f64>) -> Array {
        Array { shape: vec![values.len()], values: Values::F64(values) }
    }

    /// A list of whole numbers.
    pub fn i64s(values: Vec<i64>) -> Array {
        Array { shape: vec![values.len()], values: Values::I64(values) }
    }

    /// One `f64`, of rank 0.
    pub fn scalar(value: f64) -> Array {
        Array { shape: Vec::new(), values: Values::F64(vec![value]) }
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers, the last index fastest.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The `i`-th number as `f64`, which holds every `f32` exactly. Panics like a slice if there is none.
    pub fn get(&self, i: usize) -> f64 {
        match &self.values {
            Values::F32(values) => f64::from(values[i]),
            Values::F64(values) => values[i],
            Values::I64(values) => values[i] as f64,
        }
    }

    /// All numbers as `f64`.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.values.len()).map(|i| self.get(i))
    }
}

/// A parameter, or an item of metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Numbers.
    Array(Array),
    /// A text, such as a convolution's padding `same`.
    Text(String),
    /// Values by name: in metadata only.
    Group(BTreeMap<String, Value>),
}

impl Value {
    /// How many numbers it holds.
    pub fn numbers(&self) -> usize {
        match self {
            Value::Array(array) => array.values.len(),
            Value::Text(_) => 0,
            Value::Group(group) => group.values().map(Value::numbers).sum(),
        }
    }
}

/// How many elements an array of that shape has, unless that overflows.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n))
}
