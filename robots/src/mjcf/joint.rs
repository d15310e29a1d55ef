//! Joints of a body.

use nalgebra::Vector3;

use super::compiler::Compiler;
use super::defaults::Styled;
use crate::file::{ReadError, Report};
use crate::robot::{Joint, JointKind, Limits, Origin, unit};

/// A joint before it has its place in the tree: its parent, child and origin are still open.
pub(super) struct Hinge {
    pub(super) joint: Joint,
    /// Where it turns, in the body's frame (m).
    pub(super) anchor_m: Vector3<f64>,
    pub(super) line: u32,
}

/// Reads a `<joint>` or `<freejoint>`; `name` is for one that has none.
pub(super) fn read(styled: &Styled, name: String, compiler: &Compiler, report: &mut Report) -> Result<Hinge, ReadError> {
    let element = styled.element;
    let name = element.attribute("name").map_or(name, Into::into);
    let word = if element.name() == "freejoint" { "free" } else { styled.attribute("type").unwrap_or("hinge") };
    let axis = styled.numbers("axis")?.unwrap_or([0.0, 0.0, 1.0]);
    let axis = || unit(axis).ok_or_else(|| element.error(format!("joint {name:?}: axis: expected a direction, found {axis:?}")));
    let limits = limits(styled, word, &name, compiler, report)?;
    let kind = match word {
        "free" => JointKind::Free,
        "ball" => JointKind::Ball,
        "slide" => JointKind::Prismatic { axis: axis()? },
        "hinge" if limits.position.is_some() => JointKind::Revolute { axis: axis()? },
        "hinge" => JointKind::Continuous { axis: axis()? },
        other => {
            return Err(element.error(format!("joint {name:?}: type: expected free, ball, slide or hinge, found {other:?}")));
        }
    };
    let anchor_m = if kind == JointKind::Free { [0.0; 3] } else { styled.numbers("pos")?.unwrap_or([0.0; 3]) };
    let joint = Joint {
        limits,
        damping: styled.number("damping")?.unwrap_or(0.0),
        friction: styled.number("frictionloss")?.unwrap_or(0.0),
        armature: styled.number("armature")?.unwrap_or(0.0),
        ..Joint::new(&name, None, "", Origin::IDENTITY, kind)
    };
    Ok(Hinge { joint, anchor_m: anchor_m.into(), line: element.line() })
}

fn limits(styled: &Styled, word: &str, name: &str, compiler: &Compiler, report: &mut Report) -> Result<Limits, ReadError> {
    if word == "free" {
        return Ok(Limits::default());
    }
    let unit = if word == "slide" { 1.0 } else { compiler.angle_rad };
    let zero = styled.number("ref")?.unwrap_or(0.0) * unit;
    if zero != 0.0 {
        let what = format!(
            "joint {name:?}: positions count from the pose in the file, not from its ref; its range is moved by {}",
            -zero
        );
        report.warn(styled.element.line(), what);
    }
    let range: Option<[f64; 2]> = styled.numbers("range")?;
    let limited = compiler.limited(styled.attribute("limited"), range.is_some());
    let effort: Option<[f64; 2]> = styled.numbers("actuatorfrcrange")?;
    let effort_limited = compiler.limited(styled.attribute("actuatorfrclimited"), effort.is_some());
    let effort = effort.filter(|_| effort_limited);
    if let Some([low, high]) = effort.filter(|[low, high]| *low != -*high) {
        let what = format!("joint {name:?}: actuatorfrcrange {low} to {high}: the greater of both holds either way");
        report.warn(styled.element.line(), what);
    }
    Ok(Limits {
        position: range.filter(|_| limited).map(|range| range.map(|end| end * unit - zero)),
        velocity: None,
        effort: effort.map(|[low, high]| low.abs().max(high.abs())),
    })
}
