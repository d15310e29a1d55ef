//! Spheres.

use super::super::numeric::{dot, max};
use super::{Hit, Sight, Surface};

/// A sphere around the origin.
pub(crate) struct Sphere {
    pub sight: Sight,
    pub radius: f32,
}

impl Surface for Sphere {
    #[inline(always)]
    fn hit(&self, direction: [f32; 3]) -> Hit {
        let Sight { eye, light } = self.sight;
        let square = dot(direction, direction);
        // From the ray's point nearest to the centre: subtracting squares of far points would lose digits.
        let nearest = -dot(eye, direction) / square;
        let apart = [eye[0] + nearest * direction[0], eye[1] + nearest * direction[1], eye[2] + nearest * direction[2]];
        let rest = self.radius * self.radius - dot(apart, apart);
        let depth = if rest > 0.0 { nearest - (max(rest, 0.0) / square).sqrt() } else { f32::INFINITY };
        Hit { depth, lit: (dot(eye, light) + depth * dot(direction, light)) / self.radius }
    }
}
