//! `embody world`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Args, ValueEnum};
use embody_bridges::link::{DeadlinePolicy, Network, RealTime, RealTimeSettings, WorldLink};
use embody_bridges::protocol::{DEFAULT_PREFIX, Mode};
use embody_robots::Nanos;

use super::network::{Listen, NetworkArguments, duration, keep_to_two_threads};
use super::run::{self, RunArguments};
use super::{Failure, mention, signals};
use crate::registry::Registry;
use crate::run::folder;
use crate::run::remote::{RemoteBrain, Summon, describe, free_endpoint};
use crate::run::{Runner, affinity, scenario_of};
use crate::scenario::Loaded;

/// What is said where a loop in real time is one among many.
pub(super) const SLOW: &str =
    "the system doesn't let this program go before others (CAP_SYS_NICE): on a busy machine deadlines may be missed";

/// Arguments of `embody world`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    run: RunArguments,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    network: NetworkArguments,
    /// Keeps the pace of wall time and waits for nobody
    #[arg(long, conflicts_with = "resume")]
    real_time: bool,
    /// How long after an observation its action must be there [default: three quarters of a control period]
    #[arg(long, value_name = "TIME", requires = "real_time")]
    deadline: Option<Nanos>,
    /// What the body does when it isn't: the last action again, zeros, or its safe action until a brain attaches anew
    #[arg(long, value_name = "POLICY", value_enum, default_value = "hold", requires = "real_time")]
    deadline_policy: Policy,
    /// How long the body may be without a valid action before it does its safe one [default: 5 control periods, at least 100ms]
    #[arg(long, value_name = "TIME", requires = "real_time")]
    watchdog: Option<Nanos>,
    /// In lockstep, leaves it to the system on which processors world and brain run
    #[arg(long)]
    no_pin: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Policy {
    Hold,
    Zero,
    Stop,
}

/// Runs a world, whose brain is another program.
pub fn world(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    if !arguments.real_time {
        keep_to_two_threads();
    }
    let stop = signals::stop_flag()?;
    let loaded = load(registry, &arguments.run)?;
    let network = arguments.listen.of(arguments.network.network());
    let pace = arguments.real_time.then(|| arguments.pace(loaded.scenario.time.control_period)).transpose()?;
    let link = open(registry, &loaded, &network, pace, !arguments.no_pin, &stop)?;
    if !arguments.run.quiet {
        mention(format_args!(
            "world {} seed {} listens on {}, waits up to {} s for a brain: embody brain {}{}",
            loaded.scenario.name,
            loaded.scenario.seed,
            network.listening(),
            network.wait.as_secs_f64(),
            arguments.run.scenario,
            arguments.for_the_brain(&network)
        ));
    }
    let mut runner = start(registry, &arguments.run, loaded, RemoteBrain::new(link, None))?;
    let again = format!("world {}{}", arguments.run.scenario, arguments.listen.told() + &arguments.network.told());
    run::to_the_end(&mut runner, &arguments.run, &again, &stop)
}

/// The scenario of a new run, or of the one that is resumed.
pub(super) fn load(registry: &Registry, arguments: &RunArguments) -> Result<Loaded, Failure> {
    match &arguments.resume {
        Some(folder) => Ok(scenario_of(registry, folder, &[])?),
        None => arguments.load(registry),
    }
}

/// Starts or resumes the run.
pub(super) fn start(
    registry: &Arc<Registry>,
    arguments: &RunArguments,
    loaded: Loaded,
    remote: RemoteBrain,
) -> Result<Runner, Failure> {
    if let Some(folder) = &arguments.resume {
        let asked = Loaded::find(registry, &arguments.scenario, &[])?;
        return Ok(Runner::resume_remote(registry, folder, &asked.scenario.name, arguments.time, remote)?);
    }
    Ok(Runner::start_remote(registry, loaded.clone(), &run_folder(arguments, &loaded), remote)?)
}

