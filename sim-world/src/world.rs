//! The simulated body: a robot in an arena, stepped by whole nanoseconds.
//!
//! One control step is, in this order: limit the command; then for each of the n physics steps, work out the drives'
//! forces from the current velocity and let Rapier step; then sense once. Built from a [`RobotSpec`] and an [`Arena`]
//! alone. Everything that changes lies in one struct, which is what a checkpoint holds.

use embody_robots::checkpoint::{self, Checkpoint, CheckpointError};
use embody_robots::robot::{Actuator, RobotError, RobotSpec};
use embody_robots::{Action, ActionSpec, Body, BodyError, Field, Nanos, Observation, ObservationSpec, Pose, Stage, seed};
use rapier3d::prelude::{PhysicsWorld, RigidBodyHandle};
use serde::{Deserialize, Serialize};

use crate::arena::{Arena, ArenaError};
use crate::drive::Drive;
use crate::overhead::Disc;
use crate::physics;
use crate::sense::{self, Sense, SenseState};
use crate::sphere::FreeSphere;
use crate::vehicle::{Vehicle, VehicleState};

/// A robot in an arena: the simulated [`Body`]. Its stage offers the pose, velocity and contacts of every link, by the
/// link's name, and places them.
pub struct SimulatedBody {
    robot: RobotSpec,
    arena: Arena,
    physics_period: Nanos,
    control_period: Nanos,
    physics_steps: u64,
    spheres: Vec<FreeSphere>,
    observation_spec: ObservationSpec,
    action_spec: ActionSpec,
    drives: Vec<Drive>,
    /// What each drive was asked in this control step; kept to reuse its memory.
    commands: Vec<[f32; 2]>,
    /// Each car, with the action's field and what it was asked (rad).
    vehicles: Vec<(usize, Vehicle, f64)>,
    senses: Vec<Sense>,
    pub(crate) links: Vec<RigidBodyHandle>,
    pub(crate) state: State,
}

/// Everything that changes while a body moves: what a checkpoint holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// Digest of the description that the body was built from.
    built_from: [u8; 32],
    time: Nanos,
    pub(crate) physics: PhysicsWorld,
    vehicles: Vec<VehicleState>,
    senses: Vec<SenseState>,
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
        let spheres = FreeSphere::all(robot)?;
        let (world, links) = physics::build(&spheres, arena, physics_period);
        let is_car = |actuator: &&Actuator| matches!(actuator, Actuator::Car { .. });
        let drives = robot.actuators.iter().filter(|actuator| !is_car(actuator));
        let drives = drives.map(|actuator| Drive::new(robot, actuator, &links, physics_period));
        let drives = drives.collect::<Result<Vec<_>, _>>()?;
        let vehicles: Vec<_> = vehicles(robot, arena, &links, physics_period).collect();
        let senses = robot.sensors.iter().map(|sensor| Sense::new(robot, sensor, arena, control_period));
        let (senses, states) = senses.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        let built_from = digest(robot, arena, physics_period, control_period)?;
        Ok(SimulatedBody {
            robot: robot.clone(),
            arena: arena.clone(),
            physics_period,
            control_period,
            physics_steps,
            spheres,
            observation_spec: robot.observation_spec(),
            action_spec: robot.action_spec(),
            commands: vec![[0.0; 2]; drives.len()],
            drives,
            senses,
            state: State {
                built_from,
                time: Nanos::ZERO,
                physics: world,
                vehicles: vehicles.iter().map(|(_, vehicle, _)| vehicle.start()).collect(),
                senses: states,
            },
            vehicles,
            links,
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

    /// One Rapier step under the drives' forces.
    fn step_physics(&mut self) -> Result<(), BodyError> {
        let physics = &mut self.state.physics;
        physics::drive(physics, &self.arena, &self.drives, &self.commands);
        for ((_, vehicle, command), state) in self.vehicles.iter().zip(&mut self.state.vehicles) {
            vehicle.drive(state, *command, physics);
        }
        physics.step();
        self.state.time.0 += self.physics_period.0;
        // Rapier disables a body that leaves the finite numbers, and puts it back where it was.
        for (link, spec) in self.links.iter().zip(&self.robot.links) {
            if !physics.bodies.get(*link).is_some_and(|body| body.is_enabled()) {
                return Err(BodyError::NotFinite { time: self.state.time, what: format!("link {:?}", spec.name) });
            }
        }
        Ok(())
    }

    /// Lets each sensor sense into its field; `since` is the time of the image before, `None` for the first.
    fn sense(&mut self, since: Option<Nanos>, observation: &mut Observation) {
        let sensors = self.senses.len();
        let shaped = |field: &Field| matches!(field, Field::Events(_));
        if observation.fields.len() != sensors || !observation.fields.iter().all(shaped) {
            *observation = Observation::from_spec(&self.observation_spec);
        }
        let State { physics, senses, time, .. } = &mut self.state;
        for ((sense, state), field) in self.senses.iter_mut().zip(senses).zip(&mut observation.fields) {
            let discs = self.links.iter().zip(&self.spheres).filter_map(|(link, sphere)| {
                let centre = physics.bodies.get(*link)?.translation();
                Some(Disc { centre_m: [centre.x, centre.y], radius_m: sphere.radius_m as f32 })
            });
            let pose = |link: usize| {
                let body = self.links.get(link).and_then(|link| physics.bodies.get(*link));
                body.map_or(Pose::identity(), physics::pose)
            };
            sense.sense(state, sense::World { since, now: *time, pose, discs }, field);
        }
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
        (self.state.physics, self.links) = physics::build(&self.spheres, &self.arena, self.physics_period);
        self.state.time = Nanos::ZERO;
        self.state.vehicles = self.vehicles.iter().map(|(_, vehicle, _)| vehicle.start()).collect();
        for (sense, sensor) in self.state.senses.iter_mut().zip(&self.robot.sensors) {
            sense.reset(seed::stream(seed, sensor.name()));
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
        for ((drive, command), values) in self.drives.iter().zip(&mut self.commands).zip(&action.fields) {
            *command = drive.command(values);
        }
        for (field, vehicle, command) in &mut self.vehicles {
            *command = vehicle.command(&action.fields[*field]);
        }
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
        count("cars", self.state.vehicles.len(), state.vehicles.len())?;
        count("sensors", self.state.senses.len(), state.senses.len())?;
        for (index, (own, other)) in self.state.senses.iter().zip(&state.senses).enumerate() {
            count(&format!("pixels in sensor {index}"), own.pixels(), other.pixels())?;
        }
        if self.state.built_from != state.built_from {
            return Err("it was saved by a body built from another robot, arena or period".into());
        }
        Ok(())
    }
}

/// The cars of `robot`, each with the index of its action's field, commanded to go straight on.
fn vehicles<'a>(
    robot: &'a RobotSpec,
    arena: &'a Arena,
    links: &'a [RigidBodyHandle],
    period: Nanos,
) -> impl Iterator<Item = (usize, Vehicle, f64)> + 'a {
    robot.actuators.iter().enumerate().filter_map(move |(field, actuator)| {
        let Actuator::Car { joint, wheels, .. } = actuator else { return None };
        let child = &robot.joints.iter().find(|other| &other.name == joint)?.child;
        let link = robot.links.iter().position(|link| &link.name == child)?;
        let inertial = robot.links[link].inertial.as_ref()?;
        Some((field, Vehicle::new(wheels, *links.get(link)?, inertial, arena, period), 0.0))
    })
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
