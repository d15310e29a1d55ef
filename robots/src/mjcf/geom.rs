//! Geoms: shapes, and what they weigh.

use nalgebra::{Translation3, Vector3};

use super::Model;
use super::defaults::Styled;
use super::orientation;
use crate::file::ReadError;
use crate::robot::{Inertial, Part, Shape, brightness};
use crate::stage::Pose;

/// Density of what says nothing of it (kg/m^3).
const DENSITY_KG_M3: f64 = 1000.0;

/// A geom, as a part of its link.
pub(super) struct Geom {
    pub(super) part: Part,
    /// Its mass and inertia; none if it has no mass.
    pub(super) inertial: Option<Inertial>,
    /// Whether it has a mass that can't be told without reading its mesh.
    pub(super) unweighed: bool,
}

/// Reads a `<geom>` that stands in `frame` of its body; none, with the type, for one that isn't known.
pub(super) fn read(geom: &Styled, frame: Pose, model: &Model) -> Result<Result<Geom, String>, ReadError> {
    let (pose, half_length) = match geom.numbers("fromto")? {
        Some(ends) => between(geom, ends)?,
        None => (orientation::pose(geom, &model.compiler)?, None),
    };
    let shape = match shape(geom, half_length, model)? {
        Ok(shape) => shape,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let origin = (frame * pose).into();
    let material = geom.attribute("material").and_then(|name| model.assets.materials.get(name)).copied();
    let [red, green, blue, opacity] = geom.numbers("rgba")?.or(material).unwrap_or([0.5, 0.5, 0.5, 1.0]);
    let touches = |name: &str| Ok::<_, ReadError>(geom.number(name)?.unwrap_or(1.0) != 0.0);
    let (by_type, by_affinity) = (touches("contype")?, touches("conaffinity")?);
    let density_kg_m3 = geom.number("density")?.unwrap_or(DENSITY_KG_M3);
    let mass_kg = match geom.number("mass")? {
        Some(mass_kg) => Some(mass_kg),
        None => shape.volume_m3().map(|volume_m3| density_kg_m3 * volume_m3),
    };
    let weighs = mass_kg.is_none_or(|mass_kg| mass_kg != 0.0) && density_kg_m3 != 0.0;
    let inertial = mass_kg.filter(|_| weighs).and_then(|mass_kg| Inertial::of_solid(&shape, origin, mass_kg));
    Ok(Ok(Geom {
        unweighed: weighs && matches!(shape, Shape::Mesh { .. }),
        inertial,
        part: Part {
            shape,
            origin,
            collides: by_type || by_affinity,
            visible: opacity > 0.0,
            friction: geom.number("friction")?.unwrap_or(1.0),
            brightness: brightness([red, green, blue]),
        },
    }))
}

/// The pose in the middle of two points, z along their line from the second to the first, and half their distance (m).
fn between(geom: &Styled, [x1, y1, z1, x2, y2, z2]: [f64; 6]) -> Result<(Pose, Option<f64>), ReadError> {
    let (from, to) = (Vector3::new(x1, y1, z1), Vector3::new(x2, y2, z2));
    let rotation = orientation::turned_to((from - to).into())
        .ok_or_else(|| geom.element.error("<geom>: fromto: expected two points, found one".into()))?;
    Ok((Pose::from_parts(Translation3::from((from + to) * 0.5), rotation), Some(0.5 * (to - from).norm())))
}

/// The shape; sizes in MJCF are half lengths.
fn shape(geom: &Styled, half_length: Option<f64>, model: &Model) -> Result<Result<Shape, String>, ReadError> {
    let mesh = geom.attribute("mesh");
    let kind = geom.attribute("type").unwrap_or(if mesh.is_some() { "mesh" } else { "sphere" });
    let sizes = geom.list("size")?.unwrap_or_default();
    let size = |index: usize| {
        sizes.get(index).copied().ok_or_else(|| {
            geom.element.error(format!("<geom>: size: expected {} numbers for a {kind}, found {}", index + 1, sizes.len()))
        })
    };
    let length = || Ok::<_, ReadError>(2.0 * half_length.map_or_else(|| size(1), Ok)?);
    // Two points give the last of three sizes, and the other two are alike, whatever else is said.
    let three = || match half_length {
        Some(half) => Ok::<_, ReadError>([size(0)?, size(0)?, half]),
        None => Ok([size(0)?, size(1)?, size(2)?]),
    };
    Ok(Ok(match kind {
        "plane" => Shape::Plane,
        "sphere" => Shape::Sphere { radius_m: size(0)? },
        "capsule" => Shape::Capsule { radius_m: size(0)?, length_m: length()? },
        "cylinder" => Shape::Cylinder { radius_m: size(0)?, length_m: length()? },
        "box" => Shape::Box { size_m: three()?.map(|half| 2.0 * half) },
        "ellipsoid" => Shape::Ellipsoid { radii_m: three()? },
        "mesh" => {
            let name = mesh.ok_or_else(|| geom.element.error("<geom>: expected the attribute mesh, found none".into()))?;
            match model.assets.meshes.get(name) {
                Some((file, scale)) => Shape::Mesh { file: file.clone(), scale: *scale },
                None => return Ok(Err(format!("mesh {name:?} without a file"))),
            }
        }
        other => return Ok(Err(other.into())),
    }))
}
