//! Poses of links in the world.

use embody_bridges::WireError;
use embody_robots::{Nanos, Pose};

use crate::recording::cdr::{Decoder, Encoder};

/// The frame that poses are in.
const WORLD: &str = "world";

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, links: &[(String, Pose)]) {
    let mut message = Encoder::new(out);
    message.count(links.len());
    for (name, pose) in links {
        message.header(time, WORLD);
        message.text(name);
        let (p, q) = (pose.translation.vector, pose.rotation.coords);
        [p.x, p.y, p.z, q.x, q.y, q.z, q.w].into_iter().for_each(|value| message.put(value));
    }
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Vec<(String, Pose)>, WireError> {
    let mut message = Decoder::new(bytes)?;
    let count = message.count(&"transforms", 74)?;
    let links = (0..count).map(|number| link(&mut message, number)).collect::<Result<_, _>>()?;
    message.end()?;
    Ok(links)
}

fn link(message: &mut Decoder<'_>, number: usize) -> Result<(String, Pose), WireError> {
    message.header()?;
    let name = message.text(&format_args!("transform {number}, child_frame_id"))?;
    let mut values = [0.0; 7];
    for value in &mut values {
        *value = message.get::<f64>(&format_args!("transform {number}"))?;
    }
    let [x, y, z, i, j, k, w] = values;
    // As it is: to normalise again would change its last bits.
    let rotation = nalgebra::Unit::new_unchecked(nalgebra::Quaternion::new(w, i, j, k));
    Ok((name, Pose::from_parts(nalgebra::Translation3::new(x, y, z), rotation)))
}
