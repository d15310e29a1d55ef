//! The simulated body: a robot in an arena, stepped by whole nanoseconds.
//!
//! One control step is, in this order: limit the command; then for each of the n physics steps, work out the drives'
//! forces from the current velocity and let Rapier step; then sense once. Built from a [`RobotSpec`] and an [`Arena`]
//! alone. Everything that changes lies in one struct, which is what a checkpoint holds.

use embody_robots::checkpoint::{self, Checkpoint, CheckpointError};
use embody_robots::robot::{Problem, RobotError, RobotSpec};
use embody_robots::{Action, ActionSpec, Body, BodyError, FieldKind, Image, Nanos, Observation, ObservationSpec, Stage};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

use crate::actuation::{Actuation, ActuationState};
use crate::arena::{Arena, ArenaError};
use crate::physics::{self, Blueprint, Built, Places};
use crate::render::{Scene, Thing};
use crate::sense::{self, Sense, SenseState};
use crate::trunk::TrunkBody;

/// A robot in an arena: the simulated [`Body`]. Its stage offers the pose, velocity and contacts of every link, by the
/// link's name, and places them.
pub struct SimulatedBody {
    robot: RobotSpec,
    arena: Arena,
    physics_period: Nanos,
    control_period: Nanos,
    physics_steps: u64,
    blueprint: Blueprint,
    observation_spec: ObservationSpec,
    action_spec: ActionSpec,
    actuation: Actuation,
    senses: Vec<Sense>,
    pub(crate) places: Places,
    pub(crate) state: State,
}

/// A simulated body of any kind: a [`Body`] whose description, arena and looks are known.
pub trait World: Body {
    /// The robot that was built.
    fn robot(&self) -> &RobotSpec;

    /// The arena around it.
    fn arena(&self) -> &Arena;

    /// The visible parts of all links where they are now, over the arena's ground.
    ///
    /// # Errors
    /// If a visible part can't be drawn.
    fn scene(&self) -> Result<Scene, BuildError>;

    /// The walls of the arena; empty if it has none.
    fn walls(&self) -> Vec<Thing>;
}

/// The world of `robot` in `arena`: a [`TrunkBody`] of a trunk, a [`SimulatedBody`] of anything else.
///
/// # Errors
/// As for the one that is built.
pub fn build(
    robot: &RobotSpec,
    arena: &Arena,
    physics_period: Nanos,
    control_period: Nanos,
) -> Result<Box<dyn World>, BuildError> {
    if TrunkBody::platforms_of(robot).is_some() {
        return Ok(Box::new(TrunkBody::new(robot, arena, physics_period, control_period)?));
    }
    Ok(Box::new(SimulatedBody::new(robot, arena, physics_period, control_period)?))
}

/// Everything that changes while a body moves: what a checkpoint holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// Digest of the description that the body was built from.
    built_from: [u8; 32],
    time: Nanos,
    pub(crate) physics: PhysicsWorld,
    actuation: ActuationState,
    pub(crate) senses: Vec<SenseState>,
}

impl SimulatedBody {
    /// Builds the body of `robot` in `arena`, at rest at its home.
    ///
    /// # Errors
    /// If the description or the arena can't be, if it has parts that can't be built yet or links without mass, if the control period isn't a whole multiple of the physics period,
    /// if a link has the name of a part of the arena, or if a drive is faster than the physics can follow.
    pub fn new(
        robot: &RobotSpec,
        arena: &Arena,
        physics_period: Nanos,
        control_period: Nanos,
    ) -> Result<SimulatedBody, BuildError> {
        robot.check()?;
        arena.check()?;
        let Some(physics_steps) = control_period.whole_multiple_of(physics_period) else {
            return Err(BuildError::Periods { control_period, physics_period });
        };
        if let Some(link) = robot.links.iter().find(|link| physics::SURROUNDINGS.contains(&link.name.as_str())) {
            return Err(BuildError::ReservedName { name: link.name.clone() });
        }
        let blueprint = Blueprint::new(robot, arena, physics_period)?;
        let Built { world, places } = blueprint.build()?;
        let actuation = Actuation::new(robot, arena, &places, physics_period)?;
        let senses = robot.sensors.iter().map(|sensor| Sense::new(robot, sensor, arena, control_period));
        let (senses, states) = senses.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let built_from = digest(robot, arena, physics_period, control_period)?;
        Ok(SimulatedBody {
            robot: robot.clone(),
            arena: arena.clone(),
            physics_period,
            control_period,
            physics_steps,
            blueprint,
            observation_spec: robot.observation_spec(),
            action_spec: robot.action_spec(),
            places,
            senses,
            state: State { built_from, time: Nanos::ZERO, actuation: actuation.rest(&world), physics: world, senses: states },
            actuation,
        })
    }

