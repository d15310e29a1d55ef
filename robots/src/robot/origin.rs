//! Where one frame stands in another.

use nalgebra::{Quaternion, Translation3, UnitQuaternion, Vector3};
use serde::{Deserialize, Serialize};

use crate::stage::Pose;

/// Where a frame stands in another: p_parent = rotation(quaternion) p_child + position.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Position of its origin (m).
    pub position_m: [f64; 3],
    /// Its orientation, a quaternion of length one with the scalar last.
    pub quaternion_xyzw: [f64; 4],
}

impl Origin {
    /// The frame itself.
    pub const IDENTITY: Origin = Origin::at([0.0; 3]);

    /// A frame that is moved and not turned.
    pub const fn at(position_m: [f64; 3]) -> Origin {
        Origin { position_m, quaternion_xyzw: [0.0, 0.0, 0.0, 1.0] }
    }

    /// Whether all seven numbers are finite and the quaternion has a direction.
    pub fn is_proper(&self) -> bool {
        let length_squared: f64 = self.quaternion_xyzw.iter().map(|x| x * x).sum();
        self.position_m.iter().all(|x| x.is_finite()) && length_squared.is_finite() && length_squared > 1e-12
    }

    /// The same as an isometry; a quaternion of another length than one is brought to it.
    pub fn pose(&self) -> Pose {
        let [x, y, z] = self.position_m;
        let [i, j, k, w] = self.quaternion_xyzw;
        Pose::from_parts(Translation3::new(x, y, z), UnitQuaternion::new_normalize(Quaternion::new(w, i, j, k)))
    }
}

impl From<Pose> for Origin {
    fn from(pose: Pose) -> Origin {
        let quaternion = pose.rotation.coords;
        Origin { position_m: pose.translation.vector.into(), quaternion_xyzw: quaternion.into() }
    }
}

/// The rotation by `angle_rad` about the unit vector `axis`. The same bits everywhere, as nalgebra's own isn't.
pub fn rotation(axis: [f64; 3], angle_rad: f64) -> UnitQuaternion<f64> {
    let (sin, cos) = libm::sincos(0.5 * angle_rad);
    UnitQuaternion::new_normalize(Quaternion::from_parts(cos, sin * Vector3::from(axis)))
}

/// A vector brought to length one; none if it has no direction.
pub fn unit(vector: [f64; 3]) -> Option<[f64; 3]> {
    let length = Vector3::from(vector).norm();
    (length.is_finite() && length > 1e-12).then(|| vector.map(|x| x / length))
}
