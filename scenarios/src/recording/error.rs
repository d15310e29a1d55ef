//! What can be wrong with a recording.

use std::path::Path;

/// A recording can't be written or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RecordingError {
    /// The file can't be opened, read or written.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        why: String,
    },
    /// The file holds something else than it should.
    #[error("{path}: {place}: expected {expected}, found {found}")]
    Content {
        /// The file.
        path: String,
        /// Where in it, such as `byte 8`, or `/step at 0.02 s`.
        place: String,
        /// What should be there.
        expected: String,
        /// What is.
        found: String,
    },
}

impl RecordingError {
    /// About a file that the system doesn't let us have.
    pub(super) fn file(path: &Path, why: impl ToString) -> RecordingError {
        RecordingError::File { path: path.display().to_string(), why: why.to_string() }
    }

    /// About what a file holds.
    pub(crate) fn content(path: &Path, place: impl ToString, expected: impl ToString, found: impl ToString) -> RecordingError {
        let (place, expected, found) = (place.to_string(), expected.to_string(), found.to_string());
        RecordingError::Content { path: path.display().to_string(), place, expected, found }
    }
}
