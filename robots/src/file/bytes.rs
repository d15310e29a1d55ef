//! Reading files of unknown origin: never more of one than it may have.

use std::io::Read;
use std::path::Path;

use super::error::ReadError;

/// The bytes of a file, at most `limit_mib` MiB of them.
///
/// # Errors
/// If the file can't be read, isn't a plain file, or has more.
pub(crate) fn read(path: &Path, limit_mib: u64) -> Result<Vec<u8>, ReadError> {
    let file = || path.display().to_string();
    let unreadable = |source| ReadError::Unreadable { file: file(), source };
    let limit = limit_mib << 20;
    // Looked at before it is opened: a pipe without a writer would never open.
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(ReadError::Whole { file: file(), what: "expected a file".into() });
    }
    if about.len() > limit {
        return Err(ReadError::TooLarge { file: file(), limit_mib });
    }
    let mut bytes = Vec::new();
    // What grows meanwhile is cut off too.
    std::fs::File::open(path).map_err(unreadable)?.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { file: file(), limit_mib });
    }
    Ok(bytes)
}

/// The bytes as text.
///
/// # Errors
/// Names the line of the first byte that isn't UTF-8.
pub(crate) fn text(bytes: Vec<u8>, file: &str) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u32;
        ReadError::At { file: file.into(), line, what: "expected text in UTF-8, found other bytes".into() }
    })
}
