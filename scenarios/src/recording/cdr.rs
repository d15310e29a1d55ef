//! CDR, the bytes of ROS 2's messages: XCDR1, little-endian.
//!
//! Four bytes say so first; from there on each number lies at a multiple of its size. A text has its length with the zero that ends it, a
//! list its count. Elements of an empty list take no room, nor their alignment. `bridges/src/reader.rs` is the same for the protocol.

use std::fmt::Display;

use embody_bridges::WireError;
use embody_robots::Nanos;

/// Says that what follows is little-endian CDR.
const ENCAPSULATION: [u8; 4] = [0, 1, 0, 0];

/// A number of CDR.
pub(super) trait Number: Copy {
    /// Its bytes.
    type Bytes: AsRef<[u8]> + for<'a> TryFrom<&'a [u8]>;
    /// How many these are.
    const SIZE: usize;
    /// As bytes.
    fn to_bytes(self) -> Self::Bytes;
    /// From bytes.
    fn from_bytes(bytes: Self::Bytes) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {
            type Bytes = [u8; size_of::<$number>()];
            const SIZE: usize = size_of::<$number>();
            fn to_bytes(self) -> Self::Bytes {
                self.to_le_bytes()
            }
            fn from_bytes(bytes: Self::Bytes) -> Self {
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, i32, f32, f64);

/// Appends one message to bytes that may hold others.
pub(super) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    /// Where alignment counts from.
    origin: usize,
}

impl<'a> Encoder<'a> {
    /// A message whose first field is a header of `time`, as all but transforms have.
    pub(super) fn stamped(out: &'a mut Vec<u8>, time: Nanos, frame: &str) -> Encoder<'a> {
        let mut encoder = Encoder::new(out);
        encoder.header(time, frame);
        encoder
    }

    /// A message.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Encoder<'a> {
        out.extend(ENCAPSULATION);
        let origin = out.len();
        Encoder { out, origin }
    }

    fn align(&mut self, size: usize) {
        let over = (self.out.len() - self.origin) % size;
        if over > 0 {
            self.out.resize(self.out.len() + size - over, 0);
        }
    }

    pub(super) fn put<T: Number>(&mut self, value: T) {
        self.align(T::SIZE);
        self.out.extend_from_slice(value.to_bytes().as_ref());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.put(text.len() as u32 + 1);
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(0);
    }

    /// How many elements follow.
    pub(super) fn count(&mut self, count: usize) {
        self.put(count as u32);
    }

    pub(super) fn list<T: Number>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.many(values.len(), values);
    }

    /// A list of as many values as there are.
    pub(super) fn many<T: Number>(&mut self, count: usize, values: impl Iterator<Item = T>) {
        self.count(count);
        if count > 0 {
            self.align(T::SIZE);
        }
        self.out.reserve(count * T::SIZE);
        for value in values {
            self.out.extend_from_slice(value.to_bytes().as_ref());
        }
    }

    pub(super) fn texts<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        self.count(texts.len());
        texts.for_each(|text| self.text(text));
    }

    /// A `std_msgs/Header`.
    pub(super) fn header(&mut self, time: Nanos, frame: &str) {
        self.put((time.0 / 1_000_000_000) as i32);
        self.put((time.0 % 1_000_000_000) as u32);
        self.text(frame);
    }
}

