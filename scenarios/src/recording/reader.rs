//! Reading a recording.
//!
//! A file is gone through from chunk to chunk when it is opened, which reads next to nothing of it; what a run that was killed
//! left is read like any other. A chunk is read when something in it is wanted.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use embody_bridges::protocol::truth::Truth;
use embody_controllers::telemetry::{Activity, Telemetry};
use embody_robots::Nanos;

use super::chunk::Chunk;
use super::container::{Scan, check_whole, messages};
use super::topics::{RUN_CHANNEL, Topics};
use super::{Frame, RecordingError, RunInfo, Step, View, message};
use crate::moment::Moment;

/// A recording that can be looked into at any time of its run.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
    scan: Scan,
    info: RunInfo,
    topics: Topics,
    /// The chunk that was looked into last, and its number: who looks into one looks into it again.
    open: Mutex<(usize, Arc<Chunk>)>,
    /// Step records, control steps, and the time of the last one.
    reached: (u64, u64, Nanos),
}

impl Recording {
    /// Opens a recording.
    ///
    /// # Errors
    /// If it isn't one of this program's, or is damaged where that can be seen without reading all of it.
    pub fn open(path: &Path) -> Result<Recording, RecordingError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => RecordingError::file(path, "there is no recording; embody run --record makes one"),
            _ => RecordingError::file(path, error),
        })?;
        let scan = Scan::of(&file, path)?;
        let info = info(&file, path, &scan)?;
        let topics = Topics::of(&info);
        let last = scan.chunks.len() - 1;
        let mut recording = Recording {
            path: path.into(),
            file,
            scan,
            info,
            topics,
            open: Mutex::new((usize::MAX, Arc::default())),
            reached: (0, 0, Nanos::ZERO),
        };
        if let Some(step) = recording.chunk(last)?.steps.last() {
            recording.reached = (step.record.saturating_add(1), step.control_step, step.time);
        }
        Ok(recording)
    }

    /// What it says of its run.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was ended; otherwise the run goes on or was killed, and it ends with its last whole chunk.
    pub fn is_complete(&self) -> bool {
        self.scan.crc.is_some()
    }

    /// Simulated time of the last step; the first is at 0.
    pub fn end(&self) -> Nanos {
        self.reached.2
    }

    /// Step records in it.
    pub fn records(&self) -> u64 {
        self.reached.0
    }

    /// Control steps in it.
    pub fn control_steps(&self) -> u64 {
        self.reached.1
    }

    /// Reads all of a recording that was ended, and sees that every byte is as it was written.
    ///
    /// # Errors
    /// If one isn't.
    pub fn check(&self) -> Result<(), RecordingError> {
        check_whole(&self.file, &self.path, &self.scan)
    }

    /// What there was to see at `time`: the last step at or before it, and what else was recorded last by then.
    ///
    /// # Errors
    /// If that part is damaged, or there is no step at all.
    pub fn moment_at(&self, time: Nanos) -> Result<Moment, RecordingError> {
        let number = self.chunks_until(time).saturating_sub(1).max(1).min(self.scan.chunks.len() - 1);
        let chunk = self.chunk(number)?;
        let step = chunk.step_at(time).ok_or_else(|| self.content("steps", "at least one", "none"))?;
        let frame = chunk.frame_at(step.record).ok_or_else(|| self.content("frames", "at least one", "none"))?;
        let view = chunk.views_at(step.record).next().ok_or_else(|| self.content("views", "at least one", "none"))?;
        Ok(moment(step, frame, view, &chunk))
    }

    /// The steps with `from` <= time < `to`.
    pub fn steps(&self, from: Nanos, to: Nanos) -> Steps<'_> {
        Steps(self.span(from, to, |chunk| &chunk.steps, |step: &Step| step.time))
    }

    /// The frames with `from` <= time < `to`.
    pub fn frames(&self, from: Nanos, to: Nanos) -> Frames<'_> {
        Frames(self.span(from, to, |chunk| &chunk.frames, |frame: &Frame| frame.time))
    }

    /// The views with `from` <= time < `to`.
    pub fn views(&self, from: Nanos, to: Nanos) -> Views<'_> {
        Views(self.span(from, to, |chunk| &chunk.views, |view: &View| view.time))
    }

    fn span<T>(&self, from: Nanos, to: Nanos, items: fn(&Chunk) -> &[T], time: fn(&T) -> Nanos) -> Span<'_, T> {
        // The chunk before may end with what has the same time.
        let next = self.chunks_until(Nanos(from.0.saturating_sub(1))).saturating_sub(1);
        Span { recording: self, next, from, to, items, time, at_hand: Arc::default(), at: 0 }
    }

    /// How many chunks begin at or before `time`.
    fn chunks_until(&self, time: Nanos) -> usize {
        self.scan.chunks.partition_point(|chunk| chunk.index.message_start_time <= time.0)
    }

    fn chunk(&self, number: usize) -> Result<Arc<Chunk>, RecordingError> {
        // Whoever panicked while it held this left it whole.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.0 != number {
            let records = self.scan.chunks[number].read(&self.file, &self.path)?;
            *open = (number, Arc::new(Chunk::read(&records, &self.info, &self.topics, &self.path)?));
        }
        Ok(open.1.clone())
    }

    fn content(&self, place: &str, expected: &str, found: &str) -> RecordingError {
        RecordingError::content(&self.path, place, expected, found)
    }
}

