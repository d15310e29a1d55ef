//! The pinhole event camera of a robot: what [`Sensor::EventCamera`] describes, put together from the renderer, the unrest of the
//! mount and the event camera.
//!
//! A camera doesn't see the link that it is mounted on: it is taken to sit where nothing of that link is in its way, whatever its parts
//! are, for their inside would be in view if it sat within one.

use embody_robots::robot::{EventCameraSpec, Jitter, Origin, RobotSpec};
use embody_robots::{EventBuffer, Nanos, Pose, seed};
use nalgebra::Translation3;
use serde::{Deserialize, Serialize};

use crate::arena::Arena;
use crate::event_camera::EventCamera;
use crate::render::Camera;
use crate::sight::Sight;
use crate::unrest::Unrest;
use crate::world::BuildError;

/// A camera with a pinhole lens: what of it doesn't change.
#[derive(Clone, Debug)]
pub(crate) struct Pinhole {
    camera: Camera,
    sight: Sight,
    /// The link that it is mounted on.
    mount: Option<usize>,
    origin: Pose,
}

/// What changes: the mount's unrest and what each pixel remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PinholeState {
    unrest: Unrest,
    events: EventCamera,
}

/// Where a camera looks from, and at what.
pub(crate) struct Mounting<'a> {
    /// The link that it is mounted on; none for one that stands in the world.
    pub(crate) mount: Option<&'a String>,
    /// Its frame there.
    pub(crate) origin: &'a Origin,
    /// Width of its view (rad).
    pub(crate) field_of_view_rad: f64,
    /// The links that it sees in the dark; empty for all that there is.
    pub(crate) sees: &'a [String],
}

impl Pinhole {
    /// A camera of those pixels on `robot` in `arena`.
    ///
    /// # Errors
    /// If it would see what can't be drawn.
    pub(crate) fn new(
        robot: &RobotSpec,
        arena: &Arena,
        pixels: &EventCameraSpec,
        mounting: &Mounting<'_>,
    ) -> Result<Pinhole, BuildError> {
        let mount = mounting.mount.and_then(|name| robot.links.iter().position(|link| &link.name == name));
        let everything = mounting.sees.is_empty();
        let seen = |link: usize| mount != Some(link) && (everything || mounting.sees.contains(&robot.links[link].name));
        Ok(Pinhole {
            camera: Camera::new(pixels.width, pixels.height, mounting.field_of_view_rad),
            sight: Sight::new(robot, seen, everything.then_some(arena))?,
            mount,
            origin: mounting.origin.pose(),
        })
    }

    /// Looks for the first time in an episode, with the links where `pose` says.
    pub(crate) fn begin(&mut self, state: &mut PinholeState, pose: impl Fn(usize) -> Pose) {
        let PinholeState { unrest, events } = state;
        events.begin(|image| self.draw(unrest, pose, image));
    }

    /// Looks again after a control period, from `since` to `now`.
    pub(crate) fn observe(
        &mut self,
        state: &mut PinholeState,
        [since, now]: [Nanos; 2],
        seen: &mut EventBuffer,
        pose: impl Fn(usize) -> Pose,
    ) {
        let PinholeState { unrest, events } = state;
        unrest.advance();
        events.observe(since.0, now.0, seen, |image| self.draw(unrest, pose, image));
    }

    fn draw(&mut self, unrest: &Unrest, pose: impl Fn(usize) -> Pose, image: &mut [f32]) {
        let [y, z] = unrest.offset_m().map(f64::from);
        let mount = self.mount.map_or(Pose::identity(), &pose);
        self.camera.place(mount * self.origin * Translation3::new(0.0, y, z));
        self.camera.render(self.sight.of(pose), image);
    }
}

impl PinholeState {
    /// Of a camera that looks once every `control_period`.
    pub(crate) fn new(pixels: &EventCameraSpec, jitter: &Jitter, control_period: Nanos) -> PinholeState {
        let (tau_s, dt_s) = (jitter.time_constant.as_secs_f64(), control_period.as_secs_f64());
        PinholeState { unrest: Unrest::new(jitter.deviation_m, tau_s, dt_s), events: EventCamera::new(pixels) }
    }

    /// Starts unrest and noise afresh from `seed`, each from a stream of its own.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.unrest.reset(seed::stream(seed, "jitter"));
        self.events.reset(seed::stream(seed, "noise"));
    }

    /// Number of pixels.
    pub(crate) fn pixels(&self) -> usize {
        self.events.pixels()
    }
}
