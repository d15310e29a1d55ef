//! URDF, the Unified Robot Description Format of ROS: links and joints to a [`RobotSpec`].
//!
//! Read are links with inertials, visuals, collisions and the brightness of their materials, and joints of every kind with origin, axis,
//! limits, dynamics and mimic; of Bullet's extensions spherical joints and `<contact><lateral_friction>`. All else is ignored, and told.
//! URDF has no actuators: [`RobotSpec::drive`] adds them. Source: <https://wiki.ros.org/urdf/XML>.

mod geometry;
mod joint;
mod link;
mod material;

use crate::file::{Element, ReadError, Report};
use crate::robot::{Place, RobotSpec};

/// Reads the element `<robot>`.
pub(crate) fn read(root: Element, report: &mut Report) -> Result<RobotSpec, ReadError> {
    let name = root.attribute("name").unwrap_or("robot").to_owned();
    report.at(Place::Robot, root.line());
    root.attribute("version");
    let materials = material::palette(root)?;
    let mut robot = RobotSpec { name, links: Vec::new(), joints: Vec::new(), actuators: Vec::new(), sensors: Vec::new() };
    for element in root.children() {
        match element.name() {
            "link" => {
                let link = link::read(element.known(), robot.links.len(), &materials, report)?;
                robot.links.push(link);
            }
            "joint" => {
                let joint = joint::read(element.known(), robot.joints.len(), report)?;
                robot.joints.push(joint);
            }
            _ => {}
        }
    }
    one_root(root, &robot, report)?;
    Ok(robot)
}

/// A robot in URDF is one tree.
fn one_root(root: Element, robot: &RobotSpec, report: &Report) -> Result<(), ReadError> {
    let held: std::collections::BTreeSet<_> = robot.joints.iter().map(|joint| joint.child.as_str()).collect();
    let mut roots = robot.links.iter().enumerate().filter(|(_, link)| !held.contains(link.name.as_str()));
    match (roots.next(), roots.next()) {
        (_, None) if robot.links.is_empty() => Err(root.error("<robot>: expected at least one <link>, found none".into())),
        (_, None) => Ok(()),
        (first, Some((index, second))) => {
            let first = first.map_or("", |(_, link)| link.name.as_str());
            let what = format!("two links are held by no joint, {first:?} and {:?}: expected one root", second.name);
            Err(report.error(&crate::robot::Problem::error(Place::Link(index), what)))
        }
    }
}
