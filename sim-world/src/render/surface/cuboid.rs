//! Boxes.

use super::super::numeric::{max, min};
use super::{Hit, Sight, Surface, through_slab};

/// A box along the axes around the origin.
pub(crate) struct Cuboid {
    pub sight: Sight,
    pub half: [f32; 3],
}

impl Surface for Cuboid {
    #[inline(always)]
    fn hit(&self, direction: [f32; 3]) -> Hit {
        let Sight { eye, light } = self.sight;
        let [x, y, z] = [0, 1, 2].map(|axis| through_slab(eye[axis], direction[axis], self.half[axis]));
        let enters = max(max(x[0], y[0]), z[0]);
        let leaves = min(min(x[1], y[1]), z[1]);
        // The face that is entered looks against the ray.
        let towards = |axis: usize| if direction[axis] > 0.0 { -light[axis] } else { light[axis] };
        let upright = if y[0] >= z[0] { towards(1) } else { towards(2) };
        let lit = if x[0] >= max(y[0], z[0]) { towards(0) } else { upright };
        Hit { depth: if enters <= leaves { enters } else { f32::INFINITY }, lit }
    }
}
