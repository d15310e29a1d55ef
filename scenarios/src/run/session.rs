//! The loop: controller and environment, one control step at a time, with the trace hash of what happened.

use embody_controllers::{ControllerError, Hosted};
use embody_robots::{
    Action, Body, Checkpoint, CheckpointError, Environment, EnvironmentError, StepKind, Task, TimeStep, TraceHash, checkpoint,
    seed,
};
use serde::{Deserialize, Serialize};

use crate::scenario::Assembly;

/// Why a loop could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The world failed.
    #[error("the world stopped: {0}")]
    Environment(#[from] EnvironmentError),
    /// The controller failed.
    #[error("the controller stopped: {0}")]
    Controller(#[from] ControllerError),
}

/// A loop in progress.
pub struct Session {
    environment: Environment<dyn Body, dyn Task>,
    controller: Hosted,
    action: Action,
    scratch: Vec<u8>,
    seed: u64,
    position: Position,
}

/// What is saved of a loop: where it stands, its environment, its controller.
type State = (Position, Vec<u8>, Vec<u8>);

/// The seeds of the environment and of the controller in episode `episode` of a run with master seed `seed`.
pub fn episode_seeds(seed: u64, episode: u64) -> [u64; 2] {
    let episode = seed::stream(seed, &format!("episode {episode}"));
    [seed::stream(episode, "environment"), seed::stream(episode, "controller")]
}

/// Where a loop stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Step records so far: control steps, and the first time step of each episode.
    pub records: u64,
    /// Control steps so far, over all episodes.
    pub control_steps: u64,
    /// Episodes begun.
    pub episodes: u64,
    /// The trace hash so far.
    pub trace: TraceHash,
}

/// A step record, as the trace hash covers it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What the environment gave back.
    pub step: &'a TimeStep,
    /// The action that led to it; none to the first step of an episode.
    pub action: Option<&'a Action>,
    /// The same in bytes, from its index on (`embody_robots::wire`).
    pub bytes: &'a [u8],
}

impl Session {
    /// A loop at its start; every random number of it follows from `seed`.
    pub fn new(assembly: Assembly, seed: u64) -> Session {
        let Assembly { environment, controller } = assembly;
        let action = Action::from_spec(environment.body().action_spec());
        Session { environment, controller, action, scratch: Vec::new(), seed, position: Position::default() }
    }

    /// One control step: act, then step; before the first one of an episode, the episode begins. Calls `record` with each step record.
    pub fn advance(&mut self, mut record: impl FnMut(&Record<'_>)) -> Result<(), SessionError> {
        let at = &mut self.position;
        let over = matches!(self.environment.time_step().kind, StepKind::Last(_));
        if at.episodes == 0 || over {
            let [environment, controller] = episode_seeds(self.seed, at.episodes);
            if over {
                // The final reward must reach plasticity; what the controller would do next is not applied.
                self.controller.act(self.environment.time_step(), self.environment.body().truth(), &mut self.action)?;
            }
            let first = self.environment.reset(environment)?;
            let bytes = at.trace.record(&mut self.scratch, at.records, first, None);
            record(&Record { step: first, action: None, bytes });
            at.records += 1;
            at.episodes += 1;
            self.controller.begin_episode(controller)?;
        }
        self.controller.act(self.environment.time_step(), self.environment.body().truth(), &mut self.action)?;
        let step = self.environment.step(&self.action)?;
        let bytes = at.trace.record(&mut self.scratch, at.records, step, Some(&self.action));
        record(&Record { step, action: Some(&self.action), bytes });
        at.records += 1;
        at.control_steps += 1;
        Ok(())
    }

    /// The state of the controller in the saved state of a loop.
    ///
    /// # Errors
    /// If that isn't one.
    pub fn controller_in(saved: &[u8]) -> Result<Vec<u8>, CheckpointError> {
        let (_, _, controller): State = checkpoint::from_bytes("loop", saved)?;
        Ok(controller)
    }

    /// Where the loop of a saved state stands.
    ///
    /// # Errors
    /// If that isn't one.
    pub fn position_in(saved: &[u8]) -> Result<Position, CheckpointError> {
        let (position, _, _): State = checkpoint::from_bytes("loop", saved)?;
        Ok(position)
    }

    /// The saved state of a loop with that of another controller: where a world's loop knew of none but that it was elsewhere.
    ///
    /// # Errors
    /// If that isn't one.
    pub fn with_controller(saved: &[u8], controller: &[u8]) -> Result<Vec<u8>, CheckpointError> {
        let (position, environment, _): State = checkpoint::from_bytes("loop", saved)?;
        checkpoint::to_bytes("loop", &(position, environment, controller))
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether the task is over: nothing is left to be done.
    pub fn is_over(&self) -> bool {
        self.environment.task().is_over()
    }

    /// The world.
    pub fn environment(&self) -> &Environment<dyn Body, dyn Task> {
        &self.environment
    }

    /// What closes the loop.
    pub fn controller(&self) -> &Hosted {
        &self.controller
    }

    /// Whether somebody looks on: only then has the controller telemetry. The trace is the same.
    pub fn watch(&mut self, watched: bool) {
        self.controller.watch(watched);
    }

    /// The action of the last control step.
    pub fn action(&self) -> &Action {
        &self.action
    }
}

impl Checkpoint for Session {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("loop", &(self.position, self.environment.save()?, self.controller.save()?))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let (position, environment, controller): State = checkpoint::from_bytes("loop", bytes)?;
        let before = self.environment.save()?;
        self.environment.restore(&environment)?;
        if let Err(error) = self.controller.restore(&controller) {
            self.environment.restore(&before)?;
            return Err(error);
        }
        self.position = position;
        Ok(())
    }
}
