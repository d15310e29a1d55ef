//! Whether many worlds get in each other's way: half of them on each of two threads of one process, against two processes with one thread
//! and half of the worlds each.
//!
//! Worlds share nothing, so that a thread should be worth as much as a process: the ratio is to be about one. Each is the arm of seven joints,
//! and a thread takes its worlds in turns, a step at a time. The best of several turns counts on either side.

use std::process::{Child, Command, Stdio};

use clap::Args;

use super::arm::{self, Arm};
use super::measure::{least, seconds};
use super::study::wait;
use super::{BenchError, Row};

/// The hidden command that steps the worlds of a process.
pub const WORLDS: &str = "bench-worlds";

/// Worlds of a thread, and steps of each: so many that building them and starting a process don't count.
const SHARE: WorldsArguments = WorldsArguments { worlds: 50, steps: 2000 };

const TURNS: usize = 5;

/// What the other process is told.
#[derive(Args, Clone, Copy)]
pub struct WorldsArguments {
    /// Number of worlds
    worlds: usize,
    /// Steps of each
    steps: usize,
}

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let (mut threads, mut processes) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        threads.push(seconds(on_threads)?);
        processes.push(seconds(in_processes)?);
    }
    let steps = (2 * SHARE.worlds * SHARE.steps) as f64;
    Ok(vec![Row::more(format!("worlds/{}", 2 * SHARE.worlds), steps / least(&threads), "steps/s", steps / least(&processes))])
}

/// Builds the worlds and steps each of them, in turns.
pub fn step_worlds(arguments: &WorldsArguments) -> Result<(), BenchError> {
    let robot = arm::robot()?;
    let targets = arm::targets(robot.actuators.len());
    let mut arms = (0..arguments.worlds).map(|_| Arm::new(&robot)).collect::<Result<Vec<_>, _>>()?;
    for _ in 0..arguments.steps {
        arms.iter_mut().try_for_each(|arm| arm.step(&targets))?;
    }
    Ok(())
}

fn on_threads() -> Result<(), BenchError> {
    std::thread::scope(|scope| {
        let shares = [(); 2].map(|()| scope.spawn(|| step_worlds(&SHARE)));
        // All are joined before the first error is given.
        let results = shares.map(|share| share.join().map_err(|_| BenchError::system("a thread", "it panicked")));
        results.into_iter().try_for_each(|result| result?)
    })
}

fn in_processes() -> Result<(), BenchError> {
    // All are started, then all waited for, before the first error is given.
    let children = [(); 2].map(|()| spawn());
    let results = children.map(|child| child.and_then(wait));
    results.into_iter().collect()
}

fn spawn() -> Result<Child, BenchError> {
    let program = std::env::current_exe().map_err(|e| BenchError::system("this program's path", e))?;
    let arguments = [SHARE.worlds, SHARE.steps].map(|count| count.to_string());
    let child = Command::new(&program).arg(WORLDS).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    child.map_err(|e| BenchError::system(program.display().to_string(), e))
}
