//! The body on a card: its links, its joints, what drives it and what it senses with.

use embody_robots::robot::{
    Actuator, EventCameraSpec, Jitter, Joint, JointKind, JointQuantity, Limits, Mode, PoseQuantity, RobotSpec, Sensor,
};
use embody_robots::{ActionField, Nanos};
use serde::Serialize;

use crate::words::number;

/// The body.
#[derive(Debug, Serialize)]
pub struct RobotCard {
    /// Which robot.
    pub kind: String,
    /// What it is, in a line.
    pub about: String,
    /// Its links.
    pub links: Vec<LinkCard>,
    /// Its joints that move.
    pub joints: Vec<JointCard>,
    /// What drives it.
    pub actuators: Vec<ActuatorCard>,
    /// What it senses with.
    pub sensors: Vec<SensorCard>,
}

/// A link.
#[derive(Debug, Serialize)]
pub struct LinkCard {
    /// Its name.
    pub name: String,
    /// Its mass (kg).
    pub mass_kg: f64,
}

/// A joint that moves.
#[derive(Debug, Serialize)]
pub struct JointCard {
    /// Its name.
    pub name: String,
    /// How it moves: revolute, prismatic, free.
    pub kind: &'static str,
    /// The link that it holds.
    pub child: String,
    /// The link that it hangs on; none for the world.
    pub parent: Option<String>,
    /// Unit of its position.
    pub unit: Option<&'static str>,
    /// How far, how fast, how strongly.
    pub limits: Limits,
}

/// What drives it: one field of the action.
#[derive(Debug, Serialize)]
pub struct ActuatorCard {
    /// The field of the action, with its unit and limits.
    #[serde(flatten)]
    pub field: ActionField,
    /// What it does.
    pub what: String,
}

/// What it senses with: one field of the observation.
#[derive(Debug, Serialize)]
pub struct SensorCard {
    /// Name of the field.
    pub name: String,
    /// What it senses.
    pub what: String,
}

impl RobotCard {
    /// Of a robot of the given kind.
    pub fn of(kind: &str, about: &str, robot: &RobotSpec) -> RobotCard {
        let moving = robot.joints.iter().filter(|joint| joint.kind != JointKind::Fixed);
        let drives = robot
            .actuators
            .iter()
            .map(|actuator| ActuatorCard { field: actuator.action_field(&robot.joints), what: of_actuator(actuator, robot) });
        RobotCard {
            kind: kind.into(),
            about: about.into(),
            links: robot.links.iter().map(|link| LinkCard { name: link.name.clone(), mass_kg: link.mass_kg() }).collect(),
            joints: moving.map(JointCard::of).collect(),
            actuators: drives.collect(),
            sensors: robot
                .sensors
                .iter()
                .map(|sensor| SensorCard { name: sensor.name().into(), what: of_sensor(sensor) })
                .collect(),
        }
    }
}

