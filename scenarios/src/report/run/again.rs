//! What of a run is done again in memory: its first seconds, some seconds on from its last checkpoint, and the moment that is shown.
//!
//! What is done from the start is held against the recorded rewards, one by one; what goes on from the checkpoint begins with the trace hash
//! that the summary states. Nothing is written.

use std::sync::Arc;
use std::time::Instant;

use embody_brain::NetworkSpec;
use embody_robots::{Checkpoint, Nanos, RobotSpec};

use super::files::Files;
use super::stretch::Stretch;
use super::timing::Timing;
use crate::moment::Moment;
use crate::registry::Registry;
use crate::report::ReportError;
use crate::run::progress::Standing;
use crate::run::{Progress, Session};

/// How long the ways before and after learning are.
const WAY: Nanos = Nanos::from_secs(60);

/// How long the moment that is shown lasts.
const MOMENT: Nanos = Nanos::from_secs(2);

/// Control steps between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 1000;

/// A part of a run that was done again, or why it wasn't.
pub type Part<T> = Result<T, String>;

/// What was done again.
pub struct Again {
    /// The first seconds.
    pub before: Part<Stretch>,
    /// Some seconds on from the last checkpoint.
    pub after: Part<Stretch>,
    /// The moment that is shown.
    pub moment: Part<Stretch>,
    /// How what was done from the start agrees with the recording.
    pub check: Part<String>,
    /// What a control step costs.
    pub timing: Part<Timing>,
    /// The network, as it was built.
    pub network: Option<NetworkSpec>,
}

/// Does it again; `at` is the moment that is shown, the end of the run if none is told.
pub fn again(
    registry: &Arc<Registry>,
    files: &Files,
    at: Option<Nanos>,
    progress: &mut dyn Progress,
) -> Result<Again, ReportError> {
    let at = at.map(|at| control_step(files, at)).transpose()?;
    if let Some(why) = files.once_only() {
        return Ok(Again::none(&why));
    }
    let mut worker = match Worker::new(registry, files) {
        Ok(worker) => worker,
        Err(why) => {
            return Ok(Again::none(&format!("its parts can't be built here, so that nothing of it can be made again: {why}")));
        }
    };
    let mut again = Again::none("this run has not come that far");
    again.network = worker.session.controller().network().cloned();
    worker.repeat_start(at, &mut again, progress);
    match worker.continue_from_checkpoint(registry, at.is_none(), &mut again) {
        Ok(()) => again.timing = Timing::of(registry, &files.loaded, &worker.session),
        Err(why) => {
            if again.before.is_ok() {
                again.timing = Timing::of(registry, &files.loaded, &worker.session);
            }
            again.after = Err(why.clone());
            if at.is_none() {
                again.moment = Err(format!("{why}. A moment of the run itself is shown with --at"));
            }
        }
    }
    Ok(again)
}

/// The control step that a time is the end of.
fn control_step(files: &Files, at: Nanos) -> Result<u64, ReportError> {
    let period = files.loaded.scenario.time.control_period;
    let step = at.whole_multiple_of(period).filter(|step| *step <= files.reached());
    step.ok_or_else(|| ReportError::Moment {
        most: files.time(files.reached()).to_string(),
        period: period.to_string(),
        found: at.to_string(),
    })
}

impl Again {
    /// Nothing, for this reason.
    fn none(why: &str) -> Again {
        let why = || why.to_owned();
        Again { before: Err(why()), after: Err(why()), moment: Err(why()), check: Err(why()), timing: Err(why()), network: None }
    }
}

/// A loop of the run, with what its moments need.
struct Worker<'a> {
    files: &'a Files,
    robot: RobotSpec,
    session: Session,
}

