//! `embody view`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use embody_robots::Nanos;

use super::Failure;
use super::run::Changes;
use crate::registry::Registry;

/// Arguments of `embody view`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Total simulated time, such as 600s or 4h; at its end the window stays [default: the scenario's]
    #[arg(long)]
    time: Option<Nanos>,
    /// Goes on from where the run in this folder stands: to see what it has learned. The run itself stays as it is
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "controller", "set"])]
    from: Option<PathBuf>,
    /// Speed at the start: so many times real time, or max
    #[arg(long, default_value = "1", value_name = "TIMES")]
    speed: String,
    /// Stands still at the start
    #[arg(long)]
    paused: bool,
    /// Width of the window (pixels)
    #[arg(long, default_value_t = 1280, value_parser = RangedI64ValueParser::<u32>::new().range(640..=7680))]
    width: u32,
    /// Height of the window (pixels)
    #[arg(long, default_value_t = 720, value_parser = RangedI64ValueParser::<u32>::new().range(480..=4320))]
    height: u32,
    /// Folder of the pictures that are saved with the button or the key P
    #[arg(long, default_value = "runs/pictures", value_name = "DIR")]
    pictures: PathBuf,
}

/// Shows a scenario in a window.
#[cfg(feature = "viewer")]
pub fn view(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    use super::{mention, say};
    use crate::scenario::Loaded;
    use crate::viewer::{Album, LiveSource, Player, Speed, Subject, show};

    let speed = match arguments.speed.as_str() {
        "max" => Speed::Unlimited,
        text => {
            let times = text.parse().ok().filter(|times| (0.1..=1e6).contains(times));
            Speed::Times(times.ok_or_else(|| format!("--speed: expected 0.1 to 1000000, or max, found {text:?}"))?)
        }
    };
    super::draw_without_desktop();
    let loaded = match &arguments.from {
        Some(folder) => crate::run::scenario_of(registry, folder, &[])?,
        None => {
            let time = arguments.time.map(|time| format!("time.duration={time}"));
            let settings: Vec<String> = time.into_iter().chain(arguments.changes.settings(None)).collect();
            Loaded::find(registry, &arguments.scenario, &settings)?
        }
    };
    let subject = Subject::new(registry, &loaded)?;
    let source = LiveSource::new(registry, loaded, arguments.from.as_deref())?;
    let album = Album { folder: arguments.pictures.clone(), tell: Arc::new(|told| mention(told)) };
    let player = Player::new(Box::new(source), speed, arguments.paused);
    let last = show(subject, player, [arguments.width, arguments.height], album)?;
    if let Some(snapshot) = last {
        let trace = snapshot.status.trace.map_or(String::new(), |trace| format!(", trace {trace}"));
        say(format_args!("closed after {} s simulated{trace}", snapshot.moment.time.as_secs_f64()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what this program lacks.
#[cfg(not(feature = "viewer"))]
pub fn view(_: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    Err(super::without_viewer(&format!("view {}", arguments.scenario)))
}