impl JointCard {
    fn of(joint: &Joint) -> JointCard {
        JointCard {
            name: joint.name.clone(),
            kind: joint.kind.name(),
            child: joint.child.clone(),
            parent: joint.parent.clone(),
            unit: joint.kind.units().map(|units| units.position),
            limits: joint.limits,
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        let mut words = format!("{}, holds {}", self.kind, self.child);
        let unit = self.unit.unwrap_or_default();
        if let Some([low, high]) = self.limits.position {
            words += &format!(", {} to {} {unit}", number(low), number(high));
        }
        if let Some(most) = self.limits.velocity {
            words += &format!(", at most {} {unit}/s", number(most));
        }
        words
    }
}

fn of_actuator(actuator: &Actuator, robot: &RobotSpec) -> String {
    let lag = |lag: Nanos| if lag == Nanos::ZERO { String::new() } else { format!(", lag {lag}") };
    match actuator {
        Actuator::PlanarVelocity { joint, time_constant, max_force_n, max_speed_m_s, .. } => format!(
            "horizontal velocity of what joint {joint} holds, at most {} m/s and {} N, time constant {time_constant}",
            number(*max_speed_m_s),
            number(*max_force_n)
        ),
        Actuator::Joint { joint, mode, max_effort, max_speed, lag: delay, .. } => {
            let what = match mode {
                Mode::Position { .. } => "position",
                Mode::Velocity { .. } => "velocity",
                Mode::Effort => "effort",
            };
            let units = robot.joint_index(joint).and_then(|index| robot.joints[index].kind.units());
            let limit = |what: &str, most: &Option<f64>, unit: Option<&str>| match most {
                Some(most) => format!(", {what} at most {} {}", number(*most), unit.unwrap_or_default()),
                None => String::new(),
            };
            let effort = limit("effort", max_effort, units.map(|units| units.effort));
            let speed = limit("speed", max_speed, units.map(|units| units.velocity));
            format!("{what} of joint {joint}{effort}{speed}{}", lag(delay.unwrap_or_default()))
        }
        Actuator::Trunk { platforms, .. } => {
            let motion = match platforms.servo {
                None => "as they are asked, at once".into(),
                Some(servo) => {
                    let [tilt, slide] = [servo.tilt.max_effort, servo.slide.max_effort].map(number);
                    format!("driven with at most {tilt} N m a tilt and {slide} N along")
                }
            };
            format!("tilts x and y and extension h of each of {} modules, {motion}", platforms.modules.len())
        }
        Actuator::Car { wheels, .. } => format!(
            "steering angle of a car with a wheelbase of {} m that holds {} m/s{}",
            number(wheels.wheelbase_m),
            number(wheels.speed_m_s),
            lag(wheels.steering_lag)
        ),
    }
}

fn of_sensor(sensor: &Sensor) -> String {
    match sensor {
        Sensor::OverheadEventCamera { camera, half_extent_m, sees, jitter, .. } => {
            let side = number(2.0 * half_extent_m);
            format!("event camera from above, {side} m x {side} m{}{}", of_camera(camera, sees), of_jitter(jitter))
        }
        Sensor::EventCamera { camera, mount, field_of_view_rad, sees, jitter, .. } => {
            let mount = mount.as_ref().map_or("in the world".into(), |link| format!("on {link}"));
            let view = number(field_of_view_rad.to_degrees());
            format!("event camera {mount}, {view} degrees wide{}{}", of_camera(camera, sees), of_jitter(jitter))
        }
        Sensor::Joints { quantity: JointQuantity::Position, .. } => "positions of the joints".into(),
        Sensor::Joints { quantity: JointQuantity::Velocity, .. } => "velocities of the joints".into(),
        Sensor::Poses { quantity, of, frame, .. } => {
            let what = match quantity {
                PoseQuantity::Position => "place (m)",
                PoseQuantity::Orientation => "orientation (quaternion x, y, z, w)",
            };
            let of = if let [only] = of.as_slice() { only.clone() } else { format!("each of {} links", of.len()) };
            format!("{what} of {of} in the frame of {frame}")
        }
    }
}

fn of_camera(camera: &EventCameraSpec, sees: &[String]) -> String {
    let EventCameraSpec { width, height, threshold, noise_hz, max_events } = camera;
    let sees = if sees.is_empty() { String::new() } else { format!(", sees {} alone", sees.join(" and ")) };
    let noise = if *noise_hz > 0.0 { format!(", noise of {} Hz a pixel", number(*noise_hz)) } else { String::new() };
    format!(
        "{sees}, {width} x {height} pixels, an event for each change of {} (0 dark, 1 bright){noise}, at most {max_events} events a control period",
        number(*threshold)
    )
}

fn of_jitter(jitter: &Jitter) -> String {
    if jitter.deviation_m == 0.0 {
        return String::new();
    }
    format!(", unrest of its mount {} m over {}", number(jitter.deviation_m), jitter.time_constant)
}
