//! The senses of a body: each sensor of a robot, as what doesn't change ([`Sense`]) and what does ([`SenseState`]).

use embody_robots::robot::{RobotSpec, Sensor};
use embody_robots::{Field, Nanos, Pose};
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::camera::OverheadEventCamera;
use crate::overhead::Disc;
use crate::pinhole::{Mounting, Pinhole, PinholeState};
use crate::world::BuildError;

/// A sensor: what of it doesn't change.
#[derive(Clone, Debug)]
pub(crate) enum Sense {
    /// It is all state.
    Overhead,
    /// A camera with a pinhole lens.
    Pinhole(Box<Pinhole>),
}

/// A sensor: what changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum SenseState {
    /// A camera that looks straight down.
    Overhead(OverheadEventCamera),
    /// A camera with a pinhole lens.
    Pinhole(PinholeState),
}

/// What there is to be sensed.
pub(crate) struct World<P, D> {
    /// Time of the last look, and of this one; the same for the first look of an episode.
    pub(crate) since: Option<Nanos>,
    pub(crate) now: Nanos,
    /// The pose of a link, by index.
    pub(crate) pose: P,
    /// The spheres, from above.
    pub(crate) discs: D,
}

impl Sense {
    /// The sensor that `sensor` of `robot` describes, sensing in `arena` once every `control_period`.
    ///
    /// # Errors
    /// If it can't be built yet.
    pub(crate) fn new(
        robot: &RobotSpec,
        sensor: &Sensor,
        arena: &Arena,
        control_period: Nanos,
    ) -> Result<(Sense, SenseState), BuildError> {
        match sensor {
            Sensor::OverheadEventCamera { .. } => {
                Ok((Sense::Overhead, SenseState::Overhead(OverheadEventCamera::new(sensor, control_period)?)))
            }
            Sensor::EventCamera { camera, mount, origin, field_of_view_rad, sees, jitter, .. } => {
                let mounting = Mounting { mount: mount.as_ref(), origin, field_of_view_rad: *field_of_view_rad, sees };
                let pinhole = Pinhole::new(robot, arena, camera, &mounting)?;
                Ok((Sense::Pinhole(pinhole.into()), SenseState::Pinhole(PinholeState::new(camera, jitter, control_period))))
            }
            Sensor::Joints { .. } => {
                let what = format!("sensor {:?}", sensor.name());
                Err(BuildError::NotYet { what, expected: "event cameras" })
            }
        }
    }

    /// Senses into `field`.
    pub(crate) fn sense<P: Fn(usize) -> Pose, D: Iterator<Item = Disc>>(
        &mut self,
        state: &mut SenseState,
        world: World<P, D>,
        field: &mut Field,
    ) {
        let Field::Events(events) = field else { return };
        if world.since.is_none() {
            events.refill(|_| ());
        }
        match (self, state, world.since) {
            (Sense::Overhead, SenseState::Overhead(camera), Some(since)) => camera.observe(since, world.now, events, world.discs),
            (Sense::Overhead, SenseState::Overhead(camera), None) => camera.begin(world.discs),
            (Sense::Pinhole(camera), SenseState::Pinhole(state), Some(since)) => {
                camera.observe(state, [since, world.now], events, world.pose);
            }
            (Sense::Pinhole(camera), SenseState::Pinhole(state), None) => camera.begin(state, world.pose),
            // Both are made together, and a checkpoint of other sensors is refused.
            (Sense::Overhead, SenseState::Pinhole(_), _) | (Sense::Pinhole(_), SenseState::Overhead(_), _) => {}
        }
    }
}

impl SenseState {
    /// Starts every random stream afresh from `seed`.
    pub(crate) fn reset(&mut self, seed: u64) {
        match self {
            SenseState::Overhead(camera) => camera.reset(seed),
            SenseState::Pinhole(state) => state.reset(seed),
        }
    }

    /// Number of pixels.
    pub(crate) fn pixels(&self) -> usize {
        match self {
            SenseState::Overhead(camera) => camera.pixels(),
            SenseState::Pinhole(state) => state.pixels(),
        }
    }
}
