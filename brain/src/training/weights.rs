//! Weights and neurons' parameters as a safetensors file, which the tools of other frameworks read.
//!
//! Tensors are `f32`, named as [`Parameters`] has them. The file's metadata say what it is: `embody: weights 1`. What is read must have the
//! names and shapes of the network at hand; the first difference is named.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::parameters::{ParameterError, Parameters, Tensor};

/// The key in the metadata, and what stands there.
const KEY: &str = "embody";
const VERSION: &str = "weights 1";

/// Why weights can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// It isn't a safetensors file, or it was cut off.
    #[error("weights: not a safetensors file: {0}")]
    Format(String),
    /// It was written by something else, or by another version.
    #[error("weights: expected {KEY}: {VERSION:?} in the metadata, found {found:?}")]
    Version {
        /// What stands there.
        found: Option<String>,
    },
    /// A tensor is of another type of numbers.
    #[error("tensor {name:?}: expected F32, found {found}")]
    Type {
        /// Name of the tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// The tensors aren't those of the network.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
}

fn format(error: impl ToString) -> WeightsError {
    WeightsError::Format(error.to_string())
}

/// The bytes of a file with these tensors.
pub fn write_weights(parameters: &Parameters<f32>) -> Result<Vec<u8>, WeightsError> {
    let bytes = |tensor: &Tensor<f32>| tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let data: Vec<Vec<u8>> = parameters.tensors.iter().map(bytes).collect();
    let views = parameters
        .tensors
        .iter()
        .zip(&data)
        .map(|(tensor, data)| {
            Ok((tensor.name.as_str(), TensorView::new(Dtype::F32, tensor.shape.clone(), data).map_err(format)?))
        })
        .collect::<Result<Vec<_>, WeightsError>>()?;
    // One entry: maps of several have no fixed order.
    let metadata = [(KEY.to_owned(), VERSION.to_owned())].into_iter().collect();
    safetensors::serialize(views, Some(metadata)).map_err(format)
}

/// The tensors in a file's bytes, which must be those of `like`.
pub fn read_weights(bytes: &[u8], like: &Parameters<f32>) -> Result<Parameters<f32>, WeightsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let found = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)).cloned();
    if found.as_deref() != Some(VERSION) {
        return Err(WeightsError::Version { found });
    }
    let file = SafeTensors::deserialize(bytes).map_err(format)?;
    let mut read = Parameters::default();
    for expected in &like.tensors {
        let name = expected.name.clone();
        let Ok(view) = file.tensor(&name) else {
            return Err(ParameterError::Name { expected: name, found: "nothing".into() }.into());
        };
        if view.dtype() != Dtype::F32 {
            return Err(WeightsError::Type { name, found: format!("{:?}", view.dtype()) });
        }
        let values: Vec<f32> = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        if values.iter().any(|v| !v.is_finite()) {
            return Err(ParameterError::Value { name, why: "a value is not a finite number".into() }.into());
        }
        read.tensors.push(Tensor { name, shape: view.shape().to_vec(), values });
    }
    like.check(&read)?;
    let more = file.names().into_iter().find(|name| like.get(name).is_none()).map(str::to_owned);
    match more {
        Some(found) => Err(ParameterError::Name { expected: "nothing more".into(), found }.into()),
        None => Ok(read),
    }
}
