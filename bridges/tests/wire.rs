//! What was encoded is decoded; whatever else is refused, and the error says where.

mod common;

use embody_bridges::{decode_action, decode_observation, decode_step};
use embody_robots::{Action, End, Event, EventBuffer, Field, Nanos, Observation, StepKind, TimeStep, wire};
use proptest::prelude::*;

use common::{action_spec, finite, observation, observation_spec};

fn kind() -> impl Strategy<Value = StepKind> {
    let last = |end| Just(StepKind::Last(end));
    prop_oneof![Just(StepKind::First), Just(StepKind::Mid), last(End::Terminated), last(End::Truncated)]
}

prop_compose! {
    fn record()(index: u64, kind in kind(), time: u64, reward in finite(), observation in observation(),
                drive in proptest::array::uniform2(finite())) -> (u64, TimeStep, Option<Action>) {
        let action = (kind != StepKind::First).then(|| Action { fields: vec![drive.to_vec()] });
        (index, TimeStep { kind, time: Nanos(time), reward, observation }, action)
    }
}

fn encode((index, step, action): &(u64, TimeStep, Option<Action>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::encode_step(&mut bytes, *index, step, action.as_ref());
    bytes
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(record in record()) {
        let decoded = decode_step(&encode(&record), &observation_spec(), &action_spec()).unwrap();
        prop_assert_eq!((decoded.index, decoded.step, decoded.action), record);
    }

    #[test]
    fn observations_and_actions_that_stand_alone_are_decoded(observation in observation(), drive in proptest::array::uniform2(finite())) {
        let action = Action { fields: vec![drive.to_vec()] };
        let (mut first, mut second) = (Vec::new(), Vec::new());
        wire::encode_observation(&mut first, &observation);
        wire::encode_action(&mut second, &action);
        prop_assert_eq!(decode_observation(&first, &observation_spec()), Ok(observation));
        prop_assert_eq!(decode_action(&second, &action_spec()), Ok(action));
        first.push(0);
        second.push(0);
        prop_assert!(decode_observation(&first, &observation_spec()).is_err() && decode_action(&second, &action_spec()).is_err());
    }

    #[test]
    fn a_record_that_is_cut_or_too_long_is_refused(record in record(), cut: prop::sample::Index, extra: u8) {
        let mut bytes = encode(&record);
        let error = decode_step(&bytes[..cut.index(bytes.len())], &observation_spec(), &action_spec()).unwrap_err();
        prop_assert!(error.byte <= cut.index(bytes.len()));
        bytes.push(extra);
        prop_assert_eq!(decode_step(&bytes, &observation_spec(), &action_spec()).unwrap_err().field, "end");
    }

    #[test]
    fn what_is_accepted_encodes_to_the_same_bytes(record in record(), at: prop::sample::Index, byte: u8) {
        let mut bytes = encode(&record);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(decoded) = decode_step(&bytes, &observation_spec(), &action_spec()) {
            prop_assert_eq!(encode(&(decoded.index, decoded.step, decoded.action)), bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_step(&bytes, &observation_spec(), &action_spec());
    }
}

/// A record of 21 bytes up to the observation, 4 + 5 + 12 of which are its dense field, 5 + 2 x 13 its events, 8 + 8 the action.
fn sample() -> Vec<u8> {
    let mut buffer = EventBuffer::new(32);
    buffer.refill(|into| into.extend([3, 5].map(|t_ns| Event { t_ns, y: 7, x: 15, on: true })));
    let observation = Observation { fields: vec![Field::Dense(vec![1.0, 2.0, 3.0]), Field::Events(buffer)] };
    let step = TimeStep { kind: StepKind::Mid, time: Nanos(9), reward: 0.5, observation };
    encode(&(1, step, Some(Action { fields: vec![vec![0.25, -0.25]] })))
}

#[test]
fn the_error_names_the_field_the_place_and_what_was_expected() {
    let nan = f32::NAN.to_le_bytes();
    let cases: [(usize, &[u8], &str); 12] = [
        (8, &[4], "kind (byte 8): expected 0 to 3, found 4"),
        (8, &[0], "action (byte 73): expected 0 fields in a first step, found 1"),
        (17, &f32::INFINITY.to_le_bytes(), "reward (byte 17): expected a finite number, found inf"),
        (21, &[3], "observation (byte 21): expected 2 fields, found 3"),
        (25, &[1], "observation \"joints\" (byte 25): expected 0, a dense field, found 1"),
        (26, &[4], "observation \"joints\" (byte 26): expected 3 values, found 4"),
        (34, &nan, "observation \"joints\", value 1 (byte 34): expected a finite number, found NaN"),
        (43, &[33], "observation \"camera\" (byte 43): expected at most 32 events, found 33"),
        (47 + 8, &[16], "observation \"camera\", event 0, x (byte 55): expected a column below 16, found 16"),
        (47 + 12, &[2], "observation \"camera\", event 0, on (byte 59): expected 0 or 1, found 2"),
        (
            47,
            &[6],
            "observation \"camera\", event 1 (byte 60): expected events in order of time, row, column and polarity, found one out of order",
        ),
        (81 + 4, &nan, "action \"velocity\", value 1 (byte 85): expected a finite number, found NaN"),
    ];
    for (at, with, message) in cases {
        let mut bytes = sample();
        bytes[at..at + with.len()].copy_from_slice(with);
        let error = decode_step(&bytes, &observation_spec(), &action_spec()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = decode_step(&sample()[..30], &observation_spec(), &action_spec()).unwrap_err();
    assert_eq!(error.to_string(), "observation \"joints\", value 0 (byte 30): expected 4 bytes, found 0");
}
