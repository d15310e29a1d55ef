//! The catalogue: robots that come with the project, one file each.

pub mod ball;
