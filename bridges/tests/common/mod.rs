//! What the tests of bytes have in common: values, and the specs that the fuzz targets have too.

#![allow(dead_code)] // not every test file needs all of it

use embody_bridges::protocol::Mode;
use embody_bridges::protocol::handshake::Description;
use embody_bridges_fuzz::specs;
use embody_robots::{ActionSpec, Event, EventBuffer, Field, Nanos, Observation, ObservationSpec};
use proptest::prelude::*;

/// What the body of the tests senses.
pub fn observation_spec() -> ObservationSpec {
    specs().0
}

/// What it does.
pub fn action_spec() -> ActionSpec {
    specs().1
}

/// A number.
pub fn finite() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |value| value.is_finite())
}

fn event() -> impl Strategy<Value = Event> {
    (any::<u64>(), 0u16..8, 0u16..16, any::<bool>()).prop_map(|(t_ns, y, x, on)| Event { t_ns, y, x, on })
}

/// What the body senses at a time.
pub fn observation() -> impl Strategy<Value = Observation> {
    (proptest::array::uniform3(finite()), prop::collection::vec(event(), 0..=8)).prop_map(|(values, events)| {
        let mut buffer = EventBuffer::new(32);
        buffer.refill(|into| into.extend(events));
        Observation { fields: vec![Field::Dense(values.to_vec()), Field::Events(buffer)] }
    })
}

/// What a world says of itself.
pub fn world() -> Description {
    Description {
        program: "1".into(),
        id: "w".into(),
        scenario: "reaching".into(),
        scenario_hash: [1; 32],
        spec: "{}".into(),
        spec_hash: [2; 32],
        control_period: Nanos::from_millis(20),
        neural_tick: Nanos::from_millis(1),
        seed: 4,
        mode: Mode::Lockstep,
        step: 0,
        brain: String::new(),
        host: String::new(),
        cpu: None,
    }
}
