//! A recording as a source: it is played, and can be gone to any time of it.
//!
//! Its curves are those of the whole of it, made by a thread of their own while it is shown already; counts begin anew wherever it is gone to.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use embody_controllers::telemetry::Telemetry;
use embody_robots::Nanos;

use super::history::{Course, History, Periods, RASTER};
use super::source::{Source, SourceError};
use crate::moment::Moment;
use crate::recording::{Recording, refuse_foreign};
use crate::registry::Registry;
use crate::run::folder::RECORDING;
use crate::scenario::Loaded;
use crate::words;

/// The recording of a run folder.
pub(crate) struct RecordedSource {
    recording: Recording,
    now: Nanos,
    history: History,
    course: Arc<OnceLock<Course>>,
    /// How long the run was to be, where the recording ends before.
    cut: Option<Nanos>,
}

impl RecordedSource {
    /// The recording of a run folder, which must be that of its scenario, at its start.
    pub fn open(registry: &Registry, folder: &Path, loaded: &Loaded) -> Result<RecordedSource, SourceError> {
        let fail = |error: &dyn std::fmt::Display| SourceError(error.to_string());
        let recording = Recording::open(&folder.join(RECORDING)).map_err(|e| fail(&e))?;
        refuse_foreign(registry, &recording, loaded).map_err(|e| fail(&e))?;
        let course = course_of(&folder.join(RECORDING));
        let history = history_since(&recording, Nanos::ZERO, &course);
        let cut = (!recording.is_complete()).then_some(loaded.scenario.time.duration);
        Ok(RecordedSource { recording, now: Nanos::ZERO, history, course, cut })
    }

    /// Takes the steps after `from` up to `to` into the history.
    fn take(&mut self, from: Nanos, to: Nanos) -> Result<(), SourceError> {
        for step in self.recording.steps(Nanos(from.0 + 1), Nanos(to.0 + 1)) {
            let step = step.map_err(|e| SourceError(e.to_string()))?;
            self.history.step(step.time, &step.step);
            self.history.brain(&Telemetry { populations: step.spikes, ..Telemetry::default() });
        }
        Ok(())
    }
}

fn history_since(recording: &Recording, since: Nanos, course: &Arc<OnceLock<Course>>) -> History {
    History::of_a_course(periods(recording), since, course.clone())
}

fn periods(recording: &Recording) -> Periods {
    Periods { control: recording.info().control_period, tick: recording.info().neural_tick }
}

/// The curves of the recording at `path`, once a thread has read all of it.
fn course_of(path: &Path) -> Arc<OnceLock<Course>> {
    let (course_to_be, path) = (Arc::new(OnceLock::new()), path.to_owned());
    let place = course_to_be.clone();
    std::thread::spawn(move || {
        // One that can't be opened again is told where it is shown.
        if let Ok(recording) = Recording::open(&path) {
            let _ = place.set(course(&recording));
        }
    });
    course_to_be
}

/// The curves of a whole recording; of a damaged one up to where it is.
fn course(recording: &Recording) -> Course {
    let mut curves = History::new(periods(recording), Nanos::ZERO);
    let mut views = recording.views(Nanos::ZERO, Nanos(u64::MAX)).map_while(Result::ok).peekable();
    for step in recording.steps(Nanos::ZERO, Nanos(u64::MAX)).map_while(Result::ok) {
        curves.step(step.time, &step.step);
        while let Some(view) = views.next_if(|view| view.time <= step.time) {
            curves.tallies(&view.tallies);
        }
    }
    Course { reward: curves.reward, metric: curves.metric, span: [Nanos::ZERO, recording.end()] }
}

impl Source for RecordedSource {
    fn advance(&mut self) -> Result<bool, SourceError> {
        let next = Nanos(self.now.0 + self.recording.info().control_period.0);
        if next > self.recording.end() {
            return Ok(false);
        }
        self.take(self.now, next)?;
        self.now = next;
        Ok(true)
    }

    fn moment(&mut self) -> Result<Moment, SourceError> {
        let moment = self.recording.moment_at(self.now).map_err(|e| SourceError(e.to_string()))?;
        if let Some(telemetry) = &moment.telemetry {
            // Its spikes are in the history already, step by step.
            self.history.brain(&Telemetry { populations: Vec::new(), ..telemetry.clone() });
        }
        Ok(moment)
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn time(&self) -> Nanos {
        self.now
    }

    fn stands(&self) -> Option<String> {
        let period = self.recording.info().control_period.0;
        let of = self.cut.filter(|_| self.now.0 + period > self.recording.end().0)?;
        Some(format!("cut off here, of {}: the run goes on, or was killed", words::seconds(of)))
    }

    fn reset(&mut self) -> Result<(), SourceError> {
        self.seek(Nanos::ZERO)
    }

    fn span(&self) -> Option<[Nanos; 2]> {
        Some([Nanos::ZERO, self.recording.end()])
    }

    fn seek(&mut self, time: Nanos) -> Result<(), SourceError> {
        // To a whole control step, as steps are at.
        let period = self.recording.info().control_period.0.max(1);
        let time = Nanos(time.min(self.recording.end()).0 / period * period);
        let from = Nanos(time.0.saturating_sub(RASTER.0));
        self.history = history_since(&self.recording, from, &self.course);
        self.take(from, time)?;
        self.now = time;
        Ok(())
    }
}
