//! Cylinders with flat ends.

use super::super::numeric::{max, min};
use super::{Hit, Sight, Surface, through_slab, through_tube};

/// A cylinder along z around the origin.
pub(crate) struct Cylinder {
    pub sight: Sight,
    pub half_length: f32,
    pub radius: f32,
}

impl Surface for Cylinder {
    #[inline(always)]
    fn hit(&self, direction: [f32; 3]) -> Hit {
        let Sight { eye, light } = self.sight;
        let side = through_tube(eye, direction, self.radius);
        let ends = through_slab(eye[2], direction[2], self.half_length);
        let (enters, leaves) = (max(side[0], ends[0]), min(side[1], ends[1]));
        let (x, y) = (eye[0] + enters * direction[0], eye[1] + enters * direction[1]);
        let on_side = (x * light[0] + y * light[1]) / self.radius;
        let on_end = if direction[2] > 0.0 { -light[2] } else { light[2] };
        let lit = if side[0] > ends[0] { on_side } else { on_end };
        Hit { depth: if enters <= leaves { enters } else { f32::INFINITY }, lit }
    }
}
