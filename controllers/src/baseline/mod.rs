//! Baselines: what needs no learning, to compare what was learned with.

mod blind;
mod ideal;

pub use blind::{Blind, BlindSettings};
pub use ideal::{Ideal, IdealSettings};
