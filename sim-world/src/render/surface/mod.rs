//! The surfaces of shapes, as rays meet them: one small law each, without branches, so that rows of rays become vector code.

mod capsule;
mod cuboid;
mod cylinder;
mod sphere;

pub(super) use capsule::Capsule;
pub(super) use cuboid::Cuboid;
pub(super) use cylinder::Cylinder;
pub(super) use sphere::Sphere;

use super::mesh::Mesh;
use super::numeric::{dot, max, min};

/// Where a ray meets a surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// Multiple of the ray's direction; infinite where it misses.
    pub depth: f32,
    /// Cosine of the angle between the outward normal and the light.
    pub lit: f32,
}

/// A camera and the light, in the frame of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// Where the camera is (m).
    pub eye: [f32; 3],
    /// Direction towards the light.
    pub light: [f32; 3],
}

/// A surface seen from some place.
pub(super) trait Surface {
    /// Where the ray along `direction` enters it. A depth that isn't above 0 is none.
    fn hit(&self, direction: [f32; 3]) -> Hit;
}

/// A mesh seen from some place.
pub(super) struct SeenMesh<'a> {
    pub mesh: &'a Mesh,
    pub sight: Sight,
}

impl Surface for SeenMesh<'_> {
    fn hit(&self, direction: [f32; 3]) -> Hit {
        let met = self.mesh.cast(self.sight.eye, direction);
        met.map_or(Hit { depth: f32::INFINITY, lit: 0.0 }, |(depth, normal)| Hit { depth, lit: dot(normal, self.sight.light) })
    }
}

/// The depths at which a ray enters and leaves an endless cylinder of `radius` around z; enters infinitely far where it misses.
#[inline(always)]
fn through_tube(eye: [f32; 3], direction: [f32; 3], radius: f32) -> [f32; 2] {
    let [x, y, _] = direction;
    // Along z, a ray would meet it nowhere or everywhere: the least slope makes that very far away.
    let square = max(x * x + y * y, 1e-20);
    let nearest = -(eye[0] * x + eye[1] * y) / square;
    let (apart_x, apart_y) = (eye[0] + nearest * x, eye[1] + nearest * y);
    let rest = radius * radius - (apart_x * apart_x + apart_y * apart_y);
    let half = (max(rest, 0.0) / square).sqrt();
    [if rest > 0.0 { nearest - half } else { f32::INFINITY }, nearest + half]
}

/// The depths at which a ray enters and leaves the slab of points within `half` of 0 along one axis.
#[inline(always)]
fn through_slab(eye: f32, direction: f32, half: f32) -> [f32; 2] {
    let (a, b) = ((-half - eye) / direction, (half - eye) / direction);
    [min(a, b), max(a, b)]
}
