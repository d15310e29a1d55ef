//! `embody show`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::run::Changes;
use super::{Failure, say};
use crate::card::Card;
use crate::registry::Registry;
use crate::scenario::Loaded;

/// Arguments of `embody show`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Shows a scenario's card.
pub fn show(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let loaded = Loaded::find(registry, &arguments.scenario, &arguments.changes.settings(None))?;
    let card = Card::of(registry, &loaded, &arguments.scenario)?;
    if arguments.json {
        say(serde_json::to_string_pretty(&card)?)?;
    } else {
        say(card.text())?;
    }
    Ok(ExitCode::SUCCESS)
}
