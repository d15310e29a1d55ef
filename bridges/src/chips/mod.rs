//! Emulated neuromorphic hardware: what becomes of a network on a chip, in the chip's own numbers.
//!
//! Each chip follows reference software (named in its module), is a [`Substrate`](embody_brain::Substrate), and says what it lost, what it
//! changed, and what ran on the host beside it. What a chip can't do is an error, never a silent fallback.
//!
//! A [`Chip`] says how weights are stored, how what arrives is summed up, and how its neurons move on; [`ChipSubstrate`] is all that chips
//! share: names and delays, spikes on their way, rules and neurons that run on the host, states as bytes, [`Counters`].
//!
//! On the host means: a plasticity rule's own state (theta, traces), or the neurons of a population, are computed in `f32` beside the chip,
//! as labs do with a host in the loop. Every synaptic weight still passes through the chip's number format or device, and the sums are the
//! chip's. The defaults leave on the chip whatever it can do.

pub mod brainscales2;
mod chip;
pub mod counters;
pub mod energy;
pub mod integer;
mod lacks;
mod leaky;
pub mod loihi;
mod options;
pub mod pcm;
pub mod spinnaker2;
mod substrate;

pub use chip::{Cause, Chip, Events, Moment, Placement, Plan, Refusal};
pub use counters::Counters;
pub use leaky::{Leaky, Synapse};
pub use options::{Place, Wishes, digest};
pub use substrate::{ChipProgram, ChipState, ChipSubstrate};
