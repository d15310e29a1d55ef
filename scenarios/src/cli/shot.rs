//! `embody shot`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use embody_robots::Nanos;

use super::Failure;
use super::run::Changes;
use crate::registry::Registry;

/// Arguments of `embody shot`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Simulated time after which the picture is drawn, counted from the start, or from where the run of --from stands
    #[arg(long, default_value = "2s")]
    time: Nanos,
    /// Goes on from where the run in this folder stands: to see what it has learned. The run itself stays as it is
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "controller", "substrate", "set"])]
    from: Option<PathBuf>,
    /// The file; one that is there is replaced [default: <scenario>.png]
    #[arg(long, value_name = "FILE.png")]
    out: Option<PathBuf>,
    /// Draws the panels of the window as well
    #[arg(long)]
    panels: bool,
    /// Draws where things touch
    #[arg(long)]
    contacts: bool,
    /// Draws the axes of each link
    #[arg(long)]
    frames: bool,
    /// Width (pixels)
    #[arg(long, default_value_t = 1280, value_parser = RangedI64ValueParser::<u32>::new().range(64..=7680))]
    width: u32,
    /// Height (pixels)
    #[arg(long, default_value_t = 720, value_parser = RangedI64ValueParser::<u32>::new().range(64..=4320))]
    height: u32,
}

/// Draws a scenario as its window would show it.
#[cfg(feature = "viewer")]
pub fn shot(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    use embody_sim_world::viewer::Overlays;

    use super::{picture::check_name, say};
    use crate::picture::{ColorType, png};
    use crate::run::{folder, progress};
    use crate::scenario::Loaded;
    use crate::viewer::{Frame, LiveSource, Source, Subject, between_panels};

    super::draw_without_desktop();
    let loaded = match &arguments.from {
        Some(folder) => crate::run::scenario_of(registry, folder, &[])?,
        None => {
            let time = format!("time.duration={}", arguments.time);
            let settings: Vec<String> = arguments.changes.settings(None).into_iter().chain([time]).collect();
            Loaded::find(registry, &arguments.scenario, &settings)?
        }
    };
    let path = arguments.out.clone().unwrap_or_else(|| format!("{}.png", loaded.scenario.name).into());
    check_name(&path)?;
    let size = [arguments.width, arguments.height];
    let subject = Subject::new(registry, &loaded, if arguments.panels { between_panels(size) } else { size })?;
    let name = loaded.scenario.name.clone();
    let source = LiveSource::new(registry, loaded, arguments.from.as_deref())?;
    let until = Nanos(source.time().0 + arguments.time.0);
    let overlays = Overlays { contacts: arguments.contacts, frames: arguments.frames, ..Overlays::default() };
    let frame = Frame { size, panels: arguments.panels, overlays };
    let mut progress = progress::on_terminal("shot");
    let picture = crate::viewer::shot(subject, Box::new(source), until, &frame, &mut *progress)?;
    folder::replace(&path, &png(picture.width, picture.height, ColorType::Rgb, &picture.rgb)?)?;
    say(format_args!("{}: {} x {} pixels, {name} at {until}", path.display(), picture.width, picture.height))?;
    Ok(ExitCode::SUCCESS)
}

/// Says what this program lacks.
#[cfg(not(feature = "viewer"))]
pub fn shot(_: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    Err(super::without_viewer(&format!("shot {}", arguments.scenario)))
}
