//! How a learning rate, or the strength of a regulariser, changes from update to update.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A factor that depends on the number of the update, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// 1.
    #[default]
    Constant,
    /// factor^(update / every), rounded down: falls in steps.
    Step {
        /// Updates of a step; zero counts as one.
        every: u64,
        /// Factor of each step.
        factor: f64,
    },
    /// floor + (1 - floor) (1 + cos(pi update / updates)) / 2, and floor from then on.
    Cosine {
        /// Updates until the floor is reached.
        updates: u64,
        /// The least factor.
        floor: f64,
    },
}

impl Schedule {
    /// The factor of an update.
    pub fn factor(&self, update: u64) -> f64 {
        match *self {
            Schedule::Constant => 1.0,
            Schedule::Step { every, factor } => libm::pow(factor, (update / every.max(1)) as f64),
            Schedule::Cosine { updates, floor } if update < updates => {
                floor + (1.0 - floor) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * update as f64 / updates as f64))
            }
            Schedule::Cosine { floor, .. } => floor,
        }
    }
}

/// A learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LearningRate {
    /// The rate that the schedule multiplies.
    pub rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Updates over which it rises from rate / warm_up_updates to the schedule's, in even steps.
    pub warm_up_updates: u64,
}

impl Default for LearningRate {
    fn default() -> Self {
        LearningRate { rate: 1e-3, schedule: Schedule::Constant, warm_up_updates: 0 }
    }
}

impl LearningRate {
    /// The rate of an update, counted from 0.
    pub fn at(&self, update: u64) -> f64 {
        let warm = if update < self.warm_up_updates { (update + 1) as f64 / self.warm_up_updates as f64 } else { 1.0 };
        self.rate * self.schedule.factor(update) * warm
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_their_schedules() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        let step = LearningRate { rate: 2.0, schedule: Schedule::Step { every: 10, factor: 0.5 }, warm_up_updates: 4 };
        for (update, rate) in [(0, 0.5), (1, 1.0), (3, 2.0), (9, 2.0), (10, 1.0), (25, 0.5)] {
            near(step.at(update), rate);
        }
        let cosine = Schedule::Cosine { updates: 100, floor: 0.02 };
        for (update, factor) in [(0, 1.0), (50, 0.51), (100, 0.02), (1_000_000, 0.02)] {
            near(cosine.factor(update), factor);
        }
        near(Schedule::Constant.factor(7), 1.0);
    }
}
