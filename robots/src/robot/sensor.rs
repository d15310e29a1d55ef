//! Sensors: what a robot senses with. Each is one field of the observation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nanos::Nanos;
use crate::spec::{FieldKind, ObservationField};

/// What a robot senses with: one field of the observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sensor {
    /// An event camera that looks straight down on the plane.
    OverheadEventCamera {
        /// Name of the observation field.
        name: String,
        /// Pixels, events, noise.
        camera: EventCameraSpec,
        /// Half the side of the square that it sees, centred on the world's origin (m).
        half_extent_m: f64,
        /// Slow unrest of its mount.
        jitter: Jitter,
    },
}

impl Sensor {
    /// Name of the observation field.
    pub fn name(&self) -> &str {
        let Sensor::OverheadEventCamera { name, .. } = self;
        name
    }

    /// The field of the observation.
    pub fn observation_field(&self) -> ObservationField {
        let Sensor::OverheadEventCamera { name, camera, .. } = self;
        let kind = FieldKind::Events { width: camera.width, height: camera.height, max_events: camera.max_events };
        ObservationField { name: name.clone(), kind }
    }
}

/// An event camera: one event for each threshold that a pixel's brightness crosses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EventCameraSpec {
    /// Pixels along x.
    pub width: u16,
    /// Pixels along y.
    pub height: u16,
    /// Change of brightness (0 dark to 1 bright) per event.
    pub threshold: f64,
    /// Background noise: mean rate of spurious events of each pixel (Hz).
    pub noise_hz: f64,
    /// The most events a control period can carry; those beyond are dropped and counted.
    pub max_events: usize,
}

impl Default for EventCameraSpec {
    fn default() -> Self {
        EventCameraSpec { width: 16, height: 16, threshold: 0.04, noise_hz: 0.0, max_events: 4096 }
    }
}

/// Slow random unrest of a mount, per horizontal axis: an Ornstein-Uhlenbeck process of the given standard deviation
/// and time constant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Jitter {
    /// Stationary standard deviation of each axis (m); 0 for a firm mount.
    pub deviation_m: f64,
    /// Correlation time.
    pub time_constant: Nanos,
}

impl Default for Jitter {
    fn default() -> Self {
        Jitter { deviation_m: 0.0, time_constant: Nanos::from_millis(50) }
    }
}
