//! Poses as the network's seven values: position in the lengths of a module, from the end of the first at rest, and a quaternion.

use embody_robots::robot::signed;
use embody_robots::trunk::LENGTH_M;
use embody_robots::{Pose, rotation};
use nalgebra::{Matrix3, Quaternion, Rotation3, Translation3, UnitQuaternion, Vector3, Vector6};

use super::network::VALUES;

/// The seven values of a pose: (x, y - 44.2 mm, z) / 44.2 mm, then w, x, y, z of the quaternion whose sign [`signed`] gives it.
pub fn values(pose: &Pose) -> [f64; VALUES] {
    let p = pose.translation.vector / LENGTH_M;
    let [i, j, k, w] = signed(&pose.rotation);
    [p.x, p.y - 1.0, p.z, w, i, j, k]
}

/// The position of seven values (m).
pub fn position(values: &[f64; VALUES]) -> Vector3<f64> {
    Vector3::new(values[0], values[1] + 1.0, values[2]) * LENGTH_M
}

/// The quaternion of seven values, as it is, not of length 1.
pub fn quaternion(values: &[f64; VALUES]) -> Quaternion<f64> {
    Quaternion::new(values[3], values[4], values[5], values[6])
}

/// The pose of seven values; no turn where the quaternion is near zero.
pub fn pose(values: &[f64; VALUES]) -> Pose {
    let rotation = UnitQuaternion::try_new(quaternion(values), 1e-6).unwrap_or_default();
    Pose::from_parts(Translation3::from(position(values)), rotation)
}

/// What is missing from `at` to `goal`: a way (m) and a rotation vector (rad), in base axes.
pub fn missing(goal: &Pose, at: &Pose) -> Vector6<f64> {
    let way = goal.translation.vector - at.translation.vector;
    let turn = rotation::vector(&(goal.rotation * at.rotation.inverse()));
    Vector6::new(way.x, way.y, way.z, turn.x, turn.y, turn.z)
}

/// The seven values of which the first pass beyond the tip's prediction is wanted: the prediction and what is missing, `goal` minus `measured`. Positions add up;
/// of the predicted rotation the images of the y and x axes are moved by as much as the measured ones are away from the goal's, and a rotation is made of them again.
pub fn corrected(predicted: &[f64; VALUES], goal: &Pose, measured: &Pose) -> [f64; VALUES] {
    let way = (goal.translation.vector - measured.translation.vector) / LENGTH_M;
    let rotation = UnitQuaternion::try_new(quaternion(predicted), 1e-6).unwrap_or_default();
    let moved = |axis: Vector3<f64>| rotation * axis + (goal.rotation * axis - measured.rotation * axis);
    let (up, across) = (moved(Vector3::y()), moved(Vector3::x()));
    // Columns x, up, x cross up, made orthogonal.
    let up = up.try_normalize(1e-9).unwrap_or(rotation * Vector3::y());
    let x = (across - up * across.dot(&up)).try_normalize(1e-9).unwrap_or(rotation * Vector3::x());
    let matrix = Matrix3::from_columns(&[x, up, x.cross(&up)]);
    let q = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(matrix));
    // Of the two quaternions the one that is nearer to what the network says.
    let q = if q.coords.dot(&quaternion(predicted).coords) < 0.0 { -q.into_inner() } else { q.into_inner() };
    let [x, y, z] = [0, 1, 2].map(|i| predicted[i] + way[i]);
    [x, y, z, q.w, q.i, q.j, q.k]
}
