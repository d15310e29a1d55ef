//! What a control step's way to a brain in another process and back costs, beside bare round trips of the same sizes.
//!
//! The message there is the median one of `reaching`, the answer its action. The other process answers at once, so that what is
//! measured is the way alone: encoding, Zenoh, decoding, and the switching between processes. All ways take turns, block by block;
//! both with the two processes on one processor, where lockstep keeps them, and wherever the system puts them. At last the whole loop:
//! runs of `reaching` in two processes, beside runs in one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use embody_bridges::link::{BareClient, BareEcho, Brain, BrainLink, Network, RemoteController, WorldLink};
use embody_bridges::protocol::handshake::Attach;
use embody_bridges::protocol::messages::{End, encode_action, encode_step};
use embody_bridges::protocol::{Mark, Mode};
use embody_controllers::Controller;
use embody_robots::{Action, TimeStep};

use super::scratch::Scratch;
use super::study::{spawn_run, wait};
use super::{BenchError, Row};
use crate::registry::Registry;
use crate::run::affinity::{Processors, here};
use crate::run::remote::{describe, free_endpoint};
use crate::run::{Session, folder};
use crate::scenario::{Assembly, Loaded};

/// The hidden command that answers.
pub const ECHO: &str = "bench-echo";

const SCENARIO: &str = "reaching";

/// Round trips of each way in a block, blocks, and round trips of each way that don't count.
const ROUNDS: usize = 200;
const BLOCKS: usize = 40;
const WARM_UP: usize = 300;

/// Simulated time after which messages have their usual size (control steps).
const STEPS: usize = 2000;

/// How long the other process has to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the other process is told.
#[derive(Args)]
pub struct EchoArguments {
    /// Endpoint of the bare round trips
    bare: String,
    /// Endpoint of the link
    link: String,
    /// Address of the plain socket
    tcp: String,
    /// Length of a message there
    there: usize,
    /// Length of a message back
    back: usize,
    /// The one processor to run on
    #[arg(long)]
    cpu: Option<u32>,
}

pub(super) fn measure(registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
    let step = usual_step(registry)?;
    let everywhere = Processors::now().ok_or_else(|| BenchError::system("this process's processors", "they can't be read"))?;
    let cpu = here().ok_or_else(|| BenchError::system("this thread's processor", "it can't be read"))?;
    let one = Processors::only(cpu).ok_or_else(|| BenchError::system("a processor", cpu))?;
    let mut places = Vec::new();
    for (name, processors, cpu) in [("one-cpu", one, Some(cpu)), ("any-cpu", everywhere.clone(), None)] {
        // What is opened now starts its threads on these.
        processors.keep();
        places.push(Place { name, processors, ways: Ways::open(registry, &step, cpu)?, times: Default::default() });
    }
    for _ in 0..BLOCKS {
        for place in &mut places {
            place.processors.keep();
            place.block(ROUNDS)?;
        }
    }
    everywhere.keep();
    let mut rows: Vec<Row> = places.iter_mut().flat_map(Place::rows).collect();
    drop(places);
    rows.push(whole_loop()?);
    Ok(rows)
}

/// Runs of the whole loop: simulated time of each (s), and how many, of which the best counts.
const RUN_S: u32 = 500;
const RUNS: usize = 3;

fn whole_loop() -> Result<Row, BenchError> {
    let mut factors = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (factors, transport) in factors.iter_mut().zip(["zenoh", "in-process"]) {
            factors.push(real_time_factor(transport)?);
        }
    }
    let [two, one] = factors.map(|factors| factors.into_iter().fold(0.0, f64::max));
    Ok(Row::more(format!("transport/loop/{SCENARIO}"), two, "x real time", one))
}

fn real_time_factor(transport: &str) -> Result<f64, BenchError> {
    let scratch = Scratch::new()?;
    let folder = scratch.path().join("run");
    let time = format!("{RUN_S}s");
    wait(spawn_run(&[SCENARIO, "--transport", transport, "--time", &time], &folder)?)?;
    let summary = folder::read_summary(&folder);
    Ok(summary.map_err(crate::run::RunError::from)?.real_time_factor)
}

