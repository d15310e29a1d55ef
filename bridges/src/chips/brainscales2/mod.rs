//! BrainScaleS-2: analogue neurons and synapses, a thousand times faster than real time.
//!
//! [`mac`] is the multiply-accumulate of hxtorch's mock, [`neuron`] its spiking neuron; [`arrays`] says what fits, [`analogue`] how
//! parameters are set and potentials read, [`variation`] how the circuits of one chip differ, [`circuits`] how `lif` neurons are set up on
//! them. [`BrainScaleS2`] is the chip that runs networks.
//!
//! Not here: the routing of events, short-term plasticity, and correlation sensors.

pub mod analogue;
pub mod arrays;
mod chip;
pub mod circuits;
pub mod mac;
pub mod neuron;
mod options;
mod population;
mod scatter;
pub mod variation;

pub use chip::BrainScaleS2;
pub use options::BrainScaleS2Options;
pub use population::{Arriving, Population, Projection};