/// Where a new run goes.
pub(super) fn run_folder(arguments: &RunArguments, loaded: &Loaded) -> std::path::PathBuf {
    let scenario = &loaded.scenario;
    let default = || folder::next_free(Path::new("runs"), &format!("{}-{}", scenario.name, scenario.seed));
    arguments.out.clone().unwrap_or_else(default)
}

/// The world's side of the link, with what it says of itself.
pub(super) fn open(
    registry: &Arc<Registry>,
    loaded: &Loaded,
    network: &Network,
    pace: Option<RealTimeSettings>,
    pin: bool,
    stop: &Arc<AtomicBool>,
) -> Result<WorldLink, Failure> {
    let mode = if pace.is_some() { Mode::RealTime } else { Mode::Lockstep };
    let mut description = describe(loaded, registry, mode)?;
    description.host = affinity::host();
    if pin && mode == Mode::Lockstep {
        description.cpu = affinity::here().filter(|cpu| affinity::keep_to(*cpu));
    }
    if mode == Mode::RealTime && !affinity::hurry() {
        mention(SLOW);
    }
    let environment = loaded.environment(registry)?;
    let body = environment.body();
    let real_time = pace.map(|pace| RealTime::new(pace, body.safe_action()));
    Ok(WorldLink::open(network, description, body.action_spec(), real_time, stop)?)
}

impl Arguments {
    /// What a brain must be told to find this world, where that isn't the default.
    fn for_the_brain(&self, network: &Network) -> String {
        let mut told = String::new();
        // Where this world only connects, its brain is to connect there too.
        let meeting = if network.listen.is_empty() { &network.connect } else { &network.listen };
        for endpoint in meeting.iter().take(1) {
            told += &format!(" --connect {endpoint}");
        }
        if network.config.is_some() {
            told += " --zenoh-config <the brain's own>";
        }
        if network.prefix != DEFAULT_PREFIX {
            told += &format!(" --prefix {}", network.prefix);
        }
        if self.real_time {
            told += " --real-time";
        }
        told
    }

    fn pace(&self, control_period: Nanos) -> Result<RealTimeSettings, Failure> {
        let period = duration(control_period);
        let deadline = self.deadline.map_or(period * 3 / 4, duration);
        if deadline.is_zero() || deadline > period {
            return Err(
                format!("--deadline: expected a time up to the control period, {control_period}, found {deadline:?}").into()
            );
        }
        let watchdog = self.watchdog.map_or((5 * period).max(Duration::from_millis(100)), duration);
        if watchdog < period {
            return Err(format!("--watchdog: expected at least a control period, {control_period}, found {watchdog:?}").into());
        }
        let policy = match self.deadline_policy {
            Policy::Hold => DeadlinePolicy::Hold,
            Policy::Zero => DeadlinePolicy::Zero,
            Policy::Stop => DeadlinePolicy::Stop,
        };
        Ok(RealTimeSettings { period, deadline, policy, watchdog })
    }
}

/// World and brain on a free port of this machine: the brain is a process of its own that this one starts.
pub(super) fn with_brain_process(
    registry: &Arc<Registry>,
    arguments: &RunArguments,
    pin: bool,
    stop: &Arc<AtomicBool>,
) -> Result<Runner, Failure> {
    keep_to_two_threads();
    let loaded = load(registry, arguments)?;
    let endpoint = free_endpoint()?;
    let network = Network { listen: vec![endpoint.clone()], ..Network::default() };
    let link = open(registry, &loaded, &network, None, pin, stop)?;
    let folder = arguments.resume.clone().unwrap_or_else(|| run_folder(arguments, &loaded));
    let brain = super::brain_process::BrainProcess::new(&folder, &endpoint, pin)?;
    let summon: Box<dyn Summon> = Box::new(brain);
    let mut named = arguments.clone();
    named.out = arguments.resume.is_none().then_some(folder);
    start(registry, &named, loaded, RemoteBrain::new(link, Some(summon)))
}
