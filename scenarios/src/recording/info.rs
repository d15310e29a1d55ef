//! What a recording says of its run.

use embody_robots::{ActionSpec, Nanos, ObservationSpec};

/// What a recording says of its run: its first message, `/run`.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInfo {
    /// Name of the scenario.
    pub scenario: String,
    /// Master seed.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// Revision of its source.
    pub git: String,
    /// The resolved scenario when the run began, as `config.toml` had it; its duration may have grown since.
    pub config: String,
    /// Length of a control step.
    pub control_period: Nanos,
    /// Length of a neural tick.
    pub neural_tick: Nanos,
    /// Control steps from one frame to the next.
    pub steps_per_frame: u64,
    /// Control steps from one view to the next.
    pub steps_per_view: u64,
    /// What the body senses.
    pub observation: ObservationSpec,
    /// What it can be asked.
    pub action: ActionSpec,
    /// The cameras whose images are recorded.
    pub cameras: Vec<String>,
}
