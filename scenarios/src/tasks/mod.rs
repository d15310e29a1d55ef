//! Tasks: what is to be achieved, one file each.

mod arm_reaching;
mod lane_following;
mod reaching;
mod trunk_outcome;
mod trunk_reaching;

pub use arm_reaching::{ArmReaching, ArmReachingTask};
pub use lane_following::{LaneFollowing, LaneFollowingTask, Starts};
pub use reaching::{Reaching, ReachingTask};
pub use trunk_reaching::{Goal, TrunkReaching, TrunkReachingTask};
