//! The catalogue: robots that come with the project.

pub mod arms;
pub mod ball;
pub mod car;
pub mod model;

use crate::file::{Description, ReadError, Report};

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
    match name {
        "ball" => {
            let report = Report::new("ball (built in)");
            Some(Ok(Description { robot: ball::Ball::default().robot(), report, folder: None }))
        }
        "scorbot" => Some(arms::scorbot()),
        "arm2" => Some(arms::arm2()),
        "arm7" => Some(arms::arm7()),
        _ => None,
    }
}
