//! Why there is no report.

use std::path::Path;

use crate::config::ConfigError;
use crate::run::RunError;
use crate::run::folder::{CONFIG, FolderError};
use crate::scenario::ScenarioError;
use crate::study::SCENARIO;

/// Why a report could not be written. Nothing is left behind then.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder is of another kind.
    #[error("{folder}: expected the folder of a run, with {CONFIG}, or of a study, with {SCENARIO}; found {found}")]
    Neither {
        /// What was asked for.
        folder: String,
        /// What is there.
        found: String,
    },
    /// A study has no moment.
    #[error("--at is for runs, and {folder} is a study: name one of the runs in it")]
    MomentOfStudy {
        /// The study.
        folder: String,
    },
    /// The run never was at that time.
    #[error(
        "--at: expected a time above 0s and up to {most}, which this run has reached, in whole control periods of {period}; found {found}"
    )]
    Moment {
        /// The end of the run.
        most: String,
        /// Length of a control period.
        period: String,
        /// What was asked for.
        found: String,
    },
    /// A file can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The scenario can't be used.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The checkpoint isn't of this run.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<ConfigError> for ReportError {
    fn from(error: ConfigError) -> ReportError {
        ReportError::Scenario(error.into())
    }
}

impl ReportError {
    /// Of a folder that is neither.
    pub(super) fn neither(folder: &Path) -> ReportError {
        let found = match folder.metadata() {
            Err(error) => error.to_string(),
            Ok(file) if !file.is_dir() => "a file".into(),
            Ok(_) => "neither".into(),
        };
        ReportError::Neither { folder: folder.display().to_string(), found }
    }
}
