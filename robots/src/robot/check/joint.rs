//! Joints: axes, limits, losses, and what follows what.

use std::collections::BTreeMap;

use super::{GREATEST, Place, Problem, moderate, not_negative};
use crate::mimic::{joint_names, leaders};
use crate::robot::{Joint, JointKind, Limits, Number, RobotSpec};

/// Adds the problems of every joint.
pub(super) fn check(robot: &RobotSpec, found: &mut Vec<Problem>) {
    let names = joint_names(robot);
    for (index, joint) in robot.joints.iter().enumerate() {
        let mut fail = |place: Place, what: String| found.push(Problem::error(place, format!("joint {:?}: {what}", joint.name)));
        if let Some(what) = check_frame(joint) {
            fail(Place::Joint(index), what);
        }
        if let Some(what) = check_limits(&joint.kind, &joint.limits) {
            fail(Place::Limits(index), what);
        }
        if let Some(what) = check_mimic(robot, &names, joint) {
            fail(Place::Joint(index), what);
        }
        if let Some(what) = zero_limits(joint) {
            found.push(Problem::warning(Place::Limits(index), format!("joint {:?}: {what}", joint.name)));
        }
    }
}

fn check_frame(joint: &Joint) -> Option<String> {
    if !joint.origin.is_proper() || !joint.origin.position_m.iter().all(|x| moderate(*x)) {
        return Some(format!("its origin {:?} can't be", joint.origin));
    }
    let length = |axis: [f64; 3]| axis.iter().map(|x| x * x).sum::<f64>();
    if let Some(axis) = joint.kind.axis().filter(|axis| !((1.0 - 1e-6)..1.0 + 1e-6).contains(&length(*axis))) {
        return Some(format!("its axis {axis:?} must be of length one"));
    }
    let losses = [("damping", joint.damping), ("friction", joint.friction), ("armature", joint.armature)];
    let (name, value) = losses.into_iter().find(|(_, value)| !not_negative(*value))?;
    Some(format!("{name} {} must be finite, not negative and at most {GREATEST:e}", Number(value)))
}

fn check_limits(kind: &JointKind, limits: &Limits) -> Option<String> {
    if let Some([least, greatest]) = limits.position {
        let (lower, upper) = (Number(least), Number(greatest));
        if !moderate(least) || !moderate(greatest) {
            return Some(format!("its limits {lower} to {upper} are absurd, expected numbers within +-{GREATEST:e}"));
        }
        if least > greatest {
            return Some(format!("its limits are reversed: lower {lower} is above upper {upper}"));
        }
    }
    let speed_and_effort = [("velocity", limits.velocity), ("effort", limits.effort)];
    for (name, value) in speed_and_effort.into_iter().filter_map(|(name, limit)| limit.map(|value| (name, value))) {
        if !not_negative(value) {
            return Some(format!("its {name} limit {} is absurd, expected 0 to {GREATEST:e}", Number(value)));
        }
    }
    let bounded = matches!(kind, JointKind::Revolute { .. } | JointKind::Prismatic { .. } | JointKind::Ball);
    (limits.position.is_some() && !bounded).then(|| format!("a {} joint has no limits of position", kind.name()))
}

/// Says which limits are zero: nothing would ever move, so that nobody means it.
fn zero_limits(joint: &Joint) -> Option<String> {
    let limits = [("effort", joint.limits.effort), ("velocity", joint.limits.velocity)];
    let zero: Vec<_> = limits.into_iter().filter(|(_, limit)| *limit == Some(0.0)).map(|(name, _)| name).collect();
    let driven = joint.kind.degrees_of_freedom() == 1 && joint.mimic.is_none();
    (driven && !zero.is_empty()).then(|| format!("limit of {} is 0, and taken for none", zero.join(" and ")))
}

fn check_mimic(robot: &RobotSpec, names: &BTreeMap<&str, usize>, joint: &Joint) -> Option<String> {
    let mimic = joint.mimic.as_ref()?;
    if !moderate(mimic.multiplier) || !moderate(mimic.offset) {
        return Some(format!(
            "its mimic's multiplier {} and offset {} must be finite",
            Number(mimic.multiplier),
            Number(mimic.offset)
        ));
    }
    leaders(robot, names, joint).err()
}
