//! Baselines: what needs no learning, to compare what was learned with.

mod blind;
mod ideal;

pub use blind::{Blind, BlindSettings};
pub use ideal::{Ideal, IdealSettings};

/// The greatest speed (m/s) and coordinate (m) of a setting: far beyond use, and far from the limits of `f32`.
const MOST: f64 = 1e6;
