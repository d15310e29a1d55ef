//! Whatever crosses a boundary between processes or machines.
//!
//! [`wire`] reads the bytes that [`embody_robots::wire`] writes, with nothing taken on trust; [`protocol`] has the messages of a world
//! and a brain that are two programs. With the feature `zenoh`, `link` carries them. With `chips`, networks run on emulated hardware. With
//! `nir`, they come in and go out in the neuromorphic intermediate representation.
//!
//! Not here: worlds, scenarios, run folders, and any copy of the step record's encoding. That stands once, in `robots`, because the
//! trace hash needs it too.

#[cfg(feature = "chips")]
pub mod chips;
#[cfg(feature = "zenoh")]
pub mod link;
#[cfg(feature = "nir")]
pub mod nir;
pub mod protocol;
mod reader;
pub mod wire;

pub use reader::WireError;
pub use wire::{StepRecord, decode_action, decode_observation, decode_step};
