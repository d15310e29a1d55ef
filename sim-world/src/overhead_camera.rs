//! The overhead event camera of a robot: what `Sensor::OverheadEventCamera` describes, put together from the overhead image and the
//! state of an event camera.

use embody_robots::EventBuffer;
use embody_robots::robot::{EventCameraSpec, RobotSpec, Shape};
use nalgebra::Point3;

use crate::camera_state::CameraState;
use crate::overhead::{Disc, OverheadImage};
use crate::sense::World;

/// A camera that looks straight down on spheres: what of it doesn't change.
#[derive(Clone, Debug)]
pub(crate) struct OverheadCamera {
    image: OverheadImage,
    spheres: Vec<Sphere>,
}

/// A visible sphere of a link.
#[derive(Clone, Copy, Debug)]
struct Sphere {
    link: usize,
    /// Centre in the link's frame (m).
    centre_m: [f64; 3],
    radius_m: f32,
}

impl OverheadCamera {
    /// A camera of those pixels that sees the visible spheres of the links in `sees`, of all links if that is empty, within
    /// `half_extent_m` of the world's origin along x and y.
    pub(crate) fn new(robot: &RobotSpec, pixels: &EventCameraSpec, half_extent_m: f64, sees: &[String]) -> OverheadCamera {
        let seen = robot.links.iter().enumerate().filter(|(_, link)| sees.is_empty() || sees.contains(&link.name));
        let spheres = seen.flat_map(|(link, spec)| {
            spec.parts.iter().filter(|part| part.visible).filter_map(move |part| match part.shape {
                Shape::Sphere { radius_m } => Some(Sphere { link, centre_m: part.origin.position_m, radius_m: radius_m as f32 }),
                _ => None,
            })
        });
        OverheadCamera { image: OverheadImage::new(pixels.width, pixels.height, half_extent_m), spheres: spheres.collect() }
    }

    /// Looks at the world.
    pub(crate) fn look(&self, state: &mut CameraState, world: World, seen: &mut EventBuffer) {
        state.look(world.since, world.now, seen, |offset_m, image| {
            let discs = self.spheres.iter().map(|sphere| {
                let centre = world.pose(sphere.link) * Point3::from(sphere.centre_m);
                Disc { centre_m: [centre.x as f32 - offset_m[0], centre.y as f32 - offset_m[1]], radius_m: sphere.radius_m }
            });
            self.image.draw(discs, image);
        });
    }
}
