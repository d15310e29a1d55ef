//! Reading a recording.

use std::path::{Path, PathBuf};

use embody_robots::Nanos;

use super::{Frame, RecordingError, RunInfo, Step};
use crate::moment::Moment;

/// A recording that can be looked into at any time of its run.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    info: RunInfo,
}

impl Recording {
    /// Opens a recording.
    ///
    /// # Errors
    /// If it isn't one of this program's, or is damaged.
    pub fn open(path: &Path) -> Result<Recording, RecordingError> {
        Err(RecordingError::file(path, "recordings can't be read yet"))
    }

    /// What it says of its run.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// Whether it was ended; otherwise the run goes on or was killed, and it ends with its last whole chunk.
    pub fn is_complete(&self) -> bool {
        false
    }

    /// Simulated time of the last step; the first is at 0.
    pub fn end(&self) -> Nanos {
        Nanos::ZERO
    }

    /// Step records in it.
    pub fn records(&self) -> u64 {
        0
    }

    /// Control steps in it.
    pub fn control_steps(&self) -> u64 {
        0
    }

    /// What there was to see at `time`: the last step at or before it, and what else was recorded last by then.
    ///
    /// # Errors
    /// If that part is damaged.
    pub fn moment_at(&mut self, time: Nanos) -> Result<Moment, RecordingError> {
        Err(RecordingError::content(&self.path, time, "a step", "none"))
    }

    /// The steps with `from` <= time < `to`.
    pub fn steps(&self, _from: Nanos, _to: Nanos) -> Steps<'_> {
        Steps { _recording: self }
    }

    /// The frames with `from` <= time < `to`.
    pub fn frames(&self, _from: Nanos, _to: Nanos) -> Frames<'_> {
        Frames { _recording: self }
    }
}

/// Steps of a span of time.
#[derive(Debug)]
pub struct Steps<'a> {
    _recording: &'a Recording,
}

impl Iterator for Steps<'_> {
    type Item = Result<Step, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

/// Frames of a span of time.
#[derive(Debug)]
pub struct Frames<'a> {
    _recording: &'a Recording,
}

impl Iterator for Frames<'_> {
    type Item = Result<Frame, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}
