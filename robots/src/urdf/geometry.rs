//! Origins and shapes.

use nalgebra::UnitQuaternion;

use crate::file::{Element, ReadError};
use crate::robot::{Origin, Shape, rotation};

/// The element's `<origin>`, identity without one.
pub(super) fn origin(element: Element) -> Result<Origin, ReadError> {
    let Some(origin) = element.child("origin") else { return Ok(Origin::IDENTITY) };
    let position_m = origin.numbers("xyz")?.unwrap_or([0.0; 3]);
    let rotation = roll_pitch_yaw(origin.numbers("rpy")?.unwrap_or([0.0; 3]));
    Ok(Origin { position_m, quaternion_xyzw: rotation.coords.into() })
}

/// The rotation by roll about x, then pitch about the old y, then yaw about the old z (rad).
fn roll_pitch_yaw([roll, pitch, yaw]: [f64; 3]) -> UnitQuaternion<f64> {
    rotation([0.0, 0.0, 1.0], yaw) * rotation([0.0, 1.0, 0.0], pitch) * rotation([1.0, 0.0, 0.0], roll)
}

/// The shape in the element's `<geometry>`, and where it stands in it; none, with the name, for one that isn't known.
pub(super) fn shape(element: Element) -> Result<Result<Shape, String>, ReadError> {
    let geometry = element.needed_child("geometry")?;
    let Some(kind) = geometry.children().find(|child| child.name() != "material") else {
        return Err(geometry.error("<geometry>: expected a shape in it, found none".into()));
    };
    let needed = |name: &str| kind.needed(name).and_then(|_| Ok(kind.number(name)?.unwrap_or(0.0)));
    let shape = match kind.name() {
        "sphere" => Shape::Sphere { radius_m: needed("radius")? },
        "box" => {
            kind.needed("size")?;
            Shape::Box { size_m: kind.numbers("size")?.unwrap_or([0.0; 3]) }
        }
        "cylinder" => Shape::Cylinder { radius_m: needed("radius")?, length_m: needed("length")? },
        "capsule" => Shape::Capsule { radius_m: needed("radius")?, length_m: needed("length")? },
        "plane" => Shape::Plane,
        "mesh" => Shape::Mesh { file: kind.needed("filename")?.into(), scale: scale(kind)? },
        other => return Ok(Err(other.into())),
    };
    kind.known();
    Ok(Ok(shape))
}

/// One factor for all directions, or one for each.
fn scale(mesh: Element) -> Result<[f64; 3], ReadError> {
    match mesh.list("scale")?.as_deref() {
        None => Ok([1.0; 3]),
        Some([all]) => Ok([*all; 3]),
        Some([x, y, z]) => Ok([*x, *y, *z]),
        Some(other) => Err(mesh.error(format!("<mesh>: scale: expected 1 or 3 numbers, found {}", other.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::roll_pitch_yaw;

    #[test]
    fn angles_turn_about_fixed_axes_in_the_order_of_urdf() {
        let ours = roll_pitch_yaw([0.3, -0.7, 1.9]);
        assert!(ours.angle_to(&nalgebra::UnitQuaternion::from_euler_angles(0.3, -0.7, 1.9)) < 1e-12);
    }
}
