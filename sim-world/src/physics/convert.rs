//! The one boundary between the contract's numbers (`f64`, nalgebra) and Rapier's (`f32`, another vector crate): through arrays.

use embody_robots::stage::Pose;
use nalgebra::{Quaternion, Translation3, Unit, UnitQuaternion, Vector3};
use rapier3d::math::{Pose as RapierPose, Rotation, Vector};

/// A pose as the contract has it.
pub(crate) fn from_rapier(pose: &RapierPose) -> Pose {
    let [x, y, z] = pose.translation.to_array().map(f64::from);
    let [i, j, k, w] = pose.rotation.to_array().map(f64::from);
    Pose::from_parts(Translation3::new(x, y, z), UnitQuaternion::new_normalize(Quaternion::new(w, i, j, k)))
}

/// A pose as Rapier holds it, unless a number isn't finite there.
pub(crate) fn to_rapier(pose: &Pose) -> Option<RapierPose> {
    let translation: [f64; 3] = pose.translation.vector.into();
    let rotation: [f64; 4] = pose.rotation.coords.into();
    let rotation = Rotation::from_array(rotation.map(|x| x as f32)).normalize();
    let pose = RapierPose::from_parts(Vector::from_array(translation.map(|x| x as f32)), rotation);
    pose.is_finite().then_some(pose)
}

/// A vector as the contract has it.
pub(crate) fn vector(v: Vector) -> Vector3<f64> {
    Vector3::from(v.to_array().map(f64::from))
}

/// A vector as Rapier holds it, unless a number isn't finite there.
pub(crate) fn to_vector(v: Vector3<f64>) -> Option<Vector> {
    let v = Vector::from_array(<[f64; 3]>::from(v).map(|x| x as f32));
    v.is_finite().then_some(v)
}

/// The rotation that takes the unit vector `from` to the unit vector `to`, by the shortest way.
pub(crate) fn rotation_between(from: Vector3<f64>, to: Vector3<f64>) -> UnitQuaternion<f64> {
    // Half way between both is the rotation's axis of symmetry: q = (1 + from.to, from x to), brought to length 1. It takes no angle.
    let real = 1.0 + from.dot(&to);
    if real > 1e-9 {
        return UnitQuaternion::new_normalize(Quaternion::from_parts(real, from.cross(&to)));
    }
    // Opposite: half a turn about anything across.
    let across = if from.x.abs() < 0.9 { Vector3::x() } else { Vector3::y() };
    let axis = Unit::new_normalize(from.cross(&across));
    UnitQuaternion::new_normalize(Quaternion::from_parts(0.0, axis.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_takes_one_direction_to_the_other() {
        let directions =
            [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [0.6, 0.0, 0.8]].map(Vector3::from);
        for (from, to) in directions.iter().flat_map(|from| directions.iter().map(move |to| (*from, *to))) {
            assert!((rotation_between(from, to) * from - to).norm() < 1e-12, "{from} to {to}");
        }
    }
}
