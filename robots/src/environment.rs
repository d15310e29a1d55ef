//! The environment: a body and a task, stepped together. The whole contract is on this page.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::body::{Body, BodyError};
use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::nanos::Nanos;
use crate::observation::Observation;
use crate::seed;
use crate::stage::{Need, StageError};
use crate::task::{End, Task};

/// Where in its episode a time step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    /// The first of an episode: no action led to it, its reward is 0.
    First,
    /// One in the middle.
    Mid,
    /// The last of an episode, and how it ended.
    Last(End),
}

/// What the environment gives back for each control period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeStep {
    /// Where in the episode.
    pub kind: StepKind,
    /// Time since the episode began, at the end of the control period.
    pub time: Nanos,
    /// Reward of the control period that ended.
    pub reward: f32,
    /// What was sensed at its end.
    pub observation: Observation,
}

/// Why an environment could not be built or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The task needs what the body lacks.
    #[error("the task needs {need:?}, which this body doesn't offer")]
    Lacking {
        /// What it needs.
        need: Need,
    },
    /// The body failed.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The stage failed.
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// A body and a task. After a [`StepKind::Last`] the next call must be [`reset`](Environment::reset).
pub struct Environment<B: Body + ?Sized, T: Task + ?Sized> {
    step: TimeStep,
    task: Box<T>,
    body: Box<B>,
}

impl<B: Body + ?Sized, T: Task + ?Sized> Environment<B, T> {
    /// Joins a body and a task, unless the task needs what the body lacks.
    pub fn new(mut body: Box<B>, task: Box<T>) -> Result<Self, EnvironmentError> {
        if let Some(need) = task.needs().into_iter().find(|need| !body.stage().offers(need)) {
            return Err(EnvironmentError::Lacking { need });
        }
        let observation = Observation::from_spec(body.observation_spec());
        let step = TimeStep { kind: StepKind::First, time: Nanos::ZERO, reward: 0.0, observation };
        Ok(Environment { step, task, body })
    }

    /// Begins an episode. Equal seeds give equal episodes.
    pub fn reset(&mut self, seed: u64) -> Result<&TimeStep, EnvironmentError> {
        self.body.reset(seed::stream(seed, "body"))?;
        self.task.begin(self.body.stage(), seed::stream(seed, "task"))?;
        self.body.begin(&mut self.step.observation)?;
        (self.step.kind, self.step.time, self.step.reward) = (StepKind::First, self.body.time(), 0.0);
        Ok(&self.step)
    }

    /// One control period: the body acts and senses, then the task judges.
    pub fn step(&mut self, action: &Action) -> Result<&TimeStep, EnvironmentError> {
        self.body.step(action, &mut self.step.observation)?;
        let evaluation = self.task.evaluate(self.body.stage(), action)?;
        self.step.kind = evaluation.end.map_or(StepKind::Mid, StepKind::Last);
        (self.step.time, self.step.reward) = (self.body.time(), evaluation.reward);
        Ok(&self.step)
    }

    /// The last time step.
    pub fn time_step(&self) -> &TimeStep {
        &self.step
    }

    /// The body.
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The task.
    pub fn task(&self) -> &T {
        &self.task
    }
}

impl<B: Body + ?Sized, T: Task + ?Sized> Checkpoint for Environment<B, T> {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("environment", &(&self.step, self.task.save()?, self.body.save()?))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let (step, task, body): (TimeStep, Vec<u8>, Vec<u8>) = checkpoint::from_bytes("environment", bytes)?;
        let task_before = self.task.save()?;
        self.task.restore(&task)?;
        if let Err(error) = self.body.restore(&body) {
            self.task.restore(&task_before)?;
            return Err(error);
        }
        self.step = step;
        Ok(())
    }
}
