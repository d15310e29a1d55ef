//! The bytes of a step record: little-endian, no padding, each count before what it counts.
//!
//! One encoding serves the trace hash and everything that crosses a process boundary.
//!
//! | part | bytes |
//! |---|---|
//! | step index | u64 |
//! | kind | u8: 0 first, 1 mid, 2 terminated, 3 truncated |
//! | time since the episode began, ns | u64 |
//! | reward | f32 |
//! | observation | u32 number of fields, then each |
//! | - dense field | u8 0, u32 number of values, f32 each |
//! | - event field | u8 1, u32 number of events, each u64 t_ns, u16 x, u16 y, u8 on |
//! | action | u32 number of fields (0 on a first step), then each u32 number of values, f32 each |

use crate::action::Action;
use crate::environment::{StepKind, TimeStep};
use crate::observation::{Field, Observation};
use crate::task::End;

/// Appends the record of one step to `out`: `action` is the one that led to `step`, `None` for a first step.
pub fn encode_step(out: &mut Vec<u8>, index: u64, step: &TimeStep, action: Option<&Action>) {
    out.extend(index.to_le_bytes());
    encode_time_step(out, step);
    match action {
        Some(action) => encode_action(out, action),
        None => out.extend(0u32.to_le_bytes()),
    }
}

/// Appends kind, time, reward and observation to `out`.
pub fn encode_time_step(out: &mut Vec<u8>, step: &TimeStep) {
    out.push(match step.kind {
        StepKind::First => 0,
        StepKind::Mid => 1,
        StepKind::Last(End::Terminated) => 2,
        StepKind::Last(End::Truncated) => 3,
    });
    out.extend(step.time.0.to_le_bytes());
    out.extend(step.reward.to_le_bytes());
    encode_observation(out, &step.observation);
}

/// Appends an observation to `out`.
pub fn encode_observation(out: &mut Vec<u8>, observation: &Observation) {
    out.extend((observation.fields.len() as u32).to_le_bytes());
    for field in &observation.fields {
        match field {
            Field::Dense(values) => {
                out.push(0);
                encode_values(out, values);
            }
            Field::Events(buffer) => {
                out.push(1);
                out.extend((buffer.events().len() as u32).to_le_bytes());
                for event in buffer.events() {
                    let mut bytes = [0; 13];
                    bytes[..8].copy_from_slice(&event.t_ns.to_le_bytes());
                    bytes[8..10].copy_from_slice(&event.x.to_le_bytes());
                    bytes[10..12].copy_from_slice(&event.y.to_le_bytes());
                    bytes[12] = u8::from(event.on);
                    out.extend(bytes);
                }
            }
        }
    }
}

/// Appends an action to `out`.
pub fn encode_action(out: &mut Vec<u8>, action: &Action) {
    out.extend((action.fields.len() as u32).to_le_bytes());
    for values in &action.fields {
        encode_values(out, values);
    }
}

fn encode_values(out: &mut Vec<u8>, values: &[f32]) {
    out.extend((values.len() as u32).to_le_bytes());
    for value in values {
        out.extend(value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nanos::Nanos;
    use crate::observation::{Event, EventBuffer};

    #[test]
    fn the_bytes_are_those_of_the_table() {
        let mut events = EventBuffer::new(8);
        events.refill(|out| out.push(Event { t_ns: 258, y: 4, x: 3, on: true }));
        let observation = Observation { fields: vec![Field::Dense(vec![1.0]), Field::Events(events)] };
        let step = TimeStep { kind: StepKind::Last(End::Truncated), time: Nanos(5), reward: -2.0, observation };
        let mut bytes = Vec::new();
        encode_step(&mut bytes, 7, &step, Some(&Action { fields: vec![vec![0.5, 0.0]] }));
        let expected: Vec<u8> = [
            &[7, 0, 0, 0, 0, 0, 0, 0, 3, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0][..],
            &[2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80, 0x3f],
            &[1, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 1],
            &[1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x3f, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(bytes, expected);
    }
}
