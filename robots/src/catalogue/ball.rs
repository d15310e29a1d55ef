//! A ball that is driven over a plane and watched from above by an event camera.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nanos::Nanos;
use crate::robot::{Actuator, EventCameraSpec, Inertial, Jitter, Joint, JointKind, Link, Origin, Part, RobotSpec, Sensor, Shape};

/// Settings of the ball, its drive and its camera. The defaults are those of the reaching task; mass, friction and the drive's limits are this
/// project's own choice: light and strong enough that a commanded velocity is reached within a few control steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ball {
    /// Radius (m).
    pub radius_m: f64,
    /// Mass (kg).
    pub mass_kg: f64,
    /// Coulomb friction coefficient of its surface.
    pub friction: f64,
    /// Greatest commanded speed (m/s).
    pub max_speed_m_s: f64,
    /// Time constant of the drive.
    pub drive_time_constant: Nanos,
    /// Greatest force of the drive (N).
    pub max_force_n: f64,
    /// Half the side of the square that the camera sees (m).
    pub camera_half_extent_m: f64,
    /// The event camera above the plane.
    pub camera: EventCameraSpec,
    /// Slow unrest of the camera's mount.
    pub jitter: Jitter,
}

impl Default for Ball {
    fn default() -> Self {
        Ball {
            radius_m: 1.0,
            mass_kg: 10.0,
            friction: 0.8,
            max_speed_m_s: 2.0,
            drive_time_constant: Nanos::from_millis(40),
            max_force_n: 400.0,
            camera_half_extent_m: 10.0,
            camera: EventCameraSpec::default(),
            jitter: Jitter { deviation_m: 0.1, time_constant: Nanos::from_millis(50) },
        }
    }
}

impl Ball {
    /// The description: link `ball`, drive `velocity`, sensor `camera`.
    pub fn robot(&self) -> RobotSpec {
        let shape = Shape::Sphere { radius_m: self.radius_m };
        let inertial = Inertial::of_solid(&shape, Origin::IDENTITY, self.mass_kg);
        let part =
            Part { shape, origin: Origin::IDENTITY, collides: true, visible: true, friction: self.friction, brightness: 1.0 };
        RobotSpec {
            name: "ball".into(),
            links: vec![Link { inertial, parts: vec![part], ..Link::frame("ball") }],
            joints: vec![Joint::new("free", None, "ball", Origin::at([0.0, 0.0, self.radius_m]), JointKind::Free)],
            actuators: vec![Actuator::PlanarVelocity {
                name: "velocity".into(),
                joint: "free".into(),
                time_constant: self.drive_time_constant,
                max_force_n: self.max_force_n,
                max_speed_m_s: self.max_speed_m_s,
            }],
            sensors: vec![Sensor::OverheadEventCamera {
                name: "camera".into(),
                camera: self.camera.clone(),
                half_extent_m: self.camera_half_extent_m,
                sees: Vec::new(),
                jitter: self.jitter.clone(),
            }],
        }
    }
}
