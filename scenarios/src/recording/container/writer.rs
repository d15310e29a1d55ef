//! Writing a container: chunk by chunk, with a summary when it is ended.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use lz4_flex::frame::FrameEncoder;
use mcap::MAGIC;
use mcap::records::{
    ChunkHeader, ChunkIndex, DataEnd, Footer, Header, MessageIndex, MessageIndexEntry, Statistics, SummaryOffset, op,
};
use serde::{Deserialize, Serialize};

use super::describe::Described;
use super::kept::Kept;
use super::record::{PREFIX, put, put_message, put_with};
use super::scan::COMPRESSION;

/// Where a file ends with a whole chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its length up to there.
    pub(super) length: u64,
    /// CRC-32 of these bytes.
    pub(super) crc: u32,
}

/// A container that is being written.
pub(in super::super) struct Writer {
    file: File,
    described: Described,
    at: Mark,
    /// Whether a summary follows what is marked.
    ended: bool,
    chunks: Vec<ChunkIndex>,
    /// Messages of each channel so far.
    counts: BTreeMap<u16, u64>,
    /// Records of the chunk to come.
    records: Vec<u8>,
    /// Where its messages are: channel by channel, time and place.
    entries: BTreeMap<u16, Vec<MessageIndexEntry>>,
    out: Vec<u8>,
}

impl Writer {
    /// Begins a file that isn't there yet, whose first chunk begins with what is described.
    pub(in super::super) fn create(path: &Path, described: Described) -> io::Result<Writer> {
        let file = OpenOptions::new().create_new(true).append(true).open(path)?;
        let mut writer = Writer::at(file, described, Mark::default());
        writer.out.extend_from_slice(MAGIC);
        let header = Header { profile: "ros2".into(), library: format!("embody {}", crate::VERSION) };
        put(&mut writer.out, op::HEADER, &header)?;
        writer.append()?;
        writer.records.extend_from_slice(&writer.described.schemas);
        writer.records.extend_from_slice(&writer.described.channels);
        Ok(writer)
    }

    /// Goes on with a file where it was marked; what follows is cut off.
    pub(in super::super) fn resume(kept: Kept, described: Described) -> io::Result<Writer> {
        let Kept { file, scan, mark } = kept;
        file.set_len(mark.length)?;
        let mut writer = Writer::at(file, described, mark);
        for (channel, messages) in scan.counts {
            writer.counts.insert(channel, messages);
        }
        writer.chunks = scan.chunks.into_iter().map(|chunk| chunk.index).collect();
        Ok(writer)
    }

