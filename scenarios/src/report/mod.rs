//! Reports: a run, a study or a brain as one page, `report.html`, that needs nothing but itself.
//!
//! A page is made of what the folder holds, and, for a run, of what its recording has; what was not recorded is made again in memory: runs of
//! equal seeds are equal, so that whatever happened can be looked at once more. Where each part comes from stands beside it; what can't be
//! had is said to be missing, and why. Equal folders give equal pages but for wall times measured anew, which carry the class `measured`.

mod brain;
mod command;
mod error;
mod network;
mod page;
mod run;
mod study;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use embody_robots::Nanos;

pub use error::ReportError;

use crate::registry::Registry;
use crate::run::{Progress, folder};

/// The page.
pub const REPORT: &str = "report.html";

/// The results of a study.
const RESULTS: &str = "study.json";

/// What of a run is shown.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The end of the moment that is shown; the end of the run, if none is told.
    pub at: Option<Nanos>,
    /// The folder of the brain of a run whose brain was another program, where the run doesn't keep that itself.
    pub brain: Option<PathBuf>,
}

/// Writes the report of a run, a study or a brain into its folder, and gives its path.
///
/// # Errors
/// If the folder is none of these, a file of it is damaged, or it doesn't have what was chosen. A recording that can't be trusted is no
/// error: the page, and `progress`, say what is wrong with it.
pub fn write(
    registry: &Arc<Registry>,
    folder: &Path,
    choice: &Choice,
    progress: &mut dyn Progress,
) -> Result<PathBuf, ReportError> {
    let has = |file: &str| folder.join(file).is_file();
    let only_of_runs = |what: &'static str| match choice {
        Choice { at: None, brain: None } => Ok(()),
        Choice { at, .. } => {
            let option = if at.is_some() { "--at" } else { "--brain" };
            Err(ReportError::OnlyOfRuns { option, folder: folder.display().to_string(), what })
        }
    };
    let page = if brain::BrainFolder::is_one(folder) {
        only_of_runs("the folder of a brain: name that of its world")?;
        brain::page(registry, folder)?
    } else if has(folder::CONFIG) {
        run::page(registry, folder, choice, progress)?
    } else if has(crate::study::SCENARIO) {
        only_of_runs("a study: name one of the runs in it")?;
        study::page(registry, folder)?
    } else {
        return Err(ReportError::neither(folder));
    };
    let path = folder.join(REPORT);
    folder::replace(&path, page.into_string().as_bytes())?;
    Ok(path)
}
