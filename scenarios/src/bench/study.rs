//! Whether runs get in each other's way: two on two threads of one process against two processes.
//!
//! Runs share no state but the registry, so that a thread should be worth as much as a process: the ratio is to be about one.
//! The best of several turns counts on either side.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use super::measure::{least, seconds};
use super::real_time::run_to_end;
use super::scratch::Scratch;
use super::{BenchError, Row};
use crate::registry::Registry;
use crate::scenario::Loaded;

const SCENARIO: &str = "reaching";

/// Simulated time of each run (s): long enough that building the scenario and starting a process don't count.
const DURATION_S: u32 = 2000;

/// Master seeds of the runs that go on at a time.
const SEEDS: [u64; 2] = [1, 2];

const TURNS: usize = 3;

pub(super) fn measure(registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
    let (mut threads, mut processes) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        threads.push(seconds(|| on_threads(registry))?);
        processes.push(seconds(in_processes)?);
    }
    let simulated_s = f64::from(DURATION_S) * SEEDS.len() as f64;
    Ok(vec![Row::more("study", simulated_s / least(&threads), "simulated s/s", simulated_s / least(&processes))])
}

fn on_threads(registry: &Arc<Registry>) -> Result<(), BenchError> {
    let scratch = Scratch::new()?;
    std::thread::scope(|scope| {
        let runs = SEEDS.map(|seed| {
            let folder = scratch.path().join(seed.to_string());
            scope.spawn(move || {
                let settings = [format!("seed={seed}"), format!("time.duration={DURATION_S}s")];
                run_to_end(registry, Loaded::find(registry, SCENARIO, &settings)?, &folder)
            })
        });
        // All are joined before the first error is given.
        let results = runs.map(|run| run.join().map_err(|_| BenchError::system("a thread", "it panicked")));
        results.into_iter().try_for_each(|result| result?)
    })
}

fn in_processes() -> Result<(), BenchError> {
    let scratch = Scratch::new()?;
    let children = SEEDS.map(|seed| {
        let duration = format!("{DURATION_S}s");
        let seed = seed.to_string();
        spawn_run(&[SCENARIO, "--time", &duration, "--seed", &seed], &scratch.path().join(&seed))
    });
    // All are waited for before the first error is given.
    let results = children.map(|child| child.and_then(wait));
    results.into_iter().collect()
}

/// Starts `embody run` with these arguments as a process of its own.
pub(super) fn spawn_run(arguments: &[&str], folder: &Path) -> Result<Child, BenchError> {
    let program = std::env::current_exe().map_err(|e| BenchError::system("this program's path", e))?;
    let mut command = Command::new(&program);
    command.arg("run").args(arguments).args(["--quiet", "--out"]).arg(folder);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    child.map_err(|e| BenchError::system(program.display().to_string(), e))
}

/// Waits for a child to end well.
pub(super) fn wait(mut child: Child) -> Result<(), BenchError> {
    let status = child.wait().map_err(|e| BenchError::system("a process of embody", e))?;
    if status.success() { Ok(()) } else { Err(BenchError::system("a process of embody", status)) }
}
