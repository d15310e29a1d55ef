//! What recording costs: real runs in folders, recorded against not.
//!
//! Both run in turns, from the same state to the same state; the best turn of each counts. A turn holds everything that a run does, the
//! end of the recording and a checkpoint included.

use std::sync::Arc;

use super::measure::least;
use super::real_time::advance;
use super::scratch::Scratch;
use super::{BenchError, Row};
use crate::registry::Registry;
use crate::run::Runner;
use crate::scenario::Loaded;

/// What is timed of a scenario.
struct Course {
    scenario: &'static str,
    /// Simulated time of the warm-up and of a turn (s): whole multiples of what passes between two reports of progress.
    turn_s: f64,
}

const COURSES: [Course; 2] =
    [Course { scenario: "reaching", turn_s: 500.0 }, Course { scenario: "lane-following", turn_s: 100.0 }];

const TURNS: usize = 24;

pub(super) fn measure(registry: &Arc<Registry>) -> Result<Vec<Row>, BenchError> {
    COURSES.iter().map(|course| course.row(registry)).collect()
}

impl Course {
    fn row(&self, registry: &Arc<Registry>) -> Result<Row, BenchError> {
        let scratch = Scratch::new()?;
        let settings = ["time.duration=1000000s".into(), format!("time.checkpoint_every={}s", self.turn_s)];
        let loaded = Loaded::find(registry, self.scenario, &settings)?;
        let start = |name: &str| Runner::start(registry, loaded.clone(), &scratch.path().join(name));
        let (mut recorded, mut plain) = (start("recorded")?, start("plain")?);
        recorded.record()?;
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..=TURNS {
            let turn_s = [advance(&mut recorded, self.turn_s)?, advance(&mut plain, self.turn_s)?];
            // The first one warms up.
            if turn > 0 {
                times[0].push(turn_s[0]);
                times[1].push(turn_s[1]);
            }
        }
        let steps = self.turn_s / loaded.scenario.time.control_period.as_secs_f64();
        let [recorded, plain] = times.map(|times| least(&times) / steps * 1e6);
        Ok(Row::less(format!("recording/{}", self.scenario), recorded, "us", plain))
    }
}
