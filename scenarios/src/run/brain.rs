//! A brain that serves a world in another process: the scenario's controller, and the checkpoints it holds in a folder of its own.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use embody_bridges::link::Brain;
use embody_bridges::protocol::Mark;
use embody_controllers::telemetry::Telemetry;
use embody_controllers::{Controller, Hosted};
use embody_robots::{Action, ActionSpec, Checkpoint, ObservationSpec, StepKind, TimeStep};

use super::checkpoint::{self, Saved};
use super::folder::{self, CONFIG, FolderError, RunFolder};
use super::runner::{RunError, mismatch, pin_donor, read_checkpoint, reopen};
use crate::registry::Registry;
use crate::scenario::Loaded;

/// A brain in its folder.
pub struct BrainRun {
    registry: Arc<Registry>,
    loaded: Loaded,
    folder: RunFolder,
    observation: ObservationSpec,
    action: ActionSpec,
    controller: Box<dyn Controller>,
    /// The checkpoint that the controller went on from, and how many control steps it has acted in since.
    from: Mark,
    acted: u64,
    /// In real time checkpoints are written while the loop goes on: the write that does, if any.
    behind: Option<Option<JoinHandle<Result<(), FolderError>>>>,
}

impl BrainRun {
    /// A brain at its start, in a new folder.
    pub fn start(registry: &Arc<Registry>, mut loaded: Loaded, path: &Path) -> Result<BrainRun, RunError> {
        pin_donor(&mut loaded, path)?;
        let built = build(registry, &loaded)?;
        let folder = RunFolder::create(path)?;
        if let Err(error) = folder::replace(&folder.file(CONFIG), loaded.render().as_bytes()) {
            folder.discard();
            return Err(error.into());
        }
        Ok(BrainRun::with(registry, loaded, folder, built))
    }

    /// A brain that holds what its folder holds; which of it counts, the handshake says.
    pub fn resume(registry: &Arc<Registry>, path: &Path, scenario: &str) -> Result<BrainRun, RunError> {
        let (folder, loaded) = reopen(registry, path, scenario, None)?;
        let built = build(registry, &loaded)?;
        Ok(BrainRun::with(registry, loaded, folder, built))
    }

    fn with(registry: &Arc<Registry>, loaded: Loaded, folder: RunFolder, built: Built) -> BrainRun {
        let Built { observation, action, controller } = built;
        BrainRun {
            registry: registry.clone(),
            loaded,
            folder,
            observation,
            action,
            controller,
            from: Mark::default(),
            acted: 0,
            behind: None,
        }
    }

    /// The checkpoints that it holds, oldest first, and what is wrong with files that should hold one.
    pub fn held(&self) -> Result<(Vec<Mark>, Vec<FolderError>), RunError> {
        Ok(checkpoint::held(self.folder.path())?)
    }

    /// Control steps that it has come to.
    pub fn reached(&self) -> u64 {
        self.from.step + self.acted
    }

    /// Goes on from a checkpoint that it holds, or from the start.
    pub fn restore(&mut self, mark: &Mark) -> Result<(), RunError> {
        if self.from == *mark && self.acted == 0 {
            return Ok(());
        }
        // Built anew, so that nothing of what it was is left.
        self.controller = build(&self.registry, &self.loaded)?.controller;
        let file = self.folder.file(&checkpoint::name_of(mark.step));
        if mark.is_start() && !file.exists() {
            (self.from, self.acted) = (*mark, 0);
            return Ok(());
        }
        let saved = read_checkpoint(&file, &self.loaded, self.folder.path())?;
        if (Mark { step: saved.step, trace: saved.trace }) != *mark {
            return Err(mismatch(self.folder.path(), "the world asks for a checkpoint of another run"));
        }
        self.controller.restore(&saved.session).map_err(|e| FolderError::new(&file, e.to_string()))?;
        checkpoint::prune(self.folder.path(), mark.step)?;
        (self.from, self.acted) = (*mark, 0);
        Ok(())
    }

