//! The pinhole event camera of a robot: what `Sensor::EventCamera` describes, put together from the renderer and the state of an event
//! camera.
//!
//! A camera doesn't see the link that it is mounted on: it is taken to sit where nothing of that link is in its way, whatever its parts
//! are, for their inside would be in view if it sat within one.

use embody_robots::robot::{EventCameraSpec, Origin, RobotSpec};
use embody_robots::{EventBuffer, Pose};
use nalgebra::Translation3;

use crate::arena::Arena;
use crate::camera_state::CameraState;
use crate::render::Camera;
use crate::sense::World;
use crate::sight::Sight;
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
        let mount = mounting.mount.and_then(|name| robot.link_index(name));
        let everything = mounting.sees.is_empty();
        let seen = |link: usize| mount != Some(link) && (everything || mounting.sees.contains(&robot.links[link].name));
        Ok(Pinhole {
            camera: Camera::new(pixels.width, pixels.height, mounting.field_of_view_rad),
            sight: Sight::new(robot, seen, everything.then_some(arena))?,
            mount,
            origin: mounting.origin.pose(),
        })
    }

    /// Looks at the world.
    pub(crate) fn look(&mut self, state: &mut CameraState, world: World, seen: &mut EventBuffer) {
        state.look(world.since, world.now, seen, |offset, image| self.draw(offset, world, image));
    }

    fn draw(&mut self, [y, z]: [f32; 2], world: World, image: &mut [f32]) {
        let mount = self.mount.map_or(Pose::identity(), |link| world.pose(link));
        self.camera.place(mount * self.origin * Translation3::new(0.0, y.into(), z.into()));
        self.camera.render(self.sight.of(|link| world.pose(link)), image);
    }
}
