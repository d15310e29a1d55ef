//! Joints of one degree of freedom.

use embody_bridges::WireError;
use embody_robots::{JointState, Nanos};

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, joints: &[(String, JointState)]) {
    let mut message = Encoder::stamped(out, time, "");
    message.texts(joints.iter().map(|(name, _)| name.as_str()));
    message.list(joints.iter().map(|(_, joint)| joint.position));
    message.list(joints.iter().map(|(_, joint)| joint.velocity));
    // Efforts aren't known.
    message.count(0);
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Vec<(String, JointState)>, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let names = message.texts(&"name")?;
    let positions: Vec<f64> = message.list_of(&"position", names.len())?;
    let velocities: Vec<f64> = message.list_of(&"velocity", names.len())?;
    message.list::<f64>(&"effort")?;
    message.end()?;
    let states = positions.into_iter().zip(velocities).map(|(position, velocity)| JointState { position, velocity });
    Ok(names.into_iter().zip(states).collect())
}
