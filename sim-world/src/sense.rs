//! The senses of a body: each sensor of a robot, as what doesn't change ([`Sense`]) and what does ([`SenseState`]).

use embody_robots::robot::{JointQuantity, PoseQuantity, RobotSpec, Sensor};
use embody_robots::{Field, Nanos, Pose, seed};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::camera_state::CameraState;
use crate::overhead_camera::OverheadCamera;
use crate::physics::Places;
use crate::pinhole::{Mounting, Pinhole};
use crate::world::BuildError;

/// A sensor: what of it doesn't change.
#[derive(Clone, Debug)]
pub(crate) enum Sense {
    /// A camera that looks straight down.
    Overhead(OverheadCamera),
    /// A camera with a pinhole lens.
    Pinhole(Box<Pinhole>),
    /// The joints of one degree of freedom, of that many in all.
    Joints(JointQuantity, usize),
    /// Poses of links, by index, in the frame of another.
    Poses(PoseQuantity, Vec<usize>, usize),
}

/// A sensor: what changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum SenseState {
    /// An event camera of either kind.
    Camera(Box<CameraState>),
    /// Nothing is kept of joints and poses.
    None,
}

/// What there is to be sensed.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    /// Time of the last look; none for the first look of an episode.
    pub(crate) since: Option<Nanos>,
    /// Time of this look.
    pub(crate) now: Nanos,
    pub(crate) physics: &'a PhysicsWorld,
    pub(crate) places: &'a Places,
}

impl World<'_> {
    /// The pose of a link, by index.
    pub(crate) fn pose(&self, link: usize) -> Pose {
        // Every link of the description is in its world.
        self.places.pose(self.physics, link).unwrap_or(Pose::identity())
    }
}

impl Sense {
    /// The sensor that `sensor` of `robot` describes, sensing in `arena` once every `control_period`.
    ///
    /// # Errors
    /// If it would see what can't be drawn.
    pub(crate) fn new(
        robot: &RobotSpec,
        sensor: &Sensor,
        arena: &Arena,
        control_period: Nanos,
    ) -> Result<(Sense, SenseState), BuildError> {
        match sensor {
            Sensor::OverheadEventCamera { camera, half_extent_m, sees, jitter, .. } => {
                let state = Box::new(CameraState::new(camera, jitter, control_period));
                Ok((Sense::Overhead(OverheadCamera::new(robot, camera, *half_extent_m, sees)), SenseState::Camera(state)))
            }
            Sensor::EventCamera { camera, mount, origin, field_of_view_rad, sees, jitter, .. } => {
                let mounting = Mounting { mount: mount.as_ref(), origin, field_of_view_rad: *field_of_view_rad, sees };
                let pinhole = Pinhole::new(robot, arena, camera, &mounting)?;
                let state = Box::new(CameraState::new(camera, jitter, control_period));
                Ok((Sense::Pinhole(pinhole.into()), SenseState::Camera(state)))
            }
            Sensor::Joints { quantity, .. } => Ok((Sense::Joints(*quantity, robot.joints.len()), SenseState::None)),
            Sensor::Poses { quantity, of, frame, .. } => {
                // A description that was checked has every link that it names.
                let index = |link: &String| robot.link_index(link).unwrap_or(0);
                Ok((Sense::Poses(*quantity, of.iter().map(index).collect(), index(frame)), SenseState::None))
            }
        }
    }

    /// Senses into `field`.
    pub(crate) fn sense(&mut self, state: &mut SenseState, world: World, field: &mut Field) {
        match (self, state, field) {
            (Sense::Overhead(camera), SenseState::Camera(state), Field::Events(events)) => camera.look(state, world, events),
            (Sense::Pinhole(camera), SenseState::Camera(state), Field::Events(events)) => camera.look(state, world, events),
            (Sense::Joints(quantity, joints), SenseState::None, Field::Dense(values)) => {
                let states = (0..*joints).filter_map(|joint| world.places.joint(world.physics, joint));
                for (value, state) in values.iter_mut().zip(states) {
                    *value = match quantity {
                        JointQuantity::Position => state.position as f32,
                        JointQuantity::Velocity => state.velocity as f32,
                    };
                }
            }
            (Sense::Poses(quantity, of, frame), SenseState::None, Field::Dense(values)) => {
                let base = world.pose(*frame).inverse();
                for (values, link) in values.chunks_exact_mut(quantity.size()).zip(of) {
                    quantity.measure(&(base * world.pose(*link)), values);
                }
            }
            // Sense, state and field are made together from one sensor, and a checkpoint of other sensors is refused.
            _ => {}
        }
    }
}

impl SenseState {
    /// Starts every random stream afresh; the sensor `name` has its own of the body's `seed`.
    pub(crate) fn reset(&mut self, seed: u64, name: &str) {
        let seed = seed::stream(seed, name);
        match self {
            SenseState::Camera(state) => state.reset(seed),
            SenseState::None => (),
        }
    }

    /// Number of pixels; 0 for joints and poses.
    pub(crate) fn pixels(&self) -> usize {
        match self {
            SenseState::Camera(state) => state.pixels(),
            SenseState::None => 0,
        }
    }

    /// The last image; none of joints and poses.
    pub(crate) fn frame(&self) -> Option<&[f32]> {
        match self {
            SenseState::Camera(state) => Some(state.frame()),
            SenseState::None => None,
        }
    }

    /// Whether both are of sensors of one kind and size.
    pub(crate) fn is_like(&self, other: &SenseState) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.pixels() == other.pixels()
    }
}
