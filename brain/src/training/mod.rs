//! Training by gradients: networks of `lif`, `alif`, `se_adlif` and `leaky_readout` over batches of sequences, run forwards and differentiated.
//!
//! [`TrainableNetwork`] takes the same [`NetworkSpec`](crate::NetworkSpec) as every substrate and spikes as the float substrate does, to the
//! bit. Its backward pass is backpropagation through time, exact but for the surrogate of a spike's derivative ([`Surrogate`]), with gradients
//! by weights, biases, neurons' parameters and inputs; whole, truncated, or computed once more from checkpoints. One forward
//! pass serves any number of backward passes.
//!
//! With a chip in the loop the forward pass is the chip's: [`TrainableNetwork::adopt`] takes its spikes and potentials, and the way back stays
//! that of the software. [`record`] makes them of any running network, and [`InTheLoop`] trains with one.
//!
//! Results are the same to the bit on every x86-64 and any number of threads: every sum has a fixed order, sequences are summed up in
//! reductions of fixed size, and no multiplication is fused with an addition. That is also why the products of matrices are this crate's own
//! (`numeric::rows` says which libraries were looked at). They skip what is zero: spikes and inputs on the way forward and for the
//! gradients of weights, and neurons whose pseudo-derivative is zero on the way back.
//!
//! Not here: the data, files, and the loop over epochs.

pub(crate) mod activity;
mod adjoint;
mod adopt;
mod backward;
mod batch;
mod cross_entropy;
pub mod eprop;
mod error;
mod events;
mod forward;
mod gradients;
mod in_the_loop;
mod loss;
mod model;
mod network;
mod optimiser;
mod panels;
mod parameters;
mod plan;
mod record;
mod schedule;
mod settings;
mod surrogate;
mod threads;
mod trace;
mod trainer;
mod weights;
pub mod workload;

pub use adopt::Recording;
pub use batch::{Batch, Input, Outputs, Sample, SampleMut};
pub use cross_entropy::CrossEntropy;
pub use error::TrainingError;
pub use gradients::REDUCTION;
pub use in_the_loop::InTheLoop;
pub use loss::{Loss, WindowMeans};
pub use network::{Backward, Gradients, TrainableNetwork};
pub use optimiser::{Moments, Optimiser, OptimiserState};
pub use parameters::{ParameterError, Parameters, Tensor};
pub use record::{Recorded, observed, record};
pub use schedule::{LearningRate, Schedule};
pub use settings::{RateTarget, Settings};
pub use surrogate::{Shape, Surrogate, Width};
pub use trace::{Carry, Keep, Trace, WINDOW};
pub use trainer::{Bound, Trainer, TrainerSettings, Update};
pub use weights::{WeightsError, read_weights, write_weights};

use crate::spec::CompileError;

/// What can't be trained.
fn unsupported(feature: String) -> CompileError {
    CompileError::Unsupported { feature, substrate: "training".into() }
}
