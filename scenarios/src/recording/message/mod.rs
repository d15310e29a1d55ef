//! The messages: each file is one kind, how it is written and read. Their definitions lie in `scenarios/msgs`, as ROS 2 has them.
//!
//! What is written is read again as it was, but for the shades of images. Lists that belong together must have one length.

pub(super) mod brain;
pub(super) mod contacts;
pub(super) mod events;
pub(super) mod image;
pub(super) mod joints;
pub(super) mod metrics;
pub(super) mod run;
mod schema;
pub(super) mod spikes;
pub(super) mod step;
pub(super) mod transforms;
pub(super) mod values;

pub(super) use schema::Schema;
