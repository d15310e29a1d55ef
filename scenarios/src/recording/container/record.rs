//! Records: an opcode, a length (u64), and as many bytes.

use std::io::{self, Cursor};

use binrw::BinWrite;
use mcap::records::op;

/// Opcode and length.
pub(super) const PREFIX: usize = 9;

/// What stands before a message's bytes: channel (u16), sequence (u32), log and publish time (u64 each).
const MESSAGE_HEADER: usize = 22;

/// Appends a record.
pub(super) fn put<R: for<'a> BinWrite<Args<'a> = ()>>(out: &mut Vec<u8>, opcode: u8, record: &R) -> io::Result<()> {
    put_with(out, opcode, record, &[])
}

/// Appends a record that ends with `data`.
pub(super) fn put_with<R: for<'a> BinWrite<Args<'a> = ()>>(
    out: &mut Vec<u8>,
    opcode: u8,
    record: &R,
    data: &[u8],
) -> io::Result<()> {
    let mut fields = Cursor::new(Vec::new());
    record.write_le(&mut fields).map_err(io::Error::other)?;
    out.push(opcode);
    out.extend(((fields.get_ref().len() + data.len()) as u64).to_le_bytes());
    out.extend_from_slice(fields.get_ref());
    out.extend_from_slice(data);
    Ok(())
}

/// Appends a message, whose bytes `fill` appends.
pub(super) fn put_message(out: &mut Vec<u8>, channel: u16, sequence: u32, time_ns: u64, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(op::MESSAGE);
    let length = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&channel.to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&time_ns.to_le_bytes());
    out.extend_from_slice(&time_ns.to_le_bytes());
    fill(out);
    let written = (out.len() - length - 8) as u64;
    out[length..length + 8].copy_from_slice(&written.to_le_bytes());
}

/// A message of a chunk.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Message<'a> {
    pub channel: u16,
    pub time_ns: u64,
    pub data: &'a [u8],
}

/// The messages among the records of a chunk; `Err` has the byte at which no record stands.
pub(in super::super) fn messages(chunk: &[u8]) -> impl Iterator<Item = Result<Message<'_>, usize>> {
    records(chunk).filter_map(|record| match record {
        Ok((op::MESSAGE, body)) => Some(message(body).ok_or(chunk.len() - body.len())),
        Ok(_) => None,
        Err(at) => Some(Err(at)),
    })
}

fn message(body: &[u8]) -> Option<Message<'_>> {
    let (header, data) = body.split_at_checked(MESSAGE_HEADER)?;
    let channel = u16::from_le_bytes(*header.first_chunk()?);
    let time_ns = u64::from_le_bytes(*header[6..].first_chunk()?);
    Some(Message { channel, time_ns, data })
}

/// Records one after another: opcode and body each. After an `Err`, the byte at which no record stands, comes nothing.
pub(super) fn records(bytes: &[u8]) -> impl Iterator<Item = Result<(u8, &[u8]), usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let Some((opcode, body)) = first(rest) else {
            let bad = std::mem::replace(&mut at, bytes.len());
            return Some(Err(bad));
        };
        at += PREFIX + body.len();
        Some(Ok((opcode, body)))
    })
}

fn first(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (prefix, rest) = bytes.split_first_chunk::<PREFIX>()?;
    let [opcode, length @ ..] = *prefix;
    Some((opcode, rest.get(..usize::try_from(u64::from_le_bytes(length)).ok()?)?))
}
