//! The description of a robot: links, joints, actuators, sensors. Worlds are built from this alone.
//!
//! Pure data in SI units; no engine type appears, so that the same description serves simulation, kinematics and checks.
//! Today's kinds are those that the catalogue needs: a free link, a planar velocity drive, an overhead event camera.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::nanos::Nanos;
use crate::spec::{ActionField, ActionSpec, FieldKind, ObservationField, ObservationSpec};

/// A robot: rigid links, the joints that hold them, what drives them and what they sense with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RobotSpec {
    /// Name of the kind of robot.
    pub name: String,
    /// Rigid links.
    pub links: Vec<Link>,
    /// What holds each link; a link without a joint moves freely.
    pub joints: Vec<Joint>,
    /// What drives it; each is one field of the action.
    pub actuators: Vec<Actuator>,
    /// What it senses with; each is one field of the observation.
    pub sensors: Vec<Sensor>,
}

/// A rigid link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Unique within the robot.
    pub name: String,
    /// Its shape, centred on the link's frame; mass is spread evenly over it.
    pub shape: Shape,
    /// Mass (kg), above zero.
    pub mass_kg: f64,
    /// Coulomb friction coefficient of its surface.
    pub friction: f64,
    /// Where its frame's origin stands at reset (m, world axes).
    pub home_m: [f64; 3],
}

/// The shape of a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A solid sphere.
    Sphere {
        /// Radius (m).
        radius_m: f64,
    },
}

/// What holds a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Unique within the robot.
    pub name: String,
    /// The link that it holds.
    pub child: String,
    /// How.
    pub kind: JointKind,
}

/// How a joint holds its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JointKind {
    /// Not at all: six degrees of freedom in the world.
    Free,
}

/// What drives a robot: one field of the action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Actuator {
    /// A drive that pulls a link's centre towards a commanded horizontal velocity (vx, vy; m/s, world axes):
    /// F = (mass / time_constant) (v_command - v), its length limited to `max_force_n`.
    ///
    /// The command's length is limited to `max_speed_m_s`. The link keeps its own physics: it must roll or slide, and
    /// a rolling ball answers with 7/5 of the time constant because its spin has to be driven as well.
    PlanarVelocity {
        /// Name of the action field.
        name: String,
        /// The joint whose link is driven.
        joint: String,
        /// Time constant of the velocity of a frictionless point of this mass.
        time_constant: Nanos,
        /// Greatest force (N).
        max_force_n: f64,
        /// Greatest commanded speed (m/s).
        max_speed_m_s: f64,
    },
}

impl Actuator {
    /// Name of the action field.
    pub fn name(&self) -> &str {
        let Actuator::PlanarVelocity { name, .. } = self;
        name
    }
}

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

impl RobotSpec {
    /// The observation that this robot's sensors give.
    pub fn observation_spec(&self) -> ObservationSpec {
        let field = |sensor: &Sensor| match sensor {
            Sensor::OverheadEventCamera { name, camera, .. } => ObservationField {
                name: name.clone(),
                kind: FieldKind::Events { width: camera.width, height: camera.height, max_events: camera.max_events },
            },
        };
        ObservationSpec { fields: self.sensors.iter().map(field).collect() }
    }

    /// The action that this robot's actuators take.
    pub fn action_spec(&self) -> ActionSpec {
        let field = |actuator: &Actuator| match actuator {
            Actuator::PlanarVelocity { name, max_speed_m_s, .. } => ActionField {
                name: name.clone(),
                size: 2,
                unit: "m/s".into(),
                bounds: [-(*max_speed_m_s as f32), *max_speed_m_s as f32],
            },
        };
        ActionSpec { fields: self.actuators.iter().map(field).collect() }
    }

    /// Looks for what can't be: names twice or missing, masses and lengths that aren't positive and finite.
    pub fn check(&self) -> Result<(), RobotError> {
        let fail = |what: String| Err(RobotError { robot: self.name.clone(), what });
        // Engines compute in f32.
        let positive = |value: f64| (1e-30..=1e30).contains(&value);
        let not_negative = |value: f64| value.is_finite() && value >= 0.0;
        for (i, link) in self.links.iter().enumerate() {
            let Shape::Sphere { radius_m } = link.shape;
            if self.links[..i].iter().any(|other| other.name == link.name) {
                return fail(format!("two links are called {:?}", link.name));
            }
            if !positive(link.mass_kg) || !positive(radius_m) {
                return fail(format!(
                    "link {:?}: mass_kg {} and radius_m {radius_m} must be above zero, within 1e-30 to 1e30",
                    link.name, link.mass_kg
                ));
            }
            if !not_negative(link.friction) || link.home_m.iter().any(|x| !x.is_finite()) {
                return fail(format!(
                    "link {:?}: friction {} and home_m {:?} must be finite, friction not negative",
                    link.name, link.friction, link.home_m
                ));
            }
        }
        let names = [
            ("joints", self.joints.iter().map(|joint| joint.name.as_str()).collect::<Vec<_>>()),
            ("actuators", self.actuators.iter().map(Actuator::name).collect()),
            ("sensors", self.sensors.iter().map(Sensor::name).collect()),
        ];
        for (what, names) in names {
            if let Some((_, name)) = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name)) {
                return fail(format!("two {what} are called {name:?}"));
            }
        }
        for joint in &self.joints {
            if !self.links.iter().any(|link| link.name == joint.child) {
                return fail(format!("joint {:?} holds link {:?}, which doesn't exist", joint.name, joint.child));
            }
        }
        for actuator in &self.actuators {
            let Actuator::PlanarVelocity { name, joint, time_constant, max_force_n, max_speed_m_s } = actuator;
            if !self.joints.iter().any(|j| &j.name == joint) {
                return fail(format!("actuator {name:?} drives joint {joint:?}, which doesn't exist"));
            }
            if time_constant.0 == 0 || !positive(*max_force_n) || !positive(*max_speed_m_s) {
                return fail(format!("actuator {name:?}: time_constant, max_force_n and max_speed_m_s must be above zero"));
            }
        }
        for sensor in &self.sensors {
            let Sensor::OverheadEventCamera { name, camera, half_extent_m, jitter } = sensor;
            if camera.width == 0 || camera.height == 0 || usize::from(camera.width) * usize::from(camera.height) > 1 << 20 {
                return fail(format!(
                    "sensor {name:?}: {} x {} pixels, expected at least one and at most 2^20",
                    camera.width, camera.height
                ));
            }
            if !(camera.threshold > 1e-4 && camera.threshold.is_finite() && not_negative(camera.noise_hz)) {
                return fail(format!(
                    "sensor {name:?}: threshold {} must be above 0.0001 and noise_hz {} not negative",
                    camera.threshold, camera.noise_hz
                ));
            }
            if camera.noise_hz > 1e4 {
                return fail(format!("sensor {name:?}: noise_hz {} must be at most 10000", camera.noise_hz));
            }
            if camera.max_events == 0 || camera.max_events > 1 << 24 {
                return fail(format!("sensor {name:?}: max_events {} must be 1 to 2^24", camera.max_events));
            }
            if !positive(*half_extent_m) || !not_negative(jitter.deviation_m) || jitter.time_constant.0 == 0 {
                return fail(format!(
                    "sensor {name:?}: half_extent_m and the jitter's time_constant must be above zero, its deviation_m not negative"
                ));
            }
        }
        Ok(())
    }
}

/// A robot description that can't be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("robot {robot:?}: {what}")]
pub struct RobotError {
    /// Its name.
    pub robot: String,
    /// What is wrong.
    pub what: String,
}
