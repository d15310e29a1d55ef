//! One run in its folder: start, resume, stop, end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use embody_controllers::Map;
use embody_robots::{Checkpoint, CheckpointError, Nanos};
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Saved};
use super::folder::{self, CHECKPOINT, CONFIG, FolderError, MAPS, REWARDS, RunFolder, SUMMARY, Summary};
use super::progress::{Progress, Standing};
use super::recorder::Recorder;
use super::session::{Session, SessionError};
use crate::config::ConfigError;
use crate::registry::Registry;
use crate::scenario::{Assembly, Loaded, ScenarioError};

/// Why a run could not start, go on or end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A file of the run folder can't be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The loop failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The state can't be saved or restored.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder holds another run than the one that was asked for.
    #[error("{folder}: {why}")]
    Mismatch {
        /// The run folder.
        folder: String,
        /// What differs.
        why: String,
    },
}

impl From<ConfigError> for RunError {
    fn from(error: ConfigError) -> RunError {
        RunError::Scenario(error.into())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The asked-for time was reached.
    Finished,
    /// It was asked to stop, and can be resumed.
    Stopped,
}

/// Maps of what was learned.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Maps {
    /// Before the first step.
    pub start: Vec<Map>,
    /// At the last checkpoint.
    pub latest: Vec<Map>,
}

/// A run in its folder.
pub struct Runner {
    loaded: Loaded,
    folder: RunFolder,
    session: Session,
    recorder: Recorder,
    maps: Maps,
    wall_before: Duration,
    metric: Option<f64>,
}

/// Control steps between two looks at the clock for progress.
const STEPS_PER_UPDATE: u64 = 1000;

/// Bytes of recording that are kept in memory at most.
const PENDING: usize = 1 << 16;

impl Runner {
    /// Starts a run in a new folder.
    pub fn start(registry: &Arc<Registry>, mut loaded: Loaded, path: &Path) -> Result<Runner, RunError> {
        pin_donor(&mut loaded, path)?;
        // Whatever the scenario gets wrong is found before anything is written.
        let assembly = loaded.assemble(registry)?;
        let folder = RunFolder::create(path)?;
        Runner::at_start(loaded, assembly, folder).map_err(|(folder, error)| {
            folder.discard();
            error.into()
        })
    }

    /// Continues the run of `scenario` in a folder; `duration` is the new total, if it is to be another.
    pub fn resume(registry: &Arc<Registry>, path: &Path, scenario: &str, duration: Option<Nanos>) -> Result<Runner, RunError> {
        let folder = RunFolder::open(path)?;
        let config = folder.file(CONFIG).display().to_string();
        let settings: Vec<String> = duration.iter().map(|duration| format!("time.duration={duration}")).collect();
        let loaded = Loaded::find(registry, &config, &settings)?;
        // Nothing is written before all of it is known to fit.
        let mismatch = |why: String| RunError::Mismatch { folder: path.display().to_string(), why };
        if loaded.scenario.name != scenario {
            return Err(mismatch(format!("this is a run of {:?}, not of {scenario:?}", loaded.scenario.name)));
        }
        let assembly = loaded.assemble(registry)?;
        let time = &loaded.scenario.time;
        if !folder.file(CHECKPOINT).exists() {
            let recorded = std::fs::metadata(folder.file(REWARDS)).map_or(0, |file| file.len() / 4);
            if folder.file(SUMMARY).exists() || recorded > time.checkpoint_every.0 / time.control_period.0 + 1 {
                return Err(mismatch(format!("its {CHECKPOINT} is missing, and starting again would destroy what it recorded")));
            }
            // It was ended before its first checkpoint: from the start, then.
            return Runner::at_start(loaded, assembly, folder).map_err(|(_, error)| error.into());
        }
        let saved = checkpoint::read(&folder.file(CHECKPOINT))?;
        if saved.version != crate::VERSION {
            return Err(mismatch(format!("its checkpoint is of version {}, this program is {}", saved.version, crate::VERSION)));
        }
        if saved.scenario != loaded.scenario.name {
            return Err(mismatch(format!(
                "its checkpoint is of {:?}, its {CONFIG} of {:?}",
                saved.scenario, loaded.scenario.name
            )));
        }
        if saved.config != config_digest(&loaded) {
            return Err(mismatch(format!(
                "its {CONFIG} isn't the one that its checkpoint was made under (only time.duration may change)"
            )));
        }
        let maps_file = folder.file(MAPS);
        let maps = std::fs::read(&maps_file).map_err(|e| FolderError::new(&maps_file, e.to_string()))?;
        let maps = serde_json::from_slice(&maps).map_err(|e| FolderError::new(&maps_file, e.to_string()))?;
        let mut session = Session::new(assembly, loaded.scenario.seed);
        let unfit = |e: CheckpointError| FolderError::new(&folder.file(CHECKPOINT), e.to_string());
        session.restore(&saved.session).map_err(unfit)?;
        let done = Nanos(session.position().control_steps * time.control_period.0);
        if done > time.duration {
            return Err(mismatch(format!("it has reached {done} already, which is beyond {}", time.duration)));
        }
        let recorder = Recorder::resume(&folder, time.control_period, time.report_every, &saved.recorder)?;
        let wall_before = Duration::try_from_secs_f64(saved.wall_s).unwrap_or_default();
        let runner = Runner { loaded, folder, session, recorder, maps, wall_before, metric: None };
        runner.write_config()?;
        Ok(runner)
    }

