//! Which links are one rigid body: those that fixed joints weld together.
//!
//! The frame of a body is that of the link which a joint moves; what is welded to it stands at an offset. A link that is welded to the
//! world has a body of its own that never moves by itself: so it can be placed, as a mark on the plane is.

use embody_robots::robot::{Inertial, JointKind, Origin, RobotSpec};
use embody_robots::stage::Pose;
use embody_robots::{Kinematics, Tree};

use crate::world::BuildError;

/// A link as a part of a body.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Index of the body.
    pub(crate) body: usize,
    /// The link's frame in the body's.
    pub(crate) offset: Pose,
}

/// A rigid body: what moves it, and where it stands when all joints are at their homes.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// The link whose frame is the body's.
    pub(crate) link: usize,
    /// The joint that moves it; none for a body that stands in the world.
    pub(crate) joint: Option<usize>,
    /// The link that the joint hangs it on; none for the world, and for what moves freely in it.
    pub(crate) parent: Option<usize>,
    /// Pose in the world at home.
    pub(crate) home: Pose,
    /// Mass and inertia in the body's frame; none for a body that stands in the world, or one between two joints.
    pub(crate) inertial: Option<Inertial>,
}

/// The bodies of a robot, parents before children, and the place of each link among them.
#[derive(Clone, Debug)]
pub(crate) struct Welds {
    pub(crate) bodies: Vec<Body>,
    pub(crate) members: Vec<Member>,
}

impl Welds {
    /// Works out which links of `robot` are one body; `home` has the position of every joint (rad or m).
    ///
    /// # Errors
    /// If the links are no tree, or a link that moves is welded to none with mass.
    pub(crate) fn new(robot: &RobotSpec, home: &[f64]) -> Result<Welds, BuildError> {
        let problem = |problem| BuildError::of(robot, problem);
        let tree = Tree::new(robot).map_err(problem)?;
        if let Some(link) = tree.massless(robot).first() {
            return Err(BuildError::Massless { name: robot.links[*link].name.clone() });
        }
        let poses = Kinematics::new(robot).map_err(problem)?.poses(home);
        let welds = tree.welds(robot);
        let tops: Vec<_> = welds.iter().enumerate().map(|(link, top)| top.unwrap_or(link)).collect();
        let mut bodies = Vec::new();
        let mut body_of = vec![0; robot.links.len()];
        for link in tree.order().iter().copied().filter(|link| tops[*link] == *link) {
            let kind = |joint: usize| robot.joints[joint].kind;
            let joint = tree.holder(link).filter(|joint| kind(*joint) != JointKind::Fixed);
            // Free of what never moves is free in the world.
            let is_free = joint.is_some_and(|joint| kind(joint) == JointKind::Free);
            let parent = tree.parent(link).filter(|parent| !is_free || welds[*parent].is_some());
            body_of[link] = bodies.len();
            bodies.push(Body { link, joint, parent, home: poses[link], inertial: None });
        }
        let member = |link: usize| Member { body: body_of[tops[link]], offset: poses[tops[link]].inv_mul(&poses[link]) };
        let members: Vec<_> = (0..robot.links.len()).map(member).collect();
        let mut inertials = vec![Vec::new(); bodies.len()];
        for (link, member) in robot.links.iter().zip(&members) {
            inertials[member.body].extend(link.inertial.map(|inertial| moved(inertial.balanced(), &member.offset)));
        }
        for (body, parts) in bodies.iter_mut().zip(inertials) {
            // One alone keeps its own axes, and its bits.
            body.inertial = if let [only] = parts.as_slice() { Some(*only) } else { Inertial::sum(&parts) };
        }
        Ok(Welds { bodies, members })
    }
}

/// An inertial in the frame in which its own stands at `offset`.
fn moved(inertial: Inertial, offset: &Pose) -> Inertial {
    if *offset == Pose::identity() {
        inertial
    } else {
        Inertial { origin: Origin::from(offset * inertial.origin.pose()), ..inertial }
    }
}
