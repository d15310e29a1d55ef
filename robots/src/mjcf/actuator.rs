//! Actuators of single joints, in the joint's own units.
//!
//! An actuator's force is f = g u + b0 + b1 q + b2 dq/dt, whatever element says so: what pulls it to a position is a stiffness, what
//! brakes it alone a damping, and without either it is an effort. With a gear r, the law f(u, r q, r dq/dt) acts on the joint as
//! r f: a stiffness -b1 becomes -r^2 b1. Commands are those of the joint, and bounded by what `ctrlrange` lets u be: a position is
//! (g u + b0) / (-b1 r), a velocity (g u + b0) / (-b2 r), an effort r (g u + b0).

use std::collections::BTreeMap;

use super::Model;
use super::defaults::{Kind, Styled};
use crate::file::{Element, ReadError, Report};
use crate::nanos::Nanos;
use crate::robot::{Actuator, Joint, Mode, Place, RobotSpec};

/// What an actuator's force hangs on.
struct Law {
    /// Of the command: g.
    gain: f64,
    /// By itself, and of position and velocity: b0, b1, b2.
    bias: [f64; 3],
    /// Time constant of a lag of the command (s); 0 for none.
    lag_s: f64,
}

/// Reads the elements `<actuator>`.
pub(super) fn read(root: Element, model: &Model, robot: &mut RobotSpec, report: &mut Report) -> Result<(), ReadError> {
    let joints: BTreeMap<&str, &Joint> = robot.joints.iter().map(|joint| (joint.name.as_str(), joint)).collect();
    let mut names = std::collections::BTreeSet::new();
    for element in root.all("actuator").flat_map(Element::children) {
        if !matches!(element.name(), "motor" | "position" | "velocity" | "general") {
            report.warn(element.line(), format!("<{}>: isn't known as an actuator, and is left out", element.name()));
            continue;
        }
        let styled = model.defaults.style(element.known(), None, Some(Kind::Actuator))?;
        let Some(target) = styled.attribute("joint") else {
            report.warn(element.line(), format!("<{}>: drives no joint, and is left out", element.name()));
            continue;
        };
        let joint =
            joints.get(target).ok_or_else(|| element.error(format!("<{}>: there is no joint {target:?}", element.name())))?;
        let own = element.attribute("name").unwrap_or(target);
        let name = if names.insert(own.to_owned()) { own.to_owned() } else { format!("{own}/{}", element.name()) };
        match motor(&styled, name, joint, model, report)? {
            Ok(actuator) => {
                report.at(Place::Actuator(robot.actuators.len()), element.line());
                robot.actuators.push(actuator);
            }
            Err(why) => report.warn(element.line(), format!("<{}> of joint {target:?}: {why}, and is left out", element.name())),
        }
    }
    Ok(())
}

