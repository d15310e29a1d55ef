//! Where a body, geom or frame stands: position, and one of five ways of saying an orientation.

use nalgebra::{Matrix3, Quaternion, Rotation3, Translation3, UnitQuaternion, Vector3};

use super::compiler::Compiler;
use super::defaults::Styled;
use crate::file::ReadError;
use crate::robot::{rotation, unit};
use crate::stage::Pose;

/// The pose that an element states; identity without any word of it.
pub(super) fn pose(styled: &Styled, compiler: &Compiler) -> Result<Pose, ReadError> {
    let position = styled.numbers("pos")?.unwrap_or([0.0; 3]);
    Ok(Pose::from_parts(Translation3::from(Vector3::from(position)), orientation(styled, compiler)?))
}

fn orientation(styled: &Styled, compiler: &Compiler) -> Result<UnitQuaternion<f64>, ReadError> {
    let improper = |what: &str| styled.element.error(format!("<{}>: {what}: expected a direction", styled.element.name()));
    if let Some([x, y, z, angle]) = styled.numbers("axisangle")? {
        let axis = unit([x, y, z]).ok_or_else(|| improper("axisangle"))?;
        return Ok(rotation(axis, angle * compiler.angle_rad));
    }
    if let Some(angles) = styled.numbers::<3>("euler")? {
        return Ok(euler(angles.map(|angle| angle * compiler.angle_rad), compiler.euler_sequence));
    }
    if let Some([x1, x2, x3, y1, y2, y3]) = styled.numbers("xyaxes")? {
        return axes([x1, x2, x3], [y1, y2, y3]).ok_or_else(|| improper("xyaxes"));
    }
    if let Some(axis) = styled.numbers::<3>("zaxis")? {
        return turned_to(axis).ok_or_else(|| improper("zaxis"));
    }
    let Some([w, x, y, z]) = styled.numbers("quat")? else { return Ok(UnitQuaternion::identity()) };
    UnitQuaternion::try_new(Quaternion::new(w, x, y, z), 1e-12).ok_or_else(|| improper("quat"))
}

/// The rotation by three angles (rad), about axes that turn with the frame (small letters) or stay (capitals).
fn euler(angles: [f64; 3], sequence: [char; 3]) -> UnitQuaternion<f64> {
    sequence.into_iter().zip(angles).fold(UnitQuaternion::identity(), |so_far, (axis, angle)| {
        let direction = match axis.to_ascii_lowercase() {
            'x' => [1.0, 0.0, 0.0],
            'y' => [0.0, 1.0, 0.0],
            _ => [0.0, 0.0, 1.0],
        };
        let step = rotation(direction, angle);
        if axis.is_ascii_lowercase() { so_far * step } else { step * so_far }
    })
}

/// The frame with the given x axis, and the given y axis as far as it is at right angles to that.
fn axes(x: [f64; 3], y: [f64; 3]) -> Option<UnitQuaternion<f64>> {
    let x = Vector3::from(unit(x)?);
    let y = Vector3::from(y);
    let y = Vector3::from(unit((y - x * x.dot(&y)).into())?);
    let matrix = Matrix3::from_columns(&[x, y, x.cross(&y)]);
    Some(UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(matrix)))
}

/// The shortest rotation that turns z to an axis.
pub(super) fn turned_to(axis: [f64; 3]) -> Option<UnitQuaternion<f64>> {
    let [x, y, z] = unit(axis)?;
    match unit([-y, x, 0.0]) {
        Some(about) => Some(rotation(about, libm::atan2(libm::hypot(x, y), z))),
        None if z > 0.0 => Some(UnitQuaternion::identity()),
        None => Some(rotation([1.0, 0.0, 0.0], std::f64::consts::PI)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_stay_and_small_letters_turn() {
        let urdf = UnitQuaternion::from_euler_angles(0.3, -0.7, 1.9);
        assert!(euler([0.3, -0.7, 1.9], ['X', 'Y', 'Z']).angle_to(&urdf) < 1e-12);
        assert!(euler([1.9, -0.7, 0.3], ['z', 'y', 'x']).angle_to(&urdf) < 1e-12);
    }

    #[test]
    fn z_is_turned_to_where_it_shall_be() {
        for axis in [[0.0, 0.0, 1.0], [0.0, 0.0, -2.0], [1.0, 0.0, 0.0], [-0.3, 2.0, 0.4]] {
            let there = turned_to(axis).unwrap() * Vector3::z();
            assert!((there - Vector3::from(axis).normalize()).norm() < 1e-12);
        }
        assert!(turned_to([0.0; 3]).is_none());
        let frame = axes([0.0, 2.0, 0.0], [1.0, 5.0, 0.0]).unwrap();
        assert!((frame * Vector3::z() + Vector3::z()).norm() < 1e-12);
    }
}