    /// A run at its first step, with its first files written. On failure the folder is given back.
    fn at_start(loaded: Loaded, assembly: Assembly, folder: RunFolder) -> Result<Runner, (RunFolder, FolderError)> {
        // First of all, since with it alone the run can be resumed already.
        if let Err(error) = folder::replace(&folder.file(CONFIG), loaded.render().as_bytes()) {
            return Err((folder, error));
        }
        let time = &loaded.scenario.time;
        let recorder = Recorder::create(&folder, time.control_period, time.report_every, assembly.environment.task().tallies());
        let recorder = match recorder {
            Ok(recorder) => recorder,
            Err(error) => return Err((folder, error)),
        };
        let maps = Maps { start: assembly.controller.maps(), latest: Vec::new() };
        let session = Session::new(assembly, loaded.scenario.seed);
        let mut runner = Runner { loaded, folder, session, recorder, maps, wall_before: Duration::ZERO, metric: None };
        let written = runner.recorder.flush().and_then(|()| runner.write_maps());
        match written {
            Ok(()) => Ok(runner),
            Err(error) => Err((runner.folder, error)),
        }
    }

    /// Runs to the end, or until `stop` is set, and leaves checkpoint and summary either way.
    pub fn run(&mut self, stop: &AtomicBool, progress: &mut dyn Progress) -> Result<(Outcome, Summary), RunError> {
        let time = self.loaded.scenario.time.clone();
        let total = time.duration.0 / time.control_period.0;
        let per_checkpoint = time.checkpoint_every.0 / time.control_period.0;
        let (start, started) = (self.session.position().control_steps, Instant::now());
        let mut done = start;
        while done < total && !stop.load(Ordering::Relaxed) {
            let recorder = &mut self.recorder;
            self.session.advance(|step| recorder.record(step))?;
            done += 1;
            let tallies = self.session.environment().task().tallies();
            if let Some(metric) = self.recorder.close_window(tallies) {
                self.metric = Some(metric);
            }
            if self.recorder.pending() > PENDING {
                self.recorder.flush()?;
            }
            if done.is_multiple_of(per_checkpoint) && done < total {
                self.checkpoint(started.elapsed())?;
            }
            if done.is_multiple_of(STEPS_PER_UPDATE) {
                let steps = |n: u64| Nanos(n * time.control_period.0);
                let name = tallies_name(&self.session);
                progress.update(Standing {
                    simulated: steps(done),
                    total: time.duration,
                    session: (steps(done - start), started.elapsed()),
                    metric: name.as_deref().zip(self.metric),
                });
            }
        }
        progress.end();
        let wall = started.elapsed();
        self.checkpoint(wall)?;
        let outcome = if done >= total { Outcome::Finished } else { Outcome::Stopped };
        self.recorder.finish(self.session.environment().task().tallies())?;
        let summary = self.summary(outcome, self.wall_before + wall);
        let text = serde_json::to_string_pretty(&summary).map_err(|e| FolderError::new(self.folder.path(), e.to_string()))?;
        folder::replace(&self.folder.file(SUMMARY), format!("{text}\n").as_bytes())?;
        Ok((outcome, summary))
    }

