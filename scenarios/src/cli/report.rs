//! `embody report`.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use embody_robots::Nanos;

use super::{Failure, say};
use crate::registry::Registry;
use crate::report;
use crate::run::Progress;
use crate::run::progress::{Bar, Quiet};

/// Arguments of `embody report`.
#[derive(Args)]
pub struct Arguments {
    /// Folder of a run or of a study
    folder: PathBuf,
    /// The moment of a run that is shown, such as 30s or 2h; it is run again from the start up to there [default: its end]
    #[arg(long, value_name = "TIME")]
    at: Option<Nanos>,
}

/// Writes the report.
pub fn report(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let terminal = std::io::stderr().is_terminal();
    let mut progress: Box<dyn Progress> = if terminal { Box::new(Bar::new("again", None)) } else { Box::new(Quiet) };
    let page = report::write(registry, &arguments.folder, arguments.at, &mut *progress)?;
    say(page.display())?;
    Ok(ExitCode::SUCCESS)
}
