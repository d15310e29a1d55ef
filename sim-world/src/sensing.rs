//! The sensors of a robot, in the order of its description: from the world to the fields of an observation.

use embody_robots::robot::{JointQuantity, RobotSpec, Sensor};
use embody_robots::{Field, Nanos, seed};
use rapier3d::prelude::PhysicsWorld;
use serde::{Deserialize, Serialize};

use crate::overhead_camera::OverheadEventCamera;
use crate::physics::Places;
use crate::world::BuildError;

/// A sensor and all that it keeps from step to step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Sense {
    /// An event camera that looks straight down.
    Overhead(OverheadEventCamera),
    /// The joints of one degree of freedom.
    Joints(JointQuantity),
}

/// What a sensor looks at.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) world: &'a PhysicsWorld,
    pub(crate) places: &'a Places,
    pub(crate) joints: usize,
}

impl Sense {
    /// The sensor that `sensor` describes, sensing once every `control_period`.
    ///
    /// # Errors
    /// If this world can't sense so.
    pub(crate) fn new(robot: &RobotSpec, sensor: &Sensor, control_period: Nanos) -> Result<Sense, BuildError> {
        match sensor {
            Sensor::OverheadEventCamera { camera, half_extent_m, sees, jitter, .. } => {
                Ok(Sense::Overhead(OverheadEventCamera::new(robot, camera, *half_extent_m, sees, jitter, control_period)))
            }
            Sensor::Joints { quantity, .. } => Ok(Sense::Joints(*quantity)),
            Sensor::EventCamera { name, .. } => {
                Err(BuildError::NotYet { what: format!("sensor {name:?}"), expected: "overhead event cameras and joints" })
            }
        }
    }

    /// Starts everything random afresh from `seed`.
    pub(crate) fn reset(&mut self, seed: u64, sensor: &Sensor) {
        match self {
            Sense::Overhead(camera) => camera.reset(seed::stream(seed, sensor.name())),
            Sense::Joints(_) => (),
        }
    }

    /// Senses into the field of the observation, from `since` to `now`; `since` is none for the first time in an episode.
    pub(crate) fn sense(&mut self, around: Surroundings, since: Option<Nanos>, now: Nanos, field: &mut Field) {
        match (self, field) {
            (Sense::Overhead(camera), Field::Events(events)) => match since {
                Some(since) => camera.observe(since, now, events, around),
                None => {
                    events.refill(|_| ());
                    camera.begin(around);
                }
            },
            (Sense::Joints(quantity), Field::Dense(values)) => {
                let states = (0..around.joints).filter_map(|joint| around.places.joint(around.world, joint));
                for (value, state) in values.iter_mut().zip(states) {
                    *value = match quantity {
                        JointQuantity::Position => state.position as f32,
                        JointQuantity::Velocity => state.velocity as f32,
                    };
                }
            }
            // The caller keeps fields of the spec's kinds.
            (Sense::Overhead(_), Field::Dense(_)) | (Sense::Joints(_), Field::Events(_)) => (),
        }
    }

    /// Why a state from elsewhere can't be of this sensor.
    pub(crate) fn differs(&self, other: &Sense) -> Option<String> {
        match (self, other) {
            (Sense::Overhead(own), Sense::Overhead(other)) if own.pixels() != other.pixels() => {
                Some(format!("expected {} pixels, found {}", own.pixels(), other.pixels()))
            }
            (Sense::Overhead(_), Sense::Overhead(_)) | (Sense::Joints(_), Sense::Joints(_)) => None,
            _ => Some("expected a sensor of another kind".into()),
        }
    }
}
