//! Joints: how each link hangs on another, or on the world.

use std::f64::consts::PI;

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

use super::origin::Origin;
use crate::stage::Pose;

/// What holds a link. The child's frame is the joint's frame, moved by the joint's position:
/// pose(child) = pose(parent) origin motion(position).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Unique within the robot.
    pub name: String,
    /// The link that it hangs on; none for the base frame, which stands in the world.
    pub parent: Option<String>,
    /// The link that it holds.
    pub child: String,
    /// Where the child stands in the parent's frame at position zero.
    pub origin: Origin,
    /// How it moves.
    pub kind: JointKind,
    /// How far, how fast, how strongly.
    pub limits: Limits,
    /// Viscous damping (N m s/rad, or N s/m along a line).
    pub damping: f64,
    /// Dry friction: the torque (N m) or force (N) that is needed to move it at all.
    pub friction: f64,
    /// Inertia of the drive's rotor as the joint feels it (kg m^2, or kg along a line).
    pub armature: f64,
    /// What it follows, if it has no position of its own.
    pub mimic: Option<Mimic>,
}

impl Joint {
    /// A joint without limits, losses, armature and mimic.
    pub fn new(name: &str, parent: Option<&str>, child: &str, origin: Origin, kind: JointKind) -> Joint {
        Joint {
            name: name.into(),
            parent: parent.map(Into::into),
            child: child.into(),
            origin,
            kind,
            limits: Limits::default(),
            damping: 0.0,
            friction: 0.0,
            armature: 0.0,
            mimic: None,
        }
    }
}

/// How a joint lets its child move. Axes are of length one, in the joint's frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum JointKind {
    /// Freely: six degrees of freedom.
    Free,
    /// Not at all.
    Fixed,
    /// It turns about an axis (rad), within limits.
    Revolute {
        /// The axis.
        axis: [f64; 3],
    },
    /// It turns about an axis (rad) as often as it likes.
    Continuous {
        /// The axis.
        axis: [f64; 3],
    },
    /// It slides along an axis (m).
    Prismatic {
        /// The axis.
        axis: [f64; 3],
    },
    /// It turns about all axes.
    Ball,
    /// It slides in a plane and turns about the plane's normal.
    Planar {
        /// The normal.
        normal: [f64; 3],
    },
}

impl Joint {
    /// Where it stands (rad or m), from the poses of what it hangs on and of what it holds; none unless it has one degree of freedom. An angle is
    /// within half a turn.
    pub fn position_between(&self, parent: &Pose, child: &Pose) -> Option<f64> {
        let motion = (parent * self.origin.pose()).inverse() * child;
        match self.kind {
            JointKind::Revolute { axis } | JointKind::Continuous { axis } => {
                let along = motion.rotation.imag().dot(&Vector3::from(axis));
                let half = libm::atan2(along, motion.rotation.w);
                // Half a turn more is the same quaternion with another sign.
                let half = if half > 0.5 * PI {
                    half - PI
                } else if half < -0.5 * PI {
                    half + PI
                } else {
                    half
                };
                Some(2.0 * half)
            }
            JointKind::Prismatic { axis } => Some(motion.translation.vector.dot(&Vector3::from(axis))),
            JointKind::Free | JointKind::Fixed | JointKind::Ball | JointKind::Planar { .. } => None,
        }
    }
}

impl JointKind {
    /// Number of degrees of freedom.
    pub fn degrees_of_freedom(&self) -> usize {
        match self {
            JointKind::Fixed => 0,
            JointKind::Revolute { .. } | JointKind::Continuous { .. } | JointKind::Prismatic { .. } => 1,
            JointKind::Ball | JointKind::Planar { .. } => 3,
            JointKind::Free => 6,
        }
    }

    /// Its axis or normal, if it has one.
    pub fn axis(&self) -> Option<[f64; 3]> {
        match self {
            JointKind::Revolute { axis } | JointKind::Continuous { axis } | JointKind::Prismatic { axis } => Some(*axis),
            JointKind::Planar { normal } => Some(*normal),
            JointKind::Free | JointKind::Fixed | JointKind::Ball => None,
        }
    }

    /// What it is called, as URDF does where it has the word.
    pub fn name(&self) -> &'static str {
        match self {
            JointKind::Free => "free",
            JointKind::Fixed => "fixed",
            JointKind::Revolute { .. } => "revolute",
            JointKind::Continuous { .. } => "continuous",
            JointKind::Prismatic { .. } => "prismatic",
            JointKind::Ball => "ball",
            JointKind::Planar { .. } => "planar",
        }
    }

    /// Units of its position, velocity and effort; none unless it has one degree of freedom.
    pub fn units(&self) -> Option<Units> {
        match self {
            JointKind::Revolute { .. } | JointKind::Continuous { .. } => {
                Some(Units { position: "rad", velocity: "rad/s", effort: "N m" })
            }
            JointKind::Prismatic { .. } => Some(Units { position: "m", velocity: "m/s", effort: "N" }),
            _ => None,
        }
    }
}

/// The units that a joint's numbers are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    /// Of its position.
    pub position: &'static str,
    /// Of its velocity.
    pub velocity: &'static str,
    /// Of torque or force.
    pub effort: &'static str,
}

/// What a joint is limited to; none where it isn't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Least and greatest position (rad or m). For a ball joint: the least, and the greatest angle away from the origin.
    pub position: Option<[f64; 2]>,
    /// Greatest speed (rad/s or m/s).
    pub velocity: Option<f64>,
    /// Greatest torque (N m) or force (N) of whatever drives it.
    pub effort: Option<f64>,
}

/// The position of a joint that follows another: multiplier * position(joint) + offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mimic {
    /// The joint that is followed.
    pub joint: String,
    /// Factor.
    pub multiplier: f64,
    /// Offset (rad or m).
    pub offset: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::arms::arm7;
    use crate::kinematics::Kinematics;

    #[test]
    fn a_joint_stands_where_the_poses_around_it_say() {
        let robot = arm7().unwrap().robot;
        let positions = [0.3, -0.5, 1.2, -1.4, 2.5, 0.9, -2.8];
        let poses = Kinematics::new(&robot).unwrap().poses(&positions);
        let mut expected = positions.iter();
        for joint in robot.joints.iter().filter(|joint| joint.kind.degrees_of_freedom() == 1) {
            let pose = |name: &str| &poses[robot.link_index(name).unwrap()];
            let found = joint.position_between(pose(joint.parent.as_ref().unwrap()), pose(&joint.child)).unwrap();
            assert!((found - expected.next().unwrap()).abs() < 1e-9, "{}: {found}", joint.name);
        }
        let slide = Joint::new("a", None, "b", Origin::at([1.0, 0.0, 0.0]), JointKind::Prismatic { axis: [0.0, 0.0, 1.0] });
        assert_eq!(slide.position_between(&Pose::identity(), &Pose::translation(1.0, 0.0, 0.25)), Some(0.25));
        let fixed = Joint::new("a", None, "b", Origin::IDENTITY, JointKind::Fixed);
        assert_eq!(fixed.position_between(&Pose::identity(), &Pose::identity()), None);
    }
}
