//! Actuators: motors, position and velocity servos of single joints, in the joint's own units.
//!
//! With a gear g, MuJoCo's force law f(u, g q, g dq/dt) acts on the joint as g f: a stiffness kp becomes g^2 kp, and a command u is u / g in
//! the joint's units, or g u for a motor.

use std::collections::BTreeMap;

use super::Model;
use super::defaults::Styled;
use crate::file::{Element, ReadError, Report};
use crate::nanos::Nanos;
use crate::robot::{Actuator, Joint, Mode, Place, RobotSpec};

/// Any of these in a class speaks for all kinds.
const KINDS: [&str; 4] = ["motor", "position", "velocity", "general"];

/// Reads the elements `<actuator>`.
pub(super) fn read(root: Element, model: &Model, robot: &mut RobotSpec, report: &mut Report) -> Result<(), ReadError> {
    let joints: BTreeMap<&str, &Joint> = robot.joints.iter().map(|joint| (joint.name.as_str(), joint)).collect();
    let mut names = std::collections::BTreeSet::new();
    for element in root.all("actuator").flat_map(Element::children) {
        if !matches!(element.name(), "motor" | "position" | "velocity") {
            continue;
        }
        let styled = model.defaults.style(element.known(), None, &KINDS)?;
        let Some(target) = styled.attribute("joint") else {
            report.warn(element.line(), format!("<{}>: drives no joint, and is left out", element.name()));
            continue;
        };
        let joint =
            joints.get(target).ok_or_else(|| element.error(format!("<{}>: there is no joint {target:?}", element.name())))?;
        let own = element.attribute("name").unwrap_or(target);
        let name = if names.insert(own.to_owned()) { own.to_owned() } else { format!("{own}/{}", element.name()) };
        match motor(&styled, name, joint, model)? {
            Ok(actuator) => {
                report.at(Place::Actuator(robot.actuators.len()), element.line());
                robot.actuators.push(actuator);
            }
            Err(why) => report.warn(element.line(), format!("<{}> of joint {target:?}: {why}, and is left out", element.name())),
        }
    }
    Ok(())
}

/// The motor; none, with the reason, for one whose command has no bounds.
fn motor(styled: &Styled, name: String, joint: &Joint, model: &Model) -> Result<Result<Actuator, String>, ReadError> {
    let gear = styled.number("gear")?.unwrap_or(1.0);
    if gear == 0.0 {
        return Ok(Err("has gear 0".into()));
    }
    let greatest = |range: &str, limited: &str| {
        let found: Option<[f64; 2]> = styled.numbers(range)?;
        let limited = model.compiler.limited(styled.attribute(limited), found.is_some());
        Ok::<_, ReadError>(found.filter(|_| limited).map(|[low, high]| low.abs().max(high.abs())))
    };
    let command = greatest("ctrlrange", "ctrllimited")?;
    let force = greatest("forcerange", "forcelimited")?.map(|force| gear.abs() * force);
    let least = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::min);
    let mut max_effort = least(force, joint.limits.effort);
    let mut max_speed = None;
    let gain = |attribute: &str, default: f64| Ok::<_, ReadError>(gear * gear * styled.number(attribute)?.unwrap_or(default));
    let mode = match styled.element.name() {
        "position" => Mode::Position { kp: gain("kp", 1.0)?, kd: gain("kv", 0.0)? },
        "velocity" => {
            max_speed = command.map(|command| command / gear.abs());
            if max_speed.is_none() {
                return Ok(Err("its command has no bounds".into()));
            }
            Mode::Velocity { kd: gain("kv", 1.0)? }
        }
        _ => {
            max_effort = least(max_effort, command.map(|command| gear.abs() * command));
            if max_effort.is_none() {
                return Ok(Err("its command has no bounds".into()));
            }
            Mode::Effort
        }
    };
    let lag = styled.number("timeconst")?.filter(|time| *time > 0.0).map(|seconds| Nanos((seconds * 1e9) as u64));
    Ok(Ok(Actuator::Joint { name, joint: joint.name.clone(), mode, max_effort, max_speed, lag }))
}
