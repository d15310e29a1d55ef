//! Trunk reaching: the tip of a trunk must come to a pose, one target after the other.
//!
//! A target is an episode, and a control step an iteration. The trunk begins at its start; the goal is where the tip is at joint values drawn
//! evenly within their limits, or the next of a list. The episode ends when the tip is there, or after the most iterations. What counts is
//! the best pose that there was ([`outcome`](super::trunk_outcome)); when all targets have been had, the task is over.

use embody_robots::catalogue::trunk::{BASE, GOAL, TIP};
use embody_robots::robot::{Origin, Platforms, RobotSpec};
use embody_robots::{
    Action, Checkpoint, CheckpointError, End, Evaluation, Need, Pose, Stage, StageError, Table, Tally, Task, Trunk, checkpoint,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trunk_outcome::{Miss, Outcome, figures, table};

/// How far away a goal may be (m).
const FARTHEST_M: f64 = 1000.0;

/// Settings of the trunk-reaching task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrunkReaching {
    /// Number of targets, after which the run is over.
    pub targets: u64,
    /// The most iterations for a target.
    pub iterations: u64,
    /// Whether the tip's orientation counts beside its place.
    pub orientation: bool,
    /// Distance of tip and goal within which the target is reached (mm).
    pub reached_mm: f64,
    /// Angle between both within which it is reached, where orientation counts (degrees).
    pub reached_deg: f64,
    /// Goals to be had in turn, in the frame of the trunk's base (y along the straight trunk); reachable ones are drawn if there are none.
    pub goals: Vec<Goal>,
}

/// A goal in the frame of the trunk's base.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its place (m).
    pub position_m: [f64; 3],
    /// Its orientation, a quaternion x, y, z, w of any length; as the base unless given.
    #[serde(default = "as_the_base")]
    pub orientation_xyzw: [f64; 4],
}

fn as_the_base() -> [f64; 4] {
    [0.0, 0.0, 0.0, 1.0]
}

impl Default for TrunkReaching {
    fn default() -> Self {
        TrunkReaching { targets: 100, iterations: 200, orientation: true, reached_mm: 0.1, reached_deg: 0.1, goals: Vec::new() }
    }
}

/// The task.
pub struct TrunkReachingTask {
    settings: TrunkReaching,
    trunk: Trunk,
    platforms: Platforms,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    goal: Pose,
    /// Iterations for the target so far.
    iterations: u64,
    best: Option<Miss>,
    /// Iterations until the tip was near for the first time.
    near_after: Option<u64>,
    /// What became of the targets that are done with.
    outcomes: Vec<Outcome>,
    tallies: [Tally; 3],
}

