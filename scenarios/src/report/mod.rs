//! Reports: a run or a study as one page, `report.html`, that needs nothing but itself.
//!
//! A page is made of what the folder holds, and, for a run, of what is done again in memory: runs of equal seeds are equal, so that whatever
//! happened can be looked at once more. How each part was made stands beside it; what can't be had is said to be missing, and why. Equal
//! folders give equal pages but for wall times measured anew, which carry the class `measured`.

mod command;
mod error;
mod page;
mod run;
mod study;

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

/// Writes the report of a run or a study into its folder, and gives its path. `at` is the moment of a run that is shown; its end, if none is
/// told.
pub fn write(
    registry: &Arc<Registry>,
    folder: &Path,
    at: Option<Nanos>,
    progress: &mut dyn Progress,
) -> Result<PathBuf, ReportError> {
    let has = |file: &str| folder.join(file).is_file();
    let page = if has(folder::CONFIG) {
        run::page(registry, folder, at, progress)?
    } else if has(crate::study::SCENARIO) {
        if at.is_some() {
            return Err(ReportError::MomentOfStudy { folder: folder.display().to_string() });
        }
        study::page(registry, folder)?
    } else {
        return Err(ReportError::neither(folder));
    };
    let path = folder.join(REPORT);
    folder::replace(&path, page.into_string().as_bytes())?;
    Ok(path)
}
