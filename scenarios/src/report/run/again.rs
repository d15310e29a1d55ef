//! Making stretches of a run again in memory, from its start or from a checkpoint. Nothing is written.
//!
//! Runs of equal seeds are equal. What is made again is held against the recorded rewards, one by one, and says how it agrees.

use std::sync::Arc;
use std::time::Instant;

use embody_brain::NetworkSpec;
use embody_robots::{Checkpoint, RobotSpec};

use super::files::Files;
use super::layout::Layout;
use super::origin::{Origin, Part};
use super::states::State;
use super::stretch::Stretch;
use crate::moment::Moment;
use crate::registry::Registry;
use crate::run::progress::Standing;
use crate::run::{Progress, Session};
use crate::scenario::Loaded;
use crate::words::{count, seconds};

/// Control steps between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 1000;

/// A stretch that is to be made again.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Which of the page's stretches it is.
    pub slot: usize,
    /// The control steps between which it lies.
    pub span: [u64; 2],
    /// Whether it is beyond what the run did, so that there is nothing to hold it against.
    pub beyond: bool,
}

/// What makes a run again.
pub struct Again<'a> {
    registry: &'a Arc<Registry>,
    files: &'a Files,
    layout: &'a Layout,
    robot: RobotSpec,
    /// The network, as it was built.
    pub network: Option<NetworkSpec>,
}

