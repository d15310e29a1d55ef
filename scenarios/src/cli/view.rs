//! `embody view`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use embody_robots::Nanos;

use super::Failure;
use super::network::NetworkArguments;
use super::run::Changes;
use crate::registry::Registry;

/// Arguments of `embody view`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml), or a run folder, whose recording is played
    #[arg(required_unless_present = "connect")]
    what: Option<String>,
    #[command(flatten)]
    changes: Changes,
    /// Total simulated time, such as 600s or 4h; at its end the window stays [default: the scenario's]
    #[arg(long)]
    time: Option<Nanos>,
    /// Goes on from where the run in this folder stands: to see what it has learned. The run itself stays as it is
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "controller", "substrate", "set", "connect"])]
    from: Option<PathBuf>,
    /// Speed at the start: so many times real time, or max
    #[arg(long, default_value = "1", value_name = "TIMES")]
    speed: String,
    /// Stands still at the start
    #[arg(long)]
    paused: bool,
    /// Width of the window (pixels)
    #[arg(long, default_value_t = 1280, value_parser = RangedI64ValueParser::<u32>::new().range(1024..=7680))]
    width: u32,
    /// Height of the window (pixels)
    #[arg(long, default_value_t = 720, value_parser = RangedI64ValueParser::<u32>::new().range(600..=4320))]
    height: u32,
    /// Folder of the pictures that are saved with the button or the key P
    #[arg(long, default_value = "runs/pictures", value_name = "DIR")]
    pictures: PathBuf,
    /// Watches the world at the endpoint of --connect, and its brain, instead
    #[command(flatten)]
    network: NetworkArguments,
}

/// Shows a scenario, a recording, or a world and a brain elsewhere in a window.
#[cfg(feature = "viewer")]
pub fn view(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    use super::{mention, say};
    use crate::viewer::{Album, Player, Subject, between_panels, show};

    super::draw_without_desktop();
    let speed = arguments.speed()?;
    let (loaded, mut source) = arguments.open(registry)?;
    // What can't be seen at all is told before there is a window.
    source.moment()?;
    let size = [arguments.width, arguments.height];
    let subject = Subject::new(registry, &loaded, between_panels(size))?;
    let album = Album { folder: arguments.pictures.clone(), tell: Arc::new(|told| mention(told)) };
    let player = Player::new(source, speed, arguments.paused);
    let last = show(subject, player, size, album)?;
    if let Some(snapshot) = last {
        let trace = snapshot.status.trace.map_or(String::new(), |trace| format!(", trace {trace}"));
        say(format_args!("closed after {} s simulated{trace}", snapshot.moment.time.as_secs_f64()))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "viewer")]
impl Arguments {
    fn speed(&self) -> Result<crate::viewer::Speed, Failure> {
        use crate::viewer::Speed;
        if self.speed == "max" {
            return Ok(Speed::Unlimited);
        }
        let times = self.speed.parse().ok().filter(|times| (0.1..=1e6).contains(times));
        let wrong = || format!("--speed: expected 0.1 to 1000000, or max, found {:?}", self.speed);
        Ok(Speed::Times(times.ok_or_else(wrong)?))
    }

    /// What is asked for, and its scenario.
    fn open(&self, registry: &Arc<Registry>) -> Result<(crate::Loaded, Box<dyn crate::viewer::Source>), Failure> {
        use crate::run::folder::{CONFIG, RECORDING};
        use crate::scenario::Loaded;
        use crate::viewer::{LiveSource, RecordedSource};

        let Some(what) = self.what.as_ref().filter(|_| !self.network.connects()) else { return self.watch(registry) };
        let folder = std::path::Path::new(what);
        if folder.join(CONFIG).is_file() && self.from.is_none() {
            if !folder.join(RECORDING).exists() {
                return Err(format!(
                    "{what}: it holds no {RECORDING}; record a run with `embody run … --record`, or go on from where this one stands with --from {what}"
                )
                .into());
            }
            if self.time.is_some() || !self.changes.settings(None).is_empty() {
                return Err(format!(
                    "{what} is a recording, of which nothing can be changed: leave out --seed, --controller, --set and --time"
                )
                .into());
            }
            let loaded = crate::run::scenario_of(registry, folder, &[])?;
            let source = RecordedSource::open(registry, folder, &loaded)?;
            return Ok((loaded, Box::new(source)));
        }
        let loaded = match &self.from {
            Some(from) => crate::run::scenario_of(registry, from, &[])?,
            None => {
                let time = self.time.map(|time| format!("time.duration={time}"));
                let settings: Vec<String> = time.into_iter().chain(self.changes.settings(None)).collect();
                Loaded::find(registry, what, &settings)?
            }
        };
        let source = LiveSource::new(registry, loaded.clone(), self.from.as_deref())?;
        Ok((loaded, Box::new(source)))
    }

    /// The world at the other end, whose scenario is one of the library's, or the one that is named.
    fn watch(&self, registry: &Arc<Registry>) -> Result<(crate::Loaded, Box<dyn crate::viewer::Source>), Failure> {
        use crate::scenario::Loaded;
        use crate::viewer::RemoteSource;

        let stop = super::signals::stop_flag()?;
        let onlooker = embody_bridges::link::Onlooker::join(&self.network.network(), &stop)?;
        let described = onlooker.description();
        let seed = format!("seed={}", described.seed);
        let settings: Vec<String> = self.changes.settings(None).into_iter().chain([seed]).collect();
        let name = self.what.as_ref().unwrap_or(&described.scenario);
        let loaded = Loaded::find(registry, name, &settings)?;
        if loaded.identity() != described.scenario_hash {
            return Err(format!(
                "the world runs another scenario {:?} than {name:?} is here: name its file, or say its changes with --set and --controller",
                described.scenario
            )
            .into());
        }
        let observation = loaded.body(registry)?.observation_spec().clone();
        Ok((loaded, Box::new(RemoteSource::new(onlooker, observation))))
    }
}

/// Says what this program lacks.
#[cfg(not(feature = "viewer"))]
pub fn view(_: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    Err(super::without_viewer(&format!("view {}", arguments.what.as_deref().unwrap_or_default())))
}
