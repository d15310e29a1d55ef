//! What closes the loop: from a time step to an action.
//!
//! A [`Controller`] sees only what its body senses and the reward. Baselines that need the truth are [`Privileged`] and get it
//! through a channel of their own. Spiking controllers are put together from an [`encoder`], a network on whatever
//! [substrate](embody_brain::Substrate), a [`decoder`] and a [`reward`] signal; [`slots`] says
//! where numbers stand in an action.
//!
//! Not here: worlds, tasks, transports, run folders.

pub mod baseline;
pub mod conformance;
mod controller;
mod damped;
pub mod decoder;
pub mod encoder;
pub mod forward_model;
pub mod network;
mod periphery;
pub mod replayed;
pub mod reward;
pub mod slots;
pub mod spore;
pub mod telemetry;

pub use controller::{Controller, ControllerError, Hosted, Map, Privileged};
