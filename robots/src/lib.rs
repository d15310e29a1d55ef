//! What a body is, and the contract that every body and task keeps.
//!
//! Here lie the words the whole project speaks: [`Observation`] and [`Action`] with their specs, the traits
//! [`Body`], [`Stage`] and [`Task`], the [`Environment`] made of the last two, the [`TimeStep`] it returns,
//! the [`trace`] hash that proves two runs equal, and [`RobotSpec`], the description that worlds are built from.
//!
//! Not here: physics, rendering, networks, learning, files, clocks. This crate knows no engine and no transport, so
//! that a simulated world, a real robot and a recording can all stand behind the same traits.

pub mod action;
pub mod body;
pub mod catalogue;
pub mod checkpoint;
pub mod conformance;
pub mod environment;
pub mod file;
pub mod image;
pub mod kinematics;
pub mod mesh;
mod mimic;
mod mjcf;
pub mod nanos;
pub mod observation;
pub mod robot;
pub mod rotation;
pub mod seed;
pub mod spec;
pub mod stage;
pub mod task;
pub mod trace;
pub mod tree;
pub mod trunk;
mod urdf;
pub mod wire;

pub use action::Action;
pub use body::{Body, BodyError};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use environment::{Environment, EnvironmentError, StepKind, TimeStep};
pub use image::Image;
pub use kinematics::{Kinematics, KinematicsError};
pub use nanos::Nanos;
pub use observation::{Event, EventBuffer, Field, Observation};
pub use robot::RobotSpec;
pub use spec::{ActionField, ActionSpec, FieldKind, ObservationField, ObservationSpec};
pub use stage::{Contact, JointState, Need, Pose, Stage, StageError, Velocity};
pub use task::{End, Evaluation, Table, Tally, Task};
pub use trace::TraceHash;
pub use tree::Tree;
pub use trunk::Trunk;
