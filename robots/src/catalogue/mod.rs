//! The catalogue: robots that come with the project.

pub mod arms;
pub mod ball;
pub mod car;
pub mod model;
pub mod trunk;

use crate::file::{Description, ReadError, Report};
use crate::robot::RobotSpec;

/// The names of the catalogue's robots, and what each is.
pub const NAMES: [(&str, &str); 6] = [
    ("ball", "a ball that is driven over the plane, under an event camera"),
    ("car", "a car that holds its speed and is steered, with an event camera on its roof"),
    ("scorbot", "the arm ED-Scorbot: base, shoulder, elbow, wrist"),
    ("arm2", "a planar arm of two joints"),
    ("arm7", "an arm of seven joints"),
    ("trunk", "a stack of ten modules that tilt and stretch"),
];

/// The robot of that name with its default settings; none if there is none.
///
/// # Errors
/// Never, but for a fault in the catalogue itself.
pub fn find(name: &str) -> Option<Result<Description, ReadError>> {
    match name {
        "ball" => Some(Ok(built_in(name, ball::Ball::default().robot()))),
        "car" => Some(Ok(built_in(name, car::Car::default().robot()))),
        "scorbot" => Some(arms::scorbot()),
        "arm2" => Some(arms::arm2()),
        "arm7" => Some(arms::arm7()),
        "trunk" => trunk::TrunkRobot::default().robot().ok().map(|robot| Ok(built_in(name, robot))),
        _ => None,
    }
}

/// A robot that is written in Rust.
fn built_in(name: &str, robot: RobotSpec) -> Description {
    Description { robot, report: Report::new(&format!("{name} (built in)")), folder: None }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_name_of_the_list_is_found_without_a_mistake() {
        for (name, _) in super::NAMES {
            let found = super::find(name).unwrap().unwrap();
            assert_eq!((found.robot.check(), found.report.findings.len()), (Ok(()), 0), "{name}");
        }
    }
}
