//! Pieces of a road as vector code sees them: strips of ground in which a point knows its place along the road.
//!
//! A point belongs to the strip whose piece it lies abreast of; of several, to that of the nearest. At the end of a piece the strip
//! goes on for a hair, so that rounding leaves no point between two.

use crate::road::{Piece, PlacedPiece};

use super::ground::{BLOCK, Footprints};
use super::numeric::{atan, dot, max, select};

/// How far a strip goes on beyond the end of its piece (m).
const OVERLAP_M: f32 = 1e-3;

/// Places of the pixels of a block relative to the nearest piece so far.
pub(super) struct Places {
    /// Lateral offset (m), positive to the left.
    pub d: [f32; BLOCK],
    /// Arc length (m).
    pub s: [f32; BLOCK],
    /// The direction to the left: x and y.
    pub left: [[f32; BLOCK]; 2],
}

impl Places {
    /// No piece is near.
    #[inline(always)]
    pub fn nowhere() -> Places {
        Places { d: [1e9; BLOCK], s: [0.0; BLOCK], left: [[0.0; BLOCK], [1.0; BLOCK]] }
    }

    #[inline(always)]
    fn take_nearer(&mut self, i: usize, abreast: bool, d: f32, s: f32, left: [f32; 2]) {
        let nearer = abreast & (d.abs() < self.d[i].abs());
        self.d[i] = select(nearer, d, self.d[i]);
        self.s[i] = select(nearer, s, self.s[i]);
        self.left[0][i] = select(nearer, left[0], self.left[0][i]);
        self.left[1][i] = select(nearer, left[1], self.left[1][i]);
    }
}

/// A strip, with a circle around its piece.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    form: Form,
    /// Middle of the circle (m).
    middle: [f32; 2],
    /// Its radius (m).
    radius: f32,
}

#[derive(Clone, Debug)]
enum Form {
    Straight(Straight),
    Arc(Arc),
}

/// A straight piece.
#[derive(Clone, Debug)]
struct Straight {
    /// Its middle (m), and the arc length there (m).
    middle: [f32; 2],
    s: f32,
    /// Direction of driving.
    forward: [f32; 2],
    /// Half its length (m).
    half: f32,
}

/// A circular piece of no more than half a turn.
#[derive(Clone, Debug)]
struct Arc {
    /// Centre of the circle (m).
    centre: [f32; 2],
    /// Radius (m).
    radius: f32,
    /// 1 for a turn to the left, -1 to the right.
    side: f32,
    /// Arc length of its middle (m).
    s: f32,
    /// Direction of driving in its middle.
    forward: [f32; 2],
    /// Direction from the centre to its middle.
    outward: [f32; 2],
    /// Sine and cosine of half its angle.
    sin: f32,
    cos: f32,
}

impl Strip {
    /// The strips of a piece: two for an arc of more than half a turn, otherwise one.
    pub fn of(placed: &PlacedPiece) -> Vec<Strip> {
        match placed.piece {
            Piece::Straight { length_m } => vec![Strip::straight(placed, length_m)],
            Piece::Arc { radius_m, angle_rad } if angle_rad.abs() <= std::f64::consts::PI => {
                vec![Strip::arc(placed, 0.0, radius_m, angle_rad)]
            }
            Piece::Arc { radius_m, angle_rad } => {
                let half = 0.5 * angle_rad;
                vec![Strip::arc(placed, 0.0, radius_m, half), Strip::arc(placed, 0.5 * placed.piece.length_m(), radius_m, half)]
            }
        }
    }

    fn straight(placed: &PlacedPiece, length_m: f64) -> Strip {
        let middle = placed.at(0.5 * length_m);
        let (sin, cos) = libm::sincos(middle.heading_rad);
        let straight = Straight {
            middle: middle.position_m.map(|x| x as f32),
            s: (placed.s_m + 0.5 * length_m) as f32,
            forward: [cos as f32, sin as f32],
            half: (0.5 * length_m) as f32,
        };
        Strip { middle: straight.middle, radius: straight.half, form: Form::Straight(straight) }
    }

    /// The part of an arc that begins `from_m` after its start and turns by `angle_rad`.
    fn arc(placed: &PlacedPiece, from_m: f64, radius_m: f64, angle_rad: f64) -> Strip {
        let along_m = from_m + 0.5 * radius_m * angle_rad.abs();
        let middle = placed.at(along_m);
        let side = angle_rad.signum();
        let (sin, cos) = libm::sincos(middle.heading_rad);
        let half = 0.5 * angle_rad.abs();
        let arc = Arc {
            centre: middle.offset(0.0, side * radius_m).map(|x| x as f32),
            radius: radius_m as f32,
            side: side as f32,
            s: (placed.s_m + along_m) as f32,
            forward: [cos as f32, sin as f32],
            outward: [(side * sin) as f32, (-side * cos) as f32],
            sin: libm::sin(half) as f32,
            cos: libm::cos(half) as f32,
        };
        // The ends are the points of the arc that are farthest from its middle.
        let radius = 2.0 * radius_m * libm::sin(0.5 * half);
        Strip { middle: middle.position_m.map(|x| x as f32), radius: radius as f32, form: Form::Arc(arc) }
    }

    /// Whether a point within `reach` of the line from `a` to `b` may be a point of the piece.
    pub fn may_touch(&self, a: [f32; 2], b: [f32; 2], reach: f32) -> bool {
        let [line, to_middle] = [[b[0] - a[0], b[1] - a[1], 0.0], [self.middle[0] - a[0], self.middle[1] - a[1], 0.0]];
        let share = (dot(line, to_middle) / max(dot(line, line), f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        let apart = [to_middle[0] - share * line[0], to_middle[1] - share * line[1], 0.0];
        let within = self.radius + reach;
        dot(apart, apart) <= within * within
    }

    /// Takes the place of each pixel that is nearer to this piece than to those before.
    #[inline(always)]
    pub fn place(&self, footprints: &Footprints, places: &mut Places) {
        match &self.form {
            Form::Straight(straight) => straight.place(footprints, places),
            Form::Arc(arc) => arc.place(footprints, places),
        }
    }
}

impl Straight {
    #[inline(always)]
    fn place(&self, footprints: &Footprints, places: &mut Places) {
        let [fx, fy] = self.forward;
        for i in 0..footprints.count.min(BLOCK) {
            let (x, y) = (footprints.x[i] - self.middle[0], footprints.y[i] - self.middle[1]);
            let (along, left) = (x * fx + y * fy, y * fx - x * fy);
            places.take_nearer(i, along.abs() <= self.half + OVERLAP_M, left, self.s + along, [-fy, fx]);
        }
    }
}

impl Arc {
    #[inline(always)]
    fn place(&self, footprints: &Footprints, places: &mut Places) {
        for i in 0..footprints.count.min(BLOCK) {
            let (x, y) = (footprints.x[i] - self.centre[0], footprints.y[i] - self.centre[1]);
            let along = x * self.forward[0] + y * self.forward[1];
            let outward = x * self.outward[0] + y * self.outward[1];
            let distance = max((x * x + y * y).sqrt(), f32::MIN_POSITIVE);
            let abreast = along.abs() * self.cos <= outward * self.sin + OVERLAP_M;
            // Half the angle from the middle has the tangent along / (distance + outward), at most 1 within half a turn.
            let angle = 2.0 * atan(along / max(distance + outward, f32::MIN_POSITIVE));
            let inward = -self.side / distance;
            let d = self.side * (self.radius - distance);
            places.take_nearer(i, abreast, d, self.s + self.radius * angle, [x * inward, y * inward]);
        }
    }
}
