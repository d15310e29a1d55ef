//! Shadows on the ground, for pictures for people: no camera of a body sees any.
//!
//! A shape is convex and lies within the hull of a few balls, or is made of triangles: its shadow is the hull of their shadows, or those of the
//! triangles.

use embody_robots::Pose;
use nalgebra::{Point3, Vector3};

use super::bounds;
use super::mesh::Mesh;
use super::scene::{LIGHT, Shape, Thing};

/// Points on a circle.
const RIM: u32 = 48;

/// How far above the ground a shadow lies, so that it is seen (m).
const LIFT_M: f64 = 1e-3;

impl Thing {
    /// What it keeps the light from: a black and flat thing just above the ground. What is below the ground casts none; none for a thing
    /// whose frame isn't finite.
    pub fn shadow(&self) -> Option<Thing> {
        let (corners, triangles) = match &self.shape {
            Shape::Mesh(mesh) => {
                let corners = mesh.triangles().vertices().iter();
                let corner = |at: [f32; 3]| on_ground(self.pose * Point3::from(at.map(f64::from)));
                (corners.map(|at| corner(at.to_array())).collect(), mesh.triangles().indices().to_vec())
            }
            _ => fan(&self.outline()),
        };
        let corners = corners.into_iter().map(|[x, y]| [x as f32, y as f32, LIFT_M as f32]).collect();
        let mesh = Mesh::new(corners, triangles).ok()?;
        Some(Thing { pose: Pose::identity(), shape: Shape::Mesh(mesh), brightness: 0.0 })
    }

    /// Points on the ground, of whose convex hull the shadow is.
    fn outline(&self) -> Vec<[f64; 2]> {
        let (centres, radius) = match &self.shape {
            Shape::Cylinder { half_length_m, radius_m } => {
                let rim = |end: f64| {
                    circle([Vector3::x(), Vector3::y()], *radius_m).map(move |at| Point3::from(at + Vector3::z() * end))
                };
                ([-half_length_m, *half_length_m].into_iter().flat_map(rim).collect(), 0.0)
            }
            shape => bounds::hull(shape),
        };
        // A ball's shadow is that of its circle across the light.
        let light = Vector3::from(LIGHT);
        let across = light.cross(&Vector3::z()).normalize();
        let axes = [across, light.cross(&across)];
        let centres = centres.into_iter().map(|centre| self.pose * centre);
        centres.flat_map(|centre| circle(axes, radius).map(move |at| on_ground(centre + at))).collect()
    }
}

/// Points on a circle around the origin; without a radius its middle.
fn circle([a, b]: [Vector3<f64>; 2], radius: f64) -> impl Iterator<Item = Vector3<f64>> {
    let count = if radius > 0.0 { RIM } else { 1 };
    (0..count).map(move |i| {
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * f64::from(i) / f64::from(count));
        (a * cos + b * sin) * radius
    })
}

/// Where the shadow of a point falls.
fn on_ground(point: Point3<f64>) -> [f64; 2] {
    let way = point.z.clamp(0.0, f64::INFINITY) / LIGHT[2];
    [point.x - way * LIGHT[0], point.y - way * LIGHT[1]]
}

/// The convex hull of points, as triangles that share a corner.
fn fan(points: &[[f64; 2]]) -> (Vec<[f64; 2]>, Vec<[u32; 3]>) {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut corners = half_hull(sorted.iter());
    corners.extend(half_hull(sorted.iter().rev()));
    let triangles = (2..corners.len() as u32).map(|i| [0, i - 1, i]).collect();
    (corners, triangles)
}

/// One side of the convex hull of sorted points, without its last corner, which is the other side's first.
fn half_hull<'a>(points: impl Iterator<Item = &'a [f64; 2]>) -> Vec<[f64; 2]> {
    let mut hull: Vec<[f64; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = hull.as_slice()
            && (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) <= 0.0
        {
            hull.pop();
        }
        hull.push(*point);
    }
    hull.pop();
    hull
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and greatest x and y of a shadow.
    fn extent(shape: Shape, at: [f64; 3]) -> [f64; 4] {
        let [x, y, z] = at;
        let shadow = Thing { pose: Pose::translation(x, y, z), shape, brightness: 1.0 }.shadow().unwrap();
        let Shape::Mesh(mesh) = shadow.shape else { panic!("a shadow is a mesh") };
        let [low, high] = mesh.bounds();
        [low[0], low[1], high[0], high[1]]
    }

    fn near(found: [f64; 4], expected: [f64; 4]) {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.01), "{found:?}, expected {expected:?}");
    }

    #[test]
    fn shadows_fall_away_from_the_light() {
        // The light comes from (2, 3, 6): 3 m up are 1 m along x and 1.5 m along y.
        let cube = Shape::Box { half_extents_m: [0.5, 0.5, 1.5] };
        near(extent(cube, [4.0, 0.0, 1.5]), [2.5, -2.0, 4.5, 0.5]);
        // An ellipse of half the length r sqrt(1 + (l_x / l_z)^2) along x.
        let [x, y] = [(1.0_f64 + 1.0 / 9.0).sqrt(), (1.0_f64 + 1.0 / 4.0).sqrt()];
        near(extent(Shape::Sphere { radius_m: 1.0 }, [0.0, 0.0, 3.0]), [-1.0 - x, -1.5 - y, -1.0 + x, -1.5 + y]);
        let third = 1.0 / 3.0;
        let capsule = Shape::Capsule { half_length_m: 3.0, radius_m: 1.0 };
        near(extent(capsule, [0.0, 0.0, 4.0]), [-7.0 * third - x, -3.5 - y, -third + x, -0.5 + y]);
        near(extent(Shape::Cylinder { half_length_m: 1.5, radius_m: 1.0 }, [0.0, 0.0, 1.5]), [-2.0, -2.5, 1.0, 1.0]);
        let mesh = Mesh::new(vec![[0.0, 0.0, 3.0], [1.0, 0.0, 3.0], [0.0, 1.0, 3.0]], vec![[0, 1, 2]]).unwrap();
        near(extent(Shape::Mesh(mesh), [0.0; 3]), [-1.0, -1.5, 0.0, -0.5]);
    }

    #[test]
    fn what_has_no_place_has_no_shadow() {
        let thing =
            Thing { pose: Pose::translation(f64::NAN, 0.0, 1.0), shape: Shape::Sphere { radius_m: 1.0 }, brightness: 1.0 };
        assert!(thing.shadow().is_none());
    }
}
