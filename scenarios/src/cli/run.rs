//! `embody run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use embody_robots::Nanos;

use super::{Failure, say, signals, world};
use crate::plot;
use crate::registry::Registry;
use crate::run::folder::{METRICS, Summary};
use crate::run::progress::{self, Quiet};
use crate::run::{Outcome, Progress, RunError, Runner};
use crate::scenario::Loaded;

/// What is changed of a scenario.
#[derive(Args, Clone)]
pub struct Changes {
    /// Master seed [default of a brain: its world's]
    #[arg(long)]
    seed: Option<u64>,
    /// What closes the loop (embody list)
    #[arg(long)]
    controller: Option<String>,
    /// What its network runs on (embody list)
    #[arg(long)]
    substrate: Option<String>,
    /// Changes a value of the scenario, such as task.reaching.success_radius_m=2; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Changes {
    /// As settings, with this seed where none is told.
    pub(super) fn settings(&self, seed: Option<u64>) -> Vec<String> {
        let mut settings = Vec::new();
        settings.extend(self.seed.or(seed).map(|seed| format!("seed={seed}")));
        settings.extend(self.controller.as_ref().map(|kind| format!("controller.kind={kind}")));
        settings.extend(self.substrate.as_ref().map(|kind| format!("substrate.kind={kind}")));
        settings.extend(self.set.iter().cloned());
        settings
    }
}

/// What a run is told, whatever its transport.
#[derive(Args, Clone)]
pub struct RunArguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml)
    pub(super) scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Total simulated time since the start, such as 600s or 4h
    #[arg(long)]
    pub(super) time: Option<Nanos>,
    /// Folder of the run; it must not exist [default: runs/<scenario>-<seed>-<n>]
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// Continues the run in this folder, also to a larger --time; its own config.toml holds, whatever the scenario says by now
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "controller", "substrate", "set", "out"])]
    pub(super) resume: Option<PathBuf>,
    /// Records all that can be seen, into recording.mcap of the run's folder; a run that was recorded is so too when it is resumed
    #[arg(long)]
    record: bool,
    /// No progress and no report, only errors
    #[arg(long)]
    pub(super) quiet: bool,
    /// Prints the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `embody run`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    run: RunArguments,
    /// What joins world and brain: nothing, as both are one process; or Zenoh in lockstep, between two that this one starts
    #[arg(long, value_enum, default_value = "in-process")]
    transport: Transport,
    /// With --transport zenoh, leaves it to the system on which processors world and brain run: for several runs at once
    #[arg(long)]
    no_pin: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Transport {
    InProcess,
    Zenoh,
}

/// Runs a scenario.
pub fn run(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = signals::stop_flag()?;
    let mut runner = match (arguments.transport, &arguments.run.resume) {
        (Transport::Zenoh, _) => world::with_brain_process(registry, &arguments.run, !arguments.no_pin, &stop)?,
        (Transport::InProcess, Some(folder)) => resume(registry, &arguments.run, folder)?,
        (Transport::InProcess, None) => start(registry, &arguments.run)?,
    };
    let transport = if arguments.transport == Transport::Zenoh { " --transport zenoh" } else { "" };
    to_the_end(&mut runner, &arguments.run, &format!("run {}{transport}", arguments.run.scenario), &stop)
}

/// Runs to the end with progress, and reports; `again` are the arguments that continue the run.
pub(super) fn to_the_end(
    runner: &mut Runner,
    arguments: &RunArguments,
    again: &str,
    stop: &AtomicBool,
) -> Result<ExitCode, Failure> {
    if arguments.record {
        runner.record()?;
    }
    let scenario = &runner.loaded().scenario;
    let name = format!("{} {} seed {}", scenario.name, scenario.controller.kind, scenario.seed);
    let mut progress: Box<dyn Progress> = if arguments.quiet { Box::new(Quiet) } else { progress::for_stderr(&name, None) };
    let (outcome, summary) = match runner.run(stop, &mut *progress) {
        // What came after the last checkpoint is cut when it goes on.
        Err(RunError::Brain(error)) if runner.is_resumable() && (arguments.resume.is_some() || !runner.discard_unborn()) => {
            let folder = runner.path().display();
            return Err(format!("{error}; go on from its last checkpoint with: embody {again} --resume {folder}").into());
        }
        done => done?,
    };
    if arguments.json {
        say(serde_json::to_string_pretty(&summary)?)?;
    } else if !arguments.quiet {
        let again = runner.is_resumable().then_some(again);
        report(again, runner.path(), outcome, &summary)?;
    }
    Ok(if outcome == Outcome::Finished { ExitCode::SUCCESS } else { ExitCode::from(130) })
}

