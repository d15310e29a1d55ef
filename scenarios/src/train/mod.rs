//! Training the network of a scenario before it runs: the loop over updates, in a folder that it can be stopped in and gone on with.
//!
//! The folder holds `config.toml`, the scenario as it was resolved; `training.csv`, a row for each validation; `checkpoint.bin`; and in the end
//! `weights.safetensors`, `training.json` and `training.svg`. Equal scenarios and seeds give equal weights, byte for byte, on any number of
//! threads and after any number of stops.
//!
//! What can be trained is a forward model for a trunk. The law of the trunk is used for the training set alone; of a trunk that is jammed or has a longer link the
//! model learns nothing. On a substrate other than `float` that substrate is in the loop: its spikes and potentials, the software's gradients.

mod outcome;
mod record;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_brain::training::TrainingError;
use embody_bridges::protocol::Mark;
use embody_controllers::forward_model::{
    Beginning, ForwardModel, ForwardModelSettings, ModelError, Training, TrainingSettings, Validation, modules_of,
};
use embody_robots::TraceHash;
use embody_robots::robot::Platforms;
use embody_robots::trunk::Trunk;
use serde::{Deserialize, Serialize};

pub use outcome::Outcome;
pub use record::Row;

use crate::config::ConfigError;
use crate::registry::Registry;
use crate::run::checkpoint::{self, Saved};
use crate::run::folder::{self, CHECKPOINT, CONFIG, FolderError, RunFolder};
use crate::scenario::Loaded;
use crate::substrate::DEFAULT;
use record::Record;

/// The trained weights.
pub const WEIGHTS: &str = "weights.safetensors";

/// The controller that is trained.
pub const CONTROLLER: &str = "forward-model";

/// Why a network can't be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The scenario is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Nothing in the scenario can be trained.
    #[error("scenario {scenario:?}: {why}")]
    Nothing {
        /// Name of the scenario.
        scenario: String,
        /// Why not.
        why: String,
    },
    /// Training broke off.
    #[error("{error}: it is in {kept}")]
    Broke {
        /// What went wrong, and where.
        error: TrainingError,
        /// The checkpoint.
        kept: String,
    },
    /// The network can't be built.
    #[error("the network: {0}")]
    Network(#[from] TrainingError),
    /// The model can't be made of the trained network.
    #[error("the model: {0}")]
    Model(#[from] ModelError),
}

/// Who is told how training goes.
pub trait Watcher {
    /// A validation was made after so many updates of all.
    fn validated(&mut self, row: &Row, updates: u64);

    /// So many updates of all are done.
    fn updated(&mut self, done: u64, updates: u64);
}

/// The part of the state that isn't the trainer's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Progress {
    training: Vec<u8>,
    /// Updates, validation and state of the best so far, for an early stop.
    best: Option<(u64, Validation, Vec<u8>)>,
    /// Sum of losses since the last validation.
    loss: f64,
}

/// A training.
pub struct Train {
    loaded: Loaded,
    settings: TrainingSettings,
    training: Training,
    folder: RunFolder,
    record: Record,
    progress: Progress,
    wall: Duration,
}

impl Train {
    /// A new training in a new folder.
    ///
    /// # Errors
    /// If there is nothing to train, or the folder exists.
    pub fn start(registry: &Arc<Registry>, loaded: Loaded, path: &Path, threads: usize) -> Result<Train, TrainError> {
        let (settings, training) = build(registry, &loaded, threads, true)?;
        let folder = RunFolder::create(path)?;
        folder::replace(&folder.file(CONFIG), loaded.render().as_bytes())?;
        let record = Record::create(&folder)?;
        let mut train = Train { loaded, settings, training, folder, record, progress: Progress::default(), wall: Duration::ZERO };
        match train.validate(None).and_then(|()| train.checkpoint()) {
            Ok(()) => Ok(train),
            // There is nothing to go on with yet.
            Err(error) => {
                train.folder.discard();
                Err(error)
            }
        }
    }

