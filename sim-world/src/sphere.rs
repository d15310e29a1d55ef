//! Free spheres: the links that this world can build so far, taken out of a robot's description.

use embody_robots::robot::{Actuator, Inertial, JointKind, Origin, Part, RobotSpec, Shape};
use embody_robots::tree::Tree;

use crate::world::BuildError;

/// A solid sphere that moves freely: one link of a robot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FreeSphere {
    pub(crate) radius_m: f64,
    pub(crate) mass_kg: f64,
    pub(crate) friction: f64,
    /// Where its centre stands at reset (m).
    pub(crate) home_m: [f64; 3],
    /// The chassis of a car, if it is one and no sphere.
    pub(crate) chassis: Option<(Inertial, Vec<Part>)>,
}

impl FreeSphere {
    /// Every link of `robot`, in that order.
    ///
    /// # Errors
    /// If a link is anything else, or weighs nothing.
    pub(crate) fn all(robot: &RobotSpec) -> Result<Vec<FreeSphere>, BuildError> {
        robot.check()?;
        let massless = Tree::new(robot).ok().and_then(|tree| tree.massless(robot).first().copied());
        if let Some(link) = massless.and_then(|link| robot.links.get(link)) {
            return Err(BuildError::Massless { name: link.name.clone() });
        }
        robot.links.iter().enumerate().map(|(index, _)| FreeSphere::new(robot, index)).collect()
    }

    fn new(robot: &RobotSpec, index: usize) -> Result<FreeSphere, BuildError> {
        let link = &robot.links[index];
        let not_yet = || BuildError::NotYet {
            what: format!("link {:?}", link.name),
            expected: "links that are one solid sphere each, seen and touched, that a free joint of the world holds",
        };
        let joint = robot.joints.iter().find(|joint| joint.child == link.name).ok_or_else(not_yet)?;
        let car = robot.actuators.iter().any(|a| matches!(a, Actuator::Car { .. }) && a.joint() == joint.name);
        if let (true, Some(inertial)) = (car, &link.inertial) {
            let chassis = Some((*inertial, link.parts.clone()));
            let home_m = joint.origin.position_m;
            return Ok(FreeSphere { radius_m: 0.0, mass_kg: inertial.mass_kg, friction: 0.5, home_m, chassis });
        }
        let ([part], Some(inertial)) = (link.parts.as_slice(), &link.inertial) else { return Err(not_yet()) };
        let Shape::Sphere { radius_m } = part.shape else { return Err(not_yet()) };
        let (mass_kg, friction, home_m) = (inertial.mass_kg, part.friction, joint.origin.position_m);
        let solid = Inertial::of_solid(&part.shape, Origin::IDENTITY, mass_kg).as_ref() == Some(inertial);
        let free = joint.parent.is_none() && joint.kind == JointKind::Free && joint.origin == Origin::at(home_m);
        let plain = part.origin == Origin::IDENTITY && part.collides && part.visible;
        if solid && free && plain {
            Ok(FreeSphere { radius_m, mass_kg, friction, home_m, chassis: None })
        } else {
            Err(not_yet())
        }
    }
}
