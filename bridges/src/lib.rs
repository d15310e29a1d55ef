//! Whatever crosses a boundary between processes or machines.
//!
//! So far that is [`wire`]: reading the bytes that [`embody_robots::wire`] writes, with nothing taken on trust.
//!
//! Not here: transports, and any copy of the encoding itself. It stands once, in `robots`, because the trace hash needs it too.

pub mod wire;

pub use wire::{StepRecord, WireError, decode_action, decode_observation, decode_step};
