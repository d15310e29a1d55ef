//! What is measured of a pose, as by motion capture.

use nalgebra::UnitQuaternion;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::Pose;

/// What is measured of a pose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoseQuantity {
    /// x, y, z (m).
    Position,
    /// A quaternion of length one, x, y, z, w, of the sign that [`signed`] gives it.
    Orientation,
}

impl PoseQuantity {
    /// How many numbers it is.
    pub fn size(self) -> usize {
        match self {
            PoseQuantity::Position => 3,
            PoseQuantity::Orientation => 4,
        }
    }

    /// Unit of the numbers, and their least and greatest value.
    pub(super) fn range(self) -> (&'static str, [f32; 2]) {
        match self {
            PoseQuantity::Position => ("m", [f32::MIN, f32::MAX]),
            PoseQuantity::Orientation => ("1", [-1.0, 1.0]),
        }
    }

    /// Writes the numbers of `pose` to the start of `out`, as many as there is room for.
    pub fn measure(self, pose: &Pose, out: &mut [f32]) {
        let position: [f64; 3] = pose.translation.vector.into();
        let orientation = signed(&pose.rotation);
        let values: &[f64] = if self == PoseQuantity::Position { &position } else { &orientation };
        for (out, value) in out.iter_mut().zip(values) {
            *out = *value as f32;
        }
    }
}

/// A rotation as one of its two quaternions, x, y, z, w. Where the trace of its matrix is above zero, w is; else the greatest of x, y, z is,
/// by size. That is what comes of the usual way from a matrix to a quaternion.
pub fn signed(rotation: &UnitQuaternion<f64>) -> [f64; 4] {
    let [x, y, z, w]: [f64; 4] = rotation.coords.into();
    let greatest = [x, y, z].into_iter().fold(0.0_f64, |best, value| if value.abs() > best.abs() { value } else { best });
    let decides = if 4.0 * w * w > 1.0 { w } else { greatest };
    if decides < 0.0 { [-x, -y, -z, -w] } else { [x, y, z, w] }
}

#[cfg(test)]
mod tests {
    use nalgebra::{Quaternion, UnitQuaternion};

    use super::*;

    #[test]
    fn both_quaternions_of_a_rotation_become_the_same() {
        for wxyz in [[0.9, 0.1, -0.2, 0.3], [-0.1, 0.2, -0.9, 0.3], [0.0, -0.5, 0.4, 0.1], [0.3, -0.9, 0.1, 0.2]] {
            let [w, x, y, z] = wxyz;
            let one = UnitQuaternion::new_normalize(Quaternion::new(w, x, y, z));
            let other = UnitQuaternion::new_normalize(Quaternion::new(-w, -x, -y, -z));
            assert_eq!(signed(&one), signed(&other));
        }
        let of = |w, x, y, z| signed(&UnitQuaternion::new_normalize(Quaternion::new(w, x, y, z)));
        assert!(of(-0.9, 0.1, 0.1, 0.1)[3] > 0.0, "w decides where the trace is above zero");
        assert!(of(0.1, 0.2, -0.9, 0.1)[1] > 0.0, "and else the greatest of the others");
    }
}