    /// Removes the folder of a brain that was never attached; whether it did.
    pub fn discard_unborn(&self) -> bool {
        checkpoint::discard_unborn(self.folder.path(), self.reached())
    }

    /// From now on checkpoints are written while the loop goes on.
    pub fn write_behind(&mut self) {
        self.behind.get_or_insert_default();
    }

    /// Waits until what is being written is. In real time what was learned since is written too, as no world will ask for it, if the
    /// controller is still `sound`.
    pub fn finish(&mut self, sound: bool) -> Result<(), RunError> {
        let Some(writing) = self.behind.take() else { return Ok(()) };
        writing.map_or(Ok(()), joined)?;
        if sound && self.acted > 0 {
            self.keep(&self.own_mark()).map_err(|why| FolderError::new(self.folder.path(), why))?;
        }
        Ok(())
    }

    fn own_mark(&self) -> Mark {
        Mark { step: self.reached(), ..Mark::default() }
    }

    /// Whether it can be gone on with from another state than the start.
    pub fn is_resumable(&self) -> bool {
        checkpoint::steps_in(self.folder.path()).is_ok_and(|steps| steps.iter().any(|step| *step > 0))
    }

    /// The scenario.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the body senses and does.
    pub fn specs(&self) -> (ObservationSpec, ActionSpec) {
        (self.observation.clone(), self.action.clone())
    }
}

impl Brain for BrainRun {
    fn begin_episode(&mut self, seed: u64) -> Result<(), String> {
        self.controller.begin_episode(seed).map_err(|e| e.to_string())
    }

    fn act(&mut self, step: &TimeStep, action: &mut Action) -> Result<(), String> {
        // The last step of an episode is answered, but begins no control step.
        self.acted += u64::from(!matches!(step.kind, StepKind::Last(_)));
        self.controller.act(step, action).map_err(|e| e.to_string())
    }

    fn keep(&mut self, mark: &Mark) -> Result<String, String> {
        // In real time it outlives its worlds, and counts the control steps of all of them.
        let mark = if self.behind.is_some() { self.own_mark() } else { *mark };
        let saved = Saved::new(&self.loaded, &mark, self.controller.save().map_err(|e| e.to_string())?);
        (self.from, self.acted) = (mark, 0);
        let (folder, step) = (self.folder.path().to_owned(), mark.step);
        let write = move || -> Result<(), FolderError> {
            checkpoint::write(&folder.join(checkpoint::name_of(step)), &saved)?;
            checkpoint::prune(&folder, step)
        };
        match &mut self.behind {
            None => write().map_err(|e| e.to_string())?,
            // One that comes before the last is written is left out: the next will do.
            Some(Some(writing)) if !writing.is_finished() => (),
            Some(behind) => {
                if let Some(written) = behind.take() {
                    joined(written).map_err(|e| e.to_string())?;
                }
                *behind = Some(std::thread::spawn(write));
            }
        }
        serde_json::to_string(&self.controller.maps()).map_err(|e| e.to_string())
    }

    fn watch(&mut self, watched: bool) {
        self.controller.watch(watched);
    }

    fn telemetry(&self) -> Option<Telemetry> {
        self.controller.telemetry()
    }
}

/// Waits for a write.
fn joined(writing: JoinHandle<Result<(), FolderError>>) -> Result<(), FolderError> {
    writing.join().unwrap_or_else(|_| Err(FolderError::new(Path::new("a checkpoint"), "its writer panicked")))
}

/// What a scenario makes a brain of.
struct Built {
    observation: ObservationSpec,
    action: ActionSpec,
    controller: Box<dyn Controller>,
}

fn build(registry: &Arc<Registry>, loaded: &Loaded) -> Result<Built, RunError> {
    let environment = loaded.environment(registry)?;
    let body = environment.body();
    match loaded.controller(registry, body)? {
        Hosted::Sensing(controller) => {
            Ok(Built { observation: body.observation_spec().clone(), action: body.action_spec().clone(), controller })
        }
        Hosted::Privileged(_) => Err(RunError::Privileged { controller: loaded.scenario.controller.kind.clone() }),
    }
}
