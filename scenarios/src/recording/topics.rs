//! The topics of a recording: which they are follows from what its run senses and does.

use std::collections::{BTreeMap, BTreeSet};

use embody_robots::FieldKind;

use super::RunInfo;
use super::container::{Channel, Described};
use super::message::Schema;

/// What a topic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Run,
    Step,
    Spikes,
    Transforms,
    Contacts,
    Joints,
    Metrics,
    Brain,
    /// A field of the observation.
    Observation(usize),
    /// A field of the action.
    Action(usize),
    /// The images of a camera.
    Image(usize),
}

/// The topics that every recording has, in the order of their channels' numbers, which count from 1.
const ALWAYS: [(Topic, &str, Schema); 8] = [
    (Topic::Run, "/run", Schema::RUN),
    (Topic::Step, "/step", Schema::STEP),
    (Topic::Spikes, "/spikes", Schema::SPIKES),
    (Topic::Transforms, "/tf", Schema::TRANSFORMS),
    (Topic::Contacts, "/contacts", Schema::CONTACTS),
    (Topic::Joints, "/joint_states", Schema::JOINTS),
    (Topic::Metrics, "/metrics", Schema::METRICS),
    (Topic::Brain, "/brain", Schema::BRAIN),
];

/// The topics of one recording.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    topics: Vec<Topic>,
    channels: Vec<Channel>,
    observations: usize,
    actions: usize,
}

impl Topics {
    /// Those of a run.
    pub(super) fn of(info: &RunInfo) -> Topics {
        let (observations, actions) = (info.observation.fields.len(), info.action.fields.len());
        let mut topics = Topics { topics: Vec::new(), channels: Vec::new(), observations, actions };
        let mut taken = BTreeSet::new();
        for (topic, name, schema) in ALWAYS {
            topics.push(&mut taken, topic, name.into(), schema, None);
        }
        for (i, field) in info.observation.fields.iter().enumerate() {
            let schema = if matches!(field.kind, FieldKind::Events { .. }) { Schema::EVENTS } else { Schema::VALUES };
            let topic = format!("/observation/{}", plain(&field.name));
            topics.push(&mut taken, Topic::Observation(i), topic, schema, Some(&field.name));
        }
        for (i, field) in info.action.fields.iter().enumerate() {
            let topic = format!("/action/{}", plain(&field.name));
            topics.push(&mut taken, Topic::Action(i), topic, Schema::VALUES, Some(&field.name));
        }
        for (i, camera) in info.cameras.iter().enumerate() {
            topics.push(&mut taken, Topic::Image(i), format!("/camera/{}/image", plain(camera)), Schema::IMAGE, Some(camera));
        }
        topics
    }

    fn push(&mut self, taken: &mut BTreeSet<String>, topic: Topic, mut name: String, schema: Schema, field: Option<&str>) {
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        let schema = Schema::ALL.iter().position(|known| *known == schema).unwrap_or(0) + 1;
        let metadata = field.map(|field| ("field".to_owned(), field.to_owned()));
        let metadata = BTreeMap::from_iter(metadata);
        let id = self.channels.len() as u16 + 1;
        self.topics.push(topic);
        self.channels.push(Channel { id, topic: name, schema: schema as u16, metadata });
    }

    /// The channel of a topic.
    pub(super) fn channel(&self, topic: Topic) -> u16 {
        let index = match topic {
            Topic::Observation(i) => ALWAYS.len() + i,
            Topic::Action(i) => ALWAYS.len() + self.observations + i,
            Topic::Image(i) => ALWAYS.len() + self.observations + self.actions + i,
            always => ALWAYS.iter().position(|(topic, ..)| *topic == always).unwrap_or(0),
        };
        index as u16 + 1
    }

    /// What a channel is about, and its topic's name.
    pub(super) fn topic(&self, channel: u16) -> Option<(Topic, &str)> {
        let index = usize::from(channel).checked_sub(1)?;
        Some((*self.topics.get(index)?, &self.channels[index].topic))
    }

    /// As a file describes them.
    pub(super) fn described(&self) -> std::io::Result<Described> {
        Described::new(Schema::ALL.iter().map(|schema| (schema.name(), schema.definition())), &self.channels)
    }
}

/// The channel of the message that says what ran.
pub(super) const RUN_CHANNEL: u16 = 1;

/// A name as a part of a topic's: letters, digits and underscores.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use embody_robots::{ActionField, ActionSpec, Nanos, ObservationField, ObservationSpec};

    use super::*;

    #[test]
    fn every_topic_has_a_channel_and_a_name_of_its_own() {
        let field = |name: &str| ActionField { name: name.into(), size: 1, unit: "1".into(), bounds: [0.0, 1.0] };
        let events = FieldKind::Events { width: 1, height: 1, max_events: 1 };
        let info = RunInfo {
            scenario: "a".into(),
            seed: 1,
            version: String::new(),
            git: String::new(),
            config: String::new(),
            control_period: Nanos(1),
            neural_tick: Nanos(1),
            steps_per_frame: 1,
            steps_per_view: 1,
            observation: ObservationSpec { fields: vec![ObservationField { name: "left eye".into(), kind: events }] },
            action: ActionSpec { fields: vec![field("a-b"), field("a b")] },
            cameras: vec!["left eye".into()],
        };
        let topics = Topics::of(&info);
        for topic in [Topic::Run, Topic::Brain, Topic::Observation(0), Topic::Action(0), Topic::Action(1), Topic::Image(0)] {
            assert_eq!(topics.topic(topics.channel(topic)).unwrap().0, topic);
        }
        assert_eq!(topics.channel(Topic::Run), RUN_CHANNEL);
        let names: Vec<&str> = topics.channels[8..].iter().map(|channel| channel.topic.as_str()).collect();
        assert_eq!(names, ["/observation/left_eye", "/action/a_b", "/action/a_b_", "/camera/left_eye/image"]);
        assert_eq!(topics.topic(0), None);
        assert_eq!(topics.topic(13), None);
    }
}
