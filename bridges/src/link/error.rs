//! What can go wrong between two programs.

use std::time::Duration;

use crate::reader::WireError;

/// Why a link could not be made or could not go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// The network can't be joined.
    #[error("{0}")]
    Network(String),
    /// Zenoh's configuration file is wrong.
    #[error("{path}: {why}")]
    Config {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody came, or answered, in time.
    #[error("waited {} s for {whom}", waited.as_secs_f64())]
    Timeout {
        /// For whom, and where.
        whom: String,
        /// For how long.
        waited: Duration,
    },
    /// The other side is gone.
    #[error("{0}")]
    Gone(String),
    /// The brain of this side can't go on.
    #[error("this brain can't go on: {0}")]
    Brain(String),
    /// The other side refuses.
    #[error("{0}")]
    Refused(String),
    /// The other side sent what isn't in the protocol.
    #[error("{whom} sent what can't be read: {error}")]
    Garbled {
        /// Who.
        whom: String,
        /// What is wrong with it.
        error: WireError,
    },
    /// This side was asked to stop while it waited.
    #[error("stopped while waiting for {0}")]
    Stopped(String),
}

impl LinkError {
    pub(super) fn network(what: &str, error: impl std::fmt::Display) -> LinkError {
        LinkError::Network(format!("{what}: {}", without_source(&error.to_string())))
    }
}

/// Zenoh's errors end with where in its source they come from, which helps nobody here.
pub(super) fn without_source(error: &str) -> &str {
    error.find(" at /").filter(|at| error[*at..].contains(".rs:")).map_or(error, |at| &error[..at])
}
