//! What a camera saw, in 256 shades; the first row is the top one, as ROS has it.

use embody_bridges::WireError;
use embody_robots::Nanos;

use crate::moment::Picture;
use crate::recording::cdr::{Decoder, Encoder};

const ENCODING: &str = "mono8";

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, picture: &Picture) {
    let width = usize::from(picture.width);
    // The nearest shade; what lies beyond 0 and 1 becomes these.
    let shade = |brightness: &f32| (brightness * 255.0 + 0.5) as u8;
    let mut message = Encoder::stamped(out, time, &picture.sensor);
    message.put(u32::from(picture.height));
    message.put(u32::from(picture.width));
    message.text(ENCODING);
    message.put(0u8);
    message.put(u32::from(picture.width));
    message.many(picture.brightness.len(), picture.brightness.chunks(width.max(1)).rev().flatten().map(shade));
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Picture, WireError> {
    let mut message = Decoder::new(bytes)?;
    let sensor = message.header_with_frame()?.1;
    let (height, width) = (side(&mut message, "height")?, side(&mut message, "width")?);
    let encoding = message.text(&"encoding")?;
    if encoding != ENCODING {
        return Err(message.error(&"encoding", ENCODING, encoding));
    }
    message.get::<u8>(&"is_bigendian")?;
    message.get::<u32>(&"step")?;
    let data: Vec<u8> = message.list_of(&"data", usize::from(width) * usize::from(height))?;
    message.end()?;
    let rows = data.chunks(usize::from(width).max(1)).rev();
    Ok(Picture { sensor, width, height, brightness: rows.flatten().map(|shade| f32::from(*shade) / 255.0).collect() })
}

fn side(message: &mut Decoder<'_>, field: &str) -> Result<u16, WireError> {
    let side = message.get::<u32>(&field)?;
    u16::try_from(side).map_err(|_| message.error(&field, "at most 65535", side))
}
