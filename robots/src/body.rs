//! The body: what moves and senses, simulated or real.

use crate::action::Action;
use crate::checkpoint::Checkpoint;
use crate::image::Image;
use crate::nanos::Nanos;
use crate::observation::Observation;
use crate::spec::{ActionSpec, ObservationSpec};
use crate::stage::Stage;

/// Why a body could not go on.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The action doesn't keep the spec.
    #[error("{0}")]
    BadAction(String),
    /// It can't be brought to its start.
    #[error("the body can't be reset: {0}")]
    NoReset(String),
    /// The physics left the finite numbers.
    #[error("the simulation became non-finite at {time}: {what}")]
    NotFinite {
        /// Simulated time.
        time: Nanos,
        /// Which body.
        what: String,
    },
}

/// What moves and senses. One call of [`step`](Body::step) is one control period.
///
/// The order of an episode is `reset`, then the task sets its stage, then `begin`, then `step` after `step`.
/// What an episode left behind never reaches the next one.
pub trait Body: Send + Checkpoint {
    /// What it senses.
    fn observation_spec(&self) -> &ObservationSpec;

    /// What it can be asked.
    fn action_spec(&self) -> &ActionSpec;

    /// Length of one control period.
    fn control_period(&self) -> Nanos;

    /// Time since the last reset.
    fn time(&self) -> Nanos;

    /// Back to the start, with every random stream drawn from `seed`: equal seeds give equal episodes.
    fn reset(&mut self, seed: u64) -> Result<(), BodyError>;

    /// The first observation of an episode, once the task has set the stage.
    fn begin(&mut self, observation: &mut Observation) -> Result<(), BodyError>;

    /// Acts for one control period, then senses. Values beyond the spec's bounds are clamped;
    /// an action of the wrong shape or with a number that isn't finite is an error and changes nothing.
    fn step(&mut self, action: &Action, observation: &mut Observation) -> Result<(), BodyError>;

    /// The action that is safe at any time, as when no controller answers.
    fn safe_action(&self) -> Action;

    /// What a task may know and place here.
    fn stage(&mut self) -> &mut dyn Stage;

    /// The same, to look at only.
    fn truth(&self) -> &dyn Stage;

    /// The last image of the camera called `sensor`, for those who look on; none if there is no such camera, or it keeps none.
    fn image(&self, _sensor: &str) -> Option<Image<'_>> {
        None
    }
}
