//! Why a description can't be read.

/// Why a description can't be read, or a mesh that it names.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be opened or read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too large to be a description.
    #[error("{file}: expected at most {limit_mib} MiB, found more")]
    TooLarge {
        /// The file.
        file: String,
        /// How large it may be.
        limit_mib: u64,
    },
    /// Something in the file can't be.
    #[error("{file}:{line}: {what}")]
    At {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u32,
        /// What was expected, and found.
        what: String,
    },
    /// The file as a whole can't be, and no line is to blame.
    #[error("{file}: {what}")]
    Whole {
        /// The file.
        file: String,
        /// What was expected, and found.
        what: String,
    },
}
