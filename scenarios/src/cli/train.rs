//! `embody train`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, complain, say, signals};
use crate::registry::Registry;
use crate::run::folder::{CONFIG, next_free};
use crate::scenario::Loaded;
use crate::train::{CONTROLLER, Row, Train, WEIGHTS, Watcher};

/// Arguments of `embody train`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    #[arg(required_unless_present = "resume")]
    scenario: Option<String>,
    /// Master seed, from which every random number follows [default: the scenario's]
    #[arg(long, conflicts_with = "resume")]
    seed: Option<u64>,
    /// Updates of the weights [default: the scenario's]
    #[arg(long, conflicts_with = "resume")]
    updates: Option<u64>,
    /// What the network runs on while it is trained, such as a chip in the loop [default: the scenario's]
    #[arg(long, conflicts_with = "resume")]
    substrate: Option<String>,
    /// Weights that training starts from: a name of the library, or the path of a safetensors file [default: the scenario's]
    #[arg(long, value_name = "WEIGHTS", conflicts_with = "resume")]
    from: Option<String>,
    /// Changes a value of the scenario; may be repeated
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resume")]
    set: Vec<String>,
    /// Folder of the training [default: runs/train-<scenario>-<n>]
    #[arg(long, conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Goes on with the training in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "scenario")]
    resume: Option<PathBuf>,
    /// Threads; their number doesn't change the weights
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=256))]
    threads: u64,
    /// No progress and no report, only errors
    #[arg(long)]
    quiet: bool,
}

/// Trains the network of a scenario's controller.
pub fn train(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = signals::stop_flag()?;
    let threads = arguments.threads as usize;
    let mut train = match &arguments.resume {
        Some(folder) => Train::resume(registry, folder, threads)?,
        None => {
            let loaded = arguments.load(registry)?;
            let name = format!("train-{}", loaded.scenario.name);
            let folder = arguments.out.clone().unwrap_or_else(|| next_free(Path::new("runs"), &name));
            Train::start(registry, loaded, &folder, threads)?
        }
    };
    let folder = train.folder().display().to_string();
    let mut shown = Shown::new(&train.loaded().scenario.name, arguments.quiet);
    let done = train.run(&stop, &mut shown);
    shown.bar.finish_and_clear();
    let Some(outcome) = done? else {
        complain(format_args!("stopped; go on with embody train --resume {folder}"));
        return Ok(ExitCode::from(130));
    };
    if outcome.updates > 0 && !outcome.has_learned() {
        complain(format_args!(
            "warning: it learned nothing: the tip is predicted to {:.1} mm, and was to {:.1} mm before the first update",
            outcome.tip_mm, outcome.before_mm
        ));
    }
    if !arguments.quiet {
        say(format_args!(
            "{} seed {}: after {} updates the tip is predicted to {:.1} mm and {:.1} degrees on average, to {:.1} mm at the start",
            outcome.scenario, outcome.seed, outcome.updates, outcome.tip_mm, outcome.orientation_deg, outcome.start_mm
        ))?;
        say(format_args!(
            "its Jacobian is off by {:.0} % (cosine {:.2}); hidden neurons fire at {:.1} Hz; {:.0} s",
            100.0 * outcome.jacobian_error,
            outcome.jacobian_cosine,
            outcome.rate_hz,
            outcome.wall_s
        ))?;
        say(format_args!("weights: {folder}/{WEIGHTS}, blake3 {}", outcome.weights_blake3))?;
        say(format_args!("run with them: embody run {folder}/{CONFIG} --set controller.{CONTROLLER}.weights={WEIGHTS}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The scenario, with the controller that is trained.
    fn load(&self, registry: &Registry) -> Result<Loaded, Failure> {
        let own = [
            Some(format!("controller.kind={CONTROLLER}")),
            self.seed.map(|seed| format!("seed={seed}")),
            self.substrate.as_ref().map(|kind| format!("substrate.kind={kind}")),
            self.from.as_ref().map(|from| format!("controller.{CONTROLLER}.training.from={from}")),
            self.updates.map(|updates| format!("controller.{CONTROLLER}.training.updates={updates}")),
        ];
        let settings: Vec<String> = own.into_iter().flatten().chain(self.set.iter().cloned()).collect();
        Ok(Loaded::find(registry, self.scenario.as_deref().unwrap_or_default(), &settings)?)
    }
}

/// A bar on a terminal; elsewhere nothing.
struct Shown {
    bar: ProgressBar,
}

impl Shown {
    fn new(name: &str, quiet: bool) -> Shown {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(1) };
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos} of {len} updates  {msg}  left {eta}") {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        Shown { bar }
    }
}

impl Watcher for Shown {
    fn validated(&mut self, row: &Row, _updates: u64) {
        let validation = &row.validation;
        self.bar.set_message(format!("tip {:.1} mm, {:.1} degrees", validation.tip_mm, validation.orientation_deg));
    }

    fn updated(&mut self, done: u64, updates: u64) {
        self.bar.set_length(updates);
        self.bar.set_position(done);
    }
}
