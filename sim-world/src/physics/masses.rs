//! Mass properties of a body as Rapier has them.

use embody_robots::robot::{Inertial, RobotSpec};
use rapier3d::math::{Matrix, Vector};
use rapier3d::prelude::MassProperties;

use super::welds::{Body, Welds};

/// What stands between the two joints of a body that has several weighs so little: enough to be moved (kg, and kg m^2).
const BETWEEN_JOINTS: f32 = 1e-6;

/// The mass properties of a body that moves.
pub(super) fn properties(inertial: Option<&Inertial>) -> MassProperties {
    let Some(inertial) = inertial else {
        return MassProperties::new(Vector::ZERO, BETWEEN_JOINTS, Vector::splat(BETWEEN_JOINTS));
    };
    let centre = Vector::from_array(inertial.origin.position_m.map(|x| x as f32));
    let axes = inertial.origin.pose().rotation.to_rotation_matrix();
    let about_centre = axes.matrix() * inertial.matrix() * axes.matrix().transpose();
    let columns: [[f64; 3]; 3] = about_centre.into();
    let matrix = Matrix::from_cols_array_2d(&columns.map(|column| column.map(|x| x as f32)));
    MassProperties::with_inertia_matrix(centre, inertial.mass_kg as f32, matrix)
}

/// The mass of a body that is one solid shape, which its collider then has (kg); none for any other.
pub(super) fn of_its_shape(robot: &RobotSpec, welds: &Welds, body: &Body) -> Option<f64> {
    let link = robot.links.get(body.link)?;
    let ([part], Some(inertial)) = (link.parts.as_slice(), &link.inertial) else { return None };
    let alone = body.inertial.as_ref() == Some(inertial)
        && welds.members.iter().filter(|m| welds.bodies[m.body].link == body.link).count() == 1;
    let solid = Inertial::of_solid(&part.shape, part.origin, inertial.mass_kg).as_ref() == Some(inertial);
    (alone && solid && part.collides).then_some(inertial.mass_kg)
}
