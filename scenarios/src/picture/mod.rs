//! Pictures of a scenario's world for people: from outside ([`View`]), and as a camera of the robot sees it ([`of_sensor`]).
//!
//! Drawn by the renderer that also draws for the robots' cameras, on one core and without a GPU. What is drawn never reaches a run.

mod grey;
mod outside;
mod png;
mod sensor;

pub use grey::Grey;
pub use outside::{View, of_world};
#[cfg(feature = "viewer")]
pub(crate) use png::{ColorType, png};
pub use sensor::{image_and_events, of_sensor};

/// Least and greatest side of a picture (pixels).
pub const SIDES: std::ops::RangeInclusive<i64> = 16..=1920;