    fn checkpoint(&mut self, wall: Duration) -> Result<(), RunError> {
        self.maps.latest = self.session.controller().maps();
        self.write_maps()?;
        let saved = Saved {
            version: crate::VERSION.into(),
            scenario: self.loaded.scenario.name.clone(),
            config: config_digest(&self.loaded),
            session: self.session.save()?,
            recorder: self.recorder.save()?,
            wall_s: (self.wall_before + wall).as_secs_f64(),
        };
        Ok(checkpoint::write(&self.folder.file(CHECKPOINT), &saved)?)
    }

    fn write_config(&self) -> Result<(), FolderError> {
        folder::replace(&self.folder.file(CONFIG), self.loaded.render().as_bytes())
    }

    fn write_maps(&self) -> Result<(), FolderError> {
        let text = serde_json::to_vec(&self.maps).map_err(|e| FolderError::new(self.folder.path(), e.to_string()))?;
        folder::replace(&self.folder.file(MAPS), &text)
    }

    fn summary(&self, outcome: Outcome, wall: Duration) -> Summary {
        let scenario = &self.loaded.scenario;
        let position = self.session.position();
        let simulated_s = Nanos(position.control_steps * scenario.time.control_period.0).as_secs_f64();
        let wall_s = wall.as_secs_f64();
        Summary {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            controller: scenario.controller.kind.clone(),
            substrate: scenario.substrate.clone(),
            transport: "in-process".into(),
            finished: outcome == Outcome::Finished,
            simulated_s,
            wall_s,
            real_time_factor: if wall_s > 0.0 { simulated_s / wall_s } else { 0.0 },
            control_steps: position.control_steps,
            trace_hash: position.trace.to_string(),
            metrics: self.recorder.metrics(self.session.environment().task().tallies()),
            events_dropped: self.session.environment().time_step().observation.dropped_events(),
            version: crate::VERSION.into(),
            git: crate::GIT.into(),
        }
    }

    /// The scenario.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn tallies_name(session: &Session) -> Option<String> {
    session.environment().task().tallies().first().map(|tally| tally.name.clone())
}

/// Digest of what must not change between the sessions of a run: everything but the duration.
fn config_digest(loaded: &Loaded) -> [u8; 32] {
    let mut same = loaded.clone();
    same.scenario.time.duration = Nanos::ZERO;
    *blake3::hash(same.render().as_bytes()).as_bytes()
}

/// Writes down the donor of a controller's rewards so that `config.toml` stands alone: its path as seen from the run folder, and its trace hash.
fn pin_donor(loaded: &mut Loaded, run_folder: &Path) -> Result<(), RunError> {
    let Some((donor, mut hash)) = loaded.donor() else { return Ok(()) };
    if hash.is_empty() {
        let section = format!("controller.{}", loaded.scenario.controller.kind);
        let refused = |why: String| ConfigError::refused(loaded.node(), &section, why);
        hash = crate::controls::donor_summary(&donor).map_err(refused)?.trace_hash;
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(|e| FolderError::new(path, e.to_string()));
    let (donor, run_folder) = (folder::plain(&absolute(&donor)?), folder::plain(&absolute(run_folder)?));
    let sibling = donor.parent() == run_folder.parent();
    let path = match donor.file_name().filter(|_| sibling) {
        Some(name) => Path::new("..").join(name),
        None => donor,
    };
    loaded.set_donor(&path.display().to_string(), &hash, &run_folder);
    Ok(())
}
