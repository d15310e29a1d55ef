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
    /// Only runs have that.
    #[error("{option} is for runs, and {folder} is {what}")]
    OnlyOfRuns {
        /// The option.
        option: &'static str,
        /// What was asked for.
        folder: String,
        /// What that is.
        what: &'static str,
    },
    /// The folder that was named as the brain's isn't, or not this run's.
    #[error("{folder}: {why}")]
    Brain {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        why: String,
    },
    /// The run never was at that time.
    #[error("--at: expected a time above 0s and up to {most}, {by}, in whole control periods of {period}; found {found}")]
    Moment {
        /// Up to when the run is known.
        most: String,
        /// What that is.
        by: String,
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
