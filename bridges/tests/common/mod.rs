//! What the tests of bytes have in common: values, and the specs that the fuzz targets have too.

#![allow(dead_code)] // not every test file needs all of it

use embody_bridges_fuzz::specs;
use embody_robots::{ActionSpec, Event, EventBuffer, Field, Observation, ObservationSpec};
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
