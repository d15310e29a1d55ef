//! Forward kinematics: where every link stands in the base frame, from the positions of the joints.
//!
//! pose(child) = pose(parent) origin motion(q), in f64. A joint that turns moves its child by the rotation about its axis, one that slides
//! by q times its axis. Joints of several degrees of freedom stand at their origin here; a root link's frame is the base frame. The
//! bits are the same everywhere.

use nalgebra::{Translation3, Vector3};

use crate::mimic::{Following, joint_names, leaders};
use crate::robot::{JointKind, Place, Problem, RobotSpec, rotation};
use crate::stage::Pose;
use crate::tree::Tree;

/// The kinematics of a robot.
#[derive(Clone, Debug)]
pub struct Kinematics {
    tree: Tree,
    links: Vec<String>,
    joints: Vec<Movement>,
}

/// How a joint moves its child.
#[derive(Clone, Debug)]
struct Movement {
    name: String,
    origin: Pose,
    kind: JointKind,
    /// What it follows, the nearest first.
    leaders: Vec<Following>,
}

/// Why something can't be told.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum KinematicsError {
    /// There is no such joint.
    #[error("there is no joint {name:?}, expected one of {known}")]
    NoSuchJoint {
        /// What was asked for.
        name: String,
        /// The joints that have a single position.
        known: String,
    },
    /// There is no such link.
    #[error("there is no link {name:?}, expected one of {known}")]
    NoSuchLink {
        /// What was asked for.
        name: String,
        /// The links.
        known: String,
    },
    /// The joint has no or several degrees of freedom.
    #[error("joint {name:?} is {kind} and has no single position")]
    NoSinglePosition {
        /// The joint.
        name: String,
        /// Its kind.
        kind: &'static str,
    },
    /// The position isn't a finite number.
    #[error("joint {name:?} can't be at {value}: not finite")]
    NotFinite {
        /// The joint.
        name: String,
        /// Its position.
        value: f64,
    },
}

impl Kinematics {
    /// The kinematics of `robot`.
    ///
    /// # Errors
    /// If its links are no tree, or a joint mimics what can't be followed.
    pub fn new(robot: &RobotSpec) -> Result<Kinematics, Problem> {
        let tree = Tree::new(robot)?;
        let names = joint_names(robot);
        let movement = |(index, joint): (usize, &crate::robot::Joint)| {
            let fail = |what| Problem::error(Place::Joint(index), format!("joint {:?}: {what}", joint.name));
            let leaders = leaders(robot, &names, joint).map_err(fail)?;
            Ok(Movement { name: joint.name.clone(), origin: joint.origin.pose(), kind: joint.kind, leaders })
        };
        let joints = robot.joints.iter().enumerate().map(movement).collect::<Result<_, Problem>>()?;
        Ok(Kinematics { tree, links: robot.links.iter().map(|link| link.name.clone()).collect(), joints })
    }

    /// The position of every joint (rad or m), in the order of the description, from those of some: a joint that is named stands there, one that
    /// isn't follows what it mimics, and the rest are at zero.
    ///
    /// # Errors
    /// If a joint doesn't exist or has no single position, or a number isn't finite.
    pub fn positions<'a>(&self, named: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Vec<f64>, KinematicsError> {
        let mut given = vec![None; self.joints.len()];
        for (name, value) in named {
            let index = self.joints.iter().position(|joint| joint.name == name).ok_or_else(|| self.no_such_joint(name))?;
            let kind = self.joints[index].kind;
            if kind.degrees_of_freedom() != 1 {
                return Err(KinematicsError::NoSinglePosition { name: name.into(), kind: kind.name() });
            }
            if !value.is_finite() {
                return Err(KinematicsError::NotFinite { name: name.into(), value });
            }
            given[index] = Some(value);
        }
        Ok(given.iter().zip(&self.joints).map(|(own, joint)| own.unwrap_or_else(|| joint.follow(&given))).collect())
    }

    /// The pose of every link in the base frame, in the order of the description, at the given positions of all joints, in that order;
    /// a joint for which there is none is at zero.
    pub fn poses(&self, positions: &[f64]) -> Vec<Pose> {
        let mut poses = vec![Pose::identity(); self.links.len()];
        for &link in self.tree.order() {
            let Some(joint) = self.tree.holder(link) else { continue };
            let base = self.tree.parent(link).map_or(Pose::identity(), |parent| poses[parent]);
            let position = positions.get(joint).copied().unwrap_or(0.0);
            poses[link] = base * self.joints[joint].origin * motion(&self.joints[joint].kind, position);
        }
        poses
    }

    /// The pose of one link in the base frame, with the joints at `named` as for [`positions`](Kinematics::positions).
    ///
    /// # Errors
    /// As there, and if there is no such link.
    pub fn pose<'a>(&self, link: &str, named: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Pose, KinematicsError> {
        let index = self.link(link)?;
        Ok(self.poses(&self.positions(named)?)[index])
    }

    /// The index of the link of that name.
    ///
    /// # Errors
    /// If there is none.
    pub fn link(&self, name: &str) -> Result<usize, KinematicsError> {
        self.links
            .iter()
            .position(|link| link == name)
            .ok_or_else(|| KinematicsError::NoSuchLink { name: name.into(), known: list(self.links.iter()) })
    }

    /// The links, each after the one that it hangs on, by index.
    pub fn order(&self) -> &[usize] {
        self.tree.order()
    }

    fn no_such_joint(&self, name: &str) -> KinematicsError {
        let movable = self.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1);
        KinematicsError::NoSuchJoint { name: name.into(), known: list(movable.map(|joint| &joint.name)) }
    }
}

