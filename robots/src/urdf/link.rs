//! Links.

use super::geometry;
use super::material::{self, Palette};
use crate::file::{Element, ReadError, Report};
use crate::robot::{Inertial, Link, Part, Place};

/// Friction of a surface of which nothing is said: Bullet's own, as URDF has none.
const FRICTION: f64 = 0.5;

/// Reads a `<link>`, the robot's `index`th.
pub(super) fn read(element: Element, index: usize, materials: &Palette, report: &mut Report) -> Result<Link, ReadError> {
    let mut link = Link::frame(element.needed("name")?);
    report.at(Place::Link(index), element.line());
    if let Some(inertial) = element.child("inertial") {
        report.at(Place::Inertial(index), inertial.line());
        link.inertial = Some(read_inertial(inertial)?);
    }
    let friction = friction(element)?;
    for child in element.children().filter(|child| matches!(child.name(), "visual" | "collision")) {
        let visible = child.name() == "visual";
        child.known().attribute("name");
        let shape = match geometry::shape(child)? {
            Ok(shape) => shape,
            Err(unknown) => {
                report.warn(child.line(), format!("link {:?}: <{unknown}> is no shape that is known", link.name));
                continue;
            }
        };
        let brightness = if visible { material::of_visual(child, materials)? } else { material::UNKNOWN };
        report.at(Place::Part(index, link.parts.len()), child.line());
        let origin = geometry::origin(child)?;
        link.parts.push(Part { shape, origin, collides: !visible, visible, friction, brightness });
    }
    Ok(link)
}

fn read_inertial(element: Element) -> Result<Inertial, ReadError> {
    let mass_kg = element.child("mass").map_or(Ok(None), |mass| mass.number("value"))?.unwrap_or(0.0);
    let mut inertia_kg_m2 = [0.0; 6];
    if let Some(inertia) = element.child("inertia") {
        for (value, name) in inertia_kg_m2.iter_mut().zip(["ixx", "ixy", "ixz", "iyy", "iyz", "izz"]) {
            *value = inertia.number(name)?.unwrap_or(0.0);
        }
    }
    Ok(Inertial { mass_kg, origin: geometry::origin(element)?, inertia_kg_m2 })
}

/// Friction as Bullet's extension has it.
fn friction(link: Element) -> Result<f64, ReadError> {
    let lateral = link.child("contact").and_then(|contact| contact.child("lateral_friction"));
    Ok(lateral.map_or(Ok(None), |friction| friction.number("value"))?.unwrap_or(FRICTION))
}