impl Worker<'_> {
    fn new<'a>(registry: &Arc<Registry>, files: &'a Files) -> Part<Worker<'a>> {
        let assembly = files.loaded.assemble(registry).map_err(|e| e.to_string())?;
        let robot = files.loaded.robot(registry).map_err(|e| e.to_string())?;
        let mut session = Session::new(assembly, files.loaded.scenario.seed);
        session.watch(true);
        Ok(Worker { files, robot, session })
    }

    /// Control steps that a time takes.
    fn steps(&self, time: Nanos) -> u64 {
        (time.0 / self.files.loaded.scenario.time.control_period.0).max(1)
    }

    fn stretch(&self, from: u64, to: u64) -> Stretch {
        Stretch::new(&self.session, &self.files.loaded.scenario.time, [from, to])
    }

    /// The first seconds of the run, and all of it up to `at`.
    fn repeat_start(&mut self, at: Option<u64>, again: &mut Again, progress: &mut dyn Progress) {
        let first = self.steps(WAY).min(self.files.reached());
        let total = at.unwrap_or(first).max(first);
        if total == 0 {
            return;
        }
        let mut before = self.stretch(0, first);
        let begin = at.unwrap_or(0).saturating_sub(self.steps(MOMENT));
        let mut moment = self.stretch(begin, at.unwrap_or(0));
        let (started, recorded) = (Instant::now(), &self.files.rewards);
        let mut differing = None;
        for step in 1..=total {
            let mut index = self.session.position().records;
            let advanced = self.session.advance(|record| {
                let same = recorded.get(index as usize).map(|reward| reward.to_bits()) == Some(record.step.reward.to_bits());
                differing = differing.or((!same).then_some((index, record.step.reward)));
                index += 1;
            });
            if let Err(error) = advanced {
                let why = format!("made again from the start, it failed: {error}");
                if at.is_some() {
                    again.moment = Err(why.clone());
                }
                (again.before, again.check) = (Err(why.clone()), Err(why));
                return;
            }
            if step <= first {
                before.take(Moment::of(&self.session, &self.robot));
            }
            if at.is_some_and(|at| step > begin && step <= at) {
                moment.take(Moment::of(&self.session, &self.robot));
            }
            if step.is_multiple_of(STEPS_PER_UPDATE) && at.is_some() {
                let (simulated, total) = (self.files.time(step), self.files.time(total));
                progress.update(Standing { simulated, total, session: (simulated, started.elapsed()), metric: None });
            }
        }
        progress.end();
        again.check = self.check(differing);
        again.before = Ok(before);
        if at.is_some() {
            again.moment = Ok(moment);
        }
    }

    /// How what was done from the start agrees with the recorded rewards.
    fn check(&self, differing: Option<(u64, f32)>) -> Part<String> {
        let recorded = &self.files.rewards;
        let records = self.session.position().records;
        match differing {
            None => Ok(format!("all {} rewards up to there equal those recorded, to the bit", crate::words::count(records))),
            Some((index, found)) => Err(match recorded.get(index as usize) {
                Some(expected) => format!(
                    "made again from the start, it differs from the recording: the reward of step record {index} was {expected}, and is now {found}"
                ),
                None => format!(
                    "the recorded rewards end before step record {index}, so that what came after can't be held against them"
                ),
            }),
        }
    }

    /// Some seconds on from the last checkpoint; the first of them are the moment, if that is asked for.
    fn continue_from_checkpoint(&mut self, registry: &Arc<Registry>, show: bool, again: &mut Again) -> Part<()> {
        let Some(saved) = &self.files.saved else {
            return Err(if self.files.brain_elsewhere {
                "its brain was another program, which keeps its state in a folder of its own, so that it can't be continued here"
                    .into()
            } else {
                "it has no checkpoint yet".into()
            });
        };
        let mut end = Worker::new(registry, self.files)?;
        end.session.restore(&saved.session).map_err(|e| format!("its last checkpoint can't be restored: {e}"))?;
        let position = end.session.position();
        if position.trace != saved.trace {
            return Err(format!("its last checkpoint states trace hash {}, and holds {}", saved.trace, position.trace));
        }
        let from = position.control_steps;
        let (way, moment) = (end.steps(WAY), end.steps(MOMENT));
        let mut after = end.stretch(from, from + way);
        let mut shown = end.stretch(from, from + moment);
        for step in 1..=way {
            end.session.advance(|_| ()).map_err(|error| format!("continued from its last checkpoint, it failed: {error}"))?;
            let now = Moment::of(&end.session, &end.robot);
            if show && step <= moment {
                shown.take(now.clone());
            }
            after.take(now);
        }
        again.after = Ok(after);
        if show {
            again.moment = Ok(shown);
        }
        self.session = end.session;
        Ok(())
    }
}
