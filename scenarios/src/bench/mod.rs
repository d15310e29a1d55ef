//! Benchmarks: what the parts and the whole loop cost on this machine, each next to a plain way of doing the same.
//!
//! Value and baseline are measured in one call, in turns, so that a machine whose speed moves slows both; of the turns the best
//! counts, on either side, since whatever else the machine does can only slow one. Every figure comes from the call that reports it.
//!
//! Not here: microbenchmarks to tune by (`cargo bench`), and how to print rows (the command line).

mod arm;
mod camera;
mod machine;
mod measure;
mod memory;
mod noise;
mod physics;
mod plasticity;
mod real_time;
mod recording;
mod render;
mod scratch;
mod study;
mod training;
mod transport;
mod worlds;

use std::sync::Arc;

use embody_bridges::link::LinkError;
use embody_robots::BodyError;
use embody_sim_world::BuildError;
use serde::Serialize;

use crate::config::ConfigError;
use crate::registry::Registry;
use crate::run::RunError;
use crate::scenario::ScenarioError;

pub use machine::Machine;
pub use training::{TRAINING, TrainingArguments, train};
pub use transport::{ECHO, EchoArguments, echo};
pub use worlds::{WORLDS, WorldsArguments, step_worlds};

/// One measured figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The benchmark, and what of it, as in `loop/reaching`.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// Unit of value and baseline.
    pub unit: &'static str,
    /// The same of the baseline.
    pub baseline: f64,
    /// How many times better the value is than the baseline.
    pub ratio: f64,
}

impl Row {
    /// A row in which less is better.
    fn less(name: impl Into<String>, value: f64, unit: &'static str, baseline: f64) -> Row {
        Row { name: name.into(), value, unit, baseline, ratio: baseline / value }
    }

    /// A row in which more is better.
    fn more(name: impl Into<String>, value: f64, unit: &'static str, baseline: f64) -> Row {
        Row { name: name.into(), value, unit, baseline, ratio: value / baseline }
    }
}

/// A benchmark of the list.
#[derive(Clone, Copy)]
pub struct Benchmark {
    /// The name that selects it.
    pub name: &'static str,
    /// What is measured, and against what.
    pub about: &'static str,
    measure: fn(&Arc<Registry>) -> Result<Vec<Row>, BenchError>,
}

/// All benchmarks, in the order in which they run.
pub const BENCHMARKS: [Benchmark; 13] = [
    Benchmark {
        name: "plasticity",
        about: "a SPORE synapse for a 1 ms step, windowed; baseline: step by step",
        measure: plasticity::measure,
    },
    Benchmark {
        name: "noise",
        about: "a normal number; baseline: ChaCha8 and Box-Muller, one by one",
        measure: |_| Ok(noise::measure()),
    },
    Benchmark {
        name: "physics",
        about: "a control step of the ball world; baseline: Rapier's steps alone",
        measure: |_| physics::measure(),
    },
    Benchmark {
        name: "arm7",
        about: "steps of an arm of seven motors; baseline: Rapier's steps alone, with its own motors",
        measure: |_| arm::measure(),
    },
    Benchmark {
        name: "worlds",
        about: "steps of 100 such arms on two threads of one process; baseline: two processes",
        measure: |_| worlds::measure(),
    },
    Benchmark {
        name: "camera",
        about: "the events of a 16 x 16 frame; baseline: at most one event a pixel, pixel by pixel",
        measure: |_| Ok(camera::measure()),
    },
    Benchmark {
        name: "render",
        about: "pictures of a road and of a sphere a second; baseline: the same by parry's ray casts, four for each pixel",
        measure: |_| Ok(render::measure()),
    },
    Benchmark {
        name: "loop",
        about: "simulated over wall time of whole runs; baseline: the same with plasticity step by step",
        measure: real_time::measure,
    },
    Benchmark {
        name: "recording",
        about: "a control step of whole runs that are recorded; baseline: the same runs without a recording",
        measure: recording::measure,
    },
    Benchmark {
        name: "training",
        about: "gradients through time of a batch; baseline: PyTorch's loop, if EMBODY_PYTHON names a Python that has it",
        measure: |_| training::measure(),
    },
    Benchmark {
        name: "study",
        about: "two runs on two threads of one process; baseline: two processes",
        measure: study::measure,
    },
    Benchmark {
        name: "transport",
        about: "a control step's way to a brain in another process and back; baseline: bare round trips of the same sizes",
        measure: transport::measure,
    },
    Benchmark {
        name: "memory",
        about: "peak resident memory of a run; baseline: the limit of 200 MB",
        measure: |_| memory::measure(),
    },
];

impl Benchmark {
    /// The benchmarks called `name`, which is one; all of them for no name.
    pub fn select(name: Option<&str>) -> Result<Vec<Benchmark>, BenchError> {
        let Some(name) = name else { return Ok(BENCHMARKS.to_vec()) };
        let found = BENCHMARKS.into_iter().find(|benchmark| benchmark.name == name);
        found.map(|benchmark| vec![benchmark]).ok_or_else(|| BenchError::Unknown { name: name.into() })
    }

    /// Measures, with the scenarios of `registry` where it needs any.
    pub fn measure(&self, registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
        (self.measure)(registry)
    }
}

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// There is no such benchmark.
    #[error("there is no benchmark {name:?}; known: {}", BENCHMARKS.map(|benchmark| benchmark.name).join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// A scenario of the library can't be loaded.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A scenario of the library can't be built, or lacks what is measured.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The other process can't be reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The ball world can't be built.
    #[error(transparent)]
    World(#[from] BuildError),
    /// The ball world failed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A child process failed, or a scratch folder can't be used.
    #[error("{what}: {why}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        why: String,
    },
}

impl BenchError {
    fn system(what: impl Into<String>, why: impl ToString) -> BenchError {
        BenchError::System { what: what.into(), why: why.to_string() }
    }
}
