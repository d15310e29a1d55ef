//! Colliders: what the parts of links touch with.

use embody_robots::robot::{Part, Shape};
use nalgebra::Unit;
use rapier3d::math::{Rotation, Vector};
use rapier3d::prelude::{CoefficientCombineRule, ColliderBuilder};

use super::convert::to_rapier;
use embody_robots::stage::Pose;

/// Sets how a surface rubs and bounces, and which link or part of the surroundings it is.
///
/// The more slippery surface decides. Bounces belong to the arena: a link itself has none, and the greater counts.
pub(super) fn surface(builder: ColliderBuilder, friction: f64, restitution: f64, index: usize) -> ColliderBuilder {
    builder
        .friction(friction as f32)
        .friction_combine_rule(CoefficientCombineRule::Min)
        .restitution(restitution as f32)
        .restitution_combine_rule(CoefficientCombineRule::Max)
        .user_data(index as u128)
}

/// The collider of a part of link `index`, which stands at `offset` in its body; without mass. What can't be is an error.
///
/// A mesh touches with its convex hull. An ellipsoid has no counterpart in Rapier.
pub(super) fn collider(part: &Part, offset: &Pose, index: usize) -> Result<ColliderBuilder, &'static str> {
    let f = |x: f64| x as f32;
    let (builder, turned) = match &part.shape {
        Shape::Sphere { radius_m } => (ColliderBuilder::ball(f(*radius_m)), false),
        Shape::Box { size_m: [x, y, z] } => (ColliderBuilder::cuboid(f(0.5 * x), f(0.5 * y), f(0.5 * z)), false),
        Shape::Cylinder { radius_m, length_m } => (ColliderBuilder::cylinder(f(0.5 * length_m), f(*radius_m)), true),
        Shape::Capsule { radius_m, length_m } => (ColliderBuilder::capsule_z(f(0.5 * length_m), f(*radius_m)), false),
        Shape::Plane => (ColliderBuilder::halfspace(Unit::new_unchecked(Vector::Z)), false),
        Shape::Triangles(mesh) => {
            let corners: Vec<_> = mesh.vertices.iter().map(|corner| Vector::from_array(*corner)).collect();
            (ColliderBuilder::convex_hull(&corners).ok_or("a mesh that fills a volume")?, false)
        }
        Shape::Mesh { .. } => return Err("its mesh, which isn't loaded"),
        Shape::Ellipsoid { .. } => return Err("spheres, boxes, cylinders, capsules, planes and meshes to touch with"),
    };
    let mut pose = to_rapier(&(offset * part.origin.pose())).ok_or("a place in reach of single precision")?;
    if turned {
        // Rapier's cylinders lie along y. A quarter turn about x takes y to z.
        let half = std::f32::consts::FRAC_1_SQRT_2;
        pose.rotation *= Rotation::from_xyzw(half, 0.0, 0.0, half);
    }
    Ok(surface(builder.position(pose).density(0.0), part.friction, 0.0, index))
}
