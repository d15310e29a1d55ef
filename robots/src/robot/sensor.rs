//! Sensors: what a robot senses with. Each is one field of the observation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::joint::Joint;
use super::measured::PoseQuantity;
use super::origin::Origin;
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
        /// The links that it sees, as through a filter of their colour; empty for all.
        sees: Vec<String>,
        /// Slow unrest of its mount along the world's x and y axes.
        jitter: Jitter,
    },
    /// An event camera with a pinhole lens. It looks along the x axis of its frame, y to the left and z up.
    EventCamera {
        /// Name of the observation field.
        name: String,
        /// Pixels, events, noise.
        camera: EventCameraSpec,
        /// The link that it is mounted on; none for one that stands in the world.
        mount: Option<String>,
        /// Its frame in the frame of its mount.
        origin: Origin,
        /// Width of its view (rad).
        field_of_view_rad: f64,
        /// The links that it sees, as through a filter of their colour, before a dark ground and sky; empty for all that there is.
        sees: Vec<String>,
        /// Slow unrest of its mount along its own y and z axes.
        jitter: Jitter,
    },
    /// The joints of one degree of freedom, in the order of the description.
    Joints {
        /// Name of the observation field.
        name: String,
        /// What of them is measured.
        quantity: JointQuantity,
    },
    /// Poses of links, as motion capture measures them: one row of the field for each.
    Poses {
        /// Name of the observation field.
        name: String,
        /// What of them is measured.
        quantity: PoseQuantity,
        /// The links, in order.
        of: Vec<String>,
        /// The link in whose frame they are measured.
        frame: String,
    },
}

/// What is measured of a joint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JointQuantity {
    /// Position (rad or m).
    Position,
    /// Velocity (rad/s or m/s).
    Velocity,
}

impl Sensor {
    /// Name of the observation field.
    pub fn name(&self) -> &str {
        let (Sensor::OverheadEventCamera { name, .. }
        | Sensor::EventCamera { name, .. }
        | Sensor::Joints { name, .. }
        | Sensor::Poses { name, .. }) = self;
        name
    }

    /// The field of the observation; `joints` are the robot's.
    pub fn observation_field(&self, joints: &[Joint]) -> ObservationField {
        let kind = match self {
            Sensor::OverheadEventCamera { camera, .. } | Sensor::EventCamera { camera, .. } => {
                FieldKind::Events { width: camera.width, height: camera.height, max_events: camera.max_events }
            }
            Sensor::Joints { quantity, .. } => {
                let units: Vec<_> = joints.iter().filter_map(|joint| joint.kind.units()).collect();
                let unit = |units: super::joint::Units| match quantity {
                    JointQuantity::Position => units.position,
                    JointQuantity::Velocity => units.velocity,
                };
                let first = units.first().copied().map_or("1", unit);
                // Joints that turn beside joints that slide have no unit in common.
                let unit = if units.iter().all(|other| unit(*other) == first) { first } else { "1" };
                FieldKind::Dense { shape: vec![units.len()], unit: unit.into(), bounds: [f32::MIN, f32::MAX] }
            }
            Sensor::Poses { quantity, of, .. } => {
                let (unit, bounds) = quantity.range();
                FieldKind::Dense { shape: vec![of.len(), quantity.size()], unit: unit.into(), bounds }
            }
        };
        ObservationField { name: self.name().into(), kind }
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
