//! Reaching: a driven ball must get to a place on the plane, again and again.
//!
//! When it is within the success radius it is put at a random place, which is not signalled; there are no episodes. The reward of
//! a control period looks at what the ball does, not at where it is: with err the angle between its velocity and the direction to
//! the goal, (1 - err / heading limit)+ x min(1, speed / reference speed), optionally low-pass filtered. Kaiser et al. 2019 give this
//! form without its constants; those here are this project's own choice.

use embody_robots::{
    Action, Checkpoint, CheckpointError, Evaluation, Nanos, Need, Pose, Stage, StageError, Tally, Task, checkpoint,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the reaching task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reaching {
    /// The link that must reach the goal.
    pub link: String,
    /// The goal (m).
    pub goal_m: [f64; 2],
    /// Distance from the goal at which it is reached (m).
    pub success_radius_m: f64,
    /// Half the side of the square, centred on the world's origin, in which places are drawn (m).
    pub place_half_extent_m: f64,
    /// Angle between velocity and goal beyond which there is no reward (degrees).
    pub heading_limit_deg: f64,
    /// Speed at which the reward no longer grows (m/s).
    pub reference_speed_m_s: f64,
    /// Time constant of the reward's low-pass filter; 0 for none.
    pub reward_filter: Nanos,
}

impl Default for Reaching {
    fn default() -> Self {
        Reaching {
            link: "ball".into(),
            goal_m: [0.0, 0.0],
            success_radius_m: 1.5,
            place_half_extent_m: 9.0,
            heading_limit_deg: 90.0,
            reference_speed_m_s: 1.0,
            reward_filter: Nanos::ZERO,
        }
    }
}

impl Reaching {
    /// Looks for settings that can't be: names the key, what is expected and what was found.
    pub fn check(&self) -> Result<(), String> {
        let positive = [
            ("success_radius_m", self.success_radius_m),
            ("place_half_extent_m", self.place_half_extent_m),
            ("heading_limit_deg", self.heading_limit_deg),
            ("reference_speed_m_s", self.reference_speed_m_s),
        ];
        if let Some((key, value)) = positive.iter().find(|(_, v)| !(v.is_finite() && *v > 0.0)) {
            return Err(format!("{key}: expected a number above zero, found {value}"));
        }
        let [x, y] = self.goal_m;
        if let Some(value) = self.goal_m.iter().find(|value| !(-FARTHEST_M..=FARTHEST_M).contains(*value)) {
            return Err(format!("goal_m: expected coordinates of at most {FARTHEST_M} m either way, found {value}"));
        }
        if self.place_half_extent_m > FARTHEST_M {
            return Err(format!("place_half_extent_m: expected at most {FARTHEST_M} m, found {}", self.place_half_extent_m));
        }
        // Otherwise hardly a place could be drawn that isn't the goal already.
        let farthest = squared_length([x.abs() + self.place_half_extent_m, y.abs() + self.place_half_extent_m]).sqrt();
        if self.success_radius_m > 0.9 * farthest {
            return Err(format!(
                "success_radius_m: expected at most 0.9 of the distance from the goal to the farthest place, {farthest} m, found {}",
                self.success_radius_m
            ));
        }
        Ok(())
    }

    /// Looks for places that lie outside an arena of the given half side (m).
    pub fn check_within(&self, half_extent_m: f64) -> Result<(), String> {
        let outside = |value: f64| value.abs() >= half_extent_m;
        let expected = format!("expected less than the arena's half_extent_m = {half_extent_m}");
        match self.goal_m.iter().find(|value| outside(**value)) {
            Some(value) => Err(format!("goal_m: {expected} either way, found {value}")),
            None if outside(self.place_half_extent_m) => {
                Err(format!("place_half_extent_m: {expected}, found {}", self.place_half_extent_m))
            }
            None => Ok(()),
        }
    }
}

/// The farthest that a place may be from the world's origin, along each axis (m).
const FARTHEST_M: f64 = 1e6;

fn squared_length([x, y]: [f64; 2]) -> f64 {
    x * x + y * y
}

/// The task.
pub struct ReachingTask {
    settings: Reaching,
    period_s: f64,
    /// exp(-period / filter); 0 without a filter.
    keep: f64,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    random: ChaCha8Rng,
    reward: f64,
    /// Control steps so far; the time follows from it without adding up roundings.
    steps: u64,
    tallies: [Tally; 1],
}

impl ReachingTask {
    /// With the given settings, for control periods of the given length.
    pub fn new(settings: &Reaching, control_period: Nanos) -> Result<Self, String> {
        settings.check()?;
        let period_s = control_period.as_secs_f64();
        let filter_s = settings.reward_filter.as_secs_f64();
        let tally = Tally { name: "targets_per_1000s".into(), numerator: 0.0, denominator: 0.0 };
        Ok(ReachingTask {
            settings: settings.clone(),
            period_s,
            keep: if filter_s > 0.0 { libm::exp(-period_s / filter_s) } else { 0.0 },
            state: State { random: ChaCha8Rng::seed_from_u64(0), reward: 0.0, steps: 0, tallies: [tally] },
        })
    }

    fn offset(&self, pose: &Pose) -> [f64; 2] {
        [self.settings.goal_m[0] - pose.translation.x, self.settings.goal_m[1] - pose.translation.y]
    }

    /// Puts the ball anywhere but at the goal, at the height it has.
    fn place(&mut self, stage: &mut dyn Stage) -> Result<(), StageError> {
        let mut pose = stage.pose(&self.settings.link)?;
        loop {
            let mut draw = || self.settings.place_half_extent_m * (2.0 * self.state.random.random::<f64>() - 1.0);
            (pose.translation.x, pose.translation.y) = (draw(), draw());
            if squared_length(self.offset(&pose)) > self.settings.success_radius_m * self.settings.success_radius_m {
                return stage.place(&self.settings.link, &pose);
            }
        }
    }
}

impl Task for ReachingTask {
    fn needs(&self) -> Vec<Need> {
        let link = || self.settings.link.clone();
        vec![Need::Pose(link()), Need::Velocity(link()), Need::Place(link())]
    }

    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError> {
        self.state.random = ChaCha8Rng::seed_from_u64(seed);
        self.state.reward = 0.0;
        self.place(stage)
    }

    fn evaluate(&mut self, stage: &mut dyn Stage, _action: &Action) -> Result<Evaluation, StageError> {
        let [dx, dy] = self.offset(&stage.pose(&self.settings.link)?);
        let velocity = stage.velocity(&self.settings.link)?.linear;
        let speed = squared_length([velocity.x, velocity.y]).sqrt();
        let mut reward = 0.0;
        if speed > 0.0 {
            // The angle between two vectors by atan2, which is accurate at every angle.
            let error = libm::atan2(velocity.x * dy - velocity.y * dx, velocity.x * dx + velocity.y * dy).abs().to_degrees();
            let heading = (1.0 - error / self.settings.heading_limit_deg).max(0.0);
            reward = heading * (speed / self.settings.reference_speed_m_s).min(1.0);
        }
        self.state.reward = self.keep * self.state.reward + (1.0 - self.keep) * reward;
        let [targets] = &mut self.state.tallies;
        self.state.steps += 1;
        targets.denominator = self.state.steps as f64 * self.period_s;
        if squared_length([dx, dy]) <= self.settings.success_radius_m * self.settings.success_radius_m {
            targets.numerator += 1000.0;
            self.place(stage)?;
        }
        Ok(Evaluation { reward: self.state.reward as f32, end: None })
    }

    fn reward_law(&self) -> String {
        let Reaching { heading_limit_deg, reference_speed_m_s, reward_filter, .. } = self.settings;
        let filter =
            if reward_filter == Nanos::ZERO { String::new() } else { format!("; low-pass filtered over {reward_filter}") };
        format!(
            "(1 - err / {heading_limit_deg} deg), at least 0, times min(1, speed / {reference_speed_m_s} m/s), with err the angle between the \
             velocity and the way to the goal{filter}"
        )
    }

    fn tallies(&self) -> &[Tally] {
        &self.state.tallies
    }
}

impl Checkpoint for ReachingTask {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("reaching", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("reaching", bytes)?;
        Ok(())
    }
}
