//! Step records, but for observation and action, which have topics of their own.

use embody_bridges::WireError;
use embody_robots::{End, Nanos, StepKind};

use crate::recording::cdr::{Decoder, Encoder};

/// What a step record says beside observation and action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Head {
    pub record: u64,
    pub control_step: u64,
    pub kind: StepKind,
    pub episode_time: Nanos,
    pub reward: f32,
}

/// The kinds, in the order of their numbers.
const KINDS: [StepKind; 4] = [StepKind::First, StepKind::Mid, StepKind::Last(End::Terminated), StepKind::Last(End::Truncated)];

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, head: &Head) {
    let mut message = Encoder::stamped(out, time, "");
    message.put(head.record);
    message.put(head.control_step);
    message.put(match head.kind {
        StepKind::First => 0u8,
        StepKind::Mid => 1,
        StepKind::Last(End::Terminated) => 2,
        StepKind::Last(End::Truncated) => 3,
    });
    message.put(head.episode_time.0);
    message.put(head.reward);
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Head, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let (record, control_step, kind) = (message.get(&"record")?, message.get(&"control_step")?, message.get::<u8>(&"kind")?);
    let kind = *KINDS.get(usize::from(kind)).ok_or_else(|| message.error(&"kind", "0 to 3", kind))?;
    let head = Head {
        record,
        control_step,
        kind,
        episode_time: Nanos(message.get(&"episode_time_ns")?),
        reward: message.get(&"reward")?,
    };
    message.end()?;
    Ok(head)
}
