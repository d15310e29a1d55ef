//! Actuators: joints that they can drive, gains and limits.

use super::{GREATEST, Place, Problem, moderate, not_negative, platforms, positive, wheels};
use crate::mimic::joint_names;
use crate::robot::{Actuator, Joint, JointKind, Mode, RobotSpec};

/// Adds the problems of every actuator.
pub(super) fn check(robot: &RobotSpec, found: &mut Vec<Problem>) {
    let names = joint_names(robot);
    for (index, actuator) in robot.actuators.iter().enumerate() {
        let missing = actuator.joints().find(|joint| !names.contains_key(joint));
        let mut joints = actuator.joints().filter_map(|joint| robot.joints.get(*names.get(joint)?));
        let what = match missing {
            Some(joint) => Some(format!("drives joint {joint:?}, which doesn't exist")),
            None if matches!(actuator, Actuator::Trunk { .. }) => platforms::check(robot, &joints.collect::<Vec<_>>(), actuator),
            None => joints.next().and_then(|joint| check_one(joint, actuator)),
        };
        if let Some(what) = what {
            found.push(Problem::error(Place::Actuator(index), format!("actuator {:?} {what}", actuator.name())));
        }
    }
}

fn check_one(joint: &Joint, actuator: &Actuator) -> Option<String> {
    match actuator {
        Actuator::PlanarVelocity { time_constant, max_force_n, max_speed_m_s, .. } => {
            let fine = time_constant.0 > 0 && positive(*max_force_n) && positive(*max_speed_m_s);
            (!fine).then(|| "must have time_constant, max_force_n and max_speed_m_s above zero".into())
        }
        Actuator::Joint { mode, max_effort, max_speed, bounds, lag, .. } => {
            if joint.kind.degrees_of_freedom() != 1 {
                return Some(format!(
                    "drives joint {:?}, expected one degree of freedom, found a {} joint",
                    joint.name,
                    joint.kind.name()
                ));
            }
            if joint.mimic.is_some() {
                return Some(format!("drives joint {:?}, which follows another", joint.name));
            }
            if lag.is_some_and(|lag| lag.0 == 0) {
                return Some("must have a lag above zero, or none".into());
            }
            if let Some([low, high]) = bounds.filter(|[low, high]| !(moderate(*low) && moderate(*high) && low <= high)) {
                return Some(format!("must have bounds in their order within +-{GREATEST:e}, found {low:e} to {high:e}"));
            }
            check_mode(mode, *max_effort, *max_speed)
        }
        Actuator::Car { wheels, .. } if joint.kind == JointKind::Free && joint.parent.is_none() => wheels::check(wheels),
        Actuator::Car { .. } => Some(format!(
            "drives joint {:?}, expected a free joint of the world, found a {} joint",
            joint.name,
            joint.kind.name()
        )),
        Actuator::Trunk { .. } => None,
    }
}

fn check_mode(mode: &Mode, max_effort: Option<f64>, max_speed: Option<f64>) -> Option<String> {
    let limit_fine = |limit: Option<f64>| limit.is_none_or(positive);
    if !limit_fine(max_effort) || !limit_fine(max_speed) {
        return Some("must have max_effort and max_speed above zero, or none".into());
    }
    match *mode {
        Mode::Position { kp, kd } => {
            (!(positive(kp) && not_negative(kd))).then(|| format!("must have kp {kp} above zero and kd {kd} not below"))
        }
        Mode::Velocity { kd } if !positive(kd) => Some(format!("must have kd {kd} above zero")),
        Mode::Velocity { .. } => (max_speed.is_none()).then(|| "must have max_speed: it bounds the command".into()),
        Mode::Effort => (max_effort.is_none()).then(|| "must have max_effort: it bounds the command".into()),
    }
}
