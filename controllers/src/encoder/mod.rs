//! Encoders: from an observation to the spikes of each tick.

mod events;

pub use events::EventEncoder;
