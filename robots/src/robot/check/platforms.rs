//! The platforms of a trunk: joints of the right kind, lengths and gains.

use super::positive;
use crate::robot::{Actuator, Gains, Joint, JointKind, RobotSpec};
use crate::trunk::Trunk;

/// Says what of a trunk's actuator can't be; `joints` are those that it drives, three of each module.
pub(super) fn check(robot: &RobotSpec, joints: &[&Joint], actuator: &Actuator) -> Option<String> {
    let Actuator::Trunk { platforms, .. } = actuator else { return None };
    if let Err(error) = Trunk::of_lengths(platforms.modules.iter().map(|module| module.length_m).collect()) {
        return Some(format!("can't be: {error}"));
    }
    if !(-1.0..=1.0).contains(&platforms.start_extension) {
        return Some(format!("must have start_extension from -1 to 1, found {}", platforms.start_extension));
    }
    for [slide, tilts @ ..] in joints.as_chunks::<3>().0 {
        let slides = matches!(slide.kind, JointKind::Prismatic { .. });
        let odd = tilts.iter().find(|joint| !matches!(joint.kind, JointKind::Revolute { .. } | JointKind::Continuous { .. }));
        if let Some(joint) = odd.or((!slides).then_some(slide)) {
            let (name, kind) = (&joint.name, joint.kind.name());
            return Some(format!("drives joint {name:?}, expected one that slides and two that turn, found a {kind} joint"));
        }
    }
    if let Some(module) = platforms.modules.iter().find(|module| robot.link_index(&module.end).is_none()) {
        return Some(format!("ends a module at link {:?}, which doesn't exist", module.end));
    }
    let servo = platforms.servo?;
    [servo.tilt, servo.slide].into_iter().find_map(check_gains)
}

fn check_gains(gains: Gains) -> Option<String> {
    let Gains { stiffness, damping, max_effort, max_speed } = gains;
    let all = [("stiffness", stiffness), ("damping", damping), ("max_effort", max_effort), ("max_speed", max_speed)];
    let (key, value) = all.into_iter().find(|(_, value)| !positive(*value))?;
    Some(format!("must have {key} above zero, found {value}"))
}
