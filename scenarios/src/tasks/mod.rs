//! Tasks: what is to be achieved, one file each.

mod reaching;

pub use reaching::{Reaching, ReachingTask};
