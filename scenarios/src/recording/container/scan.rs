//! Going through a file from chunk to chunk, however far it reaches.
//!
//! Whatever a length says, no more is read, and no more allocated, than the file has.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use lz4_flex::frame::FrameDecoder;
use mcap::MAGIC;
use mcap::records::{ChunkIndex, op};

use super::record::PREFIX;
use super::writer::FOOTER;
use crate::recording::RecordingError;

/// How chunks are compressed.
pub(super) const COMPRESSION: &str = "lz4";

/// The largest chunk that is read (bytes, uncompressed).
const LARGEST_CHUNK: u64 = 1 << 28;

/// Before a chunk's data: times, size, CRC, `lz4` as a text, compressed size.
const CHUNK_HEADER: usize = 8 + 8 + 8 + 4 + 4 + COMPRESSION.len() + 8;

/// What is said of bytes that aren't what was written.
const CHANGED: &str = "it was changed after it was written";

/// What stands before what: an entry of a message index is 16 bytes, after the channel (u16) and the length of all (u32).
const INDEX_HEADER: u64 = 6;
const INDEX_ENTRY: u64 = 16;

/// Where a chunk is, and its CRC.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct ChunkPlace {
    pub index: ChunkIndex,
    crc: u32,
}

/// What a file has.
#[derive(Debug, Default)]
pub(in super::super) struct Scan {
    pub chunks: Vec<ChunkPlace>,
    /// Messages of each channel, by the indexes that follow chunks.
    pub counts: BTreeMap<u16, u64>,
    /// Where the last whole record of the data ends.
    pub length: u64,
    /// CRC of the data, where the file says it: it was ended, then.
    pub crc: Option<u32>,
}

impl Scan {
    /// Goes through a whole file.
    pub(in super::super) fn of(file: &File, path: &Path) -> Result<Scan, RecordingError> {
        let length = file.metadata().map_err(|e| RecordingError::file(path, e))?.len();
        let scan = Scan::up_to(file, path, length)?;
        let mut last = [0; MAGIC.len()];
        let ends = length.checked_sub(MAGIC.len() as u64).filter(|at| *at > 0);
        let whole = ends.is_some_and(|at| file.read_exact_at(&mut last, at).is_ok()) && last == MAGIC;
        if whole && scan.crc.is_none() {
            let place = format!("byte {}", scan.length);
            return Err(RecordingError::content(path, place, "a record", format!("something else: {CHANGED}")));
        }
        Ok(scan)
    }

    /// Goes through the first `limit` bytes of a file.
    pub(in super::super) fn up_to(file: &File, path: &Path, limit: u64) -> Result<Scan, RecordingError> {
        let mut magic = [0; MAGIC.len()];
        let there = limit.min(MAGIC.len() as u64) as usize;
        file.read_exact_at(&mut magic[..there], 0).map_err(|e| RecordingError::file(path, e))?;
        if magic != MAGIC {
            let found = if limit == 0 { "an empty file" } else { "something else" };
            return Err(RecordingError::content(path, "byte 0", "an MCAP file", found));
        }
        let mut scan = Scan { length: MAGIC.len() as u64, ..Scan::default() };
        loop {
            let mut head = [0; PREFIX + CHUNK_HEADER];
            let room = (limit - scan.length).min(head.len() as u64) as usize;
            if room < PREFIX {
                return Ok(scan);
            }
            file.read_exact_at(&mut head[..room], scan.length).map_err(|e| RecordingError::file(path, e))?;
            let [opcode, length @ ..] = *head.first_chunk::<PREFIX>().unwrap_or(&[0; PREFIX]);
            let length = u64::from_le_bytes(length);
            let Some(end) = length.checked_add(scan.length + PREFIX as u64).filter(|end| *end <= limit) else { return Ok(scan) };
            let body = &head[PREFIX..room.min(PREFIX + length as usize)];
            match opcode {
                op::CHUNK => {
                    let place = chunk(body, scan.length, length).ok_or_else(|| {
                        RecordingError::content(path, format!("byte {}", scan.length), "a chunk compressed by lz4", "another")
                    })?;
                    scan.chunks.push(place);
                }
                op::MESSAGE_INDEX => scan.add_index(body, scan.length, length),
                op::DATA_END => {
                    scan.crc = body.first_chunk().map(|crc| u32::from_le_bytes(*crc));
                    return Ok(scan);
                }
                _ => (),
            }
            scan.length = end;
        }
    }

    /// What is damaged where a CRC over all that was gone through isn't what it was: the first chunk that is, or else `what`.
    pub(super) fn damage(&self, file: &File, path: &Path, what: &str, [expected, found]: [u32; 2]) -> RecordingError {
        let chunk = self.chunks.iter().find_map(|chunk| chunk.read(file, path).err());
        chunk.unwrap_or_else(|| changed(path, what, expected, found))
    }

    fn add_index(&mut self, body: &[u8], offset: u64, length: u64) {
        let (Some(channel), Some(chunk)) = (body.first_chunk(), self.chunks.last_mut()) else { return };
        let channel = u16::from_le_bytes(*channel);
        *self.counts.entry(channel).or_default() += length.saturating_sub(INDEX_HEADER) / INDEX_ENTRY;
        chunk.index.message_index_offsets.insert(channel, offset);
        chunk.index.message_index_length += PREFIX as u64 + length;
    }
}

