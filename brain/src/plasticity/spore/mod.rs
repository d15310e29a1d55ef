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
//! Delta, six to twenty times faster. `bap` is the postsynaptic spike count minus its probability; the dopamine terms are scaled by
//! h / 1 ms, so that halving h leaves learning unchanged.
//!
//! Layout: one array per quantity, over all synapses, source by source, each source's synapses in rows of its targets, padded to
//! whole vectors ([`Shape`], [`Arrays`]). `update.rs` is the end of a Delta for a block of synapses, shared by both forms with the
//! same noise; `stepwise.rs` and `windowed.rs` are the forms; `sums.rs` holds the sums over a Delta of the latter.
//!
//! One fault of the module is not copied: there a retracted synapse goes on counting presynaptic spikes and forms again
//! with all of them in y. Here it forms with y = 0.

mod arrays;
mod coefficients;
mod kernel;
mod parameters;
mod stepwise;
mod sums;
mod update;
mod windowed;

pub use arrays::{Arrays, Rule};
pub use coefficients::Shape;
pub use kernel::SporeKernel;
pub use parameters::{Spore, SporeForm};
pub use stepwise::Stepwise;
pub use windowed::Windowed;

use crate::numeric::Real;
use update::weight;

/// What both forms can do: what tests compare, and what the network needs.
pub trait SporeSynapses<T: Real>: Send {
    /// One step. `pre` are the sources that spiked in it, `bap` each target's back-propagating trace (padded), `dopamine` the
    /// reward signal. Returns whether this step ended a Delta, which renews theta and w (unless `learning` is off: then only
    /// the traces go on).
    fn step(&mut self, pre: &[u32], bap: &[T], dopamine: T, learning: bool) -> bool;

    /// Parameters and layout.
    fn rule(&self) -> &Rule<T>;

    /// What is kept for every synapse; with [`Windowed`], e and g are those of the last end of a Delta.
    fn arrays(&self) -> &Arrays<T>;

    /// The same, to be changed.
    fn arrays_mut(&mut self) -> &mut Arrays<T>;

    /// Sizes and layout.
    fn shape(&self) -> Shape {
        self.rule().shape
    }

    /// theta of every synapse, in the layout of [`Shape`].
    fn theta(&self) -> &[T] {
        &self.arrays().theta[..self.shape().len()]
    }

    /// w of every synapse, in the layout of [`Shape`].
    fn weights(&self) -> &[T] {
        &self.arrays().w[..self.shape().len()]
    }

    /// e of every synapse, in the layout of [`Shape`].
    fn eligibility(&self) -> &[T] {
        &self.arrays().e[..self.shape().len()]
    }

    /// g of every synapse, in the layout of [`Shape`].
    fn gradient(&self) -> &[T] {
        &self.arrays().g[..self.shape().len()]
    }

    /// A synapse has just been retracted, or has just formed: its y, e and g are 0.
    fn start_anew(&mut self, synapse: usize);

    /// Sets every theta, and the weights with it. Synapses that this retracts or lets form start anew. Meant for the end of a Delta: in
    /// the middle of one, [`Windowed`] takes the new weights for the whole of it.
    fn set_theta(&mut self, theta: &[T]) {
        let c = &self.rule().coefficients;
        let c = [c.theta0, c.w0];
        for (i, &theta) in theta.iter().enumerate() {
            let arrays = self.arrays_mut();
            let was = arrays.w[i] > T::of(0.0);
            (arrays.theta[i], arrays.w[i]) = (theta, weight(theta, c));
            if was != (arrays.w[i] > T::of(0.0)) {
                self.start_anew(i);
            }
        }
    }

    /// The weights, to be replaced by what a substrate could store of them.
    fn weights_mut(&mut self) -> &mut [T] {
        let len = self.shape().len();
        &mut self.arrays_mut().w[..len]
    }

    /// How many synapses have been retracted and how many have formed again so far.
    fn rewirings(&self) -> [u64; 2] {
        self.arrays().rewirings
    }
}
