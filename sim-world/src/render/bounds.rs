//! Where on the screen a shape can be seen.
//!
//! A shape lies within the convex hull of a few balls. The rectangle around their images holds its image.

use std::ops::Range;

use nalgebra::Point3;

use super::camera::View;
use super::scene::{Shape, Thing};

/// How far a rectangle goes on beyond what it holds (pixels), so that rounding cuts nothing off.
const MARGIN: f64 = 0.01;

/// A rectangle of pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rectangle {
    pub columns: Range<usize>,
    pub rows: Range<usize>,
}

impl Rectangle {
    /// The pixels of `view` in which `thing` may be seen; `None` if there are none, or if the thing isn't finite. All of them if
    /// the thing reaches behind the camera.
    pub fn around(thing: &Thing, view: &View) -> Option<Rectangle> {
        let frame = view.pose.inverse() * thing.pose;
        let (centres, radius) = hull(&thing.shape);
        let (mut across, mut up, mut in_front) = (Span::NOTHING, Span::NOTHING, false);
        for centre in centres {
            let centre = frame * centre;
            if !(radius.is_finite() && centre.iter().all(|x| x.is_finite())) {
                return None;
            }
            in_front |= centre.x + radius > 0.0;
            across.hold(centre.x, -centre.y, radius);
            up.hold(centre.x, centre.z, radius);
        }
        let found = Rectangle { columns: across.pixels(view.pixel, view.width), rows: up.pixels(view.pixel, view.height) };
        (in_front && !found.columns.is_empty() && !found.rows.is_empty()).then_some(found)
    }

    /// The least rectangle that holds both.
    pub fn joined(self, other: Rectangle) -> Rectangle {
        let join = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        Rectangle { columns: join(self.columns, other.columns), rows: join(self.rows, other.rows) }
    }
}

/// What is seen along one axis of the screen, as slopes: metres to the side for each metre in front of the camera.
#[derive(Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    const NOTHING: Span = Span { low: f64::INFINITY, high: f64::NEG_INFINITY };

    /// Grows so that it holds a ball `depth` in front of the camera and `side` to the side: the slopes of both tangents.
    fn hold(&mut self, depth: f64, side: f64, radius: f64) {
        let [square, margin] = [depth * depth - radius * radius, 1e-6 * depth * depth];
        if depth <= 0.0 || square <= margin {
            *self = Span { low: f64::NEG_INFINITY, high: f64::INFINITY };
        } else {
            let root = radius * (square + side * side).sqrt();
            self.low = self.low.min((depth * side - root) / square);
            self.high = self.high.max((depth * side + root) / square);
        }
    }

    /// The pixels that it covers, of `count` pixels with the side `pixel` around the middle.
    fn pixels(self, pixel: f64, count: usize) -> Range<usize> {
        let place = |slope: f64| slope / pixel + 0.5 * count as f64;
        // Casts to usize saturate.
        let (first, end) = ((place(self.low) - MARGIN).floor() as usize, (place(self.high) + MARGIN).ceil() as usize);
        first.min(count)..end.min(count)
    }
}

/// The middles of balls of one radius whose convex hull holds a shape, in its frame (m), and the radius.
pub(super) fn hull(shape: &Shape) -> (Vec<Point3<f64>>, f64) {
    let around = |half: [f64; 3]| corners([half.map(|x| -x), half]);
    match shape {
        Shape::Sphere { radius_m } => (vec![Point3::origin()], *radius_m),
        Shape::Capsule { half_length_m, radius_m } => {
            ([-1.0, 1.0].map(|end| Point3::new(0.0, 0.0, end * half_length_m)).to_vec(), *radius_m)
        }
        Shape::Box { half_extents_m } => (around(*half_extents_m), 0.0),
        Shape::Cylinder { half_length_m, radius_m } => (around([*radius_m, *radius_m, *half_length_m]), 0.0),
        Shape::Mesh(mesh) => (corners(mesh.bounds()), 0.0),
    }
}

/// The corners of a box, given its least and its greatest.
fn corners(bounds: [[f64; 3]; 2]) -> Vec<Point3<f64>> {
    (0..8).map(|i| Point3::new(bounds[i & 1][0], bounds[i >> 1 & 1][1], bounds[i >> 2][2])).collect()
}

#[cfg(test)]
mod tests {
    use embody_robots::Pose;

    use super::*;

    fn ball(x: f64, y: f64, z: f64) -> Thing {
        Thing { pose: Pose::translation(x, y, z), shape: Shape::Sphere { radius_m: 1.0 }, brightness: 1.0 }
    }

    /// A view of 20 x 10 pixels, 0.1 m wide 1 m in front of it.
    fn around(thing: &Thing) -> Option<Rectangle> {
        Rectangle::around(thing, &View { width: 20, height: 10, pixel: 0.1, pose: Pose::identity() })
    }

    #[test]
    fn the_tangents_of_a_ball_bound_it() {
        // Straight ahead at sqrt(101) m the tangents have the slopes -0.1 and 0.1: a pixel to either side.
        let ahead = around(&ball(101.0_f64.sqrt(), 0.0, 0.0));
        assert_eq!(ahead, Some(Rectangle { columns: 8..12, rows: 3..7 }), "and a margin of a pixel at most");
        assert_eq!(around(&ball(5.0, 4.0, -2.0)).map(|seen| (seen.columns.start, seen.rows.start)), Some((0, 0)));
    }

    #[test]
    fn what_is_behind_or_beside_is_not_seen() {
        for [x, y, z] in [[-1.1, 0.0, 0.0], [5.0, 8.0, 0.0], [5.0, 0.0, -8.0], [f64::NAN, 0.0, 0.0], [f64::INFINITY, 0.0, 0.0]] {
            assert_eq!(around(&ball(x, y, z)), None);
        }
        assert_eq!(around(&ball(0.5, 3.0, 0.0)), Some(Rectangle { columns: 0..20, rows: 0..10 }));
    }
}
