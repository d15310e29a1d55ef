//! Running a recorded run again, and comparing each step with the recording.
//!
//! Equal seeds give equal bits, so that nothing may differ; the first thing that does is named. What a run in real time does depends on
//! the clock, and what another program's brain does is known to that alone: neither can be run again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embody_robots::{Action, Field, Nanos, Observation, TimeStep, TraceHash, wire};

use super::{Recording, RecordingError, Step};
use crate::config::{ConfigError, Node};
use crate::registry::Registry;
use crate::run::checkpoint::comparable;
use crate::run::folder::{self, CONFIG, FolderError, RECORDING, SUMMARY, Summary};
use crate::run::{Record, Session, SessionError, scenario_of};
use crate::scenario::{Loaded, ScenarioError};

/// Why a run isn't as it was recorded, or can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The recording can't be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The scenario can't be loaded.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The scenario can't be built.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of the run folder can't be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The loop failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The run can't be run again here.
    #[error("{folder}: this run can't be run again: {why}")]
    Unrepeatable {
        /// The run folder.
        folder: String,
        /// Why.
        why: String,
    },
    /// Something is not as it was recorded.
    #[error("{path}: {difference}")]
    Differs {
        /// The recording.
        path: String,
        /// What differs first.
        difference: Difference,
    },
    /// All steps are as they were recorded, but the summary tells of others.
    #[error("{path}: trace_hash: expected {expected}, found {found}")]
    Trace {
        /// The summary.
        path: String,
        /// What the recording gives.
        expected: String,
        /// What the summary says.
        found: String,
    },
    /// It was asked to stop.
    #[error("stopped before the end; all was as recorded up to {0}")]
    Stopped(Nanos),
}

/// The first thing that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("at {} s (step record {record}): {field}: expected {expected}, as recorded, found {found}", time.as_secs_f64())]
pub struct Difference {
    /// Time since the run began.
    pub time: Nanos,
    /// Index of the step record.
    pub record: u64,
    /// What differs, such as `observation "camera", event 3`.
    pub field: String,
    /// What was recorded.
    pub expected: String,
    /// What happened when it was run again.
    pub found: String,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Step records.
    pub records: u64,
    /// Control steps among them.
    pub control_steps: u64,
    /// The trace hash up to there.
    pub trace: TraceHash,
    /// What the run came to by its own account, if it was ended.
    pub summary: Option<Summary>,
}

