//! From blocks to messages.

use std::io;

use embody_bridges::decode_step;
use embody_robots::{Field, FieldKind, Nanos};

use super::block::{Block, Taken};
use super::container::Writer;
use super::message::spikes::Clock;
use super::message::step::Head;
use super::topics::{Topic, Topics};
use super::{Frame, RunInfo, View, message};

/// Writes the blocks of a run as messages.
pub(super) struct Transcriber {
    info: RunInfo,
    topics: Topics,
}

impl Transcriber {
    pub(super) fn new(info: &RunInfo, topics: Topics) -> Transcriber {
        Transcriber { info: info.clone(), topics }
    }

    /// Writes the messages of a block: those of each step, then those of the frame and the view that were taken after it.
    pub(super) fn write(&self, block: &Block, writer: &mut Writer) -> io::Result<()> {
        let (mut frames, mut views) = (block.frames.filled().iter().peekable(), block.views.filled().iter().peekable());
        for step in block.steps() {
            let record = self.step(&step, &block.populations, writer)?;
            if let Some(frame) = frames.next_if(|frame| frame.record == record) {
                self.frame(frame, writer);
            }
            if let Some(view) = views.next_if(|view| view.record == record) {
                self.view(view, writer);
            }
        }
        Ok(())
    }

    /// Writes a step, and gives its index.
    fn step(&self, step: &Taken<'_>, populations: &[(String, u32)], writer: &mut Writer) -> io::Result<u64> {
        let RunInfo { observation, action, control_period, .. } = &self.info;
        let record = decode_step(step.bytes, observation, action).map_err(io::Error::other)?;
        let time = Nanos(step.control_step * control_period.0);
        let head = Head {
            record: record.index,
            control_step: step.control_step,
            kind: record.step.kind,
            episode_time: record.step.time,
            reward: record.step.reward,
        };
        let mut put = |topic, fill: &dyn Fn(&mut Vec<u8>)| writer.message(self.topics.channel(topic), time.0, fill);
        put(Topic::Step, &|out| message::step::encode(out, time, &head));
        for (i, values) in record.action.iter().flat_map(|action| action.fields.iter().enumerate()) {
            put(Topic::Action(i), &|out| message::values::encode(out, time, values));
        }
        for (i, (field, spec)) in record.step.observation.fields.iter().zip(&observation.fields).enumerate() {
            match (field, &spec.kind) {
                (Field::Dense(values), _) => {
                    put(Topic::Observation(i), &|out| message::values::encode(out, time, values));
                }
                (Field::Events(buffer), FieldKind::Events { width, height, .. }) if !buffer.events().is_empty() => {
                    let size = [*width, *height];
                    put(Topic::Observation(i), &|out| message::events::encode(out, time, &spec.name, size, buffer.events()));
                }
                (Field::Events(_), _) => (),
            }
        }
        if let Some(spikes) = &step.spikes {
            let clock = Clock::of(&self.info);
            put(Topic::Spikes, &|out| message::spikes::encode(out, time, clock, populations, spikes));
        }
        Ok(record.index)
    }

    fn frame(&self, frame: &Frame, writer: &mut Writer) {
        let time = frame.time;
        let mut put = |topic, fill: &dyn Fn(&mut Vec<u8>)| writer.message(self.topics.channel(topic), time.0, fill);
        put(Topic::Transforms, &|out| message::transforms::encode(out, time, &frame.links));
        if !frame.joints.is_empty() {
            put(Topic::Joints, &|out| message::joints::encode(out, time, &frame.joints));
        }
    }

    fn view(&self, view: &View, writer: &mut Writer) {
        let time = view.time;
        let mut put = |topic, fill: &dyn Fn(&mut Vec<u8>)| writer.message(self.topics.channel(topic), time.0, fill);
        put(Topic::Metrics, &|out| message::metrics::encode(out, time, &view.tallies));
        if !view.contacts.is_empty() {
            put(Topic::Contacts, &|out| message::contacts::encode(out, time, &view.contacts));
        }
        for (i, picture) in view.images.iter().enumerate() {
            put(Topic::Image(i), &|out| message::image::encode(out, time, picture));
        }
        if let Some(telemetry) = &view.telemetry {
            put(Topic::Brain, &|out| message::brain::encode(out, time, telemetry));
        }
    }
}
