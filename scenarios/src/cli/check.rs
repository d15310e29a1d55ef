//! `embody check` and `embody schema`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::{Failure, say};
use crate::registry::Registry;
use crate::scenario::Loaded;

/// Arguments of `embody check`.
#[derive(Args)]
pub struct Arguments {
    /// Path of a scenario file, or name of a scenario in the library
    file: String,
}

/// Reads and builds a scenario, and each of its variants.
pub fn check(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let loaded = Loaded::find(registry, &arguments.file, &[])?;
    loaded.assemble(registry)?;
    let scenario = &loaded.scenario;
    let (mut fine, mut waiting) = (Vec::new(), Vec::new());
    for name in scenario.variants.keys() {
        let variant = Loaded::find(registry, &arguments.file, &scenario.variant_settings(name))?;
        // Whose reward a control replays is known only when a study or a user says so.
        if variant.needs_donor() {
            waiting.push(name.as_str());
        } else {
            variant.assemble(registry)?;
            fine.push(name.as_str());
        }
    }
    let (kind, duration) = (&scenario.controller.kind, scenario.time.duration);
    say(format_args!("{}: {} with {kind}, {duration} simulated, fine", arguments.file, scenario.name))?;
    for (what, names) in [("variants, fine as well", fine), ("variants, not built without a donor", waiting)] {
        if !names.is_empty() {
            say(format_args!("{what}: {}", names.join(", ")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the JSON Schema of scenario files.
pub fn schema(registry: &Arc<Registry>) -> Result<ExitCode, Failure> {
    say(serde_json::to_string_pretty(&crate::schema::schema(registry))?)?;
    Ok(ExitCode::SUCCESS)
}
