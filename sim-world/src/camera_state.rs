//! What an event camera of a body keeps from look to look, whatever draws its images: the unrest of its mount and what each pixel
//! remembers.

use embody_robots::robot::{EventCameraSpec, Jitter};
use embody_robots::{EventBuffer, Nanos, seed};
use serde::{Deserialize, Serialize};

use crate::event_camera::EventCamera;
use crate::unrest::Unrest;

/// The state of an event camera and its mount.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CameraState {
    unrest: Unrest,
    events: EventCamera,
}

impl CameraState {
    /// Of a camera that looks once every `control_period`.
    pub(crate) fn new(camera: &EventCameraSpec, jitter: &Jitter, control_period: Nanos) -> CameraState {
        let (tau_s, dt_s) = (jitter.time_constant.as_secs_f64(), control_period.as_secs_f64());
        CameraState { unrest: Unrest::new(jitter.deviation_m, tau_s, dt_s), events: EventCamera::new(camera) }
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

    /// The last image.
    pub(crate) fn frame(&self) -> &[f32] {
        self.events.frame()
    }

    /// Looks at `now`, `since` being the time of the look before, or none for the first look of an episode, which makes no events. `draw`
    /// draws the image as seen from a mount that is displaced by so much along its two axes (m).
    pub(crate) fn look(
        &mut self,
        since: Option<Nanos>,
        now: Nanos,
        seen: &mut EventBuffer,
        draw: impl FnOnce([f32; 2], &mut [f32]),
    ) {
        let Some(since) = since else {
            seen.refill(|_| ());
            let offset = self.unrest.offset_m();
            return self.events.begin(|image| draw(offset, image));
        };
        self.unrest.advance();
        let offset = self.unrest.offset_m();
        self.events.observe(since.0, now.0, seen, |image| draw(offset, image));
    }
}
