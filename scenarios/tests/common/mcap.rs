//! Recordings that were changed, and then say of themselves what is true.

use std::io::{Read, Write};

use lz4_flex::frame::{FrameDecoder, FrameEncoder};

/// A file up to the chunk of a number, whose records `edit` changes; it then says of itself what is true.
pub fn edited(file: &[u8], number: usize, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let (mut at, mut chunk) = (mcap::MAGIC.len(), 0);
    loop {
        let length = u64::from_le_bytes(file[at + 1..at + 9].try_into().unwrap()) as usize;
        let body = &file[at + 9..at + 9 + length];
        if file[at] == mcap::records::op::CHUNK {
            if chunk == number {
                let mut records = Vec::new();
                FrameDecoder::new(&body[43..]).read_to_end(&mut records).unwrap();
                edit(&mut records);
                let mut encoder = FrameEncoder::new(Vec::new());
                encoder.write_all(&records).unwrap();
                let data = encoder.finish().unwrap();
                let mut header = body[..43].to_vec();
                header[16..24].copy_from_slice(&(records.len() as u64).to_le_bytes());
                header[24..28].copy_from_slice(&crc32fast::hash(&records).to_le_bytes());
                header[35..43].copy_from_slice(&(data.len() as u64).to_le_bytes());
                let length = ((header.len() + data.len()) as u64).to_le_bytes();
                return [&file[..at], &file[at..=at], &length, &header, &data].concat();
            }
            chunk += 1;
        }
        at += 9 + length;
    }
}

/// Where the bytes of the `nth` message of a channel begin in the records of a chunk, and how many these are.
pub fn message(records: &[u8], channel: u16, nth: usize) -> std::ops::Range<usize> {
    let (mut at, mut seen) = (0, 0);
    loop {
        let length = u64::from_le_bytes(records[at + 1..at + 9].try_into().unwrap()) as usize;
        let body = at + 9;
        if records[at] == mcap::records::op::MESSAGE && records[body..body + 2] == channel.to_le_bytes() {
            if seen == nth {
                return body + 22..body + length;
            }
            seen += 1;
        }
        at = body + length;
    }
}
