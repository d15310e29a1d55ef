//! SpiNNaker 2: digital processing elements with local memory and accelerators.
//!
//! Two number formats, each as its software has it: [`step`] and [`scaling`] are py-spinnaker2's (8-bit weights, single-precision
//! potentials); [`fixed_neuron`], [`fixed_population`], [`ring_buffer`], [`fixed`] and [`exponential`] are sPyNNaker's s16.15, exact to the
//! bit. [`accelerators`] are the circuits beside the processor, [`memory`] says what fits into an element, [`spore`] is plasticity on it.
//! [`SpiNNaker2`] is the chip that runs networks.
//!
//! Not here: routing, timing and energy of the chip.

pub mod accelerators;
mod chip;
pub mod exponential;
pub mod fixed;
pub mod fixed_neuron;
pub mod fixed_population;
pub mod memory;
mod options;
mod population;
pub mod ring_buffer;
pub mod scaling;
pub mod spore;
pub mod step;

pub use crate::chips::integer::Rounding;
pub use chip::{Projection, SpiNNaker2, Synapses};
pub use options::{Arithmetic, SpiNNaker2Options};
pub use population::{Arriving, Population, States};
