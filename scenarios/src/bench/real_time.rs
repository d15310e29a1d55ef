//! How much faster than time whole runs are: real runs in folders, windowed plasticity against step by step.
//!
//! Both warm up first, so that what was learned by then moves the ball. They then run in turns; the best turn of each counts, because
//! whatever else the machine does can only slow a turn. A windowed turn holds everything that a run does, one checkpoint included.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::measure::least;
use super::scratch::Scratch;
use super::{BenchError, Row};
use crate::registry::Registry;
use crate::run::progress::Standing;
use crate::run::{Progress, Runner};
use crate::scenario::Loaded;

/// What is timed of a scenario.
struct Course {
    scenario: &'static str,
    /// Simulated time of the warm-up (s).
    warm_up_s: f64,
    /// Simulated time of a turn (s): windowed from checkpoint to checkpoint, step by step as long as there is time for. Checkpoints are more
    /// frequent than the scenarios ask for, so that turns are short. Whole multiples of what passes between two reports of progress: 20 s,
    /// or 10 s of the lane.
    turn_s: [f64; 2],
}

const COURSES: [Course; 3] = [
    Course { scenario: "reaching", warm_up_s: 300.0, turn_s: [500.0, 40.0] },
    Course { scenario: "reaching-s", warm_up_s: 300.0, turn_s: [500.0, 40.0] },
    Course { scenario: "lane-following", warm_up_s: 100.0, turn_s: [100.0, 40.0] },
];

const TURNS: usize = 24;

pub(super) fn measure(registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
    COURSES.iter().map(|course| course.row(registry)).collect()
}

impl Course {
    fn row(&self, registry: &Arc<Registry>) -> Result<Row, BenchError> {
        let scratch = Scratch::new()?;
        let start = |form: &str| -> Result<Runner, BenchError> {
            let settings = [
                format!("controller.spore.plasticity.form={form}"),
                "time.duration=1000000s".into(),
                format!("time.checkpoint_every={}s", self.turn_s[0]),
            ];
            let loaded = Loaded::find(registry, self.scenario, &settings)?;
            Ok(Runner::start(registry, loaded, &scratch.path().join(form))?)
        };
        let mut windowed = start("windowed")?;
        let mut stepwise = start("stepwise")?;
        advance(&mut windowed, self.warm_up_s)?;
        advance(&mut stepwise, self.warm_up_s)?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            times[0].push(advance(&mut windowed, self.turn_s[0])?);
            times[1].push(advance(&mut stepwise, self.turn_s[1])?);
        }
        let [windowed, stepwise] = [0, 1].map(|form: usize| self.turn_s[form] / least(&times[form]));
        Ok(Row::more(format!("loop/{}", self.scenario), windowed, "x real time", stepwise))
    }
}

/// Runs on by `simulated_s`; gives the wall time that it took (s).
pub(super) fn advance(runner: &mut Runner, simulated_s: f64) -> Result<f64, BenchError> {
    let stop = AtomicBool::new(false);
    let mut turn = Turn { simulated_s, wall_s: f64::NAN, stop: &stop };
    runner.run(&stop, &mut turn)?;
    Ok(turn.wall_s)
}

/// Ends a turn when it has been long enough, and notes how long that took.
struct Turn<'a> {
    simulated_s: f64,
    wall_s: f64,
    stop: &'a AtomicBool,
}

impl Progress for Turn<'_> {
    fn update(&mut self, standing: Standing<'_>) {
        let (simulated, wall) = standing.session;
        if simulated.as_secs_f64() >= self.simulated_s {
            self.wall_s = wall.as_secs_f64();
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Runs a scenario to its end in `folder`, without a word.
pub(super) fn run_to_end(registry: &Arc<Registry>, loaded: Loaded, folder: &Path) -> Result<(), BenchError> {
    let mut runner = Runner::start(registry, loaded, folder)?;
    runner.run(&AtomicBool::new(false), &mut crate::run::progress::Quiet)?;
    Ok(())
}
