//! Where everything really is. Part of a [`Scene`](super::scene::Scene); never part of the loop.

use embody_robots::{Contact, Nanos, Pose, Stage};

use crate::reader::{Reader, WireError, put_text};

/// The world at the end of one control period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// Step records so far.
    pub records: u64,
    /// Time since the episode began.
    pub time: Nanos,
    /// Reward of the control period.
    pub reward: f32,
    /// Pose of each frame, by name.
    pub links: Vec<(String, Pose)>,
    /// Touches between them.
    pub contacts: Vec<Contact>,
}

impl Truth {
    /// What a stage shows.
    pub fn of(stage: &dyn Stage, records: u64, time: Nanos, reward: f32) -> Truth {
        let (mut links, mut contacts) = (Vec::new(), Vec::new());
        for name in stage.frames() {
            // What a stage doesn't know isn't shown.
            let _ = stage.contacts(&name, &mut contacts);
            if let Ok(pose) = stage.pose(&name) {
                links.push((name, pose));
            }
        }
        Truth { records, time, reward, links, contacts }
    }

    /// Appends its bytes, all but time and reward, which stand in the time step before it.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.records.to_le_bytes());
        out.extend((self.links.len() as u32).to_le_bytes());
        for (name, pose) in &self.links {
            put_text(out, name);
            let (p, q) = (pose.translation.vector, pose.rotation.coords);
            for value in [p.x, p.y, p.z, q.x, q.y, q.z, q.w] {
                out.extend(value.to_le_bytes());
            }
        }
        out.extend((self.contacts.len() as u32).to_le_bytes());
        for contact in &self.contacts {
            put_text(out, &contact.name);
            put_text(out, &contact.other);
            for value in [contact.point_m.x, contact.point_m.y, contact.point_m.z, contact.force_n] {
                out.extend(value.to_le_bytes());
            }
        }
    }

    /// Reads it, all but time and reward.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Truth, WireError> {
        let records = reader.u64(&"records")?;
        let links = reader.list(&"links", 60, read_link)?;
        let contacts = reader.list(&"contacts", 40, read_contact)?;
        Ok(Truth { records, links, contacts, ..Truth::default() })
    }
}

fn read_link(reader: &mut Reader<'_>, number: usize) -> Result<(String, Pose), WireError> {
    let name = reader.text(&format_args!("link {number}, name"))?;
    let [x, y, z, i, j, k, w] = doubles(reader, &format_args!("link {number}, pose"))?;
    let length = (i * i + j * j + k * k + w * w).sqrt();
    if (length - 1.0).abs() > 1e-6 {
        let expected = "a quaternion of length 1";
        return Err(reader.error(32, &format_args!("link {number}, rotation"), expected, length));
    }
    // As it is: to normalise again would change its last bits.
    let rotation = nalgebra::Unit::new_unchecked(nalgebra::Quaternion::new(w, i, j, k));
    Ok((name, Pose::from_parts(nalgebra::Translation3::new(x, y, z), rotation)))
}

fn read_contact(reader: &mut Reader<'_>, number: usize) -> Result<Contact, WireError> {
    let name = reader.text(&format_args!("contact {number}, name"))?;
    let other = reader.text(&format_args!("contact {number}, other"))?;
    let [x, y, z, force_n] = doubles(reader, &format_args!("contact {number}"))?;
    Ok(Contact { name, other, point_m: nalgebra::Vector3::new(x, y, z), force_n })
}

fn doubles<const N: usize>(reader: &mut Reader<'_>, field: &dyn std::fmt::Display) -> Result<[f64; N], WireError> {
    let mut values = [0.0; N];
    for value in &mut values {
        *value = reader.double(field)?;
    }
    Ok(values)
}
