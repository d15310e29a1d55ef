//! Lane following: a car must stay in the right lane of the arena's road, again and again.
//!
//! With beta the angle between car and lane (degrees) and d the distance of the car's frame from the middle of its lane (m), the reward
//! of a control period is exp(-0.03 beta^2) exp(-70 d^2), as in Kaiser et al. 2019. A car that strays too far, or stands across the
//! lane, has left it: it is put back, at rest, which is not signalled; there are no episodes. Where it is put back, and how far off the
//! line, are this project's own choice, and so are the limits.
//!
//! The car stands when it was put back, and its motor has to bring it to speed again.

use embody_robots::robot::rotation;
use embody_robots::{
    Action, Checkpoint, CheckpointError, Evaluation, Nanos, Need, Pose, Stage, StageError, Tally, Task, Velocity, checkpoint,
};
use embody_sim_world::{Arena, Road};
use nalgebra::{Translation3, Vector3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the lane-following task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LaneFollowing {
    /// The link that must stay in the lane.
    pub link: String,
    /// Falloff of the reward with the heading's error (1/degree^2).
    pub reward_per_deg2: f64,
    /// Falloff of the reward with the distance from the middle of the lane (1/m^2).
    pub reward_per_m2: f64,
    /// Distance from the middle of the lane at which it is left (m).
    pub stray_limit_m: f64,
    /// Angle between car and lane at which it is left (degrees).
    pub heading_limit_deg: f64,
    /// Where the car is put back.
    pub starts: Starts,
    /// The start: arc length along the road (m).
    pub start_m: f64,
    /// Speed at which it starts, straight ahead (m/s).
    pub start_speed_m_s: f64,
    /// How far from the middle of the lane it is put, at most, either way (m).
    pub start_offset_m: f64,
    /// By what its heading is off then, at most, either way (degrees).
    pub start_heading_deg: f64,
}

/// Where a car that left its lane is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// At the start.
    Start,
    /// Anywhere along the road.
    Road,
}

impl Default for LaneFollowing {
    fn default() -> Self {
        LaneFollowing {
            link: "chassis".into(),
            reward_per_deg2: 0.03,
            reward_per_m2: 70.0,
            stray_limit_m: 2.0,
            heading_limit_deg: 90.0,
            starts: Starts::Start,
            start_m: 0.0,
            start_speed_m_s: 0.0,
            start_offset_m: 0.2,
            start_heading_deg: 2.0,
        }
    }
}

impl LaneFollowing {
    /// Looks for settings that can't be: names the key, what is expected and what was found.
    pub fn check(&self) -> Result<(), String> {
        let limits = [
            ("reward_per_deg2", self.reward_per_deg2, 0.0, 1e6),
            ("reward_per_m2", self.reward_per_m2, 0.0, 1e6),
            ("stray_limit_m", self.stray_limit_m, 1e-3, 100.0),
            ("heading_limit_deg", self.heading_limit_deg, 1e-3, 180.0),
            ("start_m", self.start_m, 0.0, 1e6),
            ("start_speed_m_s", self.start_speed_m_s, 0.0, 100.0),
            ("start_offset_m", self.start_offset_m, 0.0, 0.9 * self.stray_limit_m),
            ("start_heading_deg", self.start_heading_deg, 0.0, 0.9 * self.heading_limit_deg),
        ];
        // Written so that NaN fails too.
        let wrong = limits.into_iter().find(|(_, value, least, most)| !(value >= least && value <= most));
        wrong.map_or(Ok(()), |(key, value, least, most)| Err(format!("{key}: expected {least} to {most}, found {value}")))
    }
}

/// The task.
pub struct LaneFollowingTask {
    settings: LaneFollowing,
    road: Road,
    /// Distance of the lane's middle from the centre line, to the right (m).
    lane_m: f64,
    period_s: f64,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    random: ChaCha8Rng,
    /// Arc length of the road that the car was at last (m).
    along_m: f64,
    /// Control steps so far; the time follows from it without adding up roundings.
    steps: u64,
    tallies: [Tally; 4],
}

/// Where a car is in its lane.
struct Place {
    /// Arc length of the road (m).
    along_m: f64,
    /// From the middle of the lane, positive to the left (m).
    stray_m: f64,
    /// Between car and lane, positive to the left (degrees).
    heading_deg: f64,
}

const HOUR_S: f64 = 3600.0;

impl LaneFollowingTask {
    /// With the given settings, on the arena's road, for control periods of the given length.
    pub fn new(settings: &LaneFollowing, arena: &Arena, control_period: Nanos) -> Result<Self, String> {
        settings.check()?;
        let road = arena.road.as_ref().ok_or("the task needs a road: expected a table [arena.road], found none")?;
        let names = ["time_on_lane_s", "stray_mean_m", "laps_per_hour", "leavings_per_hour"];
        let tallies = names.map(|name| Tally { name: name.into(), numerator: 0.0, denominator: 0.0 });
        Ok(LaneFollowingTask {
            settings: settings.clone(),
            road: road.road(),
            lane_m: 0.5 * road.paint.lane_width_m,
            period_s: control_period.as_secs_f64(),
            state: State { random: ChaCha8Rng::seed_from_u64(0), along_m: 0.0, steps: 0, tallies },
        })
    }