    fn at(file: File, described: Described, at: Mark) -> Writer {
        Writer {
            file,
            described,
            at,
            ended: false,
            chunks: Vec::new(),
            counts: BTreeMap::new(),
            records: Vec::new(),
            entries: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    /// Adds a message to the chunk to come.
    pub(in super::super) fn message(&mut self, channel: u16, time_ns: u64, fill: impl FnOnce(&mut Vec<u8>)) {
        let count = self.counts.entry(channel).or_default();
        let entry = MessageIndexEntry { log_time: time_ns, offset: self.records.len() as u64 };
        self.entries.entry(channel).or_default().push(entry);
        put_message(&mut self.records, channel, *count as u32, time_ns, fill);
        *count += 1;
    }

    /// Writes the chunk, if it has any messages, and says where the file then ends.
    pub(in super::super) fn end_chunk(&mut self) -> io::Result<Mark> {
        let times = || self.entries.values().flatten().map(|entry| entry.log_time);
        let Some((first, last)) = times().min().zip(times().max()) else { return Ok(self.at) };
        if std::mem::take(&mut self.ended) {
            self.file.set_len(self.at.length)?;
        }
        let start = self.at.length;
        let mut encoder = FrameEncoder::new(Vec::new());
        encoder.write_all(&self.records)?;
        let data = encoder.finish().map_err(io::Error::other)?;
        let header = ChunkHeader {
            message_start_time: first,
            message_end_time: last,
            uncompressed_size: self.records.len() as u64,
            uncompressed_crc: crc32fast::hash(&self.records),
            compression: COMPRESSION.into(),
            compressed_size: data.len() as u64,
        };
        put_with(&mut self.out, op::CHUNK, &header, &data)?;
        let chunk_length = self.out.len() as u64;
        let mut offsets = BTreeMap::new();
        for (channel, entries) in std::mem::take(&mut self.entries) {
            offsets.insert(channel, start + self.out.len() as u64);
            put(&mut self.out, op::MESSAGE_INDEX, &MessageIndex { channel_id: channel, records: entries })?;
        }
        self.chunks.push(ChunkIndex {
            message_start_time: first,
            message_end_time: last,
            chunk_start_offset: start,
            chunk_length,
            message_index_offsets: offsets,
            message_index_length: self.out.len() as u64 - chunk_length,
            compression: COMPRESSION.into(),
            compressed_size: data.len() as u64,
            uncompressed_size: header.uncompressed_size,
        });
        self.records.clear();
        self.append()?;
        Ok(self.at)
    }

    /// Ends the file with a summary; it can still be gone on with.
    pub(in super::super) fn end(&mut self) -> io::Result<()> {
        self.end_chunk()?;
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        let tail = self.tail()?;
        self.file.write_all(&tail)
    }

    /// Appends what was put together.
    fn append(&mut self) -> io::Result<()> {
        self.file.write_all(&self.out)?;
        let mut crc = crc32fast::Hasher::new_with_initial(self.at.crc);
        crc.update(&self.out);
        self.at = Mark { length: self.at.length + self.out.len() as u64, crc: crc.finalize() };
        self.out.clear();
        Ok(())
    }

    /// All that follows the data: its CRC, the summary, the footer.
    fn tail(&self) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        put(&mut out, op::DATA_END, &DataEnd { data_section_crc: self.at.crc })?;
        let begin = out.len();
        let mut groups = Vec::new();
        let mut group = |out: &mut Vec<u8>, opcode, bytes: &[u8]| {
            let start = self.at.length + out.len() as u64;
            groups.push(SummaryOffset { group_opcode: opcode, group_start: start, group_length: bytes.len() as u64 });
            out.extend_from_slice(bytes);
        };
        group(&mut out, op::SCHEMA, &self.described.schemas);
        group(&mut out, op::CHANNEL, &self.described.channels);
        let mut records = Vec::new();
        put(&mut records, op::STATISTICS, &self.statistics())?;
        group(&mut out, op::STATISTICS, &records);
        records.clear();
        self.chunks.iter().try_for_each(|index| put(&mut records, op::CHUNK_INDEX, index))?;
        group(&mut out, op::CHUNK_INDEX, &records);
        let offsets = self.at.length + out.len() as u64;
        groups.iter().try_for_each(|group| put(&mut out, op::SUMMARY_OFFSET, group))?;
        let footer = Footer { summary_start: self.at.length + begin as u64, summary_offset_start: offsets, summary_crc: 0 };
        put(&mut out, op::FOOTER, &footer)?;
        // The CRC covers the footer up to itself.
        let end = out.len() - size_of::<u32>();
        let crc = crc32fast::hash(&out[begin..end]);
        out[end..].copy_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(MAGIC);
        Ok(out)
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            message_count: self.counts.values().sum(),
            schema_count: self.described.schema_count,
            channel_count: self.described.channel_count,
            attachment_count: 0,
            metadata_count: 0,
            chunk_count: self.chunks.len() as u32,
            message_start_time: self.chunks.iter().map(|chunk| chunk.message_start_time).min().unwrap_or(0),
            message_end_time: self.chunks.iter().map(|chunk| chunk.message_end_time).max().unwrap_or(0),
            channel_message_counts: self.counts.clone(),
        }
    }
}

/// Bytes of the last record and the magic of a file that was ended: footer and magic.
pub(super) const FOOTER: usize = PREFIX + 20 + MAGIC.len();