impl<'a> Again<'a> {
    /// Of a run that can be made again here.
    ///
    /// # Errors
    /// Says why it can't.
    pub fn new(registry: &'a Arc<Registry>, files: &'a Files, layout: &'a Layout) -> Part<Again<'a>> {
        if let Some(why) = files.once_only() {
            return Err(why);
        }
        let unfit = |error: String| format!("its parts can't be built here, so that nothing of it can be made again: {error}");
        let robot = files.loaded.robot(registry).map_err(|error| unfit(error.to_string()))?;
        let mut again = Again { registry, files, layout, robot, network: None };
        again.network = session(registry, &files.loaded, None).map_err(unfit)?.controller().network().cloned();
        Ok(again)
    }

    /// Makes some stretches again that begin at or after a state, and gives the loop where it then stands.
    pub fn make(
        &self,
        state: Option<&State>,
        jobs: &[Job],
        progress: &mut dyn Progress,
    ) -> (Vec<Part<Stretch>>, Option<Session>) {
        let from = state.map(|state| self.layout.time(state.step));
        let mut session = match session(self.registry, &self.files.loaded, state) {
            Ok(session) => session,
            Err(why) => return (jobs.iter().map(|_| Err(why.clone())).collect(), None),
        };
        let origin = |job: &Job, agrees| match (job.beyond, from) {
            (true, Some(at)) => Origin::Beyond(at),
            _ => Origin::Again { from, agrees },
        };
        let begin = |job: &Job| Stretch::new(self.layout, job.span, origin(job, Ok(String::new())));
        let mut stretches: Vec<Stretch> = jobs.iter().map(begin).collect();
        let first = session.position().records;
        let (made, differing) = match self.go(&mut session, jobs, &mut stretches, progress) {
            Ok(differing) => (Ok(()), differing),
            Err(error) => {
                let start = from.map_or("the start".into(), |at| format!("the checkpoint at {}", seconds(at)));
                (Err(format!("made again from {start}, it failed: {error}")), None)
            }
        };
        let agrees = self.agrees(first, session.position().records, differing);
        let parts = jobs.iter().zip(stretches).map(|(job, mut stretch)| {
            stretch.origin = origin(job, agrees.clone());
            let is_whole = stretch.rewards.len() as u64 == job.span[1] - job.span[0];
            if is_whole { Ok(stretch) } else { made.clone().map(|()| stretch) }
        });
        (parts.collect(), Some(session))
    }

    /// Runs to the end of all stretches; gives the first step record whose reward differs, with what it was.
    fn go(
        &self,
        session: &mut Session,
        jobs: &[Job],
        stretches: &mut [Stretch],
        progress: &mut dyn Progress,
    ) -> Result<Option<(u64, f32)>, String> {
        let (started, begun) = (Instant::now(), session.position().control_steps);
        let last = jobs.iter().map(|job| job.span[1]).max().unwrap_or(begun);
        let mut differing = None;
        weigh(session, self.layout, jobs, stretches);
        for step in begun + 1..=last {
            let mut index = session.position().records;
            let beyond = step > self.files.reach.control_steps;
            let advanced = session.advance(|record| {
                let reward = self.files.rewards.get(index as usize).map(|reward| reward.to_bits());
                let differs = reward != Some(record.step.reward.to_bits()) && !beyond;
                differing = differing.or(differs.then_some((index, record.step.reward)));
                index += 1;
            });
            advanced.map_err(|error| error.to_string())?;
            self.look(session, jobs, stretches);
            if step.is_multiple_of(STEPS_PER_UPDATE) {
                let time = |steps: u64| self.layout.time(steps - begun);
                let session = (time(step), started.elapsed());
                progress.update(Standing { simulated: time(step), total: time(last), session, metric: None });
            }
        }
        Ok(differing)
    }

    /// Shows the stretches what there is to see now.
    fn look(&self, session: &Session, jobs: &[Job], stretches: &mut [Stretch]) {
        let step = session.position().control_steps;
        if jobs.iter().all(|job| step <= job.span[0] || step > job.span[1]) {
            return;
        }
        let moment = Moment::of(session, &self.robot);
        for (_, stretch) in jobs.iter().zip(&mut *stretches).filter(|(job, _)| step > job.span[0] && step <= job.span[1]) {
            stretch.take_step(moment.time, &moment.step);
            stretch.take_links(moment.time, &moment.truth.links);
            if let Some(telemetry) = &moment.telemetry {
                stretch.take_spikes(moment.time, &telemetry.populations);
            }
            if moment.time >= stretch.span[1] {
                stretch.images.1.clone_from(&moment.images);
            }
        }
        weigh(session, self.layout, jobs, stretches);
    }

    /// How what was made again agrees with the recorded rewards.
    fn agrees(&self, first: u64, records: u64, differing: Option<(u64, f32)>) -> Part<String> {
        let Some((index, found)) = differing else {
            let known = (self.files.rewards.len() as u64).min(records).saturating_sub(first);
            let since = if first == 0 { "up to there" } else { "from there on" };
            return Ok(format!("all {} rewards {since} equal those recorded, to the bit", count(known)));
        };
        Err(match self.files.rewards.get(index as usize) {
            Some(expected) => format!(
                "made again, it differs from the recording: the reward of step record {index} was {expected}, and is now {found}"
            ),
            None => {
                format!("the recorded rewards end before step record {index}, so that what came after can't be held against them")
            }
        })
    }
}

/// The loop of a scenario at a state, or at the start.
///
/// # Errors
/// If it can't be brought there.
pub fn session(registry: &Arc<Registry>, loaded: &Loaded, state: Option<&State>) -> Part<Session> {
    let assembly = loaded.assemble(registry).map_err(|error| error.to_string())?;
    let mut session = Session::new(assembly, loaded.scenario.seed);
    if let Some(state) = state {
        session.restore(&state.session).map_err(|error| format!("its checkpoint can't be restored: {error}"))?;
    }
    session.watch(true);
    Ok(session)
}

/// Shows the weights to the stretches that begin or end here.
fn weigh(session: &Session, layout: &Layout, jobs: &[Job], stretches: &mut [Stretch]) {
    let step = session.position().control_steps;
    if jobs.iter().any(|job| job.span.contains(&step)) {
        let Some(readings) = session.controller().readings(true) else { return };
        for (_, stretch) in jobs.iter().zip(stretches).filter(|(job, _)| job.span.contains(&step)) {
            stretch.take_weights(layout.time(step), &readings.weights);
        }
    }
}
