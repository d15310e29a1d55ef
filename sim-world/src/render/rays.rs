//! The rays of a camera: a grid of directions from one point, in any frame.
//!
//! Directions aren't of length 1: they reach the plane one metre in front of the camera, so that they change by the same step from
//! one column or row to the next, and a multiple of one is the depth that it reaches.

use embody_robots::Pose;
use nalgebra::{Point3, Vector3};

use super::camera::View;

/// A grid of rays.
#[derive(Clone, Debug)]
pub(super) struct Rays {
    /// Where they all begin.
    pub origin: Point3<f64>,
    /// Direction of the ray of column 0 and row 0.
    pub first: Vector3<f64>,
    /// What a column further adds.
    pub column: Vector3<f64>,
    /// What a row further adds.
    pub row: Vector3<f64>,
}

impl Rays {
    /// The rays of `view` in the world, `per_side` times `per_side` in each pixel: through the middles of equal parts of it.
    pub fn new(view: &View, per_side: u32) -> Rays {
        let step = view.pixel / f64::from(per_side);
        let middle = |count: usize| 0.5 * (count as f64 * view.pixel - step);
        let turn = view.pose.rotation;
        Rays {
            origin: Point3::from(view.pose.translation.vector),
            first: turn * Vector3::new(1.0, middle(view.width), -middle(view.height)),
            column: turn * Vector3::new(0.0, -step, 0.0),
            row: turn * Vector3::new(0.0, 0.0, step),
        }
    }

    /// The same rays in the frame that has `pose` in the present one.
    pub fn seen_from(&self, pose: &Pose) -> Rays {
        let turn = pose.rotation.inverse();
        Rays {
            origin: pose.inverse_transform_point(&self.origin),
            first: turn * self.first,
            column: turn * self.column,
            row: turn * self.row,
        }
    }

    /// Direction of one ray.
    pub fn direction(&self, column: usize, row: usize) -> Vector3<f64> {
        self.first + self.column * column as f64 + self.row * row as f64
    }

    /// One row of the grid.
    pub fn in_row(&self, row: usize) -> RayRow {
        RayRow { first: single(self.direction(0, row)), step: single(self.column) }
    }
}

/// A row of rays, in single precision.
#[derive(Clone, Copy, Debug)]
pub(super) struct RayRow {
    first: [f32; 3],
    pub step: [f32; 3],
}

impl RayRow {
    /// Direction of the ray of a column.
    #[inline(always)]
    pub fn direction(&self, column: usize) -> [f32; 3] {
        // From a signed number of 32 bits, because the baseline has an instruction for that.
        let column = column as i32 as f32;
        let [x, y, z] = self.first;
        [x + column * self.step[0], y + column * self.step[1], z + column * self.step[2]]
    }
}

/// A vector in single precision.
pub(super) fn single(vector: Vector3<f64>) -> [f32; 3] {
    [vector.x as f32, vector.y as f32, vector.z as f32]
}
