//! Capsules.

use super::super::numeric::clamp;
use super::{Hit, Sight, Sphere, Surface, through_tube};

/// A cylinder along z around the origin, with half a sphere on either end.
pub(crate) struct Capsule {
    pub sight: Sight,
    pub half_length: f32,
    pub radius: f32,
}

impl Surface for Capsule {
    #[inline(always)]
    fn hit(&self, direction: [f32; 3]) -> Hit {
        let Sight { eye, light } = self.sight;
        let [enters, _] = through_tube(eye, direction, self.radius);
        // A ray that enters the tube beyond the end of the capsule can enter the capsule only by the sphere at that end.
        let z = eye[2] + enters * direction[2];
        let end = clamp(z, -self.half_length, self.half_length);
        let from_end = Sight { eye: [eye[0], eye[1], eye[2] - end], light };
        let cap = Sphere { sight: from_end, radius: self.radius }.hit(direction);
        let [x, y] = [eye[0] + enters * direction[0], eye[1] + enters * direction[1]];
        let side = Hit { depth: enters, lit: (x * light[0] + y * light[1]) / self.radius };
        let on_side = z.abs() <= self.half_length;
        let missed = enters == f32::INFINITY;
        let depth = if on_side | missed { side.depth } else { cap.depth };
        Hit { depth, lit: if on_side { side.lit } else { cap.lit } }
    }
}
