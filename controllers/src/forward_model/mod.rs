//! Forward models of trunk robots, learned by spiking networks and inverted to control them.
//!
//! A recurrent spiking network learns where every module of a trunk ends, given its joint values ([`Training`]). To reach a goal, what is missing is projected
//! back through the spikes of a run to its inputs, the joint values ([`ForwardModelController`]), by the network's Jacobian or by gradient alone.
//!
//! Not here: the trunk itself ([`embody_robots::trunk`]), whose law only the training set knows, files, and the loop.
//!
//! Source: Traub, Legenstein, Otte, "Many-Joint Robot Arm Control with Recurrent Spiking Neural Networks", IROS 2021 (arXiv 2104.04064). Ours are the scaling of poses,
//! the training set around straight poses, the correction of rotations, and the calibrated Jacobian.

mod calibration;
mod controller;
mod model;
mod network;
mod placed;
mod pose;
mod sampler;
mod solver;
mod training;

pub use calibration::Fit;
pub use controller::{ForwardModelController, ForwardModelSettings, Solver, modules_of};
pub use model::{Calibration, ForwardModel, ModelError, Run, Scaling};
pub use network::Neurons;
pub use placed::Placed;
pub use sampler::Sampler;
pub use solver::{AdamSettings, JacobianSettings};
pub use training::{Beginning, Training, TrainingSettings, Validation};