    /// Goes on with a training.
    ///
    /// # Errors
    /// If the folder holds none, or what it holds was changed.
    pub fn resume(registry: &Arc<Registry>, path: &Path, threads: usize) -> Result<Train, TrainError> {
        let loaded = crate::run::scenario_of(registry, path, &[]).map_err(|e| FolderError::new(path, e.to_string()))?;
        let (settings, mut training) = build(registry, &loaded, threads, false)?;
        let folder = RunFolder::open(path)?;
        let file = folder.file(CHECKPOINT);
        let saved = checkpoint::read(&file)?;
        let broken = |why: String| FolderError::new(&file, why);
        if saved.config != checkpoint::config_digest(&loaded) {
            return Err(broken(format!("it was made under another scenario than {}", folder.file(CONFIG).display())).into());
        }
        let progress: Progress = postcard::from_bytes(&saved.session).map_err(|e| broken(e.to_string()))?;
        training.load(&progress.training).map_err(|e| broken(e.to_string()))?;
        let record = Record::resume(&folder, &saved.recorder)?;
        let wall = Duration::try_from_secs_f64(saved.wall_s).unwrap_or_default();
        Ok(Train { loaded, settings, training, folder, record, progress, wall })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The scenario.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Trains to the end, or until `stop` is set; then there is no outcome, and it can be gone on with.
    ///
    /// # Errors
    /// If a file can't be written, or a number is no longer finite: the last good state is kept.
    pub fn run(&mut self, stop: &AtomicBool, watcher: &mut dyn Watcher) -> Result<Option<Outcome>, TrainError> {
        let (began, before) = (Instant::now(), self.wall);
        while self.training.updates() < self.settings.updates && !self.is_over() {
            let done = self.training.update();
            self.wall = before + began.elapsed();
            match done {
                Ok(update) => self.progress.loss += update.loss,
                Err(error) => {
                    self.checkpoint()?;
                    return Err(TrainError::Broke { error, kept: self.folder.file(CHECKPOINT).display().to_string() });
                }
            }
            let updates = self.training.updates();
            watcher.updated(updates, self.settings.updates);
            if updates.is_multiple_of(self.settings.validate_every) || updates == self.settings.updates {
                self.validate(Some(watcher))?;
                self.checkpoint()?;
            }
            if stop.load(Ordering::Relaxed) {
                self.checkpoint()?;
                return Ok(None);
            }
        }
        let outcome = self.finish(stop, || before + began.elapsed())?;
        if outcome.is_none() {
            self.checkpoint()?;
        }
        Ok(outcome)
    }

    /// Whether the validations that patience allows have brought nothing better.
    fn is_over(&self) -> bool {
        let best = self.progress.best.as_ref().map_or(0, |(updates, ..)| *updates);
        let waited = (self.training.updates() - best) / self.settings.validate_every;
        self.settings.patience > 0 && waited >= self.settings.patience
    }

    fn validate(&mut self, watcher: Option<&mut dyn Watcher>) -> Result<(), TrainError> {
        let updates = self.training.updates();
        let validation = self.training.validate()?;
        let since = updates - self.record.last().map_or(0, |row| row.updates);
        let loss = (since > 0).then(|| self.progress.loss / since as f64);
        let row = Row { updates, loss, validation };
        self.progress.loss = 0.0;
        self.record.push(row)?;
        if self.progress.best.as_ref().is_none_or(|(_, best, _)| validation.tip_mm < best.tip_mm) {
            // Only an early stop goes back to it.
            let state = if self.settings.patience > 0 { self.training.save() } else { Vec::new() };
            self.progress.best = Some((updates, validation, state));
        }
        if let Some(watcher) = watcher {
            watcher.validated(&row, self.settings.updates);
        }
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), TrainError> {
        self.progress.training = self.training.save();
        let file = self.folder.file(CHECKPOINT);
        let session = postcard::to_stdvec(&self.progress).map_err(|e| FolderError::new(&file, e.to_string()))?;
        let mark = Mark { step: self.training.updates(), trace: TraceHash::default() };
        let saved =
            Saved { recorder: self.record.save(), wall_s: self.wall.as_secs_f64(), ..Saved::new(&self.loaded, &mark, session) };
        Ok(checkpoint::write(&file, &saved)?)
    }

    /// Fits the Jacobian, and writes weights and outcome; nothing if it is stopped.
    fn finish(&mut self, stop: &AtomicBool, wall: impl Fn() -> Duration) -> Result<Option<Outcome>, TrainError> {
        let mut of = self.training.updates();
        if self.is_over()
            && let Some((updates, _, state)) = &self.progress.best
        {
            self.training.load(state)?;
            of = *updates;
        }
        let Some((model, fit)) = self.training.model(stop)? else { return Ok(None) };
        self.wall = wall();
        let validation = self.training.validate()?;
        let bytes = model.write().map_err(ModelError::from)?;
        folder::replace(&self.folder.file(WEIGHTS), &bytes)?;
        let before_mm = self.record.first().map_or(f64::NAN, |row| row.validation.tip_mm);
        let outcome = Outcome::new(&self.loaded, of, self.wall, before_mm, validation, fit, &model, &bytes);
        outcome.write(&self.folder)?;
        self.record.draw(&self.folder)?;
        Ok(Some(outcome))
    }
}

/// The training of a scenario at its start; or, not from the `beginning`, one that a checkpoint's state is for, whose weights and scaling replace those
/// that training began with.
fn build(
    registry: &Arc<Registry>,
    loaded: &Loaded,
    threads: usize,
    beginning: bool,
) -> Result<(TrainingSettings, Training), TrainError> {
    let scenario = &loaded.scenario;
    let nothing = |why: String| TrainError::Nothing { scenario: scenario.name.clone(), why };
    let kind = &scenario.controller.kind;
    if kind != CONTROLLER {
        return Err(nothing(format!("expected the controller {CONTROLLER:?}, which learns before it acts, found {kind:?}")));
    }
    let table = scenario.controller.tables.get(CONTROLLER).cloned().unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
    let settings: ForwardModelSettings = table.try_into().map_err(|e: toml::de::Error| nothing(e.message().to_owned()))?;
    let body = loaded.body(registry)?;
    let modules = modules_of(body.observation_spec(), body.action_spec()).map_err(nothing)?;
    let trunk = Trunk::new(modules).map_err(|e| nothing(e.to_string()))?;
    settings
        .training
        .check()
        .and_then(|()| settings.neurons.check())
        .map_err(|why| nothing(format!("controller.{CONTROLLER}: {why}")))?;
    let robot = loaded.robot(registry)?;
    let start = Platforms::of(&robot).ok_or_else(|| nothing("expected a robot that is a trunk, found another".into()))?.start();
    let from = &settings.training.from;
    let read = |bytes: &[u8]| ForwardModel::read(bytes, modules, settings.neurons).map_err(|e| nothing(format!("{from}: {e}")));
    let key = format!("controller.{CONTROLLER}.training.from");
    let bytes =
        (beginning && !from.is_empty()).then(|| registry.weights_of(&loaded.base, &key, from)).transpose().map_err(nothing)?;
    let beginning = Beginning {
        trunk,
        start,
        seed: scenario.seed,
        threads,
        from: bytes.map(|bytes| read(&bytes)).transpose()?,
        on: (scenario.substrate.kind != DEFAULT)
            .then(|| loaded.compiler(registry))
            .transpose()?
            .map(|compile| Arc::new(compile) as _),
    };
    let training = Training::new(&settings.training, settings.neurons, beginning)?;
    Ok((settings.training, training))
}
