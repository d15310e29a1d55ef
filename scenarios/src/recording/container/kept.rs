//! What of a file is kept when its run goes on from a checkpoint: seen to be as it was written before anything is cut.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::scan::{Scan, crc_of};
use super::writer::Mark;
use crate::recording::RecordingError;

/// A file that is as it was written up to a mark.
#[derive(Debug)]
pub struct Kept {
    pub(super) file: File,
    pub(super) scan: Scan,
    pub(super) mark: Mark,
}

impl Kept {
    /// Reads a file up to `mark`, and changes nothing.
    ///
    /// # Errors
    /// If it doesn't reach that far with a whole chunk, or any byte of it isn't as it was written; the damaged chunk is named.
    pub fn check(path: &Path, mark: Mark) -> Result<Kept, RecordingError> {
        let fail = |error: io::Error| RecordingError::file(path, error);
        let content = |place: &str, expected: String, found: String| RecordingError::content(path, place, expected, found);
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(fail)?;
        let found = file.metadata().map_err(fail)?.len();
        if found < mark.length {
            let expected = format!("at least {} bytes up to the checkpoint", mark.length);
            return Err(content("length", expected, found.to_string()));
        }
        let scan = Scan::up_to(&file, path, mark.length)?;
        if scan.length != mark.length {
            let expected = format!("a chunk that ends at byte {}, as at the checkpoint", mark.length);
            return Err(content("chunks", expected, format!("the last whole one to end at byte {}", scan.length)));
        }
        let crc = crc_of(&file, 0, mark.length).map_err(fail)?;
        if crc != mark.crc {
            let what = format!("the first {} bytes, up to the checkpoint", mark.length);
            return Err(scan.damage(&file, path, &what, [mark.crc, crc]));
        }
        Ok(Kept { file, scan, mark })
    }
}
