//! A car with an event camera on its roof, which holds its speed and is steered.

use std::f64::consts::{FRAC_PI_2, PI};

use nalgebra::Translation3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::robot::{
    Actuator, EventCameraSpec, Inertial, Jitter, Joint, JointKind, Link, Origin, Part, RobotSpec, Sensor, Shape, Wheels, rotation,
};
use crate::stage::Pose;

/// Settings of the car, its wheels and its camera. The defaults are those of the lane-following task; mass, springs, tyres and the motor's
/// limits are this project's own choice: a small, light car on firm springs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Car {
    /// Mass (kg), spread evenly over the body below the windows.
    pub mass_kg: f64,
    /// Coulomb friction coefficient of the body. (That of the tyres is the wheels'.)
    pub friction: f64,
    /// The wheels, their motor and their steering.
    pub wheels: Wheels,
    /// The event camera.
    pub camera: EventCameraSpec,
    /// Where it stands (m): forward of the rear axle, to its left, above the ground.
    pub camera_position_m: [f64; 3],
    /// Angle by which it looks down (degrees).
    pub camera_pitch_deg: f64,
    /// Width of its view (degrees).
    pub camera_view_deg: f64,
    /// Slow unrest of its mount.
    pub jitter: Jitter,
}

impl Default for Car {
    fn default() -> Self {
        Car {
            mass_kg: 600.0,
            friction: 0.5,
            wheels: Wheels::default(),
            camera: EventCameraSpec { width: 128, height: 32, threshold: 0.06, noise_hz: 0.0, max_events: 16384 },
            camera_position_m: [1.0, 0.0, 1.4],
            camera_pitch_deg: 16.0,
            camera_view_deg: 80.0,
            jitter: Jitter::default(),
        }
    }
}

/// Brightness of paint, windows and tyres.
const BRIGHTNESS: [f64; 3] = [0.6, 0.15, 0.05];

impl Car {
    /// The description: link `chassis`, drive `steering`, sensor `camera`.
    pub fn robot(&self) -> RobotSpec {
        let [hull, cabin] = self.body();
        let inertial = Inertial::of_solid(&hull.shape, hull.origin, self.mass_kg);
        let parts = [hull, cabin].into_iter().chain(self.wheels()).collect();
        RobotSpec {
            name: "car".into(),
            links: vec![Link { inertial, parts, ..Link::frame("chassis") }],
            joints: vec![Joint::new("free", None, "chassis", Origin::IDENTITY, JointKind::Free)],
            actuators: vec![Actuator::Car { name: "steering".into(), joint: "free".into(), wheels: self.wheels.clone() }],
            sensors: vec![Sensor::EventCamera {
                name: "camera".into(),
                camera: self.camera.clone(),
                mount: Some("chassis".into()),
                origin: self.camera_origin(),
                field_of_view_rad: self.camera_view_deg * PI / 180.0,
                sees: Vec::new(),
                jitter: self.jitter.clone(),
            }],
        }
    }

    /// The camera in the frame of the chassis: a turn about y lowers what it looks along.
    fn camera_origin(&self) -> Origin {
        let pitch = rotation([0.0, 1.0, 0.0], self.camera_pitch_deg * PI / 180.0);
        Pose::from_parts(Translation3::from(self.camera_position_m), pitch).into()
    }

    /// The body below the windows, and the cabin on it. Both follow the wheels' measures.
    fn body(&self) -> [Part; 2] {
        let Wheels { wheelbase_m, track_m, radius_m, .. } = self.wheels;
        let part = |size_m: [f64; 3], at: [f64; 3], brightness| Part {
            shape: Shape::Box { size_m },
            origin: Origin::at(at),
            collides: true,
            visible: true,
            friction: self.friction,
            brightness,
        };
        let (middle, sill, width) = (0.5 * wheelbase_m, 0.8 * radius_m, track_m + 0.2);
        let (hull, cabin) = (0.4, 0.5);
        [
            part([wheelbase_m + 0.9, width, hull], [middle, 0.0, sill + 0.5 * hull], BRIGHTNESS[0]),
            part([0.8 * wheelbase_m, width - 0.2, cabin], [0.4 * wheelbase_m, 0.0, sill + hull + 0.5 * cabin], BRIGHTNESS[1]),
        ]
    }

    /// The wheels as they are seen; what they do is the drive's.
    fn wheels(&self) -> impl Iterator<Item = Part> {
        let Wheels { wheelbase_m, track_m, radius_m, .. } = self.wheels;
        let lying = rotation([1.0, 0.0, 0.0], FRAC_PI_2);
        [(0.0, 0.5), (0.0, -0.5), (wheelbase_m, 0.5), (wheelbase_m, -0.5)].into_iter().map(move |(x, side)| Part {
            shape: Shape::Cylinder { radius_m, length_m: 0.2 },
            origin: Pose::from_parts(Translation3::new(x, side * track_m, radius_m), lying).into(),
            collides: false,
            visible: true,
            friction: 0.0,
            brightness: BRIGHTNESS[2],
        })
    }
}