/// Reads one message.
pub(super) struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// A message, up to its first field.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Decoder<'a>, WireError> {
        let mut decoder = Decoder { bytes, at: 0 };
        match bytes.first_chunk::<4>() {
            Some(&ENCAPSULATION) => decoder.at = ENCAPSULATION.len(),
            found => return Err(decoder.error(&"encapsulation", format_args!("{ENCAPSULATION:?}"), format_args!("{found:?}"))),
        }
        Ok(decoder)
    }

    /// A message, after its header.
    pub(super) fn stamped(bytes: &'a [u8]) -> Result<Decoder<'a>, WireError> {
        let mut decoder = Decoder::new(bytes)?;
        decoder.header()?;
        Ok(decoder)
    }

    fn align(&mut self, size: usize) {
        self.at = ENCAPSULATION.len() + (self.at - ENCAPSULATION.len()).next_multiple_of(size);
    }

    fn take(&mut self, field: &dyn Display, length: usize) -> Result<&'a [u8], WireError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..length) else {
            return Err(self.error(field, format_args!("{length} bytes"), format_args!("{}", rest.len())));
        };
        self.at += length;
        Ok(bytes)
    }

    pub(super) fn get<T: Number>(&mut self, field: &dyn Display) -> Result<T, WireError> {
        self.align(T::SIZE);
        let bytes = self.take(field, T::SIZE)?;
        // As many bytes as were asked for.
        T::Bytes::try_from(bytes).map(T::from_bytes).map_err(|_| self.error(field, T::SIZE, bytes.len()))
    }

    pub(super) fn text(&mut self, field: &dyn Display) -> Result<String, WireError> {
        let length = self.get::<u32>(field)? as usize;
        match self.take(field, length)? {
            [text @ .., 0] => std::str::from_utf8(text).map(str::to_owned).map_err(|e| self.error(field, "UTF-8", e)),
            _ => Err(self.error(field, "a text that a zero ends", "another")),
        }
    }

    /// A count of elements of at least `least` bytes each: as many as can follow, so that it may be allocated for.
    pub(super) fn count(&mut self, field: &dyn Display, least: usize) -> Result<usize, WireError> {
        let count = self.get::<u32>(field)? as usize;
        let room = self.bytes.len().saturating_sub(self.at) / least;
        if count <= room { Ok(count) } else { Err(self.error(field, format_args!("at most the {room} that can follow"), count)) }
    }

    pub(super) fn list<T: Number>(&mut self, field: &dyn Display) -> Result<Vec<T>, WireError> {
        let count = self.count(field, T::SIZE)?;
        if count > 0 {
            self.align(T::SIZE);
        }
        let bytes = self.take(field, count * T::SIZE)?;
        Ok(bytes.chunks_exact(T::SIZE).filter_map(|bytes| T::Bytes::try_from(bytes).ok()).map(T::from_bytes).collect())
    }

    /// A list that must have `count` elements.
    pub(super) fn list_of<T: Number>(&mut self, field: &dyn Display, count: usize) -> Result<Vec<T>, WireError> {
        let list = self.list(field)?;
        if list.len() == count { Ok(list) } else { Err(self.error(field, format_args!("{count} elements"), list.len())) }
    }

    pub(super) fn texts(&mut self, field: &dyn Display) -> Result<Vec<String>, WireError> {
        let count = self.count(field, 5)?;
        (0..count).map(|_| self.text(field)).collect()
    }

    /// The time of a `std_msgs/Header`.
    pub(super) fn header(&mut self) -> Result<Nanos, WireError> {
        self.header_with_frame().map(|(time, _)| time)
    }

    /// The time and the frame of a `std_msgs/Header`.
    pub(super) fn header_with_frame(&mut self) -> Result<(Nanos, String), WireError> {
        let (sec, nanosec) = (self.get::<i32>(&"stamp")?, self.get::<u32>(&"stamp")?);
        let frame = self.text(&"frame_id")?;
        let sec = u64::try_from(sec).map_err(|_| self.error(&"stamp", "a time from 0 on", format_args!("{sec} s")))?;
        Ok((Nanos(sec * 1_000_000_000 + u64::from(nanosec)), frame))
    }

    /// Nothing may be left over.
    pub(super) fn end(&self) -> Result<(), WireError> {
        match self.bytes.len().saturating_sub(self.at) {
            0 => Ok(()),
            left => Err(self.error(&"end", "no further bytes", left)),
        }
    }

    pub(super) fn error(&self, field: &dyn Display, expected: impl Display, found: impl Display) -> WireError {
        WireError { field: field.to_string(), byte: self.at, expected: expected.to_string(), found: found.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_at_multiples_of_their_size() {
        let mut bytes = vec![9; 3];
        let mut encoder = Encoder::stamped(&mut bytes, Nanos(1_500_000_000), "");
        encoder.put(7u8);
        encoder.put(2.0f64);
        encoder.list([1u16, 2].into_iter());
        encoder.list(std::iter::empty::<f64>());
        encoder.text("ab");
        let expected: Vec<u8> = [
            &[9, 9, 9][..],
            &[0, 1, 0, 0],
            &[1, 0, 0, 0, 0, 0x65, 0xcd, 0x1d, 1, 0, 0, 0, 0],
            &[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40],
            &[2, 0, 0, 0, 1, 0, 2, 0],
            &[0, 0, 0, 0],
            &[3, 0, 0, 0, b'a', b'b', 0],
        ]
        .concat();
        // 13 bytes of header and one number leave two to fill up to the multiple of 8.
        assert_eq!(bytes[..3], expected[..3]);
        let mut decoder = Decoder::new(&bytes[3..]).unwrap();
        assert_eq!(decoder.header().unwrap(), Nanos(1_500_000_000));
        assert_eq!(decoder.get::<u8>(&"a").unwrap(), 7);
        assert_eq!(decoder.get::<f64>(&"b").unwrap(), 2.0);
        assert_eq!(decoder.list::<u16>(&"c").unwrap(), [1, 2]);
        assert!(decoder.list::<f64>(&"d").unwrap().is_empty());
        assert_eq!(decoder.text(&"e").unwrap(), "ab");
        decoder.end().unwrap();
        assert_eq!(bytes, expected);
    }
}
