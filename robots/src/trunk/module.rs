//! The law of one module, and its slopes.
//!
//! With (X, Y) the tilts (x, y) turned by 45 degrees times the module's index i, w = max(|X|, |Y|) and p = (1 - w)/2, the next module stands at
//! T(-2.25 Y, 44.2 + 21.46 p h - 0.4 w, 2.25 X) Rz(16.5 deg Y) Rx(16.5 deg X) Ry(45 deg), in mm: p is the share of the racks' stroke that
//! tilts leave to the extension, the least of (1 + X)/2, (1 + Y)/2, (1 - X)/2, (1 - Y)/2.
//! Without tilt it is 33.47 to 54.93 mm long; at full tilt h does nothing. On odd modules |X| reaches the square root of 2, and p is below zero.

use nalgebra::{Isometry3, Quaternion, Translation3, Unit, UnitQuaternion, Vector3};

use crate::stage::Pose;

/// Length of a module that is neither tilted nor stretched (m).
pub const LENGTH_M: f64 = 0.0442;
/// Stroke of its racks (m).
pub const STROKE_M: f64 = 0.02146;
/// Tilt at X = 1 or Y = 1 (rad).
pub const MAX_TILT_RAD: f64 = 16.5 * std::f64::consts::PI / 180.0;
/// How a module is turned about its length against the one before: by 45 degrees about y.
pub const TURN: UnitQuaternion<f64> =
    Unit::new_unchecked(Quaternion::new(0.923_879_532_511_286_7, 0.0, 0.382_683_432_365_089_8, 0.0));
/// How far a tilt of 1 moves the end to the side (m).
pub const SIDE_M: f64 = 0.00225;
/// By how much a tilt of 1 shortens a module (m).
pub const SAG_M: f64 = 0.0004;

/// How a trunk's base stands in a world whose z points up, with y along the straight trunk: a quarter turn about x.
pub const MOUNT: UnitQuaternion<f64> =
    Unit::new_unchecked(Quaternion::new(std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2, 0.0, 0.0));

/// A module at some joint values: what of its law depends on them, which is all that a mechanism has to follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Tilt about the module's x axis (rad), within the tilt about z.
    pub tilt_x_rad: f64,
    /// Tilt about the module's z axis (rad).
    pub tilt_z_rad: f64,
    /// Where the module ends, in its own frame (m).
    pub end_m: Vector3<f64>,
    /// The tilts (X, Y), and the extension h.
    tilts: [f64; 2],
    extension: f64,
    /// Cosine and sine of the angle that (x, y) are turned by.
    turn: [f64; 2],
}

impl Shape {
    /// Module `index`, counted from 0, of the given stiff length, at (x, y, h).
    pub fn new(index: usize, length_m: f64, [x, y, h]: [f64; 3]) -> Shape {
        let turn @ [cosine, sine] = TURNS[index % 8];
        let [across, along] = [cosine * x - sine * y, sine * x + cosine * y];
        let widest = across.abs().max(along.abs());
        let length_m = length_m + STROKE_M * play(widest) * h - SAG_M * widest;
        Shape {
            tilt_x_rad: MAX_TILT_RAD * across,
            tilt_z_rad: MAX_TILT_RAD * along,
            end_m: Vector3::new(-SIDE_M * along, length_m, SIDE_M * across),
            tilts: [across, along],
            extension: h,
            turn,
        }
    }

    /// The frame of the next module in this one's.
    pub fn pose(&self) -> Pose {
        let [z, x] = [self.tilt_z_rad, self.tilt_x_rad].map(|angle| libm::sincos(0.5 * angle));
        // Rz Rx.
        let tilted = Unit::new_unchecked(Quaternion::new(z.1 * x.1, z.1 * x.0, z.0 * x.0, z.0 * x.1));
        Isometry3::from_parts(Translation3::from(self.end_m), tilted * TURN)
    }

    /// For each of x, y, h: the velocity (m) and the angular velocity (rad) of the next module's frame, in this module's axes, per unit.
    pub(super) fn slopes(&self) -> [(Vector3<f64>, Vector3<f64>); 3] {
        let (sine, cosine) = libm::sincos(self.tilt_z_rad);
        let axes = [Vector3::new(cosine, sine, 0.0), Vector3::z()];
        let [across, along] = self.tilts;
        let widest = usize::from(along.abs() > across.abs());
        let tilt = |axis: usize, side: Vector3<f64>| {
            let shorter = if axis == widest { (0.5 * STROKE_M * self.extension + SAG_M) * sign(self.tilts[axis]) } else { 0.0 };
            (side - Vector3::new(0.0, shorter, 0.0), axes[axis] * MAX_TILT_RAD)
        };
        let stretch = Vector3::new(0.0, STROKE_M * play(across.abs().max(along.abs())), 0.0);
        let (across, along) = (tilt(0, Vector3::new(0.0, 0.0, SIDE_M)), tilt(1, Vector3::new(-SIDE_M, 0.0, 0.0)));
        let [cosine, sine] = self.turn;
        let mix = |a: f64, b: f64| (across.0 * a + along.0 * b, across.1 * a + along.1 * b);
        [mix(cosine, sine), mix(-sine, cosine), (stretch, Vector3::zeros())]
    }
}

/// The share p of the racks' stroke that tilts, of which the wider is `widest`, leave to the extension.
fn play(widest: f64) -> f64 {
    0.5 * (1.0 - widest)
}

/// The sign of a number; 0 of 0, the mean of both sides.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// Cosine and sine of the multiples of 45 degrees.
const TURNS: [[f64; 2]; 8] = {
    const H: f64 = std::f64::consts::FRAC_1_SQRT_2;
    [[1.0, 0.0], [H, H], [0.0, 1.0], [-H, H], [-1.0, 0.0], [-H, -H], [0.0, -1.0], [H, -H]]
};