    /// The robot that was built.
    pub fn robot(&self) -> &RobotSpec {
        &self.robot
    }

    /// The arena around it.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Length of one physics step.
    pub fn physics_period(&self) -> Nanos {
        self.physics_period
    }

    /// One Rapier step under all that drives the robot.
    fn step_physics(&mut self) -> Result<(), BodyError> {
        let State { physics, actuation, time, .. } = &mut self.state;
        self.actuation.drive(physics, &self.arena, actuation);
        self.blueprint.step(physics);
        self.places.straighten(physics);
        time.0 += self.physics_period.0;
        // Rapier disables a body that leaves the finite numbers, and puts it back where it was.
        let enabled = |link: usize| self.places.body(physics, link).is_some_and(|body| body.is_enabled());
        match self.robot.links.iter().enumerate().find(|(link, _)| !enabled(*link)) {
            Some((_, link)) => Err(BodyError::NotFinite { time: *time, what: format!("link {:?}", link.name) }),
            None => Ok(()),
        }
    }

    /// Lets each sensor sense into its field; `since` is the time of the image before, `None` for the first.
    fn sense(&mut self, since: Option<Nanos>, observation: &mut Observation) {
        if !self.observation_spec.fits(observation) {
            *observation = Observation::from_spec(&self.observation_spec);
        }
        let State { physics, senses, time, .. } = &mut self.state;
        let world = sense::World { since, now: *time, physics, places: &self.places };
        for ((sense, state), field) in self.senses.iter_mut().zip(senses).zip(&mut observation.fields) {
            sense.sense(state, world, field);
        }
    }
}

impl World for SimulatedBody {
    fn robot(&self) -> &RobotSpec {
        self.robot()
    }

    fn arena(&self) -> &Arena {
        self.arena()
    }

    fn scene(&self) -> Result<Scene, BuildError> {
        self.scene()
    }

    fn walls(&self) -> Vec<Thing> {
        self.walls()
    }
}

impl Body for SimulatedBody {
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

    fn reset(&mut self, seed: u64) -> Result<(), BodyError> {
        // Built anew rather than rolled back: what Rapier kept of the last episode can't reach this one.
        let Built { world, places } = self.blueprint.build().map_err(|e| BodyError::NoReset(e.to_string()))?;
        (self.state.actuation, self.state.physics, self.places) = (self.actuation.rest(&world), world, places);
        self.state.time = Nanos::ZERO;
        for (sense, sensor) in self.state.senses.iter_mut().zip(&self.robot.sensors) {
            sense.reset(seed, sensor.name());
        }
        Ok(())
    }

    /// An observation of another shape than the spec's is replaced by one of that shape.
    fn begin(&mut self, observation: &mut Observation) -> Result<(), BodyError> {
        self.sense(None, observation);
        Ok(())
    }

    /// An observation of another shape than the spec's is replaced by one of that shape. After
    /// [`BodyError::NotFinite`] the body stays unusable until it is reset or restored.
    fn step(&mut self, action: &Action, observation: &mut Observation) -> Result<(), BodyError> {
        action.check(&self.action_spec).map_err(BodyError::BadAction)?;
        self.actuation.take(action);
        let since = self.state.time;
        for _ in 0..self.physics_steps {
            self.step_physics()?;
        }
        self.sense(Some(since), observation);
        Ok(())
    }

    fn safe_action(&self) -> Action {
        Action::from_spec(&self.action_spec)
    }

    fn stage(&mut self) -> &mut dyn Stage {
        self
    }

    fn truth(&self) -> &dyn Stage {
        self
    }

    fn image(&self, sensor: &str) -> Option<Image<'_>> {
        let index = self.observation_spec.index(sensor)?;
        let FieldKind::Events { width, height, .. } = self.observation_spec.fields[index].kind else { return None };
        Some(Image { width, height, brightness: self.state.senses.get(index)?.frame()? })
    }
}

