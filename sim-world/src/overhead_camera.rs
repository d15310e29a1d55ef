//! The overhead event camera of a robot: what `Sensor::OverheadEventCamera` describes, put together from the overhead
//! image, the unrest of the mount and the event camera.

use embody_robots::robot::{EventCameraSpec, Jitter, RobotSpec, Shape};
use embody_robots::{EventBuffer, Nanos, seed};
use nalgebra::Point3;
use serde::{Deserialize, Serialize};

use crate::event_camera::EventCamera;
use crate::overhead::{Disc, OverheadImage};
use crate::sensing::Surroundings;
use crate::unrest::Unrest;

/// An event camera that looks straight down on spheres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OverheadEventCamera {
    image: OverheadImage,
    unrest: Unrest,
    events: EventCamera,
    spheres: Vec<Sphere>,
}

/// A visible sphere of a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Sphere {
    link: usize,
    /// Centre in the link's frame (m).
    centre_m: [f64; 3],
    radius_m: f32,
}

impl OverheadEventCamera {
    /// The camera `spec` that sees the visible spheres of the links in `sees`, of all links if that is empty, within `half_extent_m`, once
    /// every `control_period`.
    pub(crate) fn new(
        robot: &RobotSpec,
        spec: &EventCameraSpec,
        half_extent_m: f64,
        sees: &[String],
        jitter: &Jitter,
        control_period: Nanos,
    ) -> OverheadEventCamera {
        let (tau_s, dt_s) = (jitter.time_constant.as_secs_f64(), control_period.as_secs_f64());
        let seen = robot.links.iter().enumerate().filter(|(_, link)| sees.is_empty() || sees.contains(&link.name));
        let spheres = seen.flat_map(|(index, link)| {
            link.parts.iter().filter(|part| part.visible).filter_map(move |part| match part.shape {
                Shape::Sphere { radius_m } => {
                    Some(Sphere { link: index, centre_m: part.origin.position_m, radius_m: radius_m as f32 })
                }
                _ => None,
            })
        });
        OverheadEventCamera {
            image: OverheadImage::new(spec.width, spec.height, half_extent_m),
            unrest: Unrest::new(jitter.deviation_m, tau_s, dt_s),
            events: EventCamera::new(spec),
            spheres: spheres.collect(),
        }
    }

    /// Starts unrest and noise afresh from `seed`, each from a stream of its own.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.unrest.reset(seed::stream(seed, "jitter"));
        self.events.reset(seed::stream(seed, "noise"));
    }

    /// Looks for the first time in an episode.
    pub(crate) fn begin(&mut self, around: Surroundings) {
        let discs = discs(&self.spheres, around, self.unrest.offset_m());
        let image = &self.image;
        self.events.begin(|pixels| image.draw(discs, pixels));
    }

    /// Looks again after a control period, from `since` to `now`.
    pub(crate) fn observe(&mut self, since: Nanos, now: Nanos, events: &mut EventBuffer, around: Surroundings) {
        self.unrest.advance();
        let discs = discs(&self.spheres, around, self.unrest.offset_m());
        let image = &self.image;
        self.events.observe(since.0, now.0, events, |pixels| image.draw(discs, pixels));
    }

    /// Number of pixels.
    pub(crate) fn pixels(&self) -> usize {
        self.events.pixels()
    }
}

/// The spheres as a camera sees them that is displaced by `offset` (m).
fn discs<'a>(spheres: &'a [Sphere], around: Surroundings<'a>, offset: [f32; 2]) -> impl Iterator<Item = Disc> + 'a {
    spheres.iter().filter_map(move |sphere| {
        let centre = around.places.pose(around.world, sphere.link)? * Point3::from(sphere.centre_m);
        Some(Disc { centre_m: [centre.x as f32 - offset[0], centre.y as f32 - offset[1]], radius_m: sphere.radius_m })
    })
}
