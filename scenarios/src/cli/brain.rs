//! `embody brain`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use embody_bridges::link::{BrainLink, LinkError, Network, Served};
use embody_bridges::protocol::handshake::{Attach, Description};
use embody_bridges::protocol::messages::End;
use embody_bridges::protocol::{Mark, Mode};
use embody_robots::Nanos;
use serde_json::Value;

use super::network::{Listen, NetworkArguments, keep_to_two_threads};
use super::run::Changes;
use super::world::SLOW;
use super::{Failure, mention, signals};
use crate::registry::Registry;
use crate::run::brain::BrainRun;
use crate::run::folder;
use crate::run::remote::describe;
use crate::run::{RunError, affinity, scenario_of};
use crate::scenario::Loaded;

/// Arguments of `embody brain`.
#[derive(Args)]
pub struct Arguments {
    /// Name of a scenario in the library, or path of a scenario file (.toml): the one that the world runs
    scenario: String,
    #[command(flatten)]
    changes: Changes,
    /// Folder of its checkpoints; it must not exist [default: runs/<scenario>-<seed>-brain-<n>]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Goes on with the checkpoints in this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seed", "controller", "substrate", "set", "out"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    network: NetworkArguments,
    /// For a world in real time; without this, for one in lockstep
    #[arg(long)]
    real_time: bool,
    /// What to do when the world is gone, or takes the body away: end, or wait for it to come back
    #[arg(long, value_enum, default_value = "end")]
    lost: Lost,
    /// Leaves it to the system on which processor it runs
    #[arg(long)]
    no_pin: bool,
    /// No messages but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lost {
    End,
    Wait,
}

/// How long the brain that ran before may take to leave its folder.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs a brain, whose world is another program.
pub fn brain(registry: &Arc<Registry>, arguments: &Arguments) -> Result<ExitCode, Failure> {
    if !arguments.real_time {
        keep_to_two_threads();
    }
    let stop = signals::stop_flag()?;
    let network = arguments.listen.of(arguments.network.network());
    // Whatever is wrong with the scenario is found before anyone is waited for.
    arguments.load(registry, None)?;
    let mut run: Option<Arc<Mutex<BrainRun>>> = None;
    loop {
        let lost = match serve(registry, arguments, &network, &mut run, &stop) {
            Ok(Served::Ended { end: End::Finished | End::Stopped, reason }) => {
                arguments.say(format_args!("the world ends: {reason}"));
                return Ok(ExitCode::SUCCESS);
            }
            Ok(Served::Stopped) => {
                arguments.say(format_args!("stopped{}", arguments.again(run.as_ref())));
                return Ok(ExitCode::from(130));
            }
            Ok(Served::Ended { end: End::Failed, reason }) => return Err(format!("the world failed: {reason}").into()),
            Ok(Served::Ended { end: End::Detached, reason }) => reason,
            Err(Trouble::Lost(reason)) => reason,
            Err(Trouble::Fatal(error)) => return Err(error),
            Err(Trouble::Unfit(error)) => {
                if let Some(run) = run.filter(|_| arguments.resume.is_none()) {
                    lock(&run).discard_unborn();
                }
                return Err(error);
            }
        };
        if arguments.lost == Lost::End {
            return Err(format!("{lost}{} (--lost wait waits for it)", arguments.again(run.as_ref())).into());
        }
        arguments.say(format_args!("{lost}; waiting up to {} s for a world", network.wait.as_secs_f64()));
    }
}

/// Why a service ended early.
enum Trouble {
    /// The world is gone.
    Lost(String),
    /// This brain isn't one for this world.
    Unfit(Failure),
    /// Nothing that waiting would mend.
    Fatal(Failure),
}

impl<E: Into<Failure>> From<E> for Trouble {
    fn from(error: E) -> Trouble {
        let error = error.into();
        match error.downcast_ref::<LinkError>() {
            Some(LinkError::Gone(why)) => Trouble::Lost(why.clone()),
            Some(LinkError::Refused(_)) => Trouble::Unfit(error),
            _ => Trouble::Fatal(error),
        }
    }
}

