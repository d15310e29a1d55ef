//! Dense fields of observations and actions.

use embody_bridges::WireError;
use embody_robots::Nanos;

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, values: &[f32]) {
    Encoder::stamped(out, time, "").list(values.iter().copied());
}

pub(in super::super) fn decode(bytes: &[u8], size: usize) -> Result<Vec<f32>, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let values = message.list_of(&"data", size)?;
    message.end()?;
    Ok(values)
}