/// Runs the run of a folder again, as far as it was recorded, and compares each step. Tells `progress` how many of how many control steps
/// were compared.
///
/// # Errors
/// If anything differs, or can't be read or run.
pub fn verify(
    registry: &Arc<Registry>,
    folder: &Path,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, VerifyError> {
    let loaded = scenario_of(registry, folder, &[])?;
    let recording = Recording::open(&folder.join(RECORDING))?;
    refuse_another(registry, &recording, &loaded)?;
    let summary = folder.join(SUMMARY).exists().then(|| folder::read_summary(folder)).transpose()?;
    refuse_unrepeatable(summary.as_ref(), &loaded, folder)?;
    recording.check()?;
    let mut session = Session::new(loaded.assemble(registry)?, loaded.scenario.seed);
    compare(&recording, &mut session, stop, progress)?;
    let position = session.position();
    let verified = Verified { records: position.records, control_steps: position.control_steps, trace: position.trace, summary };
    match &verified.summary {
        Some(summary) if summary.control_steps == verified.control_steps && summary.trace_hash != verified.trace.to_string() => {
            let (path, found) = (folder.join(SUMMARY).display().to_string(), summary.trace_hash.clone());
            Err(VerifyError::Trace { path, expected: verified.trace.to_string(), found })
        }
        _ => Ok(verified),
    }
}

/// Refuses a recording of another scenario than that of its run folder, or by another program than the run's: to look at it would be to look at another run.
///
/// # Errors
/// Names what differs, and the folder's file that can't be read.
pub(crate) fn refuse_foreign(registry: &Registry, recording: &Recording, loaded: &Loaded) -> Result<(), VerifyError> {
    let folder = recording.path().parent().map(Path::to_owned).unwrap_or_default();
    let summary = folder.join(SUMMARY).exists().then(|| folder::read_summary(&folder)).transpose()?;
    let expected = summary.map_or(crate::VERSION.to_owned(), |summary| summary.version);
    let found = &recording.info().version;
    if *found != expected {
        let expected = format!("{expected}, as the run's");
        return Err(RecordingError::content(recording.path(), "version of the program", &expected, found).into());
    }
    refuse_another_scenario(registry, recording, loaded)
}

/// Refuses a recording of another scenario, or by a program whose runs have other traces.
fn refuse_another(registry: &Registry, recording: &Recording, loaded: &Loaded) -> Result<(), VerifyError> {
    let found = &recording.info().version;
    if found != crate::VERSION {
        return Err(RecordingError::content(recording.path(), "version of the program", crate::VERSION, found).into());
    }
    refuse_another_scenario(registry, recording, loaded)
}

/// Refuses a recording of another scenario than that of its run folder.
///
/// # Errors
/// Names the first line that differs.
pub(crate) fn refuse_another_scenario(registry: &Registry, recording: &Recording, loaded: &Loaded) -> Result<(), VerifyError> {
    let info = recording.info();
    let differs =
        |place: &str, expected: &str, found: &str| Err(RecordingError::content(recording.path(), place, expected, found).into());
    if info.scenario != loaded.scenario.name {
        return differs("scenario", &format!("{:?}, as in {CONFIG}", loaded.scenario.name), &format!("{:?}", info.scenario));
    }
    let folder = recording.path().parent().map(Path::to_owned).unwrap_or_default();
    let node = Node::parse(&info.config, &format!("{} (/run)", recording.path().display()))?;
    let recorded = comparable(&Loaded::resolve(registry, node, folder)?);
    let present = comparable(loaded);
    let lines = || present.lines().chain(std::iter::repeat("")).zip(recorded.lines().chain(std::iter::repeat("")));
    match lines().take(present.lines().count().max(recorded.lines().count())).find(|(present, recorded)| present != recorded) {
        Some((present, recorded)) => differs("scenario", &format!("{present:?}, as in {CONFIG}"), &format!("{recorded:?}")),
        None => Ok(()),
    }
}

fn refuse_unrepeatable(summary: Option<&Summary>, loaded: &Loaded, folder: &Path) -> Result<(), VerifyError> {
    let unrepeatable = |why: String| Err(VerifyError::Unrepeatable { folder: folder.display().to_string(), why });
    match summary {
        Some(summary) if summary.real_time.is_some() => {
            unrepeatable("it kept the pace of wall time, on which everything in it depends".into())
        }
        Some(summary) if summary.controller != loaded.scenario.controller.kind => {
            unrepeatable(format!("its brain was another program, {:?}", summary.controller))
        }
        _ => Ok(()),
    }
}

fn compare(
    recording: &Recording,
    session: &mut Session,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), VerifyError> {
    let mut steps = recording.steps(Nanos::ZERO, Nanos(u64::MAX));
    let mut scratch = Vec::new();
    while session.position().records < recording.records() {
        let mut compared = Ok(());
        session.advance(|record| {
            if compared.is_ok() {
                compared = next(recording, &mut steps, record, &mut scratch);
            }
        })?;
        compared?;
        let done = session.position().control_steps;
        progress(done, recording.control_steps());
        if stop.load(Ordering::Relaxed) {
            return Err(VerifyError::Stopped(Nanos(done * recording.info().control_period.0)));
        }
    }
    Ok(())
}

/// Compares the next step.
fn next(
    recording: &Recording,
    steps: &mut super::Steps<'_>,
    record: &Record<'_>,
    scratch: &mut Vec<u8>,
) -> Result<(), VerifyError> {
    let step = steps.next().transpose()?.ok_or_else(|| {
        let expected = format!("{} step records", recording.records());
        RecordingError::content(recording.path(), "/step", expected, "fewer")
    })?;
    scratch.clear();
    wire::encode_step(scratch, step.record, &step.step, step.action.as_ref());
    if scratch == record.bytes {
        return Ok(());
    }
    Err(VerifyError::Differs { path: recording.path().display().to_string(), difference: difference(recording, &step, record) })
}

/// What differs first of a step whose bytes differ.
fn difference(recording: &Recording, recorded: &Step, record: &Record<'_>) -> Difference {
    let index = record.bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let [field, expected, found] = in_action(recording, recorded.action.as_ref(), record.action)
        .or_else(|| in_step(&recorded.step, record.step))
        .or_else(|| in_observation(recording, &recorded.step.observation, &record.step.observation))
        .unwrap_or_else(|| ["index of the step record".into(), recorded.record.to_string(), index.to_string()]);
    Difference { time: recorded.time, record: index, field, expected, found }
}

fn in_step(recorded: &TimeStep, found: &TimeStep) -> Option<[String; 3]> {
    if recorded.kind != found.kind {
        return Some(["kind".into(), format!("{:?}", recorded.kind), format!("{:?}", found.kind)]);
    }
    if recorded.time != found.time {
        return Some(["time in the episode".into(), recorded.time.to_string(), found.time.to_string()]);
    }
    value("reward", recorded.reward, found.reward)
}

fn in_action(recording: &Recording, recorded: Option<&Action>, found: Option<&Action>) -> Option<[String; 3]> {
    let (recorded, found) = (recorded?, found?);
    let fields = recording.info().action.fields.iter().zip(recorded.fields.iter().zip(&found.fields));
    fields.into_iter().find_map(|(spec, (recorded, found))| values("action", &spec.name, recorded, found))
}

fn in_observation(recording: &Recording, recorded: &Observation, found: &Observation) -> Option<[String; 3]> {
    let fields = recording.info().observation.fields.iter().zip(recorded.fields.iter().zip(&found.fields));
    fields.into_iter().find_map(|(spec, fields)| match fields {
        (Field::Dense(recorded), Field::Dense(found)) => values("observation", &spec.name, recorded, found),
        (Field::Events(recorded), Field::Events(found)) => {
            let (recorded, found) = (recorded.events(), found.events());
            let at = (0..recorded.len().max(found.len())).find(|i| recorded.get(*i) != found.get(*i))?;
            let text = |event: Option<&_>| event.map_or("no more events".into(), |event| format!("{event:?}"));
            Some([format!("observation {:?}, event {at}", spec.name), text(recorded.get(at)), text(found.get(at))])
        }
        _ => Some([format!("observation {:?}", spec.name), "the kind of field that /run states".into(), "another".into()]),
    })
}

fn values(part: &str, name: &str, recorded: &[f32], found: &[f32]) -> Option<[String; 3]> {
    if recorded.len() != found.len() {
        return Some([format!("{part} {name:?}"), format!("{} values", recorded.len()), found.len().to_string()]);
    }
    let pairs = recorded.iter().zip(found).enumerate();
    pairs.into_iter().find_map(|(i, (recorded, found))| value(&format!("{part} {name:?}, value {i}"), *recorded, *found))
}

fn value(field: &str, recorded: f32, found: f32) -> Option<[String; 3]> {
    (recorded.to_bits() != found.to_bits()).then(|| [field.into(), recorded.to_string(), found.to_string()])
}
