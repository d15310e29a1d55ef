//! Baselines: what needs no learning, to compare what was learned with.

mod blind;
mod centre_line;
mod classical;
mod driven_joint;
mod ideal;
mod inverse_kinematics;
mod joints_ideal;
mod pursuit;
mod random_poses;
mod straight;
mod trunk_ideal;

pub use blind::{Blind, BlindSettings};
pub use classical::{Classical, ClassicalSettings};
pub use ideal::{Ideal, IdealSettings};
pub use joints_ideal::{JointsIdeal, JointsIdealSettings};
pub use pursuit::{Pursuit, PursuitSettings};
pub use random_poses::{RandomPoses, RandomPosesSettings};
pub use straight::Straight;
pub use trunk_ideal::{TrunkIdeal, TrunkIdealSettings};

/// The greatest speed (m/s) and coordinate (m) of a setting: far beyond use, and far from the limits of `f32`.
const MOST: f64 = 1e6;
