//! What a fuzzer calls: the reader of recordings, on any bytes.
//!
//! Whatever the bytes, it must not panic, nor ask for more memory than they can be about. The first byte says what the others are: a file, or
//! the records of a chunk, which are put into a file that says of itself what is true: messages are reached whatever the CRCs.

mod container;
mod sample;

use std::io::Write;
use std::path::Path;

use embody_robots::Nanos;
use embody_scenarios::recording::{Recording, RecordingError};

pub use container::{chunks, with_chunk};
pub use sample::sample;

/// How many kinds of bytes there are.
const KINDS: u8 = 2;

/// Reads the bytes behind the first one as the first one says; whether they were accepted.
pub fn read(data: &[u8]) -> bool {
    let Some((kind, bytes)) = data.split_first() else { return false };
    let file = match kind % KINDS {
        0 => bytes.to_vec(),
        _ => with_chunk(sample(), bytes),
    };
    let mut named = tempfile::NamedTempFile::new().expect("a temporary file");
    named.write_all(&file).expect("it can be written");
    read_all(named.path()).is_ok()
}

/// Reads all of a recording in every way that there is.
fn read_all(path: &Path) -> Result<(), RecordingError> {
    let recording = Recording::open(path)?;
    recording.check()?;
    let (begin, end) = (Nanos::ZERO, Nanos(u64::MAX));
    recording.moment_at(recording.end())?;
    recording.steps(begin, end).try_for_each(|step| step.map(|_| ()))?;
    recording.frames(begin, end).try_for_each(|frame| frame.map(|_| ()))?;
    recording.views(begin, end).try_for_each(|view| view.map(|_| ()))
}
