//! BrainScaleS-2: analogue neurons and synapses, a thousand times faster than real time.
//!
//! [`mac`] is the multiply-accumulate of hxtorch's mock, [`neuron`] its spiking neuron; [`arrays`] says what fits, [`analogue`] how
//! parameters are set and potentials read, [`variation`] how the circuits of one chip differ.
//!
//! Not here: the routing of events, short-term plasticity, and correlation sensors.

pub mod analogue;
pub mod arrays;
pub mod mac;
pub mod neuron;
pub mod variation;
