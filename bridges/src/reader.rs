//! Reading little-endian bytes that came from elsewhere: each value with its field's name, so that an error can say it.

use std::fmt;

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} (byte {byte}): expected {expected}, found {found}")]
pub struct WireError {
    /// What was being read, such as `observation "camera", event 3, x`.
    pub field: String,
    /// Where it begins, counted from 0.
    pub byte: usize,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// A place in bytes that are being read.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(crate) fn take<const N: usize>(&mut self, field: &dyn fmt::Display) -> Result<[u8; N], WireError> {
        let rest = &self.bytes[self.at..];
        let Some(bytes) = rest.first_chunk::<N>() else {
            return Err(self.error(0, field, format_args!("{N} bytes"), format_args!("{}", rest.len())));
        };
        self.at += N;
        Ok(*bytes)
    }

    pub(crate) fn u8(&mut self, field: &dyn fmt::Display) -> Result<u8, WireError> {
        self.take(field).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, field: &dyn fmt::Display) -> Result<u16, WireError> {
        self.take(field).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, field: &dyn fmt::Display) -> Result<u32, WireError> {
        self.take(field).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: &dyn fmt::Display) -> Result<u64, WireError> {
        self.take(field).map(u64::from_le_bytes)
    }

    /// 0 or 1.
    pub(crate) fn flag(&mut self, field: &dyn fmt::Display) -> Result<bool, WireError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.error(1, field, "0 or 1", other)),
        }
    }

    /// A finite `f32`.
    pub(crate) fn number(&mut self, field: &dyn fmt::Display) -> Result<f32, WireError> {
        let value = f32::from_le_bytes(self.take(field)?);
        if value.is_finite() { Ok(value) } else { Err(self.error(4, field, "a finite number", value)) }
    }

    /// A finite `f64`.
    pub(crate) fn double(&mut self, field: &dyn fmt::Display) -> Result<f64, WireError> {
        let value = f64::from_le_bytes(self.take(field)?);
        if value.is_finite() { Ok(value) } else { Err(self.error(8, field, "a finite number", value)) }
    }

    /// As many bytes as are told.
    pub(crate) fn bytes(&mut self, field: &dyn fmt::Display, count: usize) -> Result<&'a [u8], WireError> {
        let rest = &self.bytes[self.at..];
        if count > rest.len() {
            return Err(self.error(0, field, format_args!("{count} bytes"), rest.len()));
        }
        self.at += count;
        Ok(&rest[..count])
    }

    /// A u32 length, then as many bytes of UTF-8.
    pub(crate) fn text(&mut self, field: &dyn fmt::Display) -> Result<String, WireError> {
        let length = self.u32(field)? as usize;
        let rest = &self.bytes[self.at..];
        if length > rest.len() {
            return Err(self.error(4, field, format_args!("text of at most the {} bytes that follow", rest.len()), length));
        }
        let text = std::str::from_utf8(&rest[..length]).map_err(|e| self.error(0, field, "UTF-8", e))?;
        self.at += length;
        Ok(text.into())
    }

    /// A u32 count of items that take at least `least` bytes each: as many as can follow, so that it may be allocated for.
    pub(crate) fn many(&mut self, field: &dyn fmt::Display, least: usize) -> Result<usize, WireError> {
        let count = self.u32(field)? as usize;
        let room = (self.bytes.len() - self.at) / least;
        if count <= room {
            Ok(count)
        } else {
            Err(self.error(4, field, format_args!("at most the {room} that can follow"), count))
        }
    }

    /// A u32 count, then as many items of at least `least` bytes each, read by `item`, which is told the item's number.
    pub(crate) fn list<T>(
        &mut self,
        field: &dyn fmt::Display,
        least: usize,
        mut item: impl FnMut(&mut Reader<'a>, usize) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let count = self.many(field, least)?;
        (0..count).map(|i| item(self, i)).collect()
    }

    /// Reads a count that the spec knows already.
    pub(crate) fn count(&mut self, field: &dyn fmt::Display, expected: usize, unit: &str) -> Result<(), WireError> {
        let found = self.u32(field)?;
        if usize::try_from(found) == Ok(expected) {
            return Ok(());
        }
        Err(self.error(4, field, format_args!("{expected} {unit}"), found))
    }

    /// An error about what began `back` bytes before here.
    pub(crate) fn error(
        &self,
        back: usize,
        field: &dyn fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> WireError {
        WireError { field: field.to_string(), byte: self.at - back, expected: expected.to_string(), found: found.to_string() }
    }

    /// Nothing may be left over.
    pub(crate) fn end(&self) -> Result<(), WireError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            left => Err(self.error(0, &"end", "no further bytes", left)),
        }
    }
}

/// Appends a text as [`Reader::text`] reads it.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}
