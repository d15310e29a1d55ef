//! The task: what is to be achieved, and how well it went.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::checkpoint::Checkpoint;
use crate::stage::{Need, Stage, StageError};

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The task is over: success, or a failure such as a fall.
    Terminated,
    /// It was cut off from outside, as by a time limit; the state it was in still had a future.
    Truncated,
}

/// What a task says of one control period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The reward of this control period.
    pub reward: f32,
    /// Whether, and how, the episode ended.
    pub end: Option<End>,
}

/// A metric as two sums that only grow; over any window its value is the growth of `numerator` over that of `denominator`.
///
/// Targets per 1 000 s, say, counts 1 000 for each target over the seconds that passed. Where the denominator hasn't grown it counts as
/// one: the mean time between two failures is at least the time that passed without any, and 0 if none did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Name of the metric, with its unit: `targets_per_1000s`.
    pub name: String,
    /// Grows with what is counted.
    pub numerator: f64,
    /// Grows with what it is counted against.
    pub denominator: f64,
}

impl Tally {
    /// The metric over a span, given how much both have grown within it.
    pub fn ratio(numerator: f64, denominator: f64) -> f64 {
        if denominator == 0.0 { numerator } else { numerator / denominator }
    }
}

/// Rows of numbers about a task, for a file of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What a row is about, in the plural: `targets`.
    pub name: &'static str,
    /// What the columns are, each with its unit.
    pub columns: &'static [&'static str],
    /// The rows, with a number for each column; one that isn't known is NaN.
    pub rows: Vec<Vec<f64>>,
}

impl Table {
    /// As comma-separated values; what isn't known is empty.
    pub fn csv(&self) -> String {
        let cell = |value: &f64| if value.is_nan() { String::new() } else { value.to_string() };
        let rows = self.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
        std::iter::once(self.columns.join(",")).chain(rows).map(|line| line + "\n").collect()
    }
}

/// What is to be achieved. It may move things within an episode without telling the controller.
pub trait Task: Send + Checkpoint {
    /// What it needs of a stage; a body that lacks any of it is refused when the scenario is loaded.
    fn needs(&self) -> Vec<Need>;

    /// Sets the stage for an episode, with every random stream drawn from `seed`. Tallies go on.
    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError>;

    /// The reward and end of the control period that `action` was applied in.
    fn evaluate(&mut self, stage: &mut dyn Stage, action: &Action) -> Result<Evaluation, StageError>;

    /// The law of its reward in words, for those who read about it; nothing unless a task says it.
    fn reward_law(&self) -> String {
        String::new()
    }

    /// The metrics since this task was made, over all episodes. The first is the one that matters most.
    fn tallies(&self) -> &[Tally];

    /// Metrics over all episodes so far that no sums make, such as medians, by name with their unit; none unless a task has some.
    fn figures(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// What became of each thing that was to be done, where a task keeps count of them.
    fn table(&self) -> Option<Table> {
        None
    }

    /// Whether all that was to be done has been done, and no further episode need begin. A task goes on for ever unless it says otherwise.
    fn is_over(&self) -> bool {
        false
    }
}
