//! Chance: straight runs at top speed, with random turns, knowing nothing of the goal.
//!
//! It moves a body over the plane, or the first two joints of an arm through their positions. A run ends after a random time, or at a
//! wall, which to a joint is its limit: the next one then leads away from it. To notice walls it reads its true contacts and joints: a
//! walker that went on pushing at them would be a weaker baseline than chance can offer.

use embody_robots::{Action, Checkpoint, CheckpointError, Contact, Nanos, Need, RobotSpec, Stage, TimeStep, checkpoint};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MOST;
use super::driven_joint::DrivenJoint;
use crate::controller::{ControllerError, Privileged};
use crate::slots::Slots;

/// A joint this near its limit is at a wall (rad or m).
const AT_LIMIT: f64 = 0.02;

/// Settings of the blind walker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlindSettings {
    /// The frame that is driven, if it isn't joints.
    pub frame: String,
    /// Speed (m/s, or rad/s in the space of two joints) [default: the drives' top speed].
    pub speed: Option<f64>,
    /// Mean length of a straight run; lengths are exponentially distributed.
    pub mean_run: Nanos,
}

impl Default for BlindSettings {
    fn default() -> Self {
        BlindSettings { frame: "ball".into(), speed: None, mean_run: Nanos::from_secs(10) }
    }
}

/// Walks straight on until a turn is due, then in a direction drawn anew.
pub struct Blind {
    mean_run_s: f64,
    speed: f64,
    control_period_s: f64,
    slots: Slots<2>,
    senses: Senses,
    /// The ways that are barred, kept so that nothing is allocated.
    walls: Vec<[f64; 2]>,
    state: Walk,
}

/// How walls are noticed.
enum Senses {
    /// By the contacts of a frame, but for those with the ground.
    Contacts { frame: String, contacts: Vec<Contact> },
    /// By the limits of two joints.
    Limits([DrivenJoint; 2]),
}

#[derive(Clone, Serialize, Deserialize)]
struct Walk {
    random: ChaCha8Rng,
    velocity: [f32; 2],
    /// Control steps until the next turn.
    left: u64,
}

impl Blind {
    /// With the given settings, for control periods of the given length.
    ///
    /// # Errors
    /// If the robot has neither a drive of two values nor two joints that are driven by velocity, or a setting can't be.
    pub fn new(settings: &BlindSettings, robot: &RobotSpec, control_period: Nanos, seed: u64) -> Result<Self, ControllerError> {
        let spec = robot.action_spec();
        let slots = Slots::pair(&spec).map_err(unfit)?;
        let speed = settings.speed.unwrap_or(slots.most(&spec));
        if settings.mean_run.0 == 0 || !(-MOST..=MOST).contains(&speed) {
            return Err(unfit(format!(
                "expected mean_run above zero and speed of at most {MOST} either way, found {} and {speed}",
                settings.mean_run
            )));
        }
        let senses = if slots.share_a_field() {
            Senses::Contacts { frame: settings.frame.clone(), contacts: Vec::new() }
        } else {
            Senses::of_joints(robot, slots.fields(&spec).map(|field| field.name.as_str()))?
        };
        Ok(Blind {
            mean_run_s: settings.mean_run.as_secs_f64(),
            speed,
            control_period_s: control_period.as_secs_f64(),
            slots,
            senses,
            walls: Vec::new(),
            state: Walk { random: ChaCha8Rng::seed_from_u64(seed), velocity: [0.0; 2], left: 0 },
        })
    }

    /// A direction that no wall bars, and the time until the next turn.
    fn turn(&mut self) {
        // In a corner three quarters of all directions are barred; that none of so many is free doesn't happen.
        for _ in 0..100 {
            let angle = std::f64::consts::TAU * self.state.random.random::<f64>();
            self.state.velocity = [(self.speed * libm::cos(angle)) as f32, (self.speed * libm::sin(angle)) as f32];
            if !self.is_barred() {
                break;
            }
        }
        let run_s = -self.mean_run_s * libm::log(1.0 - self.state.random.random::<f64>());
        self.state.left = 1 + (run_s / self.control_period_s) as u64;
    }

    fn is_barred(&self) -> bool {
        let [vx, vy] = self.state.velocity.map(f64::from);
        self.walls.iter().any(|[x, y]| x * vx + y * vy > 0.0)
    }
}

impl Senses {
    /// By the limits of the joints that these fields of the action drive.
    fn of_joints(robot: &RobotSpec, fields: [&str; 2]) -> Result<Senses, ControllerError> {
        let joints = DrivenJoint::all(robot);
        let find = |name: &str| {
            let found = joints.iter().find(|joint| robot.actuators[joint.field].name() == name).cloned();
            found.ok_or_else(|| unfit(format!("expected {name:?} to drive a joint by velocity")))
        };
        Ok(Senses::Limits([find(fields[0])?, find(fields[1])?]))
    }

    /// Fills in the directions of the walls that are touched.
    fn feel(&mut self, truth: &dyn Stage, walls: &mut Vec<[f64; 2]>) -> Result<(), ControllerError> {
        walls.clear();
        match self {
            Senses::Contacts { frame, contacts } => {
                let centre = truth.pose(frame).map_err(unfit)?.translation.vector;
                contacts.clear();
                truth.contacts(frame, contacts).map_err(unfit)?;
                let touched = contacts.iter().filter(|contact| contact.other != "ground");
                walls.extend(touched.map(|contact| contact.point_m - centre).map(|way| [way.x, way.y]));
            }
            Senses::Limits(joints) => {
                for (axis, joint) in joints.iter().enumerate() {
                    let position = joint.position(truth).map_err(unfit)?;
                    let mut bar = |way: f64| walls.push(if axis == 0 { [way, 0.0] } else { [0.0, way] });
                    if position <= joint.limits[0] + AT_LIMIT {
                        bar(-1.0);
                    }
                    if position >= joint.limits[1] - AT_LIMIT {
                        bar(1.0);
                    }
                }
            }
        }
        Ok(())
    }
}

fn unfit(why: impl ToString) -> ControllerError {
    ControllerError::Unfit { controller: "blind".into(), why: why.to_string() }
}

impl Privileged for Blind {
    fn needs(&self) -> Vec<Need> {
        match &self.senses {
            Senses::Contacts { frame, .. } => vec![Need::Contacts(frame.clone())],
            Senses::Limits(joints) => joints.iter().map(|joint| Need::Joint(joint.name.clone())).collect(),
        }
    }

    fn begin_episode(&mut self, _seed: u64) -> Result<(), ControllerError> {
        self.state.left = 0;
        Ok(())
    }

    fn act(&mut self, _step: &TimeStep, truth: &dyn Stage, action: &mut Action) -> Result<(), ControllerError> {
        self.senses.feel(truth, &mut self.walls)?;
        if self.state.left == 0 || self.is_barred() {
            self.turn();
        }
        self.state.left -= 1;
        self.slots.write(action, self.state.velocity);
        Ok(())
    }
}

impl Checkpoint for Blind {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes("blind", &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        self.state = checkpoint::from_bytes("blind", bytes)?;
        Ok(())
    }
}
