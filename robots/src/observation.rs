//! Observations: what a body senses in one control period.

use serde::{Deserialize, Serialize};

use crate::spec::{FieldKind, ObservationSpec};

/// One address event: at `t_ns` the brightness seen by pixel (`x`, `y`) crossed a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    /// Simulated time in nanoseconds.
    pub t_ns: u64,
    /// Row, counted from the bottom of the image.
    pub y: u16,
    /// Column, counted from the left of the image.
    pub x: u16,
    /// `true` where it got brighter.
    pub on: bool,
}

/// The events of one control period, sorted by time, then by row, column and polarity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventBuffer {
    events: Vec<Event>,
    max_events: usize,
    dropped: u64,
}

impl EventBuffer {
    /// An empty buffer that carries up to `max_events` a control period.
    pub fn new(max_events: usize) -> EventBuffer {
        EventBuffer { events: Vec::new(), max_events, dropped: 0 }
    }

    /// Replaces the contents by what `fill` appends, sorts it, and counts what doesn't fit as dropped.
    pub fn refill(&mut self, fill: impl FnOnce(&mut Vec<Event>)) {
        self.events.clear();
        fill(&mut self.events);
        self.events.sort_unstable();
        self.dropped += self.events.len().saturating_sub(self.max_events) as u64;
        self.events.truncate(self.max_events);
    }

    /// The events of the last control period.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many events have been dropped since the body was made, because a period held more than the spec's maximum.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// One field of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Field {
    /// Values of a fixed shape, row-major.
    Dense(Vec<f32>),
    /// Address events.
    Events(EventBuffer),
}

/// What a body senses in one control period: the fields of its [`ObservationSpec`], in that order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The fields, in the order of the spec.
    pub fields: Vec<Field>,
}

impl Observation {
    /// An observation of the spec's shape: zeros and no events.
    pub fn from_spec(spec: &ObservationSpec) -> Observation {
        let field = |kind: &FieldKind| match kind {
            FieldKind::Dense { shape, .. } => Field::Dense(vec![0.0; shape.iter().product()]),
            FieldKind::Events { max_events, .. } => Field::Events(EventBuffer::new(*max_events)),
        };
        Observation { fields: spec.fields.iter().map(|f| field(&f.kind)).collect() }
    }

    /// The events of field `index`; none where that field is dense or missing.
    pub fn events(&self, index: usize) -> &[Event] {
        match self.fields.get(index) {
            Some(Field::Events(buffer)) => buffer.events(),
            _ => &[],
        }
    }

    /// The values of field `index`; none where that field holds events or is missing.
    pub fn dense(&self, index: usize) -> &[f32] {
        match self.fields.get(index) {
            Some(Field::Dense(values)) => values,
            _ => &[],
        }
    }

    /// Events dropped so far over all fields.
    pub fn dropped_events(&self) -> u64 {
        self.fields.iter().map(|f| if let Field::Events(buffer) = f { buffer.dropped() } else { 0 }).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_sorts_and_counts_what_it_drops() {
        let event = |t_ns, x| Event { t_ns, y: 0, x, on: true };
        let mut buffer = EventBuffer::new(2);
        buffer.refill(|out| out.extend([event(5, 1), event(3, 9), event(3, 2)]));
        assert_eq!(buffer.events(), [event(3, 2), event(3, 9)]);
        assert_eq!(buffer.dropped(), 1);
        buffer.refill(|_| ());
        assert!(buffer.events().is_empty());
        assert_eq!(buffer.dropped(), 1, "the count outlives the period");
    }
}