impl TrunkReachingTask {
    /// With the given settings for `robot`.
    ///
    /// # Errors
    /// Names the key, what is expected and what was found.
    pub fn new(settings: &TrunkReaching, robot: &RobotSpec) -> Result<Self, String> {
        let counts = [("targets", settings.targets), ("iterations", settings.iterations)];
        if let Some((key, value)) = counts.iter().find(|(_, value)| !(1..=1_000_000).contains(value)) {
            return Err(format!("{key}: expected 1 to 1000000, found {value}"));
        }
        let thresholds = [("reached_mm", settings.reached_mm), ("reached_deg", settings.reached_deg)];
        if let Some((key, value)) = thresholds.iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            return Err(format!("{key}: expected a number not below zero, found {value}"));
        }
        let is_far = |goal: &Goal| goal.position_m.iter().any(|x| x.abs() > FARTHEST_M);
        if let Some(index) = settings.goals.iter().position(|goal| !goal.origin().is_proper() || is_far(goal)) {
            let expected = format!("numbers within {FARTHEST_M} m and a quaternion with a direction");
            return Err(format!("goals: expected {expected}, found {:?} as number {index}", settings.goals[index]));
        }
        let platforms =
            Platforms::of(robot).ok_or_else(|| format!("expected a robot that is a trunk, found {:?}", robot.name))?;
        let trunk = platforms.trunk().ok_or("expected a trunk with modules, found none")?;
        let tally = |name: &str| Tally { name: name.into(), numerator: 0.0, denominator: 0.0 };
        let state = State {
            goal: Pose::identity(),
            iterations: 0,
            best: None,
            near_after: None,
            outcomes: Vec::new(),
            tallies: ["tip_error_mean_mm", "iterations_mean", "reached_percent"].map(tally),
        };
        Ok(TrunkReachingTask { settings: settings.clone(), trunk, platforms: platforms.clone(), state })
    }

    /// The next goal, in the base's frame.
    fn goal(&self, seed: u64) -> Pose {
        let given = self.settings.goals.iter().cycle().nth(self.state.outcomes.len() % self.settings.goals.len().max(1));
        given.map_or_else(|| self.draw(seed), |goal| goal.origin().pose())
    }

    /// Where the tip is at joint values drawn evenly; those of jammed modules are as they are.
    fn draw(&self, seed: u64) -> Pose {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let asked: Vec<f32> = (0..self.trunk.joints()).map(|_| random.random_range(-1.0..=1.0)).collect();
        let mut joints = Vec::new();
        self.platforms.wanted(&asked, &mut joints);
        self.trunk.tip(&joints)
    }

    fn miss(&self, stage: &dyn Stage) -> Result<Miss, StageError> {
        Ok(Miss::between(&(stage.pose(BASE)?.inverse() * stage.pose(TIP)?), &self.state.goal))
    }

    /// How far off a miss is, as one number (mm).
    fn size(&self, miss: &Miss) -> f64 {
        if self.settings.orientation { miss.weighted_mm() } else { miss.tip_mm }
    }

    fn is_reached(&self, miss: &Miss) -> bool {
        let turned = !self.settings.orientation || miss.orientation_deg <= self.settings.reached_deg;
        miss.tip_mm <= self.settings.reached_mm && turned
    }

    /// Closes a target.
    fn close(&mut self, last: Miss, reached: bool) {
        let State { goal, iterations, best, near_after, outcomes, tallies, .. } = &mut self.state;
        // A target is closed after an iteration, which left a best.
        let best = best.unwrap_or_default();
        let (goal, near_after) = (*goal, *near_after);
        outcomes.push(Outcome { goal, best, last, near_after, iterations: *iterations, reached });
        let counts = [best.tip_mm, *iterations as f64, if reached { 100.0 } else { 0.0 }];
        for (tally, count) in tallies.iter_mut().zip(counts) {
            tally.numerator += count;
            tally.denominator += 1.0;
        }
    }
}

impl Goal {
    fn origin(&self) -> Origin {
        Origin { position_m: self.position_m, quaternion_xyzw: self.orientation_xyzw }
    }
}

impl Task for TrunkReachingTask {
    fn needs(&self) -> Vec<Need> {
        let poses = [BASE, TIP].map(|name| Need::Pose(name.into()));
        poses.into_iter().chain([Need::Place(GOAL.into())]).collect()
    }

    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError> {
        self.state.goal = self.goal(seed);
        (self.state.iterations, self.state.best, self.state.near_after) = (0, None, None);
        let goal = stage.pose(BASE)? * self.state.goal;
        stage.place(GOAL, &goal)
    }

    fn evaluate(&mut self, stage: &mut dyn Stage, _action: &Action) -> Result<Evaluation, StageError> {
        let miss = self.miss(stage)?;
        self.state.iterations += 1;
        let iterations = self.state.iterations;
        if miss.is_near() {
            self.state.near_after.get_or_insert(iterations);
        }
        if self.state.best.is_none_or(|best| self.size(&miss) < self.size(&best)) {
            self.state.best = Some(miss);
        }
        let reached = self.is_reached(&miss);
        let end = match reached {
            true => Some(End::Terminated),
            false => (iterations >= self.settings.iterations).then_some(End::Truncated),
        };
        if end.is_some() {
            self.close(miss, reached);
        }
        Ok(Evaluation { reward: (-1e-3 * self.size(&miss)) as f32, end })
    }

    fn reward_law(&self) -> String {
        let angle = if self.settings.orientation { " and 2/3 mm for each degree between their orientations" } else { "" };
        format!("minus the distance of tip and goal{angle}, in m")
    }

    fn tallies(&self) -> &[Tally] {
        &self.state.tallies
    }

    fn figures(&self) -> Vec<(&'static str, f64)> {
        figures(&self.state.outcomes, self.settings.iterations, self.settings.orientation)
    }

    fn table(&self) -> Option<Table> {
        Some(table(&self.state.outcomes))
    }

    fn is_over(&self) -> bool {
        self.state.outcomes.len() as u64 >= self.settings.targets
    }
}

impl Checkpoint for TrunkReachingTask {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("trunk reaching", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("trunk reaching", bytes)?;
        Ok(())
    }
}
