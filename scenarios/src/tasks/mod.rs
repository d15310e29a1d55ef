//! Tasks: what is to be achieved, one file each.

mod arm_reaching;
mod reaching;

pub use arm_reaching::{ArmReaching, ArmReachingTask};
pub use reaching::{Reaching, ReachingTask};
