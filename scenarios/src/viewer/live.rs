//! A loop in this process as a source: that of a scenario, from its start or from where a run left it.

use std::path::Path;
use std::sync::Arc;

use embody_robots::{Checkpoint, Nanos, RobotSpec, TraceHash};

use super::history::{History, Periods};
use super::source::{Source, SourceError};
use crate::moment::Moment;
use crate::registry::Registry;
use crate::run::Session;
use crate::run::checkpoint;
use crate::run::folder::CHECKPOINT;
use crate::scenario::Loaded;

/// A loop in this process.
pub(crate) struct LiveSource {
    registry: Arc<Registry>,
    loaded: Loaded,
    robot: RobotSpec,
    /// The state that it begins with, if not that of a new run.
    from: Option<Vec<u8>>,
    session: Session,
    history: History,
}

impl LiveSource {
    /// The loop of a scenario, from its start or from the checkpoint of a run folder.
    pub fn new(registry: &Arc<Registry>, loaded: Loaded, from: Option<&Path>) -> Result<LiveSource, SourceError> {
        let from = from.map(|folder| read_state(folder, &loaded)).transpose()?;
        let robot = loaded.robot(registry).map_err(|e| SourceError(e.to_string()))?;
        let session = begin(registry, &loaded, from.as_deref())?;
        let history = history_of(&loaded, &session);
        Ok(LiveSource { registry: registry.clone(), loaded, robot, from, session, history })
    }

    fn period(&self) -> Nanos {
        self.loaded.scenario.time.control_period
    }
}

/// The loop's state in a run folder, made under this very scenario.
fn read_state(folder: &Path, loaded: &Loaded) -> Result<Vec<u8>, SourceError> {
    let file = folder.join(CHECKPOINT);
    let saved = checkpoint::read(&file).map_err(|e| SourceError(e.to_string()))?;
    if saved.config != checkpoint::config_digest(loaded) {
        return Err(SourceError(format!(
            "{}: it was made under another scenario than {:?}",
            file.display(),
            loaded.scenario.name
        )));
    }
    Ok(saved.session)
}

fn begin(registry: &Arc<Registry>, loaded: &Loaded, from: Option<&[u8]>) -> Result<Session, SourceError> {
    let fail = |e: &dyn std::fmt::Display| SourceError(e.to_string());
    let mut session = Session::new(loaded.assemble(registry).map_err(|e| fail(&e))?, loaded.scenario.seed);
    if let Some(state) = from {
        session.restore(state).map_err(|e| fail(&e))?;
    }
    session.watch(true);
    Ok(session)
}

fn history_of(loaded: &Loaded, session: &Session) -> History {
    let time = &loaded.scenario.time;
    let since = Nanos(session.position().control_steps * time.control_period.0);
    let mut history = History::new(Periods { control: time.control_period, tick: time.neural_tick }, since);
    // What there is before the first step: where the metrics begin, and the weights.
    history.tallies(session.environment().task().tallies());
    if let Some(readings) = session.controller().readings(true) {
        history.weights = readings.weights;
    }
    history
}

impl Source for LiveSource {
    fn advance(&mut self) -> Result<bool, SourceError> {
        if self.session.is_over() || self.time() >= self.loaded.scenario.time.duration && self.from.is_none() {
            return Ok(false);
        }
        self.session.advance(|_| ()).map_err(|e| SourceError(e.to_string()))?;
        let environment = self.session.environment();
        self.history.step(Nanos(self.session.position().control_steps * self.period().0), environment.time_step());
        if let Some(telemetry) = self.session.controller().telemetry() {
            self.history.brain(&telemetry);
        }
        self.history.tallies(environment.task().tallies());
        Ok(true)
    }

    fn moment(&mut self) -> Result<Moment, SourceError> {
        Ok(Moment::of(&self.session, &self.robot))
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn time(&self) -> Nanos {
        Nanos(self.session.position().control_steps * self.period().0)
    }

    fn reset(&mut self) -> Result<(), SourceError> {
        self.session = begin(&self.registry, &self.loaded, self.from.as_deref())?;
        self.history = history_of(&self.loaded, &self.session);
        Ok(())
    }

    fn trace(&self) -> Option<TraceHash> {
        Some(self.session.position().trace)
    }
}
