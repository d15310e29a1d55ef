//! Where moments come from.

use embody_robots::{Nanos, TraceHash};

use super::history::History;
use crate::moment::Moment;

/// Why a source can't go on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SourceError(pub String);

/// What moves on by control steps, and can be looked at after each.
pub(crate) trait Source: Send {
    /// One control step on; false where there is none.
    ///
    /// # Errors
    /// If it can't.
    fn advance(&mut self) -> Result<bool, SourceError>;

    /// What there is to see now.
    ///
    /// # Errors
    /// If it can't be known.
    fn moment(&mut self) -> Result<Moment, SourceError>;

    /// What happened lately.
    fn history(&self) -> &History;

    /// Simulated time since the run began.
    fn time(&self) -> Nanos;

    /// Back to the start.
    ///
    /// # Errors
    /// If it can't.
    fn reset(&mut self) -> Result<(), SourceError>;

    /// The span within which it can be sought, if it can.
    fn span(&self) -> Option<[Nanos; 2]> {
        None
    }

    /// To a time within its span.
    ///
    /// # Errors
    /// If it can't.
    fn seek(&mut self, _time: Nanos) -> Result<(), SourceError> {
        Ok(())
    }

    /// The trace hash so far, where it is known.
    fn trace(&self) -> Option<TraceHash> {
        None
    }

    /// Why nothing moves although it is played, in a few words, if that is so.
    fn stands(&self) -> Option<String> {
        None
    }

    /// Whether it goes at a pace of its own, which nobody here can change.
    fn keeps_its_own_pace(&self) -> bool {
        false
    }
}