/// Names this part in a checkpoint's errors.
const PART: &str = "simulated body";

impl Checkpoint for SimulatedBody {
    fn save(&self) -> Result<Vec<u8>, CheckpointError> {
        checkpoint::to_bytes(PART, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), CheckpointError> {
        let state: State = checkpoint::from_bytes(PART, bytes)?;
        self.refuse_other(&state).map_err(|why| CheckpointError::Malformed { part: PART.into(), why })?;
        self.state = state;
        Ok(())
    }
}

impl SimulatedBody {
    /// Says how `state` differs from one that this body could have saved.
    fn refuse_other(&self, state: &State) -> Result<(), String> {
        let count = |what: &str, expected: usize, found: usize| {
            if expected == found { Ok(()) } else { Err(format!("expected {expected} {what}, found {found}")) }
        };
        count("bodies", self.state.physics.bodies.len(), state.physics.bodies.len())?;
        count("colliders", self.state.physics.colliders.len(), state.physics.colliders.len())?;
        count("multibody joints", self.state.physics.multibody_joints().count(), state.physics.multibody_joints().count())?;
        count("sensors", self.state.senses.len(), state.senses.len())?;
        if !self.state.actuation.is_like(&state.actuation) {
            return Err("it has other motors or cars".into());
        }
        for (index, (own, other)) in self.state.senses.iter().zip(&state.senses).enumerate() {
            if !own.is_like(other) {
                let (expected, found) = (own.pixels(), other.pixels());
                return Err(format!("expected {expected} pixels in sensor {index}, found {found}, or a sensor of another kind"));
            }
        }
        if self.state.built_from != state.built_from {
            return Err("it was saved by a body built from another robot, arena or period".into());
        }
        Ok(())
    }
}

/// Digest of all that a body is built from.
fn digest(robot: &RobotSpec, arena: &Arena, physics: Nanos, control: Nanos) -> Result<[u8; 32], BuildError> {
    let bytes = checkpoint::to_bytes(PART, &(robot, arena, physics.0, control.0))?;
    Ok(*blake3::hash(&bytes).as_bytes())
}

/// Why a body can't be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The robot's description can't be.
    #[error(transparent)]
    Robot(#[from] RobotError),
    /// The arena can't be.
    #[error(transparent)]
    Arena(#[from] ArenaError),
    /// The periods don't fit.
    #[error(
        "control_period is {} ns, expected a whole multiple of physics_period, {} ns (both above zero)",
        control_period.0,
        physics_period.0
    )]
    Periods {
        /// Length of a control step.
        control_period: Nanos,
        /// Length of a physics step.
        physics_period: Nanos,
    },
    /// A moving link weighs nothing, and nothing that it is welded to does.
    #[error("link {name:?} moves: expected mass_kg above zero in it or in what it is welded to, found none")]
    Massless {
        /// The link.
        name: String,
    },
    /// The description has what this world can't build yet.
    #[error("{what} can't be simulated yet, only {expected}")]
    NotYet {
        /// The part.
        what: String,
        /// What can be.
        expected: &'static str,
    },
    /// A link is called like a part of the arena, and contacts couldn't tell them apart.
    #[error("link {name:?}: the name is taken by the arena; expected none of {:?}", physics::SURROUNDINGS)]
    ReservedName {
        /// The link.
        name: String,
    },
    /// A drive would overshoot within one physics step.
    #[error(
        "actuator {actuator:?}: time_constant is {} ns, expected at least physics_period, {} ns",
        time_constant.0,
        physics_period.0
    )]
    DriveTooFast {
        /// The actuator.
        actuator: String,
        /// Its time constant.
        time_constant: Nanos,
        /// Length of a physics step.
        physics_period: Nanos,
    },
    /// An actuator's joint holds no link.
    #[error("actuator {actuator:?} drives joint {joint:?}, which holds no link")]
    NoSuchLink {
        /// The actuator.
        actuator: String,
        /// The joint.
        joint: String,
    },
    /// The description couldn't be written down.
    #[error(transparent)]
    Description(#[from] CheckpointError),
}

impl BuildError {
    /// A problem of a robot's description.
    pub(crate) fn of(robot: &RobotSpec, problem: Problem) -> BuildError {
        BuildError::Robot(RobotError { robot: robot.name.clone(), what: problem.what })
    }
}