impl Movement {
    /// The position that follows from the nearest leader that is given one, or else from the last one at zero.
    fn follow(&self, given: &[Option<f64>]) -> f64 {
        let end = self.leaders.iter().position(|leader| given[leader.joint].is_some());
        let steps = &self.leaders[..end.map_or(self.leaders.len(), |end| end + 1)];
        let start = steps.last().and_then(|leader| given[leader.joint]).unwrap_or(0.0);
        steps.iter().rev().fold(start, |position, step| step.multiplier * position + step.offset)
    }
}

/// How far a joint at a position moves its child.
pub fn motion(kind: &JointKind, position: f64) -> Pose {
    match *kind {
        JointKind::Revolute { axis } | JointKind::Continuous { axis } => {
            Pose::from_parts(Translation3::identity(), rotation(axis, position))
        }
        JointKind::Prismatic { axis } => Pose::from(Vector3::from(axis) * position),
        JointKind::Free | JointKind::Fixed | JointKind::Ball | JointKind::Planar { .. } => Pose::identity(),
    }
}

/// Names for an error: not more than fit into a line or two.
fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    const MOST: usize = 20;
    let names: Vec<_> = names.map(|name| format!("{name:?}")).collect();
    let more = if names.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot::{Joint, Link, Mimic, Origin};

    fn two_slides() -> RobotSpec {
        let slide = |name: &str, parent, child| {
            Joint::new(name, parent, child, Origin::at([1.0, 0.0, 0.0]), JointKind::Prismatic { axis: [0.0, 1.0, 0.0] })
        };
        let mut follower = slide("b", Some("left"), "right");
        follower.mimic = Some(Mimic { joint: "a".into(), multiplier: -2.0, offset: 0.5 });
        RobotSpec {
            name: "slides".into(),
            links: ["left", "right"].map(Link::frame).to_vec(),
            joints: vec![follower, slide("a", None, "left")],
            actuators: Vec::new(),
            sensors: Vec::new(),
        }
    }

    #[test]
    fn a_joint_follows_what_it_mimics_unless_it_is_named_itself() {
        let kinematics = Kinematics::new(&two_slides()).unwrap();
        let at = |named: &[(&str, f64)]| kinematics.pose("right", named.iter().copied()).unwrap().translation.vector;
        assert_eq!(at(&[]), Vector3::new(2.0, 0.5, 0.0));
        assert_eq!(at(&[("a", 1.0)]), Vector3::new(2.0, 1.0 - 1.5, 0.0));
        assert_eq!(at(&[("a", 1.0), ("b", 3.0)]), Vector3::new(2.0, 4.0, 0.0));
    }

    #[test]
    fn what_cannot_be_told_is_named() {
        let mut robot = two_slides();
        let said = |robot: &RobotSpec, link: &str, named: (&str, f64)| {
            Kinematics::new(robot).unwrap().pose(link, [named]).unwrap_err().to_string()
        };
        assert!(said(&robot, "middle", ("a", 0.0)).contains("\"left\", \"right\""));
        assert!(said(&robot, "left", ("c", 0.0)).contains("\"b\", \"a\""));
        assert!(said(&robot, "left", ("a", f64::NAN)).contains("NaN"));
        robot.joints[1].mimic = Some(Mimic { joint: "b".into(), multiplier: 1.0, offset: 0.0 });
        assert!(Kinematics::new(&robot).unwrap_err().what.contains("without end"));
        robot.joints[1].mimic = None;
        robot.joints[1].kind = JointKind::Fixed;
        assert!(Kinematics::new(&robot).unwrap_err().what.contains("no single position"));
        robot.joints[0].mimic = None;
        assert!(said(&robot, "left", ("a", 0.0)).contains("\"a\" is fixed"));
    }
}
