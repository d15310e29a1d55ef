//! `embody report`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use embody_robots::Nanos;

use super::{Failure, say};
use crate::registry::Registry;
use crate::report::{self, Choice};
use crate::run::progress;

/// Arguments of `embody report`.
#[derive(Args)]
pub struct Arguments {
    /// Folder of a run, of a study or of a brain
    folder: PathBuf,
    /// The moment of a run that is shown is the 2 s up to this time: 30s shows 28 to 30 s. It is read from the run's recording, if that
    /// covers it, and otherwise made again from the nearest checkpoint before it, or from the start [default: the end of the run; if
    /// making that again would take more than two minutes, the 2 s that follow its last checkpoint]
    #[arg(long, value_name = "TIME")]
    at: Option<Nanos>,
    /// Folder of the brain of a run whose brain was another program (embody brain), for its weights [default: the folder brain in that of the run,
    /// if there is one]
    #[arg(long, value_name = "DIR")]
    brain: Option<PathBuf>,
}

/// Writes the report.
pub fn report(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut progress = progress::on_terminal("report");
    let choice = Choice { at: arguments.at, brain: arguments.brain.clone() };
    let page = report::write(registry, &arguments.folder, &choice, &mut *progress);
    progress.end();
    say(page?.display())?;
    Ok(ExitCode::SUCCESS)
}
