//! The stretches of a run that a page shows, each from where it is best had: the recording, else made again from the nearest checkpoint at or
//! before it, else from the start.

use std::collections::BTreeMap;
use std::sync::Arc;

use embody_brain::NetworkSpec;
use embody_robots::Nanos;

use super::again::{self, Again, Job};
use super::files::Files;
use super::layout::Layout;
use super::origin::{Origin, Part};
use super::stretch::Stretch;
use super::timing::Timing;
use crate::registry::Registry;
use crate::report::{ReportError, brain};
use crate::run::{Progress, Session};
use crate::words::number;

/// How long the ways at the beginning and at the end are; at most half of the run each.
const WAY: Nanos = Nanos::from_secs(60);

/// How long the moment that is shown lasts.
pub const MOMENT: Nanos = Nanos::from_secs(2);

/// Nobody waits longer for what wasn't asked for (s of wall time, by what the run itself took).
const PATIENCE_S: f64 = 120.0;

/// Which of the three stretches is the moment.
const SHOWN: usize = 2;

/// What a page shows.
pub struct Shown {
    /// The first seconds.
    pub before: Part<Stretch>,
    /// The last seconds.
    pub after: Part<Stretch>,
    /// The moment that is shown.
    pub moment: Part<Stretch>,
    /// What a control step costs.
    pub timing: Part<Timing>,
    /// The network, as it was built.
    pub network: Option<NetworkSpec>,
}

/// Gathers all of it; `at` is the end of the moment that is shown, the end of the run if none is told.
pub fn gather(
    registry: &Arc<Registry>,
    files: &Files,
    at: Option<Nanos>,
    progress: &mut dyn Progress,
) -> Result<Shown, ReportError> {
    let asked = at.map(|at| control_step(files, at)).transpose()?;
    let layout = match Layout::of(registry, &files.loaded) {
        Ok(layout) => layout,
        Err(why) => return Ok(Shown::none(&why)),
    };
    if files.reach.control_steps == 0 {
        return Ok(Shown::none("this run has not come that far"));
    }
    let spans = spans(files, asked);
    let maker = Again::new(registry, files, &layout);
    let mut parts = spans.map(|span| recorded(files, &layout, span));
    let mut last = None;
    match &maker {
        Ok(maker) => last = make(maker, files, spans, asked.is_some(), &mut parts, progress),
        Err(why) => parts.iter_mut().filter(|part| part.is_none()).for_each(|part| *part = Some(Err(why.clone()))),
    }
    let timing = timing(registry, files, last);
    let network = match maker {
        Ok(maker) => maker.network,
        // Whether or not the run can be made again: its network is what its scenario says.
        Err(_) if !files.has_a_strangers_brain() => {
            brain::learned(registry, &files.loaded, None).ok().and_then(|learned| learned.network)
        }
        Err(_) => None,
    };
    let [before, after, moment] = parts.map(|part| part.unwrap_or_else(|| Err("this run has not come that far".into())));
    Ok(Shown { before, after, moment, timing, network })
}

/// The control step that a time is the end of.
fn control_step(files: &Files, at: Nanos) -> Result<u64, ReportError> {
    let period = files.loaded.scenario.time.control_period;
    let step = at.whole_multiple_of(period).filter(|step| (1..=files.reach.control_steps).contains(step));
    step.ok_or_else(|| ReportError::Moment {
        most: files.time(files.reach.control_steps).to_string(),
        by: files.reach.by.into(),
        period: period.to_string(),
        found: at.to_string(),
    })
}

/// Between which control steps the three lie.
fn spans(files: &Files, asked: Option<u64>) -> [[u64; 2]; 3] {
    let end = files.reach.control_steps;
    let steps = |time: Nanos| (time.0 / files.loaded.scenario.time.control_period.0).max(1);
    let way = steps(WAY).min((end / 2).max(1));
    let shown = asked.unwrap_or(end);
    [[0, way], [end - way, end], [shown.saturating_sub(steps(MOMENT)), shown]]
}

