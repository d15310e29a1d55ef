//! The steps, frames and views of a chunk.

use std::path::Path;

use embody_bridges::WireError;
use embody_robots::{Action, EventBuffer, Field, FieldKind, Nanos, Observation, StepKind, TimeStep};

use super::container::{Message, messages};
use super::message::spikes::Clock;
use super::topics::{Topic, Topics};
use super::{Frame, RecordingError, RunInfo, Step, View, message};

/// What a chunk holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub steps: Vec<Step>,
    pub frames: Vec<Frame>,
    pub views: Vec<View>,
}

impl Chunk {
    /// Reads the records of a chunk.
    pub(super) fn read(records: &[u8], info: &RunInfo, topics: &Topics, path: &Path) -> Result<Chunk, RecordingError> {
        let mut chunk = Chunk::default();
        for message in messages(records) {
            let message = message
                .map_err(|at| RecordingError::content(path, format!("byte {at} of a chunk"), "a record", "something else"))?;
            let (topic, name) = topics.topic(message.channel).ok_or_else(|| {
                RecordingError::content(path, "a chunk", "a topic of the run", format!("channel {}", message.channel))
            })?;
            let place = || format!("{name} at {} s", Nanos(message.time_ns).as_secs_f64());
            chunk.take(topic, &message, info).map_err(|error| match error {
                Flaw::Bytes(WireError { field, expected, found, .. }) => {
                    RecordingError::content(path, format!("{}, {field}", place()), expected, found)
                }
                Flaw::Order => RecordingError::content(path, place(), "a message of the step before it", "one of another time"),
            })?;
        }
        Ok(chunk)
    }

    fn take(&mut self, topic: Topic, message: &Message<'_>, info: &RunInfo) -> Result<(), Flaw> {
        let Message { time_ns, data, .. } = *message;
        let time = Nanos(time_ns);
        match topic {
            Topic::Run => return Ok(message::run::decode(data).map(|_| ())?),
            Topic::Step => {
                self.steps.push(step(time, &message::step::decode(data)?, info));
                return Ok(());
            }
            _ => (),
        }
        let step = self.steps.last_mut().filter(|step| step.time == time).ok_or(Flaw::Order)?;
        let record = step.record;
        let frame = self.frames.last_mut().filter(|frame| frame.record == record).ok_or(Flaw::Order);
        let view = self.views.last_mut().filter(|view| view.record == record).ok_or(Flaw::Order);
        match topic {
            Topic::Spikes => step.spikes = message::spikes::decode(data, Clock::of(info))?,
            Topic::Action(i) => {
                let action = step.action.as_mut().ok_or(Flaw::Order)?;
                action.fields[i] = message::values::decode(data, info.action.fields[i].size)?;
            }
            Topic::Observation(i) => step.step.observation.fields[i] = field(data, &info.observation.fields[i].kind)?,
            Topic::Transforms => {
                let links = message::transforms::decode(data)?;
                self.frames.push(Frame { record, time, links, joints: Vec::new() });
            }
            Topic::Contacts => view?.contacts = message::contacts::decode(data)?,
            Topic::Joints => frame?.joints = message::joints::decode(data)?,
            Topic::Metrics => {
                let tallies = message::metrics::decode(data)?;
                self.views.push(View { record, time, tallies, ..View::default() });
            }
            Topic::Brain => view?.telemetry = Some(message::brain::decode(data)?),
            Topic::Image(_) => view?.images.push(message::image::decode(data)?),
            Topic::Run | Topic::Step => (),
        }
        Ok(())
    }

    /// The last step at or before `time`, or the first one.
    pub(super) fn step_at(&self, time: Nanos) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.time <= time);
        self.steps.get(after.saturating_sub(1))
    }

    /// The last frame at a step record or before, or the first one.
    pub(super) fn frame_at(&self, record: u64) -> Option<&Frame> {
        let after = self.frames.partition_point(|frame| frame.record <= record);
        self.frames.get(after.saturating_sub(1))
    }

    /// The views at a step record or before, newest first; the first one of all if there is none.
    pub(super) fn views_at(&self, record: u64) -> impl Iterator<Item = &View> {
        let after = self.views.partition_point(|view| view.record <= record).max(1);
        self.views[..after.min(self.views.len())].iter().rev()
    }
}

/// What can be wrong with a message.
enum Flaw {
    Bytes(WireError),
    Order,
}

impl From<WireError> for Flaw {
    fn from(error: WireError) -> Flaw {
        Flaw::Bytes(error)
    }
}

/// A step without what has messages of its own. Nothing is allocated for it before it is there: a spec may tell of any size.
fn step(time: Nanos, head: &message::step::Head, info: &RunInfo) -> Step {
    let empty = |kind: &FieldKind| match kind {
        FieldKind::Dense { .. } => Field::Dense(Vec::new()),
        FieldKind::Events { max_events, .. } => Field::Events(EventBuffer::new(*max_events)),
    };
    let observation = Observation { fields: info.observation.fields.iter().map(|field| empty(&field.kind)).collect() };
    Step {
        record: head.record,
        control_step: head.control_step,
        time,
        step: TimeStep { kind: head.kind, time: head.episode_time, reward: head.reward, observation },
        action: (head.kind != StepKind::First).then(|| Action { fields: vec![Vec::new(); info.action.fields.len()] }),
        spikes: Vec::new(),
    }
}

fn field(data: &[u8], kind: &FieldKind) -> Result<Field, WireError> {
    Ok(match kind {
        FieldKind::Dense { shape, .. } => {
            let size = shape.iter().fold(1usize, |size, length| size.saturating_mul(*length));
            Field::Dense(message::values::decode(data, size)?)
        }
        FieldKind::Events { width, height, max_events } => {
            let events = message::events::decode(data, [*width, *height], *max_events)?;
            let mut buffer = EventBuffer::new(*max_events);
            buffer.refill(|into| *into = events);
            Field::Events(buffer)
        }
    })
}