/// A time step of the usual size.
fn usual_step(registry: &Arc<Registry>) -> Result<TimeStep, BenchError> {
    let loaded = Loaded::find(registry, SCENARIO, &[])?;
    let Assembly { environment, controller } = loaded.assemble(registry)?;
    let mut session = Session::new(Assembly { environment, controller }, loaded.scenario.seed);
    let mut steps: Vec<TimeStep> = Vec::new();
    for _ in 0..STEPS {
        session.advance(|record| steps.push(record.step.clone())).map_err(crate::run::RunError::from)?;
    }
    steps.sort_by_key(|step| step.observation.events(0).len());
    Ok(steps.swap_remove(STEPS / 2))
}

/// The ways there and back that are compared.
const WAYS: [&str; 4] = ["tcp", "publish", "query", "lockstep"];

/// All ways between two processes that are placed in one manner.
struct Place {
    name: &'static str,
    processors: Processors,
    ways: Ways,
    /// Of each way, the time of each round trip (s).
    times: [Vec<f64>; 4],
}

impl Place {
    fn block(&mut self, rounds: usize) -> Result<(), BenchError> {
        for (way, times) in self.times.iter_mut().enumerate() {
            for _ in 0..rounds {
                let start = Instant::now();
                self.ways.round(way)?;
                times.push(start.elapsed().as_secs_f64());
            }
        }
        Ok(())
    }

    /// Median and 99th percentile of each way. The baseline of lockstep is the faster of Zenoh's bare ways, of those the plain socket.
    fn rows(&mut self) -> Vec<Row> {
        self.times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
        let at = |way: usize, part: f64| {
            let times = &self.times[way];
            1e6 * times.get((part * times.len() as f64) as usize).copied().unwrap_or(f64::NAN)
        };
        let mut rows = Vec::new();
        for (label, part) in [("median", 0.5), ("p99", 0.99)] {
            for (way, name) in WAYS.iter().enumerate() {
                let baseline = if *name == "lockstep" { at(1, part).min(at(2, part)) } else { at(0, part) };
                rows.push(Row::less(format!("transport/{name}/{}/{label}", self.name), at(way, part), "us", baseline));
            }
        }
        rows
    }
}

/// The ends of all ways on this side.
struct Ways {
    tcp: TcpStream,
    bare: BareClient,
    link: Arc<Mutex<WorldLink>>,
    controller: RemoteController,
    step: TimeStep,
    action: Action,
    there: Vec<u8>,
    back: Vec<u8>,
    child: Child,
}

