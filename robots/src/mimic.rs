//! Joints that follow others: mimicry resolved to indices.

use std::collections::BTreeMap;

use crate::robot::{Joint, RobotSpec};

/// No joint follows one that follows one ... more often than this.
const LONGEST: usize = 100;

/// A step from a follower to the joint that it follows: position(follower) = multiplier * position(joint) + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Following {
    pub(crate) joint: usize,
    pub(crate) multiplier: f64,
    pub(crate) offset: f64,
}

/// The index of each joint by name.
pub(crate) fn joint_names(robot: &RobotSpec) -> BTreeMap<&str, usize> {
    robot.joints.iter().enumerate().map(|(index, joint)| (joint.name.as_str(), index)).collect()
}

/// The joint that `joint` follows, the one that this one follows, and so on; empty for a joint of its own.
///
/// # Errors
/// Says what is wrong if one of them isn't there or isn't of one degree of freedom, or if they follow each other round.
pub(crate) fn leaders(robot: &RobotSpec, names: &BTreeMap<&str, usize>, joint: &Joint) -> Result<Vec<Following>, String> {
    let mut found = Vec::new();
    let mut at = joint;
    while let Some(mimic) = &at.mimic {
        if at.kind.degrees_of_freedom() != 1 {
            return Err(format!("a {} joint can't mimic another", at.kind.name()));
        }
        let Some(&joint) = names.get(mimic.joint.as_str()) else {
            return Err(format!("it mimics joint {:?}, which doesn't exist", mimic.joint));
        };
        found.push(Following { joint, multiplier: mimic.multiplier, offset: mimic.offset });
        if found.len() > LONGEST {
            return Err(format!("it mimics joint {:?}, and so on without end", mimic.joint));
        }
        at = &robot.joints[joint];
        if at.kind.degrees_of_freedom() != 1 {
            return Err(format!("it mimics joint {:?}, which has no single position", mimic.joint));
        }
    }
    Ok(found)
}