/// What the first chunk says of the run.
fn info(file: &File, path: &Path, scan: &Scan) -> Result<RunInfo, RecordingError> {
    let first = scan.chunks.first().ok_or_else(|| {
        let length = file.metadata().map_or(0, |file| file.len());
        let found = format!("a file of {length} bytes that ends before: it was cut off, and nothing of it can be read");
        RecordingError::content(path, "its beginning", "the header and a first chunk, which says what ran", found)
    })?;
    let records = first.read(file, path)?;
    let stranger =
        || RecordingError::content(path, "the first message", "/run, as recordings of this program have it", "another");
    let message = messages(&records).next().and_then(Result::ok).filter(|message| message.channel == RUN_CHANNEL);
    message::run::decode(message.ok_or_else(stranger)?.data).map_err(|error| match error.field.as_str() {
        "format" => RecordingError::content(path, "the recording's format", error.expected, error.found),
        _ => RecordingError::content(path, format!("/run, {}", error.field), error.expected, error.found),
    })
}

fn moment(step: &Step, frame: &Frame, view: &View, chunk: &Chunk) -> Moment {
    let brain = view.telemetry.as_ref();
    let weighed = chunk.views_at(step.record).filter_map(|view| view.telemetry.as_ref()).find(|seen| !seen.weights.is_empty());
    let membrane = |name: &str| brain.iter().flat_map(|brain| &brain.populations).find(|other| other.name == name);
    let with_membrane = |activity: &Activity| Activity {
        membrane: membrane(&activity.name).map(|other| other.membrane.clone()).unwrap_or_default(),
        ..activity.clone()
    };
    let spikes =
        if step.spikes.is_empty() { brain.map(|brain| &brain.populations[..]).unwrap_or_default() } else { &step.spikes };
    let telemetry = Telemetry {
        populations: spikes.iter().map(with_membrane).collect(),
        weights: weighed.map(|seen| seen.weights.clone()).unwrap_or_default(),
        counters: brain.map(|brain| brain.counters.clone()).unwrap_or_default(),
    };
    Moment {
        record: step.record,
        control_step: step.control_step,
        time: step.time,
        step: step.step.clone(),
        action: step.action.clone(),
        truth: Truth {
            records: step.record,
            time: step.step.time,
            reward: step.step.reward,
            links: frame.links.clone(),
            contacts: view.contacts.clone(),
        },
        joints: frame.joints.clone(),
        images: view.images.clone(),
        telemetry: (brain.is_some() || !step.spikes.is_empty()).then_some(telemetry),
        tallies: view.tallies.clone(),
    }
}

/// What lies in a span of time, chunk by chunk.
#[derive(Debug)]
struct Span<'a, T> {
    recording: &'a Recording,
    /// Number of the chunk to read next.
    next: usize,
    from: Nanos,
    to: Nanos,
    items: fn(&Chunk) -> &[T],
    time: fn(&T) -> Nanos,
    /// The chunk that is gone through, and how far.
    at_hand: Arc<Chunk>,
    at: usize,
}

impl<T: Clone> Iterator for Span<'_, T> {
    type Item = Result<T, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = &(self.items)(&self.at_hand)[self.at..];
            if let Some(skipped) = rest.iter().position(|item| (self.time)(item) >= self.from) {
                self.at += skipped + 1;
                return ((self.time)(&rest[skipped]) < self.to).then(|| Ok(rest[skipped].clone()));
            }
            let chunk = self.recording.scan.chunks.get(self.next)?;
            if chunk.index.message_start_time >= self.to.0 {
                return None;
            }
            self.next += 1;
            match self.recording.chunk(self.next - 1) {
                Ok(chunk) => (self.at_hand, self.at) = (chunk, 0),
                Err(error) => {
                    self.next = usize::MAX;
                    (self.at_hand, self.at) = (Arc::default(), 0);
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Steps of a span of time.
#[derive(Debug)]
pub struct Steps<'a>(Span<'a, Step>);

impl Iterator for Steps<'_> {
    type Item = Result<Step, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Frames of a span of time.
#[derive(Debug)]
pub struct Frames<'a>(Span<'a, Frame>);

impl Iterator for Frames<'_> {
    type Item = Result<Frame, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

/// Views of a span of time.
#[derive(Debug)]
pub struct Views<'a>(Span<'a, View>);

impl Iterator for Views<'_> {
    type Item = Result<View, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}
