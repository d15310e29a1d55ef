//! The overhead event camera of a robot: what [`Sensor::OverheadEventCamera`] describes, put together from the overhead
//! image, the unrest of the mount and the event camera.

use embody_robots::robot::Sensor;
use embody_robots::{EventBuffer, Nanos, seed};
use serde::{Deserialize, Serialize};

use crate::event_camera::EventCamera;
use crate::overhead::{Disc, OverheadImage};
use crate::unrest::Unrest;
use crate::world::BuildError;

/// An event camera that looks straight down on discs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OverheadEventCamera {
    image: OverheadImage,
    unrest: Unrest,
    events: EventCamera,
}

impl OverheadEventCamera {
    /// The camera that `sensor` describes, looking once every `control_period`.
    pub(crate) fn new(sensor: &Sensor, control_period: Nanos) -> Result<OverheadEventCamera, BuildError> {
        let Sensor::OverheadEventCamera { camera, half_extent_m, jitter, .. } = sensor else {
            let what = format!("sensor {:?}", sensor.name());
            return Err(BuildError::NotYet { what, expected: "overhead event cameras" });
        };
        let (tau_s, dt_s) = (jitter.time_constant.as_secs_f64(), control_period.as_secs_f64());
        Ok(OverheadEventCamera {
            image: OverheadImage::new(camera.width, camera.height, *half_extent_m),
            unrest: Unrest::new(jitter.deviation_m, tau_s, dt_s),
            events: EventCamera::new(camera),
        })
    }

    /// Starts unrest and noise afresh from `seed`, each from a stream of its own.
    pub(crate) fn reset(&mut self, seed: u64) {
        self.unrest.reset(seed::stream(seed, "jitter"));
        self.events.reset(seed::stream(seed, "noise"));
    }

    /// Looks for the first time in an episode; `discs` are in world coordinates.
    pub(crate) fn begin(&mut self, discs: impl Iterator<Item = Disc>) {
        let (image, offset) = (&self.image, self.unrest.offset_m());
        self.events.begin(|pixels| image.draw(discs.map(|disc| seen_from(disc, offset)), pixels));
    }

    /// Looks again after a control period, from `since` to `now`.
    pub(crate) fn observe(&mut self, since: Nanos, now: Nanos, events: &mut EventBuffer, discs: impl Iterator<Item = Disc>) {
        self.unrest.advance();
        let (image, offset) = (&self.image, self.unrest.offset_m());
        let draw = |pixels: &mut [f32]| image.draw(discs.map(|disc| seen_from(disc, offset)), pixels);
        self.events.observe(since.0, now.0, events, draw);
    }

    /// Number of pixels.
    pub(crate) fn pixels(&self) -> usize {
        self.events.pixels()
    }
}

/// A disc relative to a camera that is displaced by `offset` (m).
fn seen_from(disc: Disc, offset: [f32; 2]) -> Disc {
    Disc { centre_m: [disc.centre_m[0] - offset[0], disc.centre_m[1] - offset[1]], ..disc }
}
