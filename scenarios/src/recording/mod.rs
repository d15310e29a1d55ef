//! Recordings: all that could be seen of a run, in one file that other tools open.
//!
//! `recording.mcap` lies in the run folder: an MCAP file of ROS 2's messages, `docs/recording.md` lists its topics. Every step record is in
//! it to the bit; poses, joints, images and what goes on in the brain are in it a few times a simulated second. [`Tape`] writes one,
//! [`Recording`] reads it, [`verify`] runs its run again.
//!
//! Not here: the loop, what else lies in a run folder, and what is shown of a recording (`embody replay --follow`, the viewer, the report).

mod block;
mod cdr;
mod chunk;
mod container;
mod error;
mod info;
mod message;
mod reader;
mod sampler;
mod step;
mod tape;
mod topics;
mod transcribe;
mod verify;

pub use container::{Kept, Mark};
pub use error::RecordingError;
pub use info::RunInfo;
pub use reader::{Frames, Recording, Steps, Views};
pub use step::{Frame, Step, View};
pub use tape::{FRAMES_PER_SECOND, FRAMES_PER_VIEW, Tape};
pub use verify::{Difference, Verified, VerifyError, verify};
pub(crate) use verify::{refuse_another_scenario, refuse_foreign};