impl RunArguments {
    /// The scenario of a new run.
    pub(super) fn load(&self, registry: &Registry) -> Result<Loaded, Failure> {
        let time = self.time.map(|time| format!("time.duration={time}"));
        let settings: Vec<String> = time.into_iter().chain(self.changes.settings(None)).collect();
        Ok(Loaded::find(registry, &self.scenario, &settings)?)
    }
}

fn start(registry: &Arc<Registry>, arguments: &RunArguments) -> Result<Runner, Failure> {
    let loaded = arguments.load(registry)?;
    loop {
        match Runner::start(registry, loaded.clone(), &world::run_folder(arguments, &loaded)) {
            // Another process has taken the same number in the meantime.
            Err(RunError::Folder(error)) if error.is_taken() && arguments.out.is_none() => (),
            started => return Ok(started?),
        }
    }
}

fn resume(registry: &Arc<Registry>, arguments: &RunArguments, folder: &Path) -> Result<Runner, Failure> {
    let asked = Loaded::find(registry, &arguments.scenario, &[])?;
    Ok(Runner::resume(registry, folder, &asked.scenario.name, arguments.time)?)
}

/// What happened, where it lies, and the learning curve.
fn report(again: Option<&str>, folder: &Path, outcome: Outcome, summary: &Summary) -> Result<(), Failure> {
    let done = if outcome == Outcome::Finished { "finished" } else { "stopped" };
    say(format_args!(
        "{done}: {} with {}, seed {}, {:.0} s simulated in {:.1} s ({:.0} x real time)",
        summary.scenario, summary.controller, summary.seed, summary.simulated_s, summary.wall_s, summary.real_time_factor
    ))?;
    let metrics: Vec<String> = summary.metrics.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    let span = if summary.simulated_s > 3600.0 { "last hour" } else { "whole run" };
    say(format_args!("{span}: {}", metrics.join(", ")))?;
    if summary.events_dropped > 0 {
        say(format_args!("events dropped: {}, raise max_events to keep them", summary.events_dropped))?;
    }
    if let Some(pace) = &summary.real_time {
        say(format_args!(
            "real time: {} of {} control steps answered in time, {} missed, {} without a brain, {} watchdog trips; latency p50 {} us, p99 {} us; jitter p99 {} us",
            pace.answered,
            pace.steps,
            pace.missed_deadlines,
            pace.safe_steps,
            pace.watchdog_trips,
            pace.latency_us.p50,
            pace.latency_us.p99,
            pace.jitter_us.p99
        ))?;
    }
    say(format_args!("trace {}", summary.trace_hash))?;
    let csv = std::fs::read_to_string(folder.join(METRICS))?;
    let name = csv.lines().next().and_then(|header| header.split(',').nth(1)).unwrap_or_default();
    let values: Vec<f64> =
        csv.lines().skip(1).filter_map(|row| row.split(',').nth(1)).filter_map(|value| value.parse().ok()).collect();
    if values.len() > 1 {
        let span = Nanos((summary.simulated_s * 1e9) as u64);
        plot::curve(&values, 60, 8, name, span).iter().try_for_each(say)?;
    }
    say(format_args!("all of it lies in {}", folder.display()))?;
    if let Some(again) = again.filter(|_| outcome == Outcome::Stopped) {
        let program = std::env::args().next().and_then(|path| Some(Path::new(&path).file_name()?.to_string_lossy().into_owned()));
        let program = program.unwrap_or_else(|| "embody".into());
        say(format_args!("continue with: {program} {again} --resume {}", folder.display()))?;
    }
    Ok(())
}
