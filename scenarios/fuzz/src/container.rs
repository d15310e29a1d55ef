//! Chunks out of a file, and into one that says of itself what is true.

use std::io::{Read, Write};

use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use mcap::MAGIC;
use mcap::records::op;

/// Before a chunk's data: times, size, CRC, `lz4` as a text, compressed size.
const HEADER: usize = 43;

/// Where each chunk's record begins in a whole file, and its body.
fn bodies(file: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut at, mut found) = (MAGIC.len(), Vec::new());
    while let Some((prefix, rest)) = file.get(at..).and_then(<[u8]>::split_first_chunk::<9>) {
        let [opcode, length @ ..] = *prefix;
        let Some(body) = usize::try_from(u64::from_le_bytes(length)).ok().and_then(|length| rest.get(..length)) else { break };
        if opcode == op::CHUNK {
            found.push((at, body));
        }
        at += prefix.len() + body.len();
    }
    found
}

/// The records of each chunk of a whole file.
pub fn chunks(file: &[u8]) -> Vec<Vec<u8>> {
    let records = |body: &[u8]| {
        let mut records = Vec::new();
        FrameDecoder::new(&body[HEADER..]).read_to_end(&mut records).map(|_| records)
    };
    bodies(file).into_iter().filter_map(|(_, body)| records(body).ok()).collect()
}

/// A whole file up to its second chunk, in whose place others' records are.
pub fn with_chunk(file: &[u8], records: &[u8]) -> Vec<u8> {
    let found = bodies(file);
    let Some((at, body)) = found.get(1) else { return Vec::new() };
    let mut encoder = FrameEncoder::new(Vec::new());
    let Ok(data) = encoder.write_all(records).and_then(|()| encoder.finish().map_err(std::io::Error::other)) else {
        return Vec::new();
    };
    let mut header = body[..HEADER].to_vec();
    header[16..24].copy_from_slice(&(records.len() as u64).to_le_bytes());
    header[24..28].copy_from_slice(&crc32fast::hash(records).to_le_bytes());
    header[35..43].copy_from_slice(&(data.len() as u64).to_le_bytes());
    let length = ((header.len() + data.len()) as u64).to_le_bytes();
    [&file[..*at], &[op::CHUNK], &length, &header, &data].concat()
}
