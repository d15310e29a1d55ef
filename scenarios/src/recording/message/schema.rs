//! Definitions of messages, as a recording carries them: each with those that it is made of.

/// The line between a definition and the next.
const RULE: &str = "================================================================================\n";

/// Text of a message's definition.
macro_rules! definition {
    ($package:literal, $name:literal) => {
        (concat!($package, "/", $name), include_str!(concat!("../../../msgs/", $package, "/msg/", $name, ".msg")))
    };
}

const TIME: (&str, &str) = definition!("builtin_interfaces", "Time");
const HEADER: (&str, &str) = definition!("std_msgs", "Header");
const VECTOR: (&str, &str) = definition!("geometry_msgs", "Vector3");
const QUATERNION: (&str, &str) = definition!("geometry_msgs", "Quaternion");
const TRANSFORM: (&str, &str) = definition!("geometry_msgs", "Transform");
const STAMPED: (&str, &str) = definition!("geometry_msgs", "TransformStamped");

/// A kind of message, and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Schema(&'static [(&'static str, &'static str)]);

impl Schema {
    pub(in super::super) const RUN: Schema = Schema(&[definition!("embody_msgs", "Run"), HEADER, TIME]);
    pub(in super::super) const STEP: Schema = Schema(&[definition!("embody_msgs", "Step"), HEADER, TIME]);
    pub(in super::super) const SPIKES: Schema = Schema(&[definition!("embody_msgs", "Spikes"), HEADER, TIME]);
    pub(in super::super) const VALUES: Schema = Schema(&[definition!("embody_msgs", "Values"), HEADER, TIME]);
    pub(in super::super) const EVENTS: Schema = Schema(&[definition!("embody_msgs", "Events"), HEADER, TIME]);
    pub(in super::super) const METRICS: Schema = Schema(&[definition!("embody_msgs", "Metrics"), HEADER, TIME]);
    pub(in super::super) const CONTACTS: Schema =
        Schema(&[definition!("embody_msgs", "Contacts"), definition!("embody_msgs", "Contact"), HEADER, TIME, VECTOR]);
    pub(in super::super) const BRAIN: Schema = Schema(&[
        definition!("embody_msgs", "Brain"),
        definition!("embody_msgs", "Population"),
        definition!("embody_msgs", "Weights"),
        HEADER,
        TIME,
    ]);
    pub(in super::super) const TRANSFORMS: Schema =
        Schema(&[definition!("tf2_msgs", "TFMessage"), STAMPED, TRANSFORM, VECTOR, QUATERNION, HEADER, TIME]);
    pub(in super::super) const JOINTS: Schema = Schema(&[definition!("sensor_msgs", "JointState"), HEADER, TIME]);
    pub(in super::super) const IMAGE: Schema = Schema(&[definition!("sensor_msgs", "Image"), HEADER, TIME]);

    /// All kinds, in the order of their numbers in a file.
    pub(in super::super) const ALL: [Schema; 11] = [
        Schema::RUN,
        Schema::STEP,
        Schema::SPIKES,
        Schema::VALUES,
        Schema::EVENTS,
        Schema::METRICS,
        Schema::CONTACTS,
        Schema::BRAIN,
        Schema::TRANSFORMS,
        Schema::JOINTS,
        Schema::IMAGE,
    ];

    /// Its name, such as `sensor_msgs/msg/Image`.
    pub(in super::super) fn name(&self) -> String {
        self.0[0].0.replace('/', "/msg/")
    }

    /// Its definition and those it is made of, as `ros2msg` has them.
    pub(in super::super) fn definition(&self) -> String {
        let parts = self.0[1..].iter().map(|(name, text)| format!("{RULE}MSG: {name}\n{text}"));
        [self.0[0].1.to_owned()].into_iter().chain(parts).collect()
    }
}
