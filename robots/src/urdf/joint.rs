//! Joints.

use super::geometry;
use crate::file::{Element, ReadError, Report};
use crate::robot::{Joint, JointKind, Limits, Mimic, Place, unit};

/// Reads a `<joint>`, the robot's `index`th.
pub(super) fn read(element: Element, index: usize, report: &mut Report) -> Result<Joint, ReadError> {
    let name = element.needed("name")?;
    report.at(Place::Joint(index), element.line());
    let parent = element.needed_child("parent")?.needed("link")?;
    let child = element.needed_child("child")?.needed("link")?;
    let kind = kind(element, name)?;
    let mut joint = Joint::new(name, Some(parent), child, geometry::origin(element)?, kind);
    if let Some(limit) = element.child("limit") {
        report.at(Place::Limits(index), limit.line());
        joint.limits = limits(limit, &kind)?;
    }
    if joint.limits.position.is_none() && matches!(kind, JointKind::Revolute { .. } | JointKind::Prismatic { .. }) {
        report.warn(
            element.line(),
            format!("joint {name:?}: a {} joint without lower and upper limit moves without end", kind.name()),
        );
    }
    if let Some(dynamics) = element.child("dynamics") {
        joint.damping = dynamics.number("damping")?.unwrap_or(0.0);
        joint.friction = dynamics.number("friction")?.unwrap_or(0.0);
    }
    if let Some(mimic) = element.child("mimic") {
        joint.mimic = Some(Mimic {
            joint: mimic.needed("joint")?.into(),
            multiplier: mimic.number("multiplier")?.unwrap_or(1.0),
            offset: mimic.number("offset")?.unwrap_or(0.0),
        });
    }
    Ok(joint)
}

fn kind(joint: Element, name: &str) -> Result<JointKind, ReadError> {
    Ok(match joint.needed("type")? {
        "revolute" => JointKind::Revolute { axis: axis(joint)? },
        "continuous" => JointKind::Continuous { axis: axis(joint)? },
        "prismatic" => JointKind::Prismatic { axis: axis(joint)? },
        "planar" => JointKind::Planar { normal: axis(joint)? },
        "fixed" => JointKind::Fixed,
        "floating" => JointKind::Free,
        "spherical" => JointKind::Ball,
        other => {
            let known = "revolute, continuous, prismatic, fixed, floating, planar or spherical";
            return Err(joint.error(format!("joint {name:?}: type: expected {known}, found {other:?}")));
        }
    })
}

/// The axis in the joint's frame, x without one.
fn axis(joint: Element) -> Result<[f64; 3], ReadError> {
    let Some(element) = joint.child("axis") else { return Ok([1.0, 0.0, 0.0]) };
    let xyz = element.numbers("xyz")?.unwrap_or([1.0, 0.0, 0.0]);
    unit(xyz).ok_or_else(|| element.error(format!("<axis>: xyz: expected a direction, found {xyz:?}")))
}

fn limits(limit: Element, kind: &JointKind) -> Result<Limits, ReadError> {
    let bounded = matches!(kind, JointKind::Revolute { .. } | JointKind::Prismatic { .. });
    let position = if bounded {
        match (limit.number("lower")?, limit.number("upper")?) {
            (None, None) => None,
            // Either is zero by itself.
            (lower, upper) => Some([lower.unwrap_or(0.0), upper.unwrap_or(0.0)]),
        }
    } else {
        None
    };
    Ok(Limits { position, velocity: limit.number("velocity")?, effort: limit.number("effort")? })
}