/// A chunk by the first bytes of its record.
fn chunk(body: &[u8], offset: u64, length: u64) -> Option<ChunkPlace> {
    let number = |at: usize| Some(u64::from_le_bytes(*body.get(at..)?.first_chunk()?));
    let small = |at: usize| Some(u32::from_le_bytes(*body.get(at..)?.first_chunk()?));
    let text = 32;
    let compression = body.get(text..text + COMPRESSION.len())?;
    if small(28)? as usize != COMPRESSION.len() || compression != COMPRESSION.as_bytes() {
        return None;
    }
    let compressed_size = number(text + COMPRESSION.len())?;
    if compressed_size.checked_add(CHUNK_HEADER as u64) != Some(length) {
        return None;
    }
    let index = ChunkIndex {
        message_start_time: number(0)?,
        message_end_time: number(8)?,
        chunk_start_offset: offset,
        chunk_length: PREFIX as u64 + length,
        message_index_offsets: BTreeMap::new(),
        message_index_length: 0,
        compression: COMPRESSION.into(),
        compressed_size,
        uncompressed_size: number(16)?,
    };
    Some(ChunkPlace { index, crc: small(24)? })
}

impl ChunkPlace {
    /// The records of the chunk.
    pub(in super::super) fn read(&self, file: &File, path: &Path) -> Result<Vec<u8>, RecordingError> {
        let ChunkIndex { chunk_start_offset, compressed_size, uncompressed_size, .. } = self.index;
        let place = || format!("the chunk at byte {chunk_start_offset}");
        let wrong = |expected: String, found: String| RecordingError::content(path, place(), expected, found);
        if uncompressed_size > LARGEST_CHUNK {
            return Err(wrong(format!("at most {LARGEST_CHUNK} bytes"), uncompressed_size.to_string()));
        }
        let mut compressed = vec![0; compressed_size as usize];
        let data = chunk_start_offset + (PREFIX + CHUNK_HEADER) as u64;
        file.read_exact_at(&mut compressed, data).map_err(|e| RecordingError::file(path, e))?;
        let mut records = Vec::new();
        let limited = FrameDecoder::new(&compressed[..]).take(uncompressed_size + 1).read_to_end(&mut records);
        limited.map_err(|e| wrong("data compressed by lz4".into(), format!("{e}: {CHANGED}")))?;
        if records.len() as u64 != uncompressed_size {
            return Err(wrong(format!("{uncompressed_size} bytes"), format!("{}: {CHANGED}", records.len())));
        }
        let crc = crc32fast::hash(&records);
        // In MCAP a CRC of 0 says that there is none.
        if self.crc != 0 && crc != self.crc {
            return Err(changed(path, &place(), self.crc, crc));
        }
        Ok(records)
    }
}

/// Sees that every byte of a file that was ended is as it was written.
pub(in super::super) fn check_whole(file: &File, path: &Path, scan: &Scan) -> Result<(), RecordingError> {
    let Some(expected) = scan.crc else { return Ok(()) };
    let fail = |error: std::io::Error| RecordingError::file(path, error);
    let length = file.metadata().map_err(fail)?.len();
    let found = crc_of(file, 0, scan.length).map_err(fail)?;
    if expected != 0 && found != expected {
        return Err(scan.damage(file, path, "the data", [expected, found]));
    }
    let mut footer = [0; FOOTER];
    let at = length.checked_sub(FOOTER as u64).filter(|at| *at > scan.length);
    let at = at.ok_or_else(|| RecordingError::content(path, "the end", "a footer", "none"))?;
    file.read_exact_at(&mut footer, at).map_err(fail)?;
    let start = u64::from_le_bytes(*footer[PREFIX..].first_chunk().unwrap_or(&[0; 8]));
    let end = length - (MAGIC.len() + size_of::<u32>()) as u64;
    let stated = u32::from_le_bytes(*footer[FOOTER - MAGIC.len() - 4..].first_chunk().unwrap_or(&[0; 4]));
    if start < scan.length || start > end {
        return Err(RecordingError::content(path, "the footer", format!("a summary from byte {} on", scan.length), start));
    }
    match crc_of(file, start, end).map_err(fail)? {
        found if stated != 0 && found != stated => Err(changed(path, "the summary", stated, found)),
        _ => Ok(()),
    }
}

/// About bytes whose CRC isn't what it was.
fn changed(path: &Path, what: &str, expected: u32, found: u32) -> RecordingError {
    let found = format!("{found:08x}: {CHANGED}");
    RecordingError::content(path, what, format!("the CRC {expected:08x}"), found)
}

/// The CRC of the bytes `from` <= byte < `to` of a file.
pub(super) fn crc_of(file: &File, from: u64, to: u64) -> std::io::Result<u32> {
    let (mut crc, mut at, mut block) = (crc32fast::Hasher::new(), from, vec![0; 1 << 16]);
    while at < to {
        let length = (to - at).min(block.len() as u64) as usize;
        file.read_exact_at(&mut block[..length], at)?;
        crc.update(&block[..length]);
        at += length as u64;
    }
    Ok(crc.finalize())
}
