//! What touches what.

use embody_bridges::WireError;
use embody_robots::{Contact, Nanos};

use crate::recording::cdr::{Decoder, Encoder};

pub(in super::super) fn encode(out: &mut Vec<u8>, time: Nanos, contacts: &[Contact]) {
    let mut message = Encoder::stamped(out, time, "world");
    message.count(contacts.len());
    for contact in contacts {
        message.text(&contact.name);
        message.text(&contact.other);
        let point = contact.point_m;
        [point.x, point.y, point.z, contact.force_n].into_iter().for_each(|value| message.put(value));
    }
}

pub(in super::super) fn decode(bytes: &[u8]) -> Result<Vec<Contact>, WireError> {
    let mut message = Decoder::stamped(bytes)?;
    let count = message.count(&"contacts", 42)?;
    let contacts = (0..count).map(|number| contact(&mut message, number)).collect::<Result<_, _>>()?;
    message.end()?;
    Ok(contacts)
}

fn contact(message: &mut Decoder<'_>, number: usize) -> Result<Contact, WireError> {
    let name = message.text(&format_args!("contact {number}, name"))?;
    let other = message.text(&format_args!("contact {number}, other"))?;
    let mut values = [0.0; 4];
    for value in &mut values {
        *value = message.get::<f64>(&format_args!("contact {number}"))?;
    }
    let [x, y, z, force_n] = values;
    Ok(Contact { name, other, point_m: nalgebra::Vector3::new(x, y, z), force_n })
}
