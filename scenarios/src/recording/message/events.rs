//! The events of a camera in one control period.

use embody_bridges::WireError;
use embody_robots::{Event, Nanos};

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, camera: &str, [width, height]: [u16; 2], events: &[Event]) {
    let mut message = Encoder::stamped(out, time, camera);
    message.put(u32::from(width));
    message.put(u32::from(height));
    message.list(events.iter().map(|event| event.t_ns));
    message.list(events.iter().map(|event| event.x));
    message.list(events.iter().map(|event| event.y));
    message.list(events.iter().map(|event| u8::from(event.on)));
}

pub(in super::super) fn decode(bytes: &[u8], size: [u16; 2], max_events: usize) -> Result<Vec<Event>, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let found = [message.get::<u32>(&"width")?, message.get(&"height")?];
    if found != size.map(u32::from) {
        return Err(message.error(&"width and height", format_args!("{size:?}"), format_args!("{found:?}")));
    }
    let t_ns: Vec<u64> = message.list(&"t_ns")?;
    if t_ns.len() > max_events {
        return Err(message.error(&"t_ns", format_args!("at most {max_events} events"), t_ns.len()));
    }
    let x: Vec<u16> = message.list_of(&"x", t_ns.len())?;
    let y: Vec<u16> = message.list_of(&"y", t_ns.len())?;
    let on: Vec<u8> = message.list_of(&"on", t_ns.len())?;
    message.end()?;
    let off_sensor = |(x, y): (&u16, &u16)| *x >= size[0] || *y >= size[1];
    if let Some(at) = x.iter().zip(&y).position(off_sensor) {
        let expected = format_args!("a pixel of {} x {}", size[0], size[1]).to_string();
        return Err(message.error(&format_args!("event {at}"), expected, format_args!("({}, {})", x[at], y[at])));
    }
    let event = |i: usize| Event { t_ns: t_ns[i], x: x[i], y: y[i], on: on[i] != 0 };
    Ok((0..t_ns.len()).map(event).collect())
}