/// From joining the network to the end of one attachment.
fn serve(
    registry: &Arc<Registry>,
    arguments: &Arguments,
    network: &Network,
    run: &mut Option<Arc<Mutex<BrainRun>>>,
    stop: &AtomicBool,
) -> Result<Served, Trouble> {
    let mut link = BrainLink::open(network, stop)?;
    let world = link.describe(stop)?;
    if world.mode == Mode::Lockstep && !arguments.no_pin && !world.host.is_empty() && world.host == affinity::host() {
        // It does no harm if that can't be done.
        let _ = world.cpu.map(affinity::keep_to);
    }
    if world.mode == Mode::RealTime && !affinity::hurry() {
        arguments.say(format_args!("{SLOW}"));
    }
    let shared = match run {
        Some(run) => run,
        None => run.insert(Arc::new(Mutex::new(arguments.start(registry, &world)?))),
    };
    let mut run = lock(shared);
    let own = &run.loaded().scenario;
    if own.name != world.scenario {
        return Err(Trouble::Unfit(format!("the world runs {:?}, this brain is for {:?}", world.scenario, own.name).into()));
    }
    if world.program != crate::VERSION {
        let why =
            format!("the world is of version {}, this brain of version {}: their results differ", world.program, crate::VERSION);
        return Err(Trouble::Unfit(why.into()));
    }
    let (held, broken) = run.held()?;
    for error in broken {
        arguments.say(format_args!("left out: {error}"));
    }
    if world.mode == Mode::RealTime {
        // There the world takes what the brain has, and waits for nobody: ready before it attaches. One that has lost the body for a
        // while, or its world, keeps what it has learned.
        if run.reached() == 0 {
            run.restore(&held.last().copied().unwrap_or_default())?;
        }
        run.write_behind();
    }
    let own = describe(run.loaded(), registry, world.mode)?;
    let attach = Attach {
        name: format!("{} with {}", own.scenario, run.loaded().scenario.controller.kind),
        scenario_hash: Some(own.scenario_hash),
        spec_hash: Some(own.spec_hash),
        control_period: Some(own.control_period),
        seed: Some(own.seed),
        mode: Some(if arguments.real_time { Mode::RealTime } else { Mode::Lockstep }),
        held,
        ..Attach::default()
    };
    let attached = link.attach(&world, attach, stop);
    let (session, from) = attached.map_err(|error| match (error, difference(&own.spec, &world.spec)) {
        (LinkError::Refused(why), Some(difference)) => LinkError::Refused(format!("{why}; {difference}")),
        (error, _) => error,
    })?;
    let (scenario, seed, reached) = (&world.scenario, world.seed, run.reached());
    if world.mode == Mode::RealTime {
        arguments.say(format_args!("attached to {scenario} seed {seed}, with what it learned in {reached} control steps"));
    } else {
        run.restore(&from)?;
        arguments.say_from(&world, reached, &from);
    }
    arguments.say(format_args!("its checkpoints lie in {}", run.path().display()));
    let (observation, action) = run.specs();
    drop(run);
    let served = link.serve(shared.clone(), session, world.mode, (&observation, &action), stop);
    if link.skipped() > 0 {
        arguments.say(format_args!("{} steps were not answered, as newer ones were there", link.skipped()));
    }
    link.close();
    lock(shared).finish(matches!(served, Ok(_) | Err(LinkError::Gone(_))))?;
    Ok(served?)
}

/// The first field in which what a brain senses and does differs from what its world has, if one does.
fn difference(own: &str, world: &str) -> Option<String> {
    let [own, world] = [own, world].map(|spec| serde_json::from_str::<Value>(spec).unwrap_or_default());
    ["observation", "action"].into_iter().find_map(|part| {
        let fields = |spec: &Value| spec[part]["fields"].as_array().cloned().unwrap_or_default();
        let (own, world) = (fields(&own), fields(&world));
        let at = (0..own.len().max(world.len())).find(|at| own.get(*at) != world.get(*at))?;
        let told = |fields: &[Value]| fields.get(at).map_or("nothing".into(), Value::to_string);
        Some(format!("{part} field {at}: this brain has {}, the world {}", told(&own), told(&world)))
    })
}

/// The brain, also after it has panicked: its folder is what it was.
fn lock(run: &Mutex<BrainRun>) -> MutexGuard<'_, BrainRun> {
    run.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Arguments {
    /// How to go on with a brain.
    fn again(&self, run: Option<&Arc<Mutex<BrainRun>>>) -> String {
        let Some(run) = run.map(|run| lock(run)) else { return String::new() };
        let (scenario, folder) = (&self.scenario, run.path().display());
        let network = self.listen.told() + &self.network.told();
        let real_time = if self.real_time { " --real-time" } else { "" };
        let from = if run.is_resumable() { "from its last checkpoint" } else { "from its start" };
        format!("; go on {from} with: embody brain {scenario} --resume {folder}{network}{real_time}")
    }

    fn load(&self, registry: &Registry, seed: Option<u64>) -> Result<Loaded, Failure> {
        if let Some(folder) = &self.resume {
            return Ok(scenario_of(registry, folder, &[])?);
        }
        Ok(Loaded::find(registry, &self.scenario, &self.changes.settings(seed))?)
    }

    /// The brain that suits the world's seed.
    fn start(&self, registry: &Arc<Registry>, world: &Description) -> Result<BrainRun, Failure> {
        let run = match &self.resume {
            Some(folder) => {
                let asked = Loaded::find(registry, &self.scenario, &[])?;
                let start = Instant::now();
                loop {
                    match BrainRun::resume(registry, folder, &asked.scenario.name) {
                        // A brain whose world was killed needs a moment to see that.
                        Err(RunError::Folder(error)) if error.is_busy() && start.elapsed() < FAREWELL => {
                            std::thread::sleep(Duration::from_millis(50));
                        }
                        resumed => break resumed?,
                    }
                }
            }
            None => {
                let loaded = self.load(registry, Some(world.seed))?;
                let name = format!("{}-{}-brain", loaded.scenario.name, loaded.scenario.seed);
                let folder = self.out.clone().unwrap_or_else(|| folder::next_free(Path::new("runs"), &name));
                BrainRun::start(registry, loaded, &folder)?
            }
        };
        Ok(run)
    }

    /// Where a brain in lockstep goes on from.
    fn say_from(&self, world: &Description, reached: u64, from: &Mark) {
        let seconds = Nanos(from.step * world.control_period.0).as_secs_f64();
        let back = if reached > from.step { format!(", rolled back from control step {reached}") } else { String::new() };
        self.say(format_args!("attached to {} seed {}{back}, from {from}, {seconds} s simulated", world.scenario, world.seed));
    }

    fn say(&self, text: std::fmt::Arguments<'_>) {
        if !self.quiet {
            mention(format_args!("brain {}: {text}", self.scenario));
        }
    }
}
