//! Rotations as vectors and angles, by functions that have the same bits everywhere: nalgebra's own ask the platform's library.

use nalgebra::{UnitQuaternion, Vector3};

/// The rotation vector of a rotation (rad), at most half a turn long.
pub fn vector(rotation: &UnitQuaternion<f64>) -> Vector3<f64> {
    let (sine, cosine) = (rotation.imag().norm(), rotation.w);
    if sine == 0.0 {
        return Vector3::zeros();
    }
    rotation.imag() * (2.0 * libm::atan2(sine * cosine.signum(), cosine.abs()) / sine)
}

/// The angle of a rotation (rad), from 0 to half a turn: 2 acos |w|, and exact where that loses its digits, near zero.
pub fn angle(rotation: &UnitQuaternion<f64>) -> f64 {
    2.0 * libm::atan2(rotation.imag().norm(), rotation.w.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_and_angle_are_those_of_the_rotation_whichever_quaternion_writes_it() {
        let axis = Vector3::new(2.0, -1.0, 2.0) / 3.0;
        for turn in [0.0, 1e-9, 0.3, 1.6, 3.1] {
            let rotation = UnitQuaternion::from_scaled_axis(axis * turn);
            for rotation in [rotation, UnitQuaternion::new_unchecked(-rotation.into_inner())] {
                assert!((vector(&rotation) - axis * turn).norm() < 1e-14, "{turn}");
                assert!((angle(&rotation) - turn).abs() < 1e-14, "{turn}");
            }
        }
    }
}