/// The motor; none, with the reason, for one that is no motor of a robot's description.
fn motor(
    styled: &Styled,
    name: String,
    joint: &Joint,
    model: &Model,
    report: &mut Report,
) -> Result<Result<Actuator, String>, ReadError> {
    let law = match law(styled)? {
        Ok(law) => law,
        Err(why) => return Ok(Err(why)),
    };
    let gear = styled.number("gear")?.unwrap_or(1.0);
    if gear == 0.0 || law.gain == 0.0 {
        return Ok(Err("has gear or gain 0".into()));
    }
    let [offset, stiffness, damping] = [law.bias[0], -law.bias[1], -law.bias[2]];
    if stiffness < 0.0 || damping < 0.0 {
        return Ok(Err("pushes away from where it is told to be".into()));
    }
    let command = range(styled, "ctrlrange", "ctrllimited", model)?;
    let force = range(styled, "forcerange", "forcelimited", model)?;
    if let Some([low, high]) = force.filter(|[low, high]| *low != -*high) {
        let what = format!("actuator {name:?}: forcerange {low} to {high}: the greater of both holds either way");
        report.warn(styled.element.line(), what);
    }
    let greatest = |[low, high]: [f64; 2]| low.abs().max(high.abs());
    let least = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::min);
    let mut max_effort = least(force.map(|force| gear.abs() * greatest(force)), joint.limits.effort);
    let mut max_speed = None;
    // The commands of the joint that those of the file are, the lesser first.
    let scaled = |by: f64| {
        let ends = command.map(|command| command.map(|u| by * (law.gain * u + offset)));
        ends.map(|[a, b]| [a.min(b), a.max(b)])
    };
    let mut bounds;
    let mode = if stiffness > 0.0 {
        bounds = scaled(1.0 / (stiffness * gear));
        if let (None, Some(share), Some([low, high])) = (bounds, styled.number("inheritrange")?, joint.limits.position) {
            let (middle, half) = (0.5 * (low + high), 0.5 * share * (high - low));
            bounds = (share > 0.0).then_some([middle - half, middle + half]);
        }
        Mode::Position { kp: gear * gear * stiffness, kd: gear * gear * damping }
    } else if damping > 0.0 {
        bounds = scaled(1.0 / (damping * gear));
        max_speed = bounds.map(greatest);
        Mode::Velocity { kd: gear * gear * damping }
    } else {
        bounds = scaled(gear);
        max_effort = least(max_effort, bounds.map(greatest));
        bounds = bounds.zip(max_effort).map(|(bounds, most)| bounds.map(|effort| effort.max(-most).min(most)));
        Mode::Effort
    };
    if matches!(mode, Mode::Velocity { .. }) && max_speed.is_none() || mode == Mode::Effort && max_effort.is_none() {
        return Ok(Err("its command has no bounds".into()));
    }
    let lag = Some(law.lag_s).filter(|time| *time > 0.0).map(|seconds| Nanos((seconds * 1e9) as u64));
    Ok(Ok(Actuator::Joint { name, joint: joint.name.clone(), mode, max_effort, max_speed, bounds, lag }))
}

/// The law of an element; none, with the reason, for one that is another.
fn law(styled: &Styled) -> Result<Result<Law, String>, ReadError> {
    let value = |name: &str| styled.number(name);
    // A position that says no gain has that of its class, which may be a general actuator's.
    let gain = value("gainprm")?.unwrap_or(1.0);
    let lag_s = value("timeconst")?.unwrap_or(0.0);
    Ok(Ok(match styled.element.name() {
        "motor" => Law { gain: 1.0, bias: [0.0; 3], lag_s },
        "position" => {
            let kp = value("kp")?.unwrap_or(gain);
            Law { gain: kp, bias: [0.0, -kp, -value("kv")?.unwrap_or(0.0)], lag_s }
        }
        "velocity" => {
            let kv = value("kv")?.unwrap_or(gain);
            Law { gain: kv, bias: [0.0, 0.0, -kv], lag_s }
        }
        _ => return general(styled, gain),
    }))
}

/// The law of a `<general>`.
fn general(styled: &Styled, gain: f64) -> Result<Result<Law, String>, ReadError> {
    let kind = |name: &str, usual| styled.attribute(name).unwrap_or(usual);
    if kind("gaintype", "fixed") != "fixed" {
        return Ok(Err(format!("gaintype {:?} isn't known", kind("gaintype", ""))));
    }
    let told = styled.list("biasprm")?.unwrap_or_default();
    let bias = match kind("biastype", "none") {
        "none" => [0.0; 3],
        "affine" => [0, 1, 2].map(|index| told.get(index).copied().unwrap_or(0.0)),
        other => return Ok(Err(format!("biastype {other:?} isn't known"))),
    };
    let lag_s = match kind("dyntype", "none") {
        "none" => 0.0,
        "filter" | "filterexact" => styled.number("dynprm")?.unwrap_or(1.0),
        other => return Ok(Err(format!("dyntype {other:?} isn't known"))),
    };
    Ok(Ok(Law { gain, bias, lag_s }))
}

/// A range, where it limits.
fn range(styled: &Styled, name: &str, limited: &str, model: &Model) -> Result<Option<[f64; 2]>, ReadError> {
    let found: Option<[f64; 2]> = styled.numbers(name)?;
    let limited = model.compiler.limited(styled.attribute(limited), found.is_some());
    Ok(found.filter(|_| limited))
}
