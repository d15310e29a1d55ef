//! The pieces of a centre line, straight and circular, and where they lie.

use std::f64::consts::TAU;

/// A piece of a centre line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// A straight line.
    Straight {
        /// Its length (m), above 0.
        length_m: f64,
    },
    /// A circular arc.
    Arc {
        /// Its radius (m), above 0.
        radius_m: f64,
        /// The angle that it turns by (rad), positive to the left; not 0, and no more than a full turn.
        angle_rad: f64,
    },
}

impl Piece {
    /// Arc length (m).
    pub fn length_m(self) -> f64 {
        match self {
            Piece::Straight { length_m } => length_m,
            Piece::Arc { radius_m, angle_rad } => radius_m * angle_rad.abs(),
        }
    }

    /// What is expected instead, of a piece that can't be.
    pub(super) fn check(self) -> Result<(), &'static str> {
        // Written so that NaN fails too.
        let fits = |length: f64| length > 0.0 && length <= 1e6;
        match self {
            Piece::Straight { length_m } if !fits(length_m) => Err("a length above 0, up to 1000000 m"),
            Piece::Arc { radius_m, .. } if !fits(radius_m) => Err("a radius above 0, up to 1000000 m"),
            Piece::Arc { angle_rad, .. } if !(angle_rad != 0.0 && angle_rad.abs() <= TAU) => {
                Err("an angle from -2 pi to 2 pi, not 0")
            }
            _ => Ok(()),
        }
    }
}

/// A point with a direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heading {
    /// Where (m).
    pub position_m: [f64; 2],
    /// Angle from the x axis, counterclockwise (rad).
    pub heading_rad: f64,
}

impl Heading {
    /// The point `along_m` metres forward of here and `left_m` to the left.
    pub fn offset(self, along_m: f64, left_m: f64) -> [f64; 2] {
        let (sin, cos) = libm::sincos(self.heading_rad);
        let [x, y] = self.position_m;
        [x + along_m * cos - left_m * sin, y + along_m * sin + left_m * cos]
    }

    /// How far `point` lies forward of here, and to the left (m).
    pub fn local(self, point: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = libm::sincos(self.heading_rad);
        let [x, y] = [point[0] - self.position_m[0], point[1] - self.position_m[1]];
        [x * cos + y * sin, y * cos - x * sin]
    }
}

/// A piece where it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedPiece {
    /// Its form.
    pub piece: Piece,
    /// Arc length of the road at its start (m).
    pub s_m: f64,
    /// Its start.
    pub start: Heading,
}

impl PlacedPiece {
    /// The centre line `along_m` after the start of this piece.
    pub fn at(&self, along_m: f64) -> Heading {
        match self.piece {
            Piece::Straight { .. } => Heading { position_m: self.start.offset(along_m, 0.0), ..self.start },
            Piece::Arc { radius_m, angle_rad } => {
                let side = angle_rad.signum();
                let (sin, cos) = libm::sincos(along_m / radius_m);
                Heading {
                    position_m: self.start.offset(radius_m * sin, side * radius_m * (1.0 - cos)),
                    heading_rad: self.start.heading_rad + side * along_m / radius_m,
                }
            }
        }
    }

    /// The end of this piece.
    pub fn end(&self) -> Heading {
        self.at(self.piece.length_m())
    }

    /// How far after the start of this piece its point closest to `point` lies (m).
    pub fn closest_m(&self, point: [f64; 2]) -> f64 {
        let [along, left] = self.start.local(point);
        match self.piece {
            Piece::Straight { length_m } => along.clamp(0.0, length_m),
            Piece::Arc { radius_m, angle_rad } => {
                // Angles are taken from the middle of the arc: beyond its ends, the nearer end is the closest point.
                let half = 0.5 * angle_rad.abs();
                let from_start = libm::atan2(along, radius_m - angle_rad.signum() * left);
                radius_m * (half + wrapped(from_start - half).clamp(-half, half))
            }
        }
    }
}

/// The same angle from -pi to pi.
pub(super) fn wrapped(angle_rad: f64) -> f64 {
    angle_rad - TAU * (angle_rad / TAU).round()
}
