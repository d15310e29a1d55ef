//! A description in words: its tree with joints, limits and masses, its findings, and what was ignored.

use std::fmt::{self, Write};

use super::Description;
use crate::robot::{Actuator, Joint, JointKind, Link, Mode, Number, RobotSpec, Severity, Shape};
use crate::tree::Tree;

/// The description in words, line by line.
pub fn summary(description: &Description) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = write(&mut out, description);
    out
}

fn write(out: &mut String, description: &Description) -> fmt::Result {
    let Description { robot, report, .. } = description;
    let mass_kg: f64 = robot.links.iter().map(Link::mass_kg).sum();
    let degrees: usize =
        robot.joints.iter().filter(|joint| joint.mimic.is_none()).map(|joint| joint.kind.degrees_of_freedom()).sum();
    writeln!(
        out,
        "{}: {}, {} links, {degrees} degrees of freedom, {} kg",
        report.file,
        robot.name,
        robot.links.len(),
        of_mass(mass_kg)
    )?;
    tree(out, robot)?;
    for actuator in &robot.actuators {
        writeln!(out, "actuator {}", of_actuator(actuator))?;
    }
    for sensor in &robot.sensors {
        writeln!(out, "sensor {}", sensor.name())?;
    }
    for finding in &report.findings {
        let severity = if finding.severity == Severity::Error { "error" } else { "warning" };
        writeln!(out, "{}:{}: {severity}: {}", report.file, finding.line, finding.what)?;
    }
    for ignored in &report.ignored {
        writeln!(out, "{}:{}: ignored: {}", report.file, ignored.line, ignored.what)?;
    }
    Ok(())
}

/// Each link on a line below the one that it hangs on, behind the joint that holds it.
fn tree(out: &mut String, robot: &RobotSpec) -> fmt::Result {
    // A description that was read is a tree; one that isn't has no lines here.
    let Ok(tree) = Tree::new(robot) else { return Ok(()) };
    let mut depths = vec![0_usize; robot.links.len()];
    for &link in tree.order() {
        depths[link] = tree.parent(link).map_or(0, |parent| depths[parent] + 1);
        // Beyond this a line would be blanks for the most part.
        write!(out, "{:1$}", "", 2 * depths[link].min(40))?;
        if let Some(joint) = tree.holder(link) {
            write!(out, "{} -> ", of_joint(&robot.joints[joint]))?;
        }
        writeln!(out, "{}", of_link(&robot.links[link]))?;
    }
    Ok(())
}

fn of_link(link: &Link) -> String {
    let mass = match &link.inertial {
        Some(inertial) => format!(", {} kg", of_mass(inertial.mass_kg)),
        None => String::new(),
    };
    let shapes: Vec<_> = link.parts.iter().map(|part| name(&part.shape)).collect();
    let shapes = if shapes.is_empty() { String::new() } else { format!(", {}", shapes.join(", ")) };
    format!("{}{mass}{shapes}", link.name)
}

fn of_mass(mass_kg: f64) -> String {
    if mass_kg.abs() < 1e7 { format!("{mass_kg:.6}") } else { Number(mass_kg).to_string() }
}

fn name(shape: &Shape) -> String {
    match shape {
        Shape::Sphere { .. } => "sphere".into(),
        Shape::Box { .. } => "box".into(),
        Shape::Cylinder { .. } => "cylinder".into(),
        Shape::Capsule { .. } => "capsule".into(),
        Shape::Ellipsoid { .. } => "ellipsoid".into(),
        Shape::Plane => "plane".into(),
        Shape::Triangles(mesh) => format!("mesh of {} triangles", mesh.triangles.len()),
        Shape::Mesh { file, .. } => file.clone(),
    }
}

fn of_joint(joint: &Joint) -> String {
    let mut words = format!("{} ({}", joint.name, joint.kind.name());
    let units = joint.kind.units();
    let (position, velocity, effort) =
        units.map_or(("rad", "rad/s", "N m"), |units| (units.position, units.velocity, units.effort));
    if let JointKind::Revolute { axis } | JointKind::Continuous { axis } | JointKind::Prismatic { axis } = joint.kind {
        words += &format!(" about {}", axis.map(|x| format!("{:.4}", x + 0.0)).join(" "));
    }
    if let Some([low, high]) = joint.limits.position {
        words += &format!(", {} to {} {position}", Number(low), Number(high));
    }
    if let Some(limit) = joint.limits.velocity {
        words += &format!(", at most {} {velocity}", Number(limit));
    }
    if let Some(limit) = joint.limits.effort {
        words += &format!(", at most {} {effort}", Number(limit));
    }
    for (what, value) in [("damping", joint.damping), ("friction", joint.friction), ("armature", joint.armature)] {
        if value != 0.0 {
            words += &format!(", {what} {}", Number(value));
        }
    }
    if let Some(mimic) = &joint.mimic {
        words += &format!(", is {} times {} plus {}", Number(mimic.multiplier), mimic.joint, Number(mimic.offset));
    }
    words + ")"
}

fn of_actuator(actuator: &Actuator) -> String {
    match actuator {
        Actuator::PlanarVelocity { name, joint, .. } => format!("{name}: planar velocity of {joint}"),
        Actuator::Car { name, joint, wheels } => format!(
            "{name}: wheels under {joint}, wheelbase {} m, {} m/s, steering {:.4} to {:.4} rad with a lag of {}",
            wheels.wheelbase_m, wheels.speed_m_s, -wheels.max_steering_rad, wheels.max_steering_rad, wheels.steering_lag
        ),
        Actuator::Trunk { name, platforms } => {
            let motion = if platforms.servo.is_some() { "driven" } else { "of ideal motion" };
            format!("{name}: {} platforms {motion}, joint values x, y, h of each", platforms.modules.len())
        }
        Actuator::Joint { name, joint, mode, max_effort, max_speed, bounds, .. } => {
            let mode = match mode {
                Mode::Position { kp, kd } => format!("position, kp {}, kd {}", Number(*kp), Number(*kd)),
                Mode::Velocity { kd } => format!("velocity, kd {}", Number(*kd)),
                Mode::Effort => "effort".into(),
            };
            let bounds = bounds.map(|[low, high]| format!(", commands {} to {}", Number(low), Number(high)));
            let limit = |what: &str, limit: &Option<f64>| {
                limit.map_or(String::new(), |limit| format!(", {what} at most {}", Number(limit)))
            };
            let (effort, speed) = (limit("effort", max_effort), limit("speed", max_speed));
            format!("{name}: {mode} of {joint}{}{effort}{speed}", bounds.unwrap_or_default())
        }
    }
}
