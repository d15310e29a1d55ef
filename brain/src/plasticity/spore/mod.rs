//! SPORE: synaptic plasticity with online reinforcement learning.
//!
//! Kaiser, Hoff, Konle et al. 2019 (doi 10.3389/fnbot.2019.00081) after Kappel et al. 2018; equations and defaults as in
//! the NEST module `IGITUGraz/spore-nest-module`. Each synapse keeps an eligibility trace e, a gradient estimate g and a
//! parameter theta that is both its strength and, below zero, its absence:
//!
//! every step (h = 1 ms):
//! - e <- exp(-h/tau_e) e, g <- exp(-h/tau_g) g, the presynaptic traces y_fall and y_rise decay
//! - e <- e + w nu (y_fall - y_rise) bap, with nu = tau_m / (tau_m - tau_r); then y <- 0 where y_fall < cutoff
//! - g <- g + dopamine e; theta <- theta + dopamine beta c_e e
//! - then the presynaptic spikes of this step add 1 to y_fall and y_rise
//!
//! every Delta:
//! - g <- g + N(0, sqrt(2 T_g beta Delta))
//! - theta <- clip(theta + beta Delta (c_p (mu - theta) + clip(c_g g)) + sqrt(2 T beta Delta) N(0, 1))
//! - w <- w0 exp(theta - theta0) where theta >= 0, else 0: retracted, with e = g = 0 and y = 0 until it forms again
//!
//! Two forms of the same rule: [`Stepwise`] is the definition above, literally; [`Windowed`] gives the same from one pass per
//! Delta, more than ten times faster. `bap` is the postsynaptic spike count minus its probability; the dopamine terms are scaled by
//! h / 1 ms, so that halving h leaves learning unchanged.
//!
//! Layout: one array per quantity, over all synapses, source by source, each source's synapses in rows of its targets, padded to
//! whole vectors ([`Shape`]). `update.rs` is the end of a Delta for a block of synapses, shared by both forms with the same noise;
//! `stepwise.rs` and `windowed.rs` are the forms; `sums.rs` holds the matrix products of the latter.
//!
//! One fault of the module is not copied: there a retracted synapse goes on counting presynaptic spikes and forms again
//! with all of them in y. Here it forms with y = 0.

mod coefficients;
mod kernel;
mod parameters;
mod stepwise;
mod sums;
mod update;
mod windowed;

pub use coefficients::Shape;
pub use kernel::SporeKernel;
pub use parameters::{Spore, SporeForm};
pub use stepwise::Stepwise;
pub use windowed::Windowed;

use crate::numeric::Real;

/// What both forms can do: what tests compare, and what the network needs.
pub trait SporeSynapses<T: Real>: Send {
    /// One step. `pre` are the sources that spiked in it, `bap` each target's back-propagating trace (padded), `dopamine` the
    /// reward signal. Returns whether this step ended a Delta, which renews theta and w (unless `learning` is off: then only
    /// the traces go on).
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool;

    /// Sizes and layout.
    fn shape(&self) -> Shape;

    /// theta of every synapse, in the layout of [`Shape`].
    fn theta(&self) -> &[T];

    /// w of every synapse, in the layout of [`Shape`].
    fn weights(&self) -> &[T];

    /// e of every synapse; with [`Windowed`], as of the last end of a Delta.
    fn eligibility(&self) -> &[T];

    /// g of every synapse; with [`Windowed`], as of the last end of a Delta.
    fn gradient(&self) -> &[T];

    /// Sets every theta, and the weights with it.
    fn set_theta(&mut self, theta: &[T]);

    /// The weights, to be replaced by what a substrate could store of them.
    fn weights_mut(&mut self) -> &mut [T];

    /// How many synapses have been retracted and how many have formed again so far.
    fn rewirings(&self) -> [u64; 2];
}
