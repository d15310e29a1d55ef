//! The catalogue: robots that come with the project.

pub mod arms;
pub mod ball;
pub mod car;

use crate::file::{Description, ReadError, Report};
use crate::robot::RobotSpec;

/// The names of the catalogue's robots, and what each is.
pub const NAMES: [(&str, &str); 5] = [
    ("ball", "a ball that is driven over the plane, under an event camera"),
    ("car", "a car that holds its speed and is steered, with an event camera on its roof"),
    ("scorbot", "the arm ED-Scorbot: base, shoulder, elbow, wrist"),
    ("arm2", "a planar arm of two joints"),
    ("arm7", "an arm of seven joints"),
];

/// The robot of that name with its default settings; none if there is none.
///
/// # Errors
/// Never, but for a fault in the catalogue itself.
pub fn find(name: &str) -> Option<Result<Description, ReadError>> {
    let built_in = |robot: RobotSpec| {
        let report = Report::new(&format!("{} (built in)", robot.name));
        Some(Ok(Description { robot, report, folder: None }))
    };
    match name {
        "ball" => built_in(ball::Ball::default().robot()),
        "car" => built_in(car::Car::default().robot()),
        "scorbot" => Some(arms::scorbot()),
        "arm2" => Some(arms::arm2()),
        "arm7" => Some(arms::arm7()),
        _ => None,
    }
}
