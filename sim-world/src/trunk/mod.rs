//! The world of a trunk: modules that are where they are wanted at once, or that motors drive against inertia and gravity.
//!
//! A trunk has a world of its own because of its length. Rapier's joints in reduced coordinates are exact, and cost the cube of the degrees of
//! freedom; its impulse joints are cheap, and give way. A chain without branches and contacts needs neither: the articulated-body
//! algorithm (`dynamics`) is exact and costs the same for each module. `docs/trunk.md` has the measurements. Nothing touches a trunk here,
//! neither the plane nor itself.
//!
//! Built from the same [`RobotSpec`] as a world of Rapier's, which can be built of a driven trunk too and agrees (`tests/trunk.rs`).

mod chain;
mod dynamics;
mod stage;

use embody_robots::checkpoint::{self, Checkpoint, CheckpointError};
use embody_robots::robot::{Actuator, Gains, Platforms, PoseQuantity, RobotSpec, Sensor};
use embody_robots::{Action, ActionSpec, Body, BodyError, Field, Nanos, Observation, ObservationSpec, Pose, Stage, Trunk};
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::render::{Scene, Thing};
use crate::sight::Sight;
use crate::world::{BuildError, World};
use chain::Chain;
use dynamics::Dynamics;

/// A trunk and the mark that it reaches for: a [`Body`]. Its stage offers the pose and velocity of the base, of every module and module's end
/// and of marks, the modules' joints, and placing marks.
pub struct TrunkBody {
    robot: RobotSpec,
    arena: Arena,
    platforms: Platforms,
    trunk: Trunk,
    control_period: Nanos,
    physics_steps: u64,
    observation_spec: ObservationSpec,
    action_spec: ActionSpec,
    chain: Chain,
    /// None where motion is ideal.
    dynamics: Option<Dynamics>,
    /// For each sensor, what it measures, of which links, and in whose frame, by index.
    senses: Vec<(PoseQuantity, Vec<usize>, usize)>,
    /// Where every module ends in the world, as the state has it.
    ends: Vec<Pose>,
    /// Joint values that are wanted; room that is used again.
    wanted: Vec<f64>,
    state: State,
}

/// Everything that changes while a trunk moves: what a checkpoint holds.
#[derive(Clone, Serialize, Deserialize)]
struct State {
    /// Digest of what the body was built from.
    built_from: [u8; 32],
    time: Nanos,
    /// Of each module: length (m), tilt about z, tilt about x (rad).
    positions: Vec<[f64; 3]>,
    /// Their velocities (m/s, rad/s); zero where motion is ideal.
    velocities: Vec<[f64; 3]>,
    /// Where the motors hold them; it moves at their greatest speed.
    held: Vec<[f64; 3]>,
    /// Where the marks are, in the order of the description.
    marks: Vec<Pose>,
}

impl TrunkBody {
    /// The platforms of a robot, if it is a trunk.
    pub fn platforms_of(robot: &RobotSpec) -> Option<&Platforms> {
        robot.actuators.iter().find_map(|actuator| match actuator {
            Actuator::Trunk { platforms, .. } => Some(platforms),
            _ => None,
        })
    }

    /// Builds the trunk that `robot` is, at its start, with the gravity of `arena`.
    ///
    /// # Errors
    /// If the description can't be, is no trunk or has sensors of other things than poses, or if the control period isn't a whole multiple of the
    /// physics period.
    pub fn new(robot: &RobotSpec, arena: &Arena, physics_period: Nanos, control_period: Nanos) -> Result<TrunkBody, BuildError> {
        robot.check()?;
        arena.check()?;
        let physics_steps =
            control_period.whole_multiple_of(physics_period).ok_or(BuildError::Periods { control_period, physics_period })?;
        let not_yet = |what: &str, expected| BuildError::NotYet { what: format!("robot {:?} {what}", robot.name), expected };
        let platforms = Platforms::of(robot).ok_or_else(|| not_yet("as a trunk", "robots whose only actuator is a trunk's"))?;
        // Its description was checked: it has a module.
        let trunk = platforms.trunk().ok_or_else(|| not_yet("without modules", "trunks of at least one module"))?;
        let chain = Chain::new(robot, platforms).ok_or_else(|| not_yet("as a trunk", "modules that stand one on the other"))?;
        let dynamics = platforms.servo.map(|servo| Dynamics::new(&chain, servo, arena, physics_period));
        let senses = robot.sensors.iter().map(|sensor| sense(robot, sensor)).collect::<Option<_>>();
        let senses = senses.ok_or_else(|| not_yet("with such sensors", "trunks that sense poses"))?;
        let built_from = checkpoint::to_bytes(PART, &(robot, arena, physics_period.0, control_period.0))?;
        let built_from = *blake3::hash(&built_from).as_bytes();
        let state = State { built_from, time: Nanos::ZERO, positions: vec![], velocities: vec![], held: vec![], marks: vec![] };
        let mut body = TrunkBody {
            robot: robot.clone(),
            arena: arena.clone(),
            platforms: platforms.clone(),
            trunk,
            control_period,
            physics_steps,
            observation_spec: robot.observation_spec(),
            action_spec: robot.action_spec(),
            chain,
            dynamics,
            senses,
            ends: Vec::new(),
            wanted: Vec::new(),
            state,
        };
        body.go_to_start();
        Ok(body)
    }

