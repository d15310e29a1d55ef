//! Reading step records: the counterpart of [`embody_robots::wire`], whose page has the table of bytes.
//!
//! Bytes from another process are data to be checked. Every count is compared with the spec before anything is allocated; numbers
//! must be finite, events sorted and on the sensor, and no byte may be left over. What is accepted encodes to the same bytes again.
//! Values outside a field's bounds are accepted, as a body clamps them. How many events a sensor dropped isn't in a record: what
//! was decoded says 0.

use std::fmt;

use embody_robots::{
    Action, ActionSpec, End, Event, EventBuffer, Field, FieldKind, Nanos, Observation, ObservationSpec, StepKind, TimeStep,
};

use crate::reader::{Reader, WireError};

/// One decoded step record.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// Its index in the run, counted from 0.
    pub index: u64,
    /// What the environment gave back.
    pub step: TimeStep,
    /// The action that led to it; `None` for a first step.
    pub action: Option<Action>,
}

/// Reads the record of one step.
pub fn decode_step(bytes: &[u8], observation: &ObservationSpec, action: &ActionSpec) -> Result<StepRecord, WireError> {
    let mut reader = Reader::new(bytes);
    let index = reader.u64(&"index")?;
    let step = reader.time_step(observation)?;
    let action = match step.kind {
        StepKind::First => reader.count(&"action", 0, "fields in a first step").map(|()| None)?,
        _ => Some(reader.action(action)?),
    };
    reader.end()?;
    Ok(StepRecord { index, step, action })
}

/// Reads an observation that stands alone.
pub fn decode_observation(bytes: &[u8], spec: &ObservationSpec) -> Result<Observation, WireError> {
    let mut reader = Reader::new(bytes);
    let observation = reader.observation(spec)?;
    reader.end()?;
    Ok(observation)
}

/// Reads an action that stands alone.
pub fn decode_action(bytes: &[u8], spec: &ActionSpec) -> Result<Action, WireError> {
    let mut reader = Reader::new(bytes);
    let action = reader.action(spec)?;
    reader.end()?;
    Ok(action)
}

/// A place in a record, put into words only when an error needs it.
struct Place<'a> {
    part: &'a str,
    name: &'a str,
    item: Option<(&'a str, usize)>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.part, self.name)?;
        self.item.map_or(Ok(()), |(what, number)| write!(f, ", {what} {number}"))
    }
}

impl Reader<'_> {
    pub(crate) fn time_step(&mut self, observation: &ObservationSpec) -> Result<TimeStep, WireError> {
        let kind = self.kind()?;
        let time = Nanos(self.u64(&"time")?);
        let reward = self.number(&"reward")?;
        Ok(TimeStep { kind, time, reward, observation: self.observation(observation)? })
    }

    fn kind(&mut self) -> Result<StepKind, WireError> {
        match self.take(&"kind")? {
            [0] => Ok(StepKind::First),
            [1] => Ok(StepKind::Mid),
            [2] => Ok(StepKind::Last(End::Terminated)),
            [3] => Ok(StepKind::Last(End::Truncated)),
            [other] => Err(self.error(1, &"kind", "0 to 3", other)),
        }
    }

    fn values(&mut self, part: &str, name: &str, size: usize) -> Result<Vec<f32>, WireError> {
        self.count(&Place { part, name, item: None }, size, "values")?;
        (0..size).map(|i| self.number(&Place { part, name, item: Some(("value", i)) })).collect()
    }

    fn observation(&mut self, spec: &ObservationSpec) -> Result<Observation, WireError> {
        self.count(&"observation", spec.fields.len(), "fields")?;
        let mut fields = Vec::with_capacity(spec.fields.len());
        for field in &spec.fields {
            let place = Place { part: "observation", name: &field.name, item: None };
            let [tag] = self.take(&place)?;
            fields.push(match (&field.kind, tag) {
                (FieldKind::Dense { shape, .. }, 0) => {
                    Field::Dense(self.values(place.part, place.name, shape.iter().product())?)
                }
                (FieldKind::Events { width, height, max_events }, 1) => {
                    Field::Events(self.events(&field.name, [*width, *height], *max_events)?)
                }
                (FieldKind::Dense { .. }, _) => return Err(self.error(1, &place, "0, a dense field", tag)),
                (FieldKind::Events { .. }, _) => return Err(self.error(1, &place, "1, an event field", tag)),
            });
        }
        Ok(Observation { fields })
    }

    fn events(&mut self, name: &str, size: [u16; 2], max_events: usize) -> Result<EventBuffer, WireError> {
        let part = "observation";
        let place = Place { part, name, item: None };
        let count = u32::from_le_bytes(self.take(&place)?) as usize;
        if count > max_events {
            return Err(self.error(4, &place, format_args!("at most {max_events} events"), count));
        }
        let mut events: Vec<Event> = Vec::new();
        for number in 0..count {
            let event = self.event(&Place { part, name, item: Some(("event", number)) }, size)?;
            if events.last().is_some_and(|last| *last > event) {
                let place = Place { part, name, item: Some(("event", number)) };
                return Err(self.error(13, &place, "events in order of time, row, column and polarity", "one out of order"));
            }
            events.push(event);
        }
        let mut buffer = EventBuffer::new(max_events);
        buffer.refill(|into| into.append(&mut events));
        Ok(buffer)
    }

    fn event(&mut self, place: &Place, [width, height]: [u16; 2]) -> Result<Event, WireError> {
        let t_ns = u64::from_le_bytes(self.take(place)?);
        let x = u16::from_le_bytes(self.take(place)?);
        if x >= width {
            return Err(self.error(2, &format_args!("{place}, x"), format_args!("a column below {width}"), x));
        }
        let y = u16::from_le_bytes(self.take(place)?);
        if y >= height {
            return Err(self.error(2, &format_args!("{place}, y"), format_args!("a row below {height}"), y));
        }
        match self.take(place)? {
            [0] => Ok(Event { t_ns, y, x, on: false }),
            [1] => Ok(Event { t_ns, y, x, on: true }),
            [other] => Err(self.error(1, &format_args!("{place}, on"), "0 or 1", other)),
        }
    }

    pub(crate) fn action(&mut self, spec: &ActionSpec) -> Result<Action, WireError> {
        self.count(&"action", spec.fields.len(), "fields")?;
        let fields = spec.fields.iter().map(|field| self.values("action", &field.name, field.size));
        Ok(Action { fields: fields.collect::<Result<_, _>>()? })
    }
}
