//! The recording of a run: read in full, held against what else the folder says, and shown only if all of it agrees.
//!
//! A recording that is damaged, edited or of another run isn't used, and the page says what is wrong with it.

use std::sync::Arc;
use std::time::Instant;

use embody_robots::{Nanos, TraceHash};

use super::stretch::Stretch;
use crate::recording::{Recording, RecordingError, VerifyError, refuse_another_scenario};
use crate::registry::Registry;
use crate::run::Progress;
use crate::run::folder::{REWARDS, SUMMARY, Summary};
use crate::run::progress::Standing;
use crate::scenario::Loaded;
use crate::words::{count, seconds};

/// Weights are in the first view of a chunk, which spans at most so long.
const CHUNK: Nanos = Nanos::from_secs(10);

/// Step records between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 10_000;

/// A recording that is as its run.
pub struct Recorded {
    recording: Recording,
    /// The reward of each step record.
    pub rewards: Vec<f32>,
    /// What was seen to agree.
    pub agrees: String,
    /// Whether the run went on after it ends.
    pub is_cut: bool,
}

/// What else a run folder says of the run.
pub struct Known<'a> {
    /// The scenario.
    pub loaded: &'a Loaded,
    /// What the run came to.
    pub summary: Option<&'a Summary>,
    /// The rewards of its own file.
    pub rewards: &'a [f32],
}

impl Recorded {
    /// Reads a recording and holds it against what is known; tells `progress` how far it has come.
    ///
    /// # Errors
    /// Names the first thing that is not as it should be.
    pub fn read(
        registry: &Arc<Registry>,
        recording: Recording,
        known: &Known<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Recorded, VerifyError> {
        let content = |place: String, expected: String, found: String| -> VerifyError {
            RecordingError::content(recording.path(), place, expected, found).into()
        };
        let version = known.summary.map_or(crate::VERSION, |summary| &summary.version);
        if recording.info().version != version {
            let expected = format!("{version}, as the run's");
            return Err(content("version of the program".into(), expected, recording.info().version.clone()));
        }
        refuse_another_scenario(registry, &recording, known.loaded)?;
        recording.check()?;
        let (mut trace, mut scratch) = (TraceHash::default(), Vec::new());
        let mut rewards = Vec::new();
        let (started, total) = (Instant::now(), recording.end());
        for step in recording.steps(Nanos::ZERO, Nanos(u64::MAX)) {
            let step = step?;
            if step.record.is_multiple_of(STEPS_PER_UPDATE) {
                let simulated = step.time;
                progress.update(Standing { simulated, total, session: (simulated, started.elapsed()), metric: None });
            }
            let (index, reward) = (rewards.len(), step.step.reward);
            let place = |what: &str| format!("at {} s (step record {}), {what}", step.time.as_secs_f64(), step.record);
            if step.record != index as u64 {
                return Err(content(place("index"), index.to_string(), step.record.to_string()));
            }
            if let Some(own) = known.rewards.get(index).filter(|own| own.to_bits() != reward.to_bits()) {
                return Err(content(place("reward"), format!("{own}, as in {REWARDS}"), reward.to_string()));
            }
            rewards.push(reward);
            trace.record(&mut scratch, step.record, &step.step, step.action.as_ref());
        }
        let control_steps = recording.control_steps();
        let all = match known.summary {
            Some(summary) if summary.control_steps == control_steps => {
                if summary.trace_hash != trace.to_string() {
                    let expected = format!("{}, as in {SUMMARY}", summary.trace_hash);
                    let found = format!("{trace}: an observation or an action was changed");
                    return Err(content("trace hash".into(), expected, found));
                }
                "the trace hash over every observation, reward and action in it is that of summary.json".into()
            }
            _ => format!("its {} rewards equal those of {REWARDS}, as far as these go", count(rewards.len() as u64)),
        };
        let is_cut = known.summary.is_some_and(|summary| summary.control_steps > control_steps);
        let whole = if recording.is_complete() { "byte" } else { "chunk" };
        let agrees = format!("up to {}: every {whole} is as it was written, and {all}", seconds(recording.end()));
        Ok(Recorded { recording, rewards, agrees, is_cut })
    }

    /// Control steps in it.
    pub fn control_steps(&self) -> u64 {
        self.recording.control_steps()
    }

    /// Step records in it.
    pub fn records(&self) -> u64 {
        self.recording.records()
    }

    /// Simulated time of its last step.
    pub fn end(&self) -> Nanos {
        self.recording.end()
    }

    /// Fills in what went on in a stretch that it covers.
    ///
    /// # Errors
    /// If that part of the file can't be read.
    pub fn fill(&self, stretch: &mut Stretch) -> Result<(), RecordingError> {
        let [from, to] = stretch.span;
        // A control period belongs to the stretch in which it ends. Images come first: they say which events are shown beside them.
        let (after, end) = (Nanos(from.0 + 1), Nanos(to.0 + 1));
        for view in self.recording.views(Nanos(from.0.saturating_sub(CHUNK.0)), end) {
            let view = view?;
            if let Some(brain) = &view.telemetry {
                stretch.take_weights(view.time, &brain.weights);
            }
            if !view.images.is_empty() {
                stretch.images = (view.time, view.images);
            }
        }
        for step in self.recording.steps(after, end) {
            let step = step?;
            if step.action.is_some() {
                stretch.take_step(step.time, &step.step);
                stretch.take_spikes(step.time, &step.spikes);
            }
        }
        for frame in self.recording.frames(after, end) {
            let frame = frame?;
            stretch.take_links(frame.time, &frame.links);
        }
        Ok(())
    }
}