impl Ways {
    fn open(registry: &Arc<Registry>, step: &TimeStep, cpu: Option<u32>) -> Result<Ways, BenchError> {
        let stop = Arc::new(AtomicBool::new(false));
        let loaded = Loaded::find(registry, SCENARIO, &[])?;
        let environment = loaded.environment(registry)?;
        let action = Action::from_spec(environment.body().action_spec());
        let (mut there, mut back) = (Vec::new(), Vec::new());
        encode_step(&mut there, 0, 0, None, step);
        encode_action(&mut back, 0, 0, &action);
        let endpoint = || free_endpoint().map_err(|e| BenchError::system("a free port", e));
        let [bare, link] = [endpoint()?, endpoint()?];
        let network = |endpoint: &str| Network { listen: vec![endpoint.into()], wait: PATIENCE, ..Network::default() };
        let socket = TcpListener::bind("127.0.0.1:0").map_err(|e| BenchError::system("a socket", e))?;
        let address = socket.local_addr().map_err(|e| BenchError::system("a socket", e))?.to_string();
        let client = BareClient::open(&network(&bare), &stop)?;
        let description = describe(&loaded, registry, Mode::Lockstep)?;
        let mut world = WorldLink::open(&network(&link), description, environment.body().action_spec(), None, &stop)?;
        let program = std::env::current_exe().map_err(|e| BenchError::system("this program's path", e))?;
        let mut command = Command::new(&program);
        command.args([ECHO, &bare, &link, &address, &there.len().to_string(), &back.len().to_string()]);
        command.args(cpu.map(|cpu| format!("--cpu={cpu}")));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|e| BenchError::system(program.display().to_string(), e))?;
        let joined = world.join(&[], &stop, &mut |_| None);
        let tcp = joined.map_err(BenchError::from).and_then(|_| {
            let (tcp, _) = socket.accept().map_err(|e| BenchError::system("a socket", e))?;
            tcp.set_nodelay(true).map_err(|e| BenchError::system("a socket", e))?;
            client.await_echo(PATIENCE)?;
            Ok(tcp)
        });
        let link = Arc::new(Mutex::new(world));
        let mut ways = match tcp {
            Ok(tcp) => {
                let controller = RemoteController::new(link.clone());
                Ways { tcp, bare: client, link, controller, step: step.clone(), action, there, back, child }
            }
            Err(error) => {
                let mut child = child;
                // It is of no use any more, however it ends.
                let _ = child.kill().and_then(|()| child.wait());
                return Err(error);
            }
        };
        for way in 0..WAYS.len() {
            for _ in 0..WARM_UP {
                ways.round(way)?;
            }
        }
        Ok(ways)
    }

    /// There and back once.
    fn round(&mut self, way: usize) -> Result<(), BenchError> {
        let system = |e: std::io::Error| BenchError::system("a socket", e);
        match way {
            0 => {
                self.tcp.write_all(&self.there).map_err(system)?;
                self.tcp.read_exact(&mut self.back).map_err(system)?;
            }
            1 => drop(self.bare.publish(&self.there)?),
            2 => drop(self.bare.query(&self.there)?),
            _ => {
                let acted = self.controller.act(&self.step, &mut self.action);
                acted.map_err(|e| BenchError::system("the brain", e))?;
            }
        }
        Ok(())
    }
}

impl Drop for Ways {
    fn drop(&mut self) {
        if let Ok(mut link) = self.link.lock() {
            link.detach(End::Finished, "the benchmark is over");
        }
        // However it ends, it is over.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// The other process: answers on all ways at once, until the benchmark is over.
pub fn echo(registry: &Arc<Registry>, arguments: &EchoArguments) -> Result<(), BenchError> {
    if let Some(only) = arguments.cpu.and_then(Processors::only) {
        only.keep();
    }
    let stop = AtomicBool::new(false);
    let network = |endpoint: &str| Network { connect: vec![endpoint.into()], wait: PATIENCE, ..Network::default() };
    let _echo = BareEcho::open(&network(&arguments.bare), arguments.back, &stop)?;
    let mut socket = TcpStream::connect(&arguments.tcp).map_err(|e| BenchError::system("a socket", e))?;
    socket.set_nodelay(true).map_err(|e| BenchError::system("a socket", e))?;
    let (mut there, back) = (vec![0; arguments.there], vec![0; arguments.back]);
    std::thread::spawn(move || while socket.read_exact(&mut there).and_then(|()| socket.write_all(&back)).is_ok() {});
    let loaded = Loaded::find(registry, SCENARIO, &[])?;
    let environment = loaded.environment(registry)?;
    let mut link = BrainLink::open(&network(&arguments.link), &stop)?;
    let world = link.describe(&stop)?;
    let (session, _) = link.attach(&world, Attach { name: "echo".into(), ..Attach::default() }, &stop)?;
    let body = environment.body();
    link.serve(Arc::new(Mutex::new(Still)), session, Mode::Lockstep, (body.observation_spec(), body.action_spec()), &stop)?;
    Ok(())
}

/// A brain that answers at once.
struct Still;

impl Brain for Still {
    fn begin_episode(&mut self, _seed: u64) -> Result<(), String> {
        Ok(())
    }
    fn act(&mut self, _step: &TimeStep, _action: &mut Action) -> Result<(), String> {
        Ok(())
    }
    fn keep(&mut self, _mark: &Mark) -> Result<String, String> {
        Ok(String::new())
    }
}