/// A stretch from the recording, if that covers it.
fn recorded(files: &Files, layout: &Layout, span: [u64; 2]) -> Option<Part<Stretch>> {
    let recorded = files.recording().filter(|recorded| recorded.control_steps() >= span[1])?;
    let mut stretch = Stretch::new(layout, span, Origin::Recording);
    Some(recorded.fill(&mut stretch).map(|()| stretch).map_err(|error| error.to_string()))
}

/// Makes again what the recording doesn't have, and gives the loop where it then stands.
fn make(
    maker: &Again<'_>,
    files: &Files,
    spans: [[u64; 2]; 3],
    asked: bool,
    parts: &mut [Option<Part<Stretch>>; 3],
    progress: &mut dyn Progress,
) -> Option<Session> {
    let mut groups: BTreeMap<Option<usize>, Vec<Job>> = BTreeMap::new();
    for (slot, span) in spans.into_iter().enumerate() {
        // A world whose brain is elsewhere records neither spikes nor weights.
        let lacks_brain = |stretch: &Stretch| stretch.populations.is_empty() && maker.network.is_some() && files.brain_elsewhere;
        let has = parts[slot].as_ref().is_some_and(|part| part.as_ref().is_ok_and(|stretch| !lacks_brain(stretch)));
        if has {
            continue;
        }
        let nearest = files.states.iter().rposition(|state| state.step <= span[0]);
        let begin = nearest.map_or(0, |index| files.states[index].step);
        let wall_s = files.wall_s() * (span[1] - begin) as f64 / files.reach.control_steps as f64;
        if wall_s <= PATIENCE_S || (asked && slot == SHOWN) {
            groups.entry(nearest).or_default().push(Job { slot, span, beyond: false });
        } else if parts[slot].is_none() {
            match files.states.len().checked_sub(1) {
                Some(index) => {
                    let from = files.states[index].step;
                    let job = Job { slot, span: [from, from + span[1] - span[0]], beyond: true };
                    groups.entry(Some(index)).or_default().push(job);
                }
                None => {
                    let wall = number(wall_s.round());
                    parts[slot] = Some(Err(format!(
                        "it was neither recorded nor is there a checkpoint before it, and making it again would take some {wall} s; \
                         a moment that is named with --at is made again all the same"
                    )));
                }
            }
        }
    }
    let mut last = None;
    for (state, jobs) in groups {
        let (made, session) = maker.make(state.map(|index| &files.states[index]), &jobs, progress);
        last = session.or(last);
        for (job, made) in jobs.iter().zip(made) {
            match (&mut parts[job.slot], made) {
                (Some(Ok(recorded)), Ok(again)) => recorded.take_brain(again),
                (Some(Ok(_)), Err(_)) => (),
                (part, made) => *part = Some(made),
            }
        }
    }
    last
}

/// What a control step costs, on from where the loop stands; else from the last checkpoint or the start. That of a run which can't be made again
/// equal is measured all the same, from the start.
fn timing(registry: &Arc<Registry>, files: &Files, last: Option<Session>) -> Part<Timing> {
    if let Some(why) = files.once_only().filter(|_| !files.is_of_this_program()) {
        return Err(why);
    }
    let of = |session: Session| Timing::of(registry, &files.loaded, &session);
    let at = |state| again::session(registry, &files.loaded, state).and_then(of);
    // A run whose rewards are another's ends with these.
    last.ok_or_else(String::new).and_then(of).or_else(|_| at(files.states.last())).or_else(|_| at(None))
}

impl Shown {
    /// Nothing, for this reason.
    fn none(why: &str) -> Shown {
        let why = || why.to_owned();
        Shown { before: Err(why()), after: Err(why()), moment: Err(why()), timing: Err(why()), network: None }
    }

    /// The stretches before and after that there are, by name.
    pub fn stretches(&self) -> Vec<(&'static str, &Stretch)> {
        let parts = [("before", &self.before), ("after", &self.after)];
        parts.into_iter().filter_map(|(name, part)| Some((name, part.as_ref().ok()?))).collect()
    }
}
