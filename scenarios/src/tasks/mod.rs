//! Tasks: what is to be achieved, one file each.

mod lane_following;
mod reaching;

pub use lane_following::{LaneFollowing, LaneFollowingTask, Starts};
pub use reaching::{Reaching, ReachingTask};
