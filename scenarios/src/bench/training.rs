//! What training costs: forward and backward passes through time, against PyTorch's loop on one thread, and two threads against two processes.
//!
//! PyTorch runs in a process of its own (`training.py`), in turns with ours, if the variable [`PYTHON`] names a Python that has it; without one
//! there is no baseline, which is shown as not a number. Of the turns the best counts on either side.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use clap::Args;
use embody_brain::training::workload::{Size, Workload};
use embody_controllers::forward_model::{ForwardModel, Neurons};
use embody_robots::trunk::Trunk;

use super::measure::{least, seconds};
use super::study::wait;
use super::{BenchError, Row};
use crate::registry::Registry;

/// The variable that names a Python with PyTorch.
pub const PYTHON: &str = "EMBODY_PYTHON";

/// The hidden command that trains in a process of its own.
pub const TRAINING: &str = "bench-training";

/// Passes of each share when two threads are compared with two processes: so many that starting a process doesn't count.
const SHARE: TrainingArguments = TrainingArguments { passes: 20 };

const TURNS: usize = 7;

/// The weights of the model whose inverse step is timed.
const MODEL: &str = "trunk-10";

/// What the other process is told.
#[derive(Args, Clone, Copy)]
pub struct TrainingArguments {
    /// Forward and backward passes
    passes: usize,
}

const CASES: [(&str, Size, usize); 4] = [
    ("53-800-250/batch32", Size::ARM, 32),
    ("53-800-250/batch1", Size::ARM, 1),
    ("13-256-70/batch128", Size::TRUNK, 128),
    ("13-256-70/batch1", Size::TRUNK, 1),
];

pub(super) fn measure() -> Result<Vec<Row>, BenchError> {
    let mut peer = std::env::var_os(PYTHON).map(|python| Peer::start(&python)).transpose()?;
    let mut rows = Vec::new();
    for (name, size, samples) in CASES {
        let mut workload = workload(size, samples, 1)?;
        let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
        for turn in 0..=TURNS {
            let times = [
                seconds(|| workload.gradients().map(drop).map_err(failed))?,
                peer.as_mut().map_or(Ok(f64::NAN), |peer| peer.gradients(size, samples))?,
            ];
            // The first one warms up.
            if turn > 0 {
                ours.push(times[0]);
                theirs.push(times[1]);
            }
        }
        let baseline = if peer.is_some() { least(&theirs) } else { f64::NAN };
        rows.push(Row::less(format!("training/{name}"), least(&ours) * 1e3, "ms", baseline * 1e3));
    }
    rows.extend(inverse()?);
    let (mut threads, mut processes) = (Vec::new(), Vec::new());
    let mut shared = workload(Size::ARM, 32, 2)?;
    for _ in 0..3 {
        threads.push(seconds(|| (0..2 * SHARE.passes).try_for_each(|_| shared.gradients().map(drop).map_err(failed)))?);
        processes.push(seconds(in_processes)?);
    }
    let sequences = (2 * SHARE.passes * 32) as f64;
    let [threads, processes] = [threads, processes].map(|times| sequences / least(&times));
    rows.push(Row::more("training/two threads", threads, "sequences/s", processes));
    for (name, workload) in [("53-800-250", shared), ("13-256-70", workload(Size::TRUNK, 128, 1)?)] {
        let (spikes, active) = workload.shares().map_err(failed)?;
        rows.push(Row::less(format!("training/{name}/spikes"), 100.0 * spikes, "%", 100.0));
        rows.push(Row::less(format!("training/{name}/pseudo-derivatives"), 100.0 * active, "%", 100.0));
    }
    Ok(rows)
}

/// One inverse step of the shipped model of ten modules, as its controller makes it: a run, and the gradient or the Jacobian.
fn inverse() -> Result<Vec<Row>, BenchError> {
    let registry = Registry::default();
    let weights = registry.weights.get(MODEL).ok_or_else(|| failed(format!("there are no weights {MODEL:?}")))?;
    let model = ForwardModel::read(weights, 10, Neurons::default()).map_err(failed)?;
    let joints: Vec<f64> = (0..model.joints()).map(|joint| 0.2 * (joint as f64 % 5.0 - 2.0)).collect();
    let tip = Trunk::new(model.modules()).map_err(failed)?.tip(&joints);
    let errors = vec![[1.0; 7]; model.modules()];
    let step = |name: &str, step: &dyn Fn()| -> Result<Row, BenchError> {
        let once = || {
            step();
            Ok(())
        };
        let times = (0..50).map(|_| seconds(once)).collect::<Result<Vec<f64>, BenchError>>()?;
        Ok(Row::less(format!("training/inverse/{name}"), least(&times) * 1e3, "ms", f64::NAN))
    };
    Ok(vec![
        step("gradient", &|| drop(black_box(model.gradient(&model.run(&joints), &errors))))?,
        step("jacobian", &|| drop(black_box(model.jacobian(&model.run(&joints), &tip))))?,
    ])
}

/// Trains in this process, on one thread.
pub fn train(arguments: &TrainingArguments) -> Result<(), BenchError> {
    let mut workload = workload(Size::ARM, 32, 1)?;
    (0..arguments.passes).try_for_each(|_| workload.gradients().map(drop).map_err(failed))
}

fn workload(size: Size, samples: usize, threads: usize) -> Result<Workload, BenchError> {
    Workload::new(size, samples, threads).map_err(failed)
}

fn failed(error: impl ToString) -> BenchError {
    BenchError::system("training", error)
}

fn in_processes() -> Result<(), BenchError> {
    let spawn = || {
        let program = std::env::current_exe().map_err(|e| BenchError::system("this program's path", e))?;
        let mut command = Command::new(&program);
        command.arg(TRAINING).arg(SHARE.passes.to_string()).stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().map_err(|e| BenchError::system(program.display().to_string(), e))
    };
    // All are started, then all waited for, before the first error is given.
    let children = [(); 2].map(|()| spawn());
    let results = children.map(|child| child.and_then(wait));
    results.into_iter().collect()
}

/// The process with PyTorch.
struct Peer {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &std::ffi::OsStr) -> Result<Peer, BenchError> {
        let wrong = |why: String| BenchError::system(format!("{PYTHON}={}", python.display()), why);
        let mut command = Command::new(python);
        command.args(["-c", include_str!("training.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|e| wrong(e.to_string()))?;
        let (Some(ask), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(wrong("it has no standard input and output".into()));
        };
        let mut peer = Peer { process, ask, answers: BufReader::new(answers) };
        match peer.line()?.as_str() {
            "ready" => Ok(peer),
            found => Err(wrong(format!("expected a Python with PyTorch, which says it is ready, found {found:?}"))),
        }
    }

    fn gradients(&mut self, size: Size, samples: usize) -> Result<f64, BenchError> {
        let Size { inputs, lif, alif, outputs, steps } = size;
        writeln!(self.ask, "{inputs} {lif} {alif} {outputs} {steps} {samples} 1")
            .map_err(|e| BenchError::system("PyTorch", e))?;
        let line = self.line()?;
        line.parse().map_err(|_| BenchError::system("PyTorch", format!("expected seconds, found {line:?}")))
    }

    fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| BenchError::system("PyTorch", e))?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
