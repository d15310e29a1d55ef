//! `embody list`.

use std::process::ExitCode;
use std::sync::Arc;

use super::{Failure, say};
use crate::registry::Registry;
use crate::scenario::Loaded;
use crate::words::wrapped;

/// Columns of the list, and those that names take.
const WIDTH: usize = 100;
const NAMES: usize = 18;

/// Lists the library and the parts.
pub fn list(registry: &Arc<Registry>) -> Result<ExitCode, Failure> {
    let mut scenarios = Vec::new();
    for name in registry.library.keys() {
        scenarios.push((name.as_str(), Loaded::find(registry, name, &[])?.scenario.about));
    }
    section("scenarios: embody show NAME tells more, embody run NAME runs one", scenarios)?;
    let controllers = registry.controllers.iter().map(|(name, part)| (*name, part.about.to_owned()));
    section("controllers: what closes the loop, --controller NAME", controllers.collect())?;
    let robots = registry.robots.iter().map(|(name, part)| (*name, part.about.to_owned()));
    section("robots: robot.kind in a scenario file", robots.collect())?;
    let tasks = registry.tasks.iter().map(|(name, part)| (*name, part.about.to_owned()));
    section("tasks: task.kind in a scenario file", tasks.collect())?;
    let substrates = registry.substrates.iter().map(|(name, part)| (*name, part.about.to_owned()));
    section("substrates: what networks run on, substrate in a scenario file", substrates.collect())?;
    Ok(ExitCode::SUCCESS)
}

/// A title, and below it each name with what it is.
fn section(title: &str, parts: Vec<(&str, String)>) -> std::io::Result<()> {
    say(title)?;
    for (name, about) in parts {
        let mut lines = wrapped(&about, WIDTH - NAMES).into_iter();
        say(format!("  {name:<width$}{}", lines.next().unwrap_or_default(), width = NAMES - 2).trim_end())?;
        lines.try_for_each(|line| say(format_args!("{:NAMES$}{line}", "")))?;
    }
    say("")
}