    fn go_to_start(&mut self) {
        let State { time, positions, velocities, held, marks, .. } = &mut self.state;
        *time = Nanos::ZERO;
        positions.clear();
        positions.extend(self.trunk.shapes(&self.platforms.start()).map(|shape| chain::position(&shape)));
        held.clone_from(positions);
        *velocities = vec![[0.0; 3]; positions.len()];
        marks.clone_from(&self.chain.marks_at_home);
        self.chain.ends(&self.state.positions, &mut self.ends);
    }

    /// One control period towards the joint values that are wanted.
    fn move_on(&mut self) -> Result<(), BodyError> {
        let State { time, positions, velocities, held, .. } = &mut self.state;
        let targets = self.trunk.shapes(&self.wanted).map(|shape| chain::position(&shape));
        match &mut self.dynamics {
            None => {
                positions.clear();
                positions.extend(targets);
                held.clone_from(positions);
            }
            Some(dynamics) => {
                let targets: Vec<_> = targets.collect();
                for _ in 0..self.physics_steps {
                    dynamics.hold(&targets, held);
                    dynamics.step(&self.chain, positions, velocities, held);
                }
            }
        }
        time.0 += self.control_period.0;
        if !positions.iter().chain(velocities.iter()).flatten().all(|value| value.is_finite()) {
            return Err(BodyError::NotFinite { time: *time, what: "trunk".into() });
        }
        self.chain.ends(positions, &mut self.ends);
        Ok(())
    }

    fn sense(&self, observation: &mut Observation) {
        if !self.observation_spec.fits(observation) {
            *observation = Observation::from_spec(&self.observation_spec);
        }
        for ((quantity, of, frame), field) in self.senses.iter().zip(&mut observation.fields) {
            let Field::Dense(values) = field else { continue };
            let to_frame = self.link_pose(*frame).inverse();
            for (values, link) in values.chunks_exact_mut(quantity.size()).zip(of) {
                quantity.measure(&(to_frame * self.link_pose(*link)), values);
            }
        }
    }

    /// The pose of a link, by index.
    fn link_pose(&self, link: usize) -> Pose {
        self.chain.link_pose(link, &self.ends, &self.state.marks)
    }
}

/// What a sensor measures, if it measures poses.
fn sense(robot: &RobotSpec, sensor: &Sensor) -> Option<(PoseQuantity, Vec<usize>, usize)> {
    let Sensor::Poses { quantity, of, frame, .. } = sensor else { return None };
    let of = of.iter().map(|link| robot.link_index(link)).collect::<Option<_>>()?;
    Some((*quantity, of, robot.link_index(frame)?))
}

impl World for TrunkBody {
    fn robot(&self) -> &RobotSpec {
        &self.robot
    }

    fn arena(&self) -> &Arena {
        &self.arena
    }

    fn scene(&self) -> Result<Scene, BuildError> {
        let mut sight = Sight::new(&self.robot, |_| true, Some(&self.arena))?;
        Ok(sight.of(|link| self.link_pose(link)).clone())
    }

    /// None: there is nothing here that a trunk could touch.
    fn walls(&self) -> Vec<Thing> {
        Vec::new()
    }
}

impl Body for TrunkBody {
    fn observation_spec(&self) -> &ObservationSpec {
        &self.observation_spec
    }

    fn action_spec(&self) -> &ActionSpec {
        &self.action_spec
    }

    fn control_period(&self) -> Nanos {
        self.control_period
    }

    fn time(&self) -> Nanos {
        self.state.time
    }

    fn reset(&mut self, _seed: u64) -> Result<(), BodyError> {
        self.go_to_start();
        Ok(())
    }

    /// An observation of another shape than the spec's is replaced by one of that shape.
    fn begin(&mut self, observation: &mut Observation) -> Result<(), BodyError> {
        self.sense(observation);
        Ok(())
    }

    /// An observation of another shape than the spec's is replaced by one of that shape.
    fn step(&mut self, action: &Action, observation: &mut Observation) -> Result<(), BodyError> {
        action.check(&self.action_spec).map_err(BodyError::BadAction)?;
        self.platforms.wanted(&action.fields[0], &mut self.wanted);
        self.move_on()?;
        self.sense(observation);
        Ok(())
    }

    /// Straight, and half stretched.
    fn safe_action(&self) -> Action {
        Action::from_spec(&self.action_spec)
    }

    fn stage(&mut self) -> &mut dyn Stage {
        self
    }

    fn truth(&self) -> &dyn Stage {
        self
    }
}

/// Names this part in a checkpoint's errors.
const PART: &str = "trunk";

impl Checkpoint for TrunkBody {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(PART, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let state: State = checkpoint::from_bytes(PART, bytes)?;
        let malformed = |why: &str| CheckpointError::Malformed { part: PART.into(), why: why.into() };
        if state.built_from != self.state.built_from {
            return Err(malformed("it was saved by a body built from another robot, arena or period"));
        }
        let modules = self.trunk.modules();
        let counts = [state.positions.len(), state.velocities.len(), state.held.len()];
        if counts != [modules; 3] || state.marks.len() != self.state.marks.len() {
            return Err(malformed("it has other modules or marks"));
        }
        self.state = state;
        self.chain.ends(&self.state.positions, &mut self.ends);
        Ok(())
    }
}

/// The gains of a module's joints, in the order of its positions.
fn gains(servo: embody_robots::robot::Servo) -> [Gains; 3] {
    [servo.slide, servo.tilt, servo.tilt]
}
