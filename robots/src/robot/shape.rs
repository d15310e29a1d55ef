//! Shapes, and how a solid body of each resists being moved.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::mesh::Mesh;

/// A shape in its own frame, centred on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A ball.
    Sphere {
        /// Radius (m).
        radius_m: f64,
    },
    /// A box.
    Box {
        /// Whole lengths of its sides along x, y, z (m).
        size_m: [f64; 3],
    },
    /// A cylinder along z.
    Cylinder {
        /// Radius (m).
        radius_m: f64,
        /// Whole length (m).
        length_m: f64,
    },
    /// A cylinder along z, capped by two half balls.
    Capsule {
        /// Radius (m).
        radius_m: f64,
        /// Length between the centres of the caps (m).
        length_m: f64,
    },
    /// An ellipsoid.
    Ellipsoid {
        /// Radii along x, y, z (m).
        radii_m: [f64; 3],
    },
    /// The plane z = 0, solid below it, without bounds.
    Plane,
    /// Triangles.
    Triangles(Mesh),
    /// Triangles from a file, read when somebody needs them ([`crate::mesh`]).
    Mesh {
        /// The file as the description names it: a path, or `package://name/path`.
        file: String,
        /// What its coordinates are multiplied with along x, y, z to be metres.
        scale: [f64; 3],
    },
}

impl Shape {
    /// Its lengths (m), in no order: all must be above zero. The factors of a mesh count, a mirrored one as positive.
    pub fn lengths(&self) -> Vec<f64> {
        match self {
            Shape::Sphere { radius_m } => vec![*radius_m],
            Shape::Box { size_m } => size_m.to_vec(),
            Shape::Cylinder { radius_m, length_m } | Shape::Capsule { radius_m, length_m } => vec![*radius_m, *length_m],
            Shape::Ellipsoid { radii_m } => radii_m.to_vec(),
            Shape::Plane | Shape::Triangles(_) => Vec::new(),
            Shape::Mesh { scale, .. } => scale.map(f64::abs).to_vec(),
        }
    }

    /// Volume (m^3); none for planes and meshes.
    pub fn volume_m3(&self) -> Option<f64> {
        let ball = |r: f64| 4.0 / 3.0 * PI * r * r * r;
        match *self {
            Shape::Sphere { radius_m } => Some(ball(radius_m)),
            Shape::Box { size_m: [x, y, z] } => Some(x * y * z),
            Shape::Cylinder { radius_m, length_m } => Some(PI * radius_m * radius_m * length_m),
            Shape::Capsule { radius_m, length_m } => Some(PI * radius_m * radius_m * length_m + ball(radius_m)),
            Shape::Ellipsoid { radii_m: [x, y, z] } => Some(4.0 / 3.0 * PI * x * y * z),
            Shape::Plane | Shape::Triangles(_) | Shape::Mesh { .. } => None,
        }
    }

    /// Inertia about x, y, z through the centre of a solid body of this shape and mass (kg m^2); none for planes and meshes.
    pub fn solid_inertia_kg_m2(&self, mass_kg: f64) -> Option<[f64; 3]> {
        let m = mass_kg;
        let about = |x: f64, y: f64, z: f64, k: f64| [k * m * (y * y + z * z), k * m * (x * x + z * z), k * m * (x * x + y * y)];
        match *self {
            Shape::Sphere { radius_m: r } => Some(about(r, r, r, 0.2)),
            Shape::Box { size_m: [x, y, z] } => Some(about(x, y, z, 1.0 / 12.0)),
            Shape::Ellipsoid { radii_m: [x, y, z] } => Some(about(x, y, z, 0.2)),
            Shape::Cylinder { radius_m: r, length_m: l } => {
                let across = m * (3.0 * r * r + l * l) / 12.0;
                Some([across, across, 0.5 * m * r * r])
            }
            Shape::Capsule { radius_m: r, length_m: l } => {
                // The two caps weigh as much as a ball, of 4/3 r against the cylinder's l.
                let caps = m * (4.0 / 3.0 * r) / (l + 4.0 / 3.0 * r);
                let tube = m - caps;
                let across = tube * (3.0 * r * r + l * l) / 12.0 + caps * (0.4 * r * r + 0.25 * l * l + 0.375 * l * r);
                Some([across, across, 0.5 * tube * r * r + 0.4 * caps * r * r])
            }
            Shape::Plane | Shape::Triangles(_) | Shape::Mesh { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn a_capsule_without_length_is_a_ball_and_a_long_thin_one_a_rod() {
        let ball = Shape::Sphere { radius_m: 0.5 };
        let short = Shape::Capsule { radius_m: 0.5, length_m: 0.0 };
        assert!((short.volume_m3().unwrap() - ball.volume_m3().unwrap()).abs() < 1e-12);
        let (a, b) = (short.solid_inertia_kg_m2(2.0).unwrap(), ball.solid_inertia_kg_m2(2.0).unwrap());
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12));
        let rod = Shape::Capsule { radius_m: 1e-6, length_m: 3.0 };
        assert!((rod.solid_inertia_kg_m2(2.0).unwrap()[0] - 2.0 * 9.0 / 12.0).abs() < 1e-5);
    }
}
