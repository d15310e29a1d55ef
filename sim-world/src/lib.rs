//! How a body moves and senses: rigid-body physics built from a robot's description alone, and the sensors on top.
//!
//! [`SimulatedBody`] keeps the contract of [`embody_robots::Body`]: it clamps an action, drives the links, steps Rapier
//! by whole nanoseconds, and senses. [`EventCamera`] turns any sequence of intensity images into address events.
//! With the feature `bevy` the `plugin` module steps the same environment inside a Bevy schedule, bit for bit alike.
//!
//! [`render`] draws what a pinhole camera sees, on one core and without a GPU; [`road`] is the geometry of roads.
//!
//! Not here: tasks and rewards (`scenarios`), networks (`brain`), transports (`bridges`), and drawing for the eye. The physics
//! core knows no Bevy: `--no-default-features` builds without it.

mod actuation;
pub mod arena;
mod bare;
mod camera_state;
mod drive;
pub mod event_camera;
mod motor;
mod normal;
pub mod overhead;
mod overhead_camera;
mod physics;
mod pinhole;
#[cfg(feature = "bevy")]
pub mod plugin;
mod portrait;
pub mod render;
pub mod road;
mod sense;
mod sight;
mod stack;
mod stage;
pub mod trunk;
mod unrest;
mod vehicle;
#[cfg(feature = "viewer")]
pub mod viewer;
pub mod world;

pub use arena::{Arena, ArenaError, RoadKind, RoadSettings};
pub use bare::BareWorld;
pub use event_camera::EventCamera;
pub use overhead::{Disc, OverheadImage};
pub use road::{Road, RoadError};
pub use trunk::TrunkBody;
pub use world::{BuildError, SimulatedBody, World};
