//! What a file says of its messages before any comes: schemas and channels.

use std::collections::BTreeMap;
use std::io;

use mcap::records::{Channel as ChannelRecord, SchemaHeader, op};

use super::record::{put, put_with};

/// A topic, and the kind of its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Channel {
    pub id: u16,
    pub topic: String,
    /// Number of its schema, from 1.
    pub schema: u16,
    pub metadata: BTreeMap<String, String>,
}

/// The records of all schemas and channels, as they stand at the beginning of a file and again in its summary.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Described {
    pub schemas: Vec<u8>,
    pub schema_count: u16,
    pub channels: Vec<u8>,
    pub channel_count: u32,
}

impl Described {
    /// The records of schemas, of which each is a name and a definition, and of channels.
    pub(in super::super) fn new(schemas: impl Iterator<Item = (String, String)>, channels: &[Channel]) -> io::Result<Described> {
        let mut described = Described::default();
        for (name, definition) in schemas {
            described.schema_count += 1;
            let header = SchemaHeader { id: described.schema_count, name, encoding: "ros2msg".into() };
            let data = [&(definition.len() as u32).to_le_bytes()[..], definition.as_bytes()].concat();
            put_with(&mut described.schemas, op::SCHEMA, &header, &data)?;
        }
        for Channel { id, topic, schema, metadata } in channels.iter().cloned() {
            described.channel_count += 1;
            let record = ChannelRecord { id, schema_id: schema, topic, message_encoding: "cdr".into(), metadata };
            put(&mut described.channels, op::CHANNEL, &record)?;
        }
        Ok(described)
    }
}
