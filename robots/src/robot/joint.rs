//! Joints: how each link hangs on another, or on the world.

use serde::{Deserialize, Serialize};

use super::origin::Origin;

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
