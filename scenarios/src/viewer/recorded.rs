//! A recording as a source: it is played, and can be gone to any time of it.

use std::path::Path;

use embody_controllers::telemetry::Telemetry;
use embody_robots::Nanos;

use super::history::{History, Periods, RASTER};
use super::source::{Source, SourceError};
use crate::moment::Moment;
use crate::recording::Recording;
use crate::run::folder::RECORDING;

/// The recording of a run folder.
pub(crate) struct RecordedSource {
    recording: Recording,
    now: Nanos,
    history: History,
}

impl RecordedSource {
    /// The recording of a run folder, at its start.
    pub fn open(folder: &Path) -> Result<RecordedSource, SourceError> {
        let recording = Recording::open(&folder.join(RECORDING)).map_err(|e| SourceError(e.to_string()))?;
        let history = history_since(&recording, Nanos::ZERO);
        Ok(RecordedSource { recording, now: Nanos::ZERO, history })
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

fn history_since(recording: &Recording, since: Nanos) -> History {
    let info = recording.info();
    History::new(Periods { control: info.control_period, tick: info.neural_tick }, since)
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
        self.history.tallies(&moment.tallies);
        Ok(moment)
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn time(&self) -> Nanos {
        self.now
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
        self.history = history_since(&self.recording, from);
        self.take(from, time)?;
        self.now = time;
        Ok(())
    }
}
