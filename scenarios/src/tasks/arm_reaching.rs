//! Arm reaching: the tip of an arm must get to a goal, again and again.
//!
//! The goal is a mark that the arm can reach: its place is where the tip would be at positions of the driven joints that are drawn evenly
//! within their limits. Reached, or not reached in time, the goal moves, which is not signalled; there are no episodes. The reward of a
//! control period looks at what the joints do: with err the angle, in the space of the driven joints, between their velocity and the way
//! to the drawn positions, (1 - err / heading limit)+ x min(1, speed / reference speed).

use embody_robots::robot::Actuator;
use embody_robots::stage::JointState;
use embody_robots::{
    Action, Checkpoint, CheckpointError, Evaluation, Kinematics, Nanos, Need, Pose, RobotSpec, Stage, StageError, Tally, Task,
    checkpoint,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of the arm-reaching task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ArmReaching {
    /// The link whose origin must reach the goal.
    pub tip: String,
    /// The mark that is the goal.
    pub goal: String,
    /// Distance of tip and goal at which it is reached (m).
    pub success_radius_m: f64,
    /// Time after which the goal moves, reached or not.
    pub time_out: Nanos,
    /// How far inside their limits the joints' positions at the goal are drawn (rad or m).
    pub margin: f64,
    /// Angle between the joints' velocity and the way to the goal beyond which there is no reward (degrees).
    pub heading_limit_deg: f64,
    /// Speed of the joints, taken together, at which the reward no longer grows (rad/s or m/s).
    pub reference_speed: f64,
}

impl Default for ArmReaching {
    fn default() -> Self {
        ArmReaching {
            tip: "tip".into(),
            goal: "goal".into(),
            success_radius_m: 0.07,
            time_out: Nanos::from_secs(20),
            margin: 0.0,
            heading_limit_deg: 90.0,
            reference_speed: 0.75,
        }
    }
}

/// The task.
pub struct ArmReachingTask {
    settings: ArmReaching,
    kinematics: Kinematics,
    /// The driven joints: name, index among the robot's, and the range that goals are drawn from.
    joints: Vec<(String, usize, [f64; 2])>,
    tip: usize,
    period_s: f64,
    time_out_steps: u64,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
struct State {
    random: ChaCha8Rng,
    /// Positions of the driven joints at the goal (rad or m).
    wanted: Vec<f64>,
    goal_m: [f64; 3],
    /// Control steps since the goal moved.
    waited: u64,
    /// Control steps so far.
    steps: u64,
    tallies: [Tally; 2],
}

impl ArmReachingTask {
    /// With the given settings for `robot`, in control periods of the given length.
    ///
    /// # Errors
    /// Names the key, what is expected and what was found.
    pub fn new(settings: &ArmReaching, robot: &RobotSpec, control_period: Nanos) -> Result<Self, String> {
        let positive = [
            ("success_radius_m", settings.success_radius_m),
            ("heading_limit_deg", settings.heading_limit_deg),
            ("reference_speed", settings.reference_speed),
        ];
        if let Some((key, value)) = positive.iter().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return Err(format!("{key}: expected a number above zero, found {value}"));
        }
        let time_out_steps = settings.time_out.whole_multiple_of(control_period).ok_or_else(|| {
            format!("time_out: expected a whole number of control periods of {control_period}, found {}", settings.time_out)
        })?;
        let kinematics = Kinematics::new(robot).map_err(|problem| problem.what)?;
        let tip = kinematics.link(&settings.tip).map_err(|e| format!("tip: {e}"))?;
        kinematics.link(&settings.goal).map_err(|e| format!("goal: {e}"))?;
        let joints = robot.joints.iter().enumerate();
        let joints =
            joints.filter(|(_, joint)| robot.actuators.iter().flat_map(Actuator::joints).any(|driven| driven == joint.name));
        let joints = joints.map(|(index, joint)| {
            let range = joint.limits.position.map(|[least, most]| [least + settings.margin, most - settings.margin]);
            match range {
                Some([least, most]) if least < most && settings.margin >= 0.0 => Ok((joint.name.clone(), index, [least, most])),
                _ => Err(format!(
                    "margin: expected limits of joint {:?} that are more than twice the margin apart, found {:?} and {}",
                    joint.name, joint.limits.position, settings.margin
                )),
            }
        });
        let joints = joints.collect::<Result<Vec<_>, _>>()?;
        if joints.is_empty() {
            return Err("tip: expected a robot with driven joints, found none".into());
        }
        let tally = |name: &str| Tally { name: name.into(), numerator: 0.0, denominator: 0.0 };
        let tallies = ["targets_per_1000s", "time_outs_per_1000s"].map(tally);
        let state = State {
            random: ChaCha8Rng::seed_from_u64(0),
            wanted: vec![0.0; joints.len()],
            goal_m: [0.0; 3],
            waited: 0,
            steps: 0,
            tallies,
        };
        let period_s = control_period.as_secs_f64();
        Ok(ArmReachingTask { settings: settings.clone(), kinematics, joints, tip, period_s, time_out_steps, state })
    }

    /// Draws a goal that the tip isn't at already, and puts the mark there.
    fn place(&mut self, stage: &mut dyn Stage) -> Result<(), StageError> {
        let tip = stage.pose(&self.settings.tip)?.translation.vector;
        let mut positions = self.kinematics.positions([]).unwrap_or_default();
        // Joints that hardly move the tip could make every draw one that is reached already.
        const MOST_DRAWS: usize = 1000;
        for _ in 0..MOST_DRAWS {
            for ((_, index, [least, most]), wanted) in self.joints.iter().zip(&mut self.state.wanted) {
                *wanted = least + (most - least) * self.state.random.random::<f64>();
                positions[*index] = *wanted;
            }
            let goal = self.kinematics.poses(&positions)[self.tip].translation.vector;
            self.state.goal_m = goal.into();
            if (goal - tip).norm() > self.settings.success_radius_m {
                break;
            }
        }
        self.state.waited = 0;
        let [x, y, z] = self.state.goal_m;
        stage.place(&self.settings.goal, &Pose::translation(x, y, z))
    }

    /// The reward of joints in these states.
    fn reward(&self, states: &[JointState]) -> f64 {
        let (mut along, mut way, mut speed) = (0.0, 0.0, 0.0);
        for (state, wanted) in states.iter().zip(&self.state.wanted) {
            let to_go = wanted - state.position;
            along += state.velocity * to_go;
            way += to_go * to_go;
            speed += state.velocity * state.velocity;
        }
        if way <= 0.0 || speed <= 0.0 {
            return 0.0;
        }
        let across = (way * speed - along * along).max(0.0).sqrt();
        let error = libm::atan2(across, along).to_degrees();
        (1.0 - error / self.settings.heading_limit_deg).max(0.0) * (speed.sqrt() / self.settings.reference_speed).min(1.0)
    }
}

impl Task for ArmReachingTask {
    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![Need::Pose(self.settings.tip.clone()), Need::Place(self.settings.goal.clone())];
        needs.extend(self.joints.iter().map(|(name, ..)| Need::Joint(name.clone())));
        needs
    }

    fn begin(&mut self, stage: &mut dyn Stage, seed: u64) -> Result<(), StageError> {
        self.state.random = ChaCha8Rng::seed_from_u64(seed);
        self.place(stage)
    }

    fn evaluate(&mut self, stage: &mut dyn Stage, _action: &Action) -> Result<Evaluation, StageError> {
        let states = self.joints.iter().map(|(name, ..)| stage.joint(name)).collect::<Result<Vec<_>, _>>()?;
        let reward = self.reward(&states);
        let tip = stage.pose(&self.settings.tip)?.translation.vector;
        let away: f64 = tip.iter().zip(self.state.goal_m).map(|(tip, goal)| (tip - goal) * (tip - goal)).sum();
        let reached = away.sqrt() <= self.settings.success_radius_m;
        self.state.steps += 1;
        self.state.waited += 1;
        let late = self.state.waited >= self.time_out_steps;
        let elapsed_s = self.state.steps as f64 * self.period_s;
        let [targets, time_outs] = &mut self.state.tallies;
        (targets.denominator, time_outs.denominator) = (elapsed_s, elapsed_s);
        if reached {
            targets.numerator += 1000.0;
        } else if late {
            time_outs.numerator += 1000.0;
        }
        if reached || late {
            self.place(stage)?;
        }
        Ok(Evaluation { reward: reward as f32, end: None })
    }

    fn reward_law(&self) -> String {
        let ArmReaching { heading_limit_deg, reference_speed, .. } = self.settings;
        format!(
            "(1 - err / {heading_limit_deg} deg), at least 0, times min(1, speed / {reference_speed}), with err the angle, in the space of the \
             driven joints, between their velocity and the way to their positions at the goal, and speed the length of that velocity"
        )
    }

    fn tallies(&self) -> &[Tally] {
        &self.state.tallies
    }
}

impl Checkpoint for ArmReachingTask {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("arm reaching", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let state: State = checkpoint::from_bytes("arm reaching", bytes)?;
        if state.wanted.len() != self.joints.len() {
            let why = format!("expected {} joints, found {}", self.joints.len(), state.wanted.len());
            return Err(CheckpointError::Malformed { part: "arm reaching".into(), why });
        }
        self.state = state;
        Ok(())
    }
}
