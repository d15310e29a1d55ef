//! What a brain is: descriptions of spiking networks, the rules by which they learn, and the substrates that run them.
//!
//! A [`NetworkSpec`] is pure data; a [`Substrate`] compiles it into an immutable program and moves a state on, tick by tick.
//! [`FloatSubstrate`] does so in `f32`, deterministically, and the same to the bit on every x86-64. Neuron models and plasticity rules are
//! kernels registered by name in [`Models`], so that other crates can add their own.
//!
//! Not here: bodies, worlds, encoders and decoders, files, clocks. One unit convention: times in specs are ns, model parameters
//! carry their unit in their name.

// Kernels read several arrays at the same place: with an index that is seen at a glance, with zips of zips it is not.
#![allow(clippy::needless_range_loop)]

pub mod conformance;
pub mod models;
pub mod neurobench;
pub mod neuron;
pub mod numeric;
pub mod plasticity;
pub mod random;
pub mod spec;
pub mod state;
pub mod substrate;
pub mod training;

pub use models::Models;
pub use spec::{CompileError, Model, NetworkSpec, Population, PopulationKind, Projection, Synapses};
pub use substrate::{
    CompileNetwork, Fidelity, FloatSubstrate, Network, Probe, Substrate, ThirdFactor, TickInput, TickOutput, Variables,
};
