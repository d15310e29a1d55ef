//! What a run records: the metrics of each reporting window, and the reward of each step.
//!
//! Both are buffered and written at the end of a window, off the hot path.

use std::collections::{BTreeMap, VecDeque};

use embody_robots::{Nanos, Tally, TimeStep};
use serde::{Deserialize, Serialize};

use crate::recording::Mark as RecordingMark;

use super::folder::{FolderError, GrowingFile, METRICS, REWARDS, RunFolder};

/// Metrics are summed up over this last part of a run.
pub const REPORTING_HOUR: Nanos = Nanos::from_secs(3600);

/// Records one run.
pub struct Recorder {
    metrics: GrowingFile,
    rewards: GrowingFile,
    control_period: Nanos,
    report_every: Nanos,
    state: State,
}

/// The whole state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    control_steps: u64,
    /// Sum of the rewards of all control steps.
    reward: f64,
    /// The sums at the ends of the windows within the last reporting hour, oldest first.
    marks: VecDeque<Mark>,
    /// Lengths of the two files.
    lengths: [u64; 2],
    /// Where the recording ends, of a run that has one.
    recording: Option<RecordingMark>,
}

impl State {
    fn read(folder: &RunFolder, bytes: &[u8]) -> Result<State, FolderError> {
        postcard::from_bytes(bytes).map_err(|e| FolderError::new(folder.path(), format!("the recorder's state: {e}")))
    }
}

/// The growing sums at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mark {
    time: Nanos,
    reward: f64,
    /// Numerator and denominator of each tally.
    tallies: Vec<[f64; 2]>,
}

impl Recorder {
    /// Records into a folder from the start.
    pub fn create(
        folder: &RunFolder,
        control_period: Nanos,
        report_every: Nanos,
        tallies: &[Tally],
    ) -> Result<Recorder, FolderError> {
        let start = Mark { time: Nanos::ZERO, reward: 0.0, tallies: vec![[0.0; 2]; tallies.len()] };
        let state = State { control_steps: 0, reward: 0.0, marks: VecDeque::from([start]), lengths: [0; 2], recording: None };
        let mut recorder = Recorder::at(folder, control_period, report_every, state)?;
        let names: Vec<&str> = tallies.iter().map(|tally| tally.name.as_str()).collect();
        recorder.metrics.push(format!("time_s,{},reward_mean\n", names.join(",")).as_bytes());
        Ok(recorder)
    }

    /// Where the recording of all that could be seen ended when [`save`](Recorder::save) gave these bytes; none of a run without one.
    pub fn recording_in(folder: &RunFolder, bytes: &[u8]) -> Result<Option<RecordingMark>, FolderError> {
        Ok(State::read(folder, bytes)?.recording)
    }

    /// Goes on recording from what [`save`](Recorder::save) gave; the files are cut to that step.
    pub fn resume(folder: &RunFolder, control_period: Nanos, report_every: Nanos, bytes: &[u8]) -> Result<Recorder, FolderError> {
        Recorder::at(folder, control_period, report_every, State::read(folder, bytes)?)
    }

    fn at(folder: &RunFolder, control_period: Nanos, report_every: Nanos, state: State) -> Result<Recorder, FolderError> {
        // Neither is cut before both are known to reach that far.
        GrowingFile::check(&folder.file(REWARDS), state.lengths[1])?;
        let metrics = GrowingFile::open(&folder.file(METRICS), state.lengths[0])?;
        let rewards = GrowingFile::open(&folder.file(REWARDS), state.lengths[1])?;
        Ok(Recorder { metrics, rewards, control_period, report_every, state })
    }

    /// Takes one step record.
    #[inline]
    pub fn record(&mut self, step: &TimeStep) {
        self.rewards.push(&step.reward.to_le_bytes());
        if step.kind != embody_robots::StepKind::First {
            self.state.control_steps += 1;
            self.state.reward += f64::from(step.reward);
        }
    }

    /// Closes the reporting window if it ends here, and gives the value of the first metric over it.
    #[inline]
    pub fn close_window(&mut self, tallies: &[Tally]) -> Option<f64> {
        let ends = (self.state.control_steps * self.control_period.0).is_multiple_of(self.report_every.0);
        ends.then(|| self.push_row(tallies))
    }

    /// Ends the recording: the last window is a shorter one if the run ends within it.
    pub fn finish(&mut self, tallies: &[Tally]) -> Result<(), FolderError> {
        if self.now(tallies).time > self.state.marks.back().map_or(Nanos::ZERO, |mark| mark.time) {
            self.push_row(tallies);
        }
        self.flush()
    }

    fn push_row(&mut self, tallies: &[Tally]) -> f64 {
        let now = self.now(tallies);
        let since = self.state.marks.back().cloned().unwrap_or_default();
        let values = growth(&since, &now, self.control_period);
        let row: Vec<String> = values.iter().map(|value| format!("{value}")).collect();
        self.metrics.push(format!("{},{}\n", now.time.as_secs_f64(), row.join(",")).as_bytes());
        let oldest = now.time.0.saturating_sub(REPORTING_HOUR.0);
        self.state.marks.push_back(now);
        // The oldest mark kept is the first one within the hour that ends now.
        while self.state.marks.front().is_some_and(|mark| mark.time.0 < oldest) {
            self.state.marks.pop_front();
        }
        values[0]
    }

    fn now(&self, tallies: &[Tally]) -> Mark {
        let tallies = tallies.iter().map(|tally| [tally.numerator, tally.denominator]).collect();
        Mark { time: Nanos(self.state.control_steps * self.control_period.0), reward: self.state.reward, tallies }
    }

    /// Metrics over the last reporting hour, by name, and the figures that are over the whole run.
    pub fn metrics(&self, tallies: &[Tally], figures: &[(&str, f64)]) -> BTreeMap<String, f64> {
        let since = self.state.marks.front().cloned().unwrap_or_default();
        let names = tallies.iter().map(|tally| tally.name.clone()).chain(["reward_mean".into()]);
        let figures = figures.iter().map(|(name, value)| ((*name).to_owned(), *value));
        names.zip(growth(&since, &self.now(tallies), self.control_period)).chain(figures).collect()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<(), FolderError> {
        self.metrics.flush()?;
        self.rewards.flush()
    }

    /// Begins to write what waits, for a loop that can't wait for the disk.
    pub fn flush_behind(&mut self) -> Result<(), FolderError> {
        self.metrics.flush_behind()?;
        self.rewards.flush_behind()
    }

    /// Bytes that wait to be written.
    pub fn pending(&self) -> usize {
        self.metrics.pending() + self.rewards.pending()
    }

    /// The whole state, once everything is written; the recording ends at `recording`.
    pub fn save(&mut self, recording: Option<RecordingMark>) -> Result<Vec<u8>, FolderError> {
        self.flush()?;
        self.state.recording = recording;
        self.state.lengths = [self.metrics.length(), self.rewards.length()];
        Ok(postcard::to_stdvec(&self.state).unwrap_or_default())
    }
}

/// Each tally's value, then the mean reward, from one moment to another.
fn growth(since: &Mark, now: &Mark, control_period: Nanos) -> Vec<f64> {
    let steps = (now.time.0 - since.time.0) as f64 / control_period.0 as f64;
    let tallies = since.tallies.iter().zip(&now.tallies).map(|(a, b)| Tally::ratio(b[0] - a[0], b[1] - a[1]));
    tallies.chain([Tally::ratio(now.reward - since.reward, steps)]).collect()
}
