//! The task's metrics.

use embody_bridges::WireError;
use embody_robots::{Nanos, Tally};

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, tallies: &[Tally]) {
    let mut message = Encoder::stamped(out, time, "");
    message.texts(tallies.iter().map(|tally| tally.name.as_str()));
    message.list(tallies.iter().map(|tally| tally.numerator));
    message.list(tallies.iter().map(|tally| tally.denominator));
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Vec<Tally>, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let names = message.texts(&"names")?;
    let numerators: Vec<f64> = message.list_of(&"numerators", names.len())?;
    let denominators: Vec<f64> = message.list_of(&"denominators", names.len())?;
    message.end()?;
    let sums = numerators.into_iter().zip(denominators);
    Ok(names.into_iter().zip(sums).map(|(name, (numerator, denominator))| Tally { name, numerator, denominator }).collect())
}