    fn locate(&self, pose: &Pose) -> Place {
        let point = self.road.closest([pose.translation.x, pose.translation.y]);
        let forward = pose.rotation * Vector3::x();
        let (sin, cos) = libm::sincos(point.heading_rad);
        // The angle between two vectors by atan2, which is accurate at every angle.
        let heading = libm::atan2(cos * forward.y - sin * forward.x, cos * forward.x + sin * forward.y);
        Place { along_m: point.s_m, stray_m: point.d_m + self.lane_m, heading_deg: heading.to_degrees() }
    }

    fn reward(&self, place: &Place) -> f64 {
        let LaneFollowing { reward_per_deg2, reward_per_m2, .. } = self.settings;
        let heading = reward_per_deg2 * place.heading_deg * place.heading_deg;
        libm::exp(-heading - reward_per_m2 * place.stray_m * place.stray_m)
    }

    fn has_left(&self, place: &Place) -> bool {
        let stays = place.stray_m.abs() <= self.settings.stray_limit_m;
        !(stays && place.heading_deg.abs() <= self.settings.heading_limit_deg)
    }

    /// Puts the car back into its lane.
    fn place(&mut self, stage: &mut dyn Stage) -> Result<(), StageError> {
        let LaneFollowing { starts, start_m, start_speed_m_s, start_offset_m, start_heading_deg, .. } = self.settings;
        let mut draw = || self.state.random.random::<f64>();
        let along_m = match starts {
            Starts::Start => start_m,
            Starts::Road => self.road.length_m() * draw(),
        };
        let mut off = |most: f64| most * (2.0 * draw() - 1.0);
        let (offset_m, turn_deg) = (off(start_offset_m), off(start_heading_deg));
        let lane = self.road.at(along_m);
        let [x, y] = lane.offset(0.0, offset_m - self.lane_m);
        let heading = rotation([0.0, 0.0, 1.0], lane.heading_rad + turn_deg.to_radians());
        self.state.along_m = along_m;
        stage.place(&self.settings.link, &Pose::from_parts(Translation3::new(x, y, 0.0), heading))?;
        let linear = heading * Vector3::x() * start_speed_m_s;
        stage.launch(&self.settings.link, &Velocity { linear, angular: Vector3::zeros() })
    }

    /// How far the car has come along the road since the last step (m).
    fn progress_m(&self, place: &Place) -> f64 {
        let (way_m, length_m) = (place.along_m - self.state.along_m, self.road.length_m());
        way_m - length_m * (way_m / length_m).round()
    }
}

impl Task for LaneFollowingTask {
    fn needs(&self) -> Vec<Need> {
        let link = || self.settings.link.clone();
        vec![Need::Pose(link()), Need::Place(link()), Need::Launch(link())]
    }

    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError> {
        self.state.random = ChaCha8Rng::seed_from_u64(seed);
        self.place(stage)
    }

    fn evaluate(&mut self, stage: &mut dyn Stage, _action: &Action) -> Result<Evaluation, StageError> {
        let place = self.locate(&stage.pose(&self.settings.link)?);
        let (reward, left) = (self.reward(&place), self.has_left(&place));
        let laps = self.progress_m(&place).max(0.0) / self.road.length_m();
        self.state.steps += 1;
        let time_s = self.state.steps as f64 * self.period_s;
        let leavings = f64::from(u8::from(left));
        let [on_lane, stray, lap, leaving] = &mut self.state.tallies;
        on_lane.numerator = time_s;
        on_lane.denominator += leavings;
        stray.numerator += place.stray_m.abs().min(self.settings.stray_limit_m) * self.period_s;
        lap.numerator += HOUR_S * laps;
        leaving.numerator += HOUR_S * leavings;
        for tally in [stray, lap, leaving] {
            tally.denominator = time_s;
        }
        self.state.along_m = place.along_m;
        if left {
            self.place(stage)?;
        }
        Ok(Evaluation { reward: reward as f32, end: None })
    }

    fn reward_law(&self) -> String {
        let LaneFollowing { reward_per_deg2, reward_per_m2, .. } = self.settings;
        format!(
            "exp(-{reward_per_deg2} beta^2 - {reward_per_m2} d^2), with beta the angle between car and lane (degrees), and d the distance from \
             the middle of the lane (m)"
        )
    }

    fn tallies(&self) -> &[Tally] {
        &self.state.tallies
    }
}

impl Checkpoint for LaneFollowingTask {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("lane following", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("lane following", bytes)?;
        Ok(())
    }
}
